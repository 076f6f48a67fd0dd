//! `prometheus.remote_write`: endpoints, queues, the write-ahead log.

use super::super::body::{Body, Given};
use super::super::{codes, url};
use super::{Rule, fingerprint, rule, tls_files};

pub(super) const RULES: &[Rule] = &[
    rule("prometheus/remotewrite.Arguments", component),
    rule("prometheus/remotewrite.EndpointOptions", endpoint),
    rule("prometheus/remotewrite.WALOptions", wal),
    rule("prometheus/remotewrite.QueueOptions", queue),
    rule("prometheus/remotewrite.SigV4Config", sigv4),
    rule("prometheus/remotewrite.GoogleIAMConfig", google_iam),
];

/// The protocols of remote write; the second needs another stability.
const MESSAGES: [&str; 2] = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"];

fn component(body: &Body<'_>) {
    fingerprint::duplicates(body, codes::DUPLICATE_ENDPOINT, fingerprint::of);
}

fn endpoint(body: &Body<'_>) {
    let own = ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"];
    let cloud = ["sigv4", "azuread", "google_iam"];
    let given = |names: &[&'static str]| {
        names.iter().copied().filter(|name| body.given(name) == Given::Yes).collect::<Vec<_>>()
    };
    let (own, cloud) = (given(&own), given(&cloud));
    if let Some(name) = cloud.first().filter(|_| cloud.len() + own.len().min(1) > 1) {
        let reason = "only one way to authenticate may be given";
        body.refuse(codes::CONFLICTING_AUTHENTICATION, name, reason);
    }
    message(body);
    address(body);
    metadata(body);
    tls_files::opened(body);
}

/// Which protocol is spoken; an argument since 1.11.
fn message(body: &Body<'_>) {
    let name = "protobuf_message";
    let Some(message) = body.text(name).filter(|_| body.takes(name)) else { return };
    if !MESSAGES.contains(&message.as_str()) {
        let reason = format!("`{name}` must be {:?} or {:?}", MESSAGES[0], MESSAGES[1]);
        body.refuse(codes::UNUSABLE_VALUE, name, reason);
    } else if message == MESSAGES[1] && !body.judge.is_experimental() {
        let reason = format!("{message:?} needs `--stability.level=experimental`");
        body.refuse(codes::NEEDS_STABILITY, name, reason);
    }
}

fn address(body: &Body<'_>) {
    let Some(text) = body.text("url") else { return };
    if let Some(fault) = url::fault(&text) {
        let fault = fault.rsplit_once("\": ").map_or(fault.as_str(), |(_, fault)| fault);
        body.refuse(codes::WRONG_URL, "url", format!("`url` is no URL ({fault})"));
        return;
    }
    unreachable(body, &text);
}

/// An address that is one to Alloy, and that nothing can be sent to.
pub(super) fn unreachable(body: &Body<'_>, url: &str) {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let head = url.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
    });
    let message = match rest {
        None => "the URL does not begin with http:// or https://: every write will fail",
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) => {
            "the URL names no host: every write will fail"
        }
        Some(_) => return,
    };
    body.warn(codes::WRONG_URL, "url", message);
}

/// Metadata is sent in intervals; the second protocol sends it with the samples.
fn metadata(body: &Body<'_>) {
    let is_second = body.text("protobuf_message").is_some_and(|message| message == MESSAGES[1]);
    for metadata in body.blocks("metadata_config") {
        if is_second || metadata.is("send") != Some(true) {
            continue;
        }
        if metadata.duration("send_interval").is_some_and(|length| length.nanoseconds() <= 0) {
            metadata.crash("send_interval", "`send_interval` must be greater than zero");
            metadata.judge.help("a reload by POST does not survive this either");
        }
    }
}

fn queue(body: &Body<'_>) {
    let send = body.integer("max_samples_per_send");
    if send.is_some_and(|send| send <= 0) {
        body.crash("max_samples_per_send", "`max_samples_per_send` must be greater than 0");
    } else if let (Some(capacity), Some(send)) = (body.integer("capacity"), send)
        && capacity.saturating_add(send) <= 0
    {
        body.crash("capacity", "`capacity` is too far below zero");
    }
    if body.integer("min_shards").is_some_and(|shards| shards < 0) {
        body.crash("min_shards", "`min_shards` must not be negative");
    }
}

