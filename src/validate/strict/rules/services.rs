//! Blocks that configure Alloy itself, and components that listen.

use super::super::body::{Body, Given};
use super::super::{codes, judge::Judge};
use super::{Rule, rule, tls_files};

pub(super) const RULES: &[Rule] = &[
    rule("service/http.TLSArguments", http_tls),
    rule("service/remotecfg.Arguments", remotecfg),
    rule("prometheus/receive_http.Arguments", receive_http),
    rule("loki/source/api.Arguments", listens),
    rule("common/net.TLSConfig", tls_files::served),
    rule("prometheus/enrich.Arguments", enrich),
];

fn http_tls(body: &Body<'_>) {
    if body.given("windows_certificate_filter") == Given::Yes {
        return;
    }
    for (pem, file) in
        [("client_ca_pem", "client_ca_file"), ("cert_pem", "cert_file"), ("key_pem", "key_file")]
    {
        let reason = format!("`{pem}` and `{file}` are both given");
        body.exclude(codes::CONFLICTING_SETTINGS, &[pem, file], &reason);
    }
    for (pem, file) in [("cert_pem", "cert_file"), ("key_pem", "key_file")] {
        if body.given(pem).max(body.given(file)) == Given::No {
            let reason = format!("`{pem}` or `{file}` must be given");
            body.refuse(codes::INCOMPLETE_TLS_PAIR, pem, reason);
        }
    }
    let authority = body.given("client_ca_pem").max(body.given("client_ca_file"));
    let kind = body.text("client_auth_type").unwrap_or_default();
    if authority == Given::Yes && matches!(kind.as_str(), "" | "NoClientCert") {
        let name = match body.given("client_ca_pem") {
            Given::Yes => "client_ca_pem",
            _ => "client_ca_file",
        };
        let reason = format!("`{name}` needs a `client_auth_type` that asks for certificates");
        body.refuse(codes::CONFLICTING_SETTINGS, name, reason);
    }
}

fn remotecfg(body: &Body<'_>) {
    if body.duration("poll_frequency").is_some_and(|length| length.seconds() < 10.0) {
        let reason = "`poll_frequency` must be at least 10s";
        body.refuse(codes::UNUSABLE_VALUE, "poll_frequency", reason);
    }
    let keys = body.keys("attributes").unwrap_or_default();
    if keys.iter().any(|key| key.starts_with("collector.")) {
        let reason = "`attributes` has a name that begins with `collector.`";
        body.refuse(codes::UNUSABLE_VALUE, "attributes", reason);
    }
    if body.given("url") == Given::Yes {
        let message = "Alloy asks this address when it starts, and does not start without an \
                       answer or an earlier one";
        body.warn(codes::ASKED_AT_START, "url", message);
    }
}

fn receive_http(body: &Body<'_>) {
    for name in ["append_metadata", "enable_type_and_unit_labels"] {
        if body.takes(name) && body.is(name) == Some(true) && !body.judge.is_experimental() {
            let reason = format!("`{name}` needs `--stability.level=experimental`");
            body.refuse(codes::NEEDS_STABILITY, name, reason);
        }
    }
    messages(body);
    listens(body);
}

/// The protocols that are accepted; an argument since 1.14.
fn messages(body: &Body<'_>) {
    let name = "accepted_remote_write_protobuf_messages";
    let Some(messages) = body.texts(name).filter(|_| body.takes(name)) else { return };
    if messages.is_empty() {
        body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must not be empty"));
    }
    for message in messages {
        match message.as_str() {
            "prometheus.WriteRequest" => {}
            "io.prometheus.write.v2.Request" if body.judge.is_experimental() => {}
            "io.prometheus.write.v2.Request" => {
                let reason = format!("{message:?} needs `--stability.level=experimental`");
                body.refuse(codes::NEEDS_STABILITY, name, reason);
            }
            _ => body.refuse(codes::UNUSABLE_VALUE, name, format!("`{name}` has an unknown one")),
        }
    }
}

/// A server's port must be one, and free of the program's own servers.
fn listens(body: &Body<'_>) {
    let Some(http) = body.inner("http") else { return };
    let Some(port) = http.integer("listen_port") else { return };
    if !(0..=65_535).contains(&port) {
        http.refuse(codes::UNUSABLE_VALUE, "listen_port", "`listen_port` is no port");
    }
    if port > 0 && is_taken(http, port) {
        let reason = format!("another component listens on port {port} already");
        http.refuse(codes::CONFLICTING_SETTINGS, "listen_port", reason);
    }
}

/// Whether an earlier component of the program listens on the same address.
fn is_taken(http: &Body<'_>, port: i64) -> bool {
    let judge: &Judge<'_> = http.judge;
    let own = http.text("listen_address");
    let graph = judge.graph;
    graph.components().take_while(|(id, _)| *id != http.id).any(|(id, component)| {
        if component.duplicate_of.is_some()
            || graph.scope(component.scope).is_idle
            || !matches!(component.name.as_str(), "prometheus.receive_http" | "loki.source.api")
        {
            return false;
        }
        let section = judge.values.section(id);
        let Some(other) = section.section("http") else { return false };
        let number = other.argument("listen_port").and_then(|found| found.value.as_number());
        let address = other.argument("listen_address").and_then(|found| found.value.as_str());
        number.is_some_and(|number| number.to_i64() == port)
            && own.is_some()
            && own.as_deref() == Some(address.unwrap_or_default())
    })
}

/// What is matched; by several labels since 1.17.
fn enrich(body: &Body<'_>) {
    if !body.takes("target_to_metric_match") {
        return;
    }
    let several = body.given("target_to_metric_match");
    let (target, metrics) = (body.given("target_match_label"), body.given("metrics_match_label"));
    if several == Given::No && target == Given::No {
        let reason = match metrics {
            Given::No => "`target_match_label` or `target_to_metric_match` must be given",
            _ => "`metrics_match_label` needs `target_match_label`",
        };
        body.refuse(codes::MISSING_SETTING, "target_match_label", reason);
    }
}