fn wal(body: &Body<'_>) {
    if body.duration("truncate_frequency").is_some_and(|length| length.nanoseconds() == 0) {
        let reason = "`truncate_frequency` must not be 0";
        body.refuse(codes::UNUSABLE_VALUE, "truncate_frequency", reason);
    }
    if let (Some(min), Some(max)) =
        (body.duration("min_keepalive_time"), body.duration("max_keepalive_time"))
        && max <= min
    {
        let written = body.is_written("min_keepalive_time");
        let name = if written { "min_keepalive_time" } else { "max_keepalive_time" };
        let reason =
            format!("`min_keepalive_time` ({min}) must be shorter than the longest ({max})");
        body.refuse(codes::UNUSABLE_VALUE, name, reason);
    }
}

fn sigv4(body: &Body<'_>) {
    let (access, secret) = (body.given("access_key"), body.given("secret_key"));
    if let (Given::Yes, Given::No) | (Given::No, Given::Yes) = (access, secret) {
        let reason = "`access_key` and `secret_key` are only taken together";
        body.refuse(codes::MISSING_SETTING, "access_key", reason);
    }
    if body.given("external_id") == Given::Yes && body.given("role_arn") == Given::No {
        body.refuse(codes::MISSING_SETTING, "external_id", "`external_id` needs `role_arn`");
    }
    if access == Given::No && secret == Given::No {
        let message = "Alloy looks for Amazon credentials when it starts, and does not start \
                       without any";
        body.warn(codes::ASKED_AT_START, "", message);
    }
}

fn google_iam(body: &Body<'_>) {
    use super::super::judge::Found;

    match body.text("credentials_file") {
        Some(path) if !path.is_empty() => match body.judge.file(&path) {
            Found::Missing => {
                let reason = format!("{path} is not there");
                body.refuse(codes::MISSING_FILE, "credentials_file", reason);
            }
            Found::File(_) | Found::Folder | Found::Unknown(_) => {}
        },
        Some(_) => {
            let message = "Alloy looks for Google credentials when it starts, and does not start \
                           without any";
            body.warn(codes::ASKED_AT_START, "", message);
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::strict::tests::raised;

    fn of_endpoints(endpoints: &[&str]) -> Vec<&'static str> {
        let blocks: String =
            endpoints.iter().map(|inner| format!("endpoint {{\n {inner}\n }}\n")).collect();
        raised(&format!("prometheus.remote_write \"a\" {{\n {blocks}}}"))
    }

    #[test]
    fn an_address_may_be_odd_but_must_be_one() {
        let of = |url: &str| of_endpoints(&[&format!("url = \"{url}\"")]);
        assert_eq!(of("127.0.0.1:1/x"), ["wrong-url"]);
        assert_eq!(of("http://x/%zz"), ["wrong-url"]);
        assert_eq!(of("trento.example/api"), ["wrong-url"]);
        assert!(of("HTTPS://x/api").is_empty());
    }

    #[test]
    fn two_endpoints_must_differ_in_more_than_a_secret() {
        let plain = "url = \"http://x/\"";
        let spelled = "url = \"http://x/\"\n remote_timeout = \"30000ms\"\n queue_config { }";
        assert_eq!(of_endpoints(&[plain, spelled]), ["duplicate-endpoint"]);
        let named = "url = \"http://x/\"\n name = \"b\"";
        assert!(of_endpoints(&[plain, named]).is_empty());
        let token = |token: &str| format!("url = \"http://x/\"\n bearer_token = \"{token}\"");
        assert_eq!(of_endpoints(&[&token("a"), &token("b")]), ["duplicate-endpoint"]);
        assert!(of_endpoints(&[&token("a"), plain]).is_empty());
    }

    #[test]
    fn a_queue_that_divides_by_zero_crashes() {
        let of = |inner: &str| {
            of_endpoints(&[&format!("url = \"http://x/\"\n queue_config {{\n {inner}\n }}")])
        };
        assert_eq!(of("max_samples_per_send = 0"), ["alloy-crashes"]);
        assert_eq!(of("max_samples_per_send = null"), ["alloy-crashes"]);
        assert_eq!(of("min_shards = -1"), ["alloy-crashes"]);
        assert!(of("min_shards = 9\n max_shards = 1\n capacity = -1").is_empty());
    }

    #[test]
    fn metadata_is_sent_in_some_interval() {
        let of = |inner: &str| {
            of_endpoints(&[&format!("url = \"http://x/\"\n metadata_config {{\n {inner}\n }}")])
        };
        assert_eq!(of("send_interval = \"0s\""), ["alloy-crashes"]);
        assert!(of("send_interval = \"0s\"\n send = false").is_empty());
    }
}
