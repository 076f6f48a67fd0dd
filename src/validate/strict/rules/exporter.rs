//! Exporters inside Alloy but that of the host: what they need to be built.

use super::super::body::{Body, Given};
use super::super::codes;
use super::{Rule, http_client, rule, sources};

pub(super) const RULES: &[Rule] = &[
    rule("prometheus/exporter/blackbox.Arguments", blackbox),
    rule("prometheus/exporter/kafka.Arguments", kafka),
    rule("prometheus/exporter/memcached.Arguments", |body| {
        body.blocks("tls_config").for_each(http_client::tls);
    }),
    rule("prometheus/exporter/mssql.Arguments", mssql),
    rule("prometheus/exporter/postgres.Arguments", postgres),
    rule("prometheus/exporter/redis.Arguments", redis),
    rule("prometheus/exporter/squid.Arguments", squid),
];

fn blackbox(body: &Body<'_>) {
    let names = ["config", "config_file"];
    body.exclude(codes::CONFLICTING_SETTINGS, &names, "`config` and `config_file` are both given");
    if names.into_iter().all(|name| body.given(name) == Given::No) {
        let reason = "`config` or `config_file` must be given";
        body.refuse(codes::MISSING_SETTING, "", reason);
    }
    if body.given("target") == Given::Yes && body.given("targets") == Given::Yes {
        let reason = "the block `target` and the argument `targets` are both given";
        body.refuse(codes::CONFLICTING_SETTINGS, "targets", reason);
    }
}

fn kafka(body: &Body<'_>) {
    let servers = body.texts("kafka_uris").unwrap_or_default();
    if servers.len() > 1 && body.given("instance") == Given::No {
        let reason = "several `kafka_uris` need an `instance`";
        body.refuse(codes::MISSING_SETTING, "instance", reason);
    }
}

fn mssql(body: &Body<'_>) {
    for name in ["max_open_connections", "max_idle_connections"] {
        if body.integer(name).is_some_and(|number| number < 1) {
            body.refuse(codes::UNUSABLE_VALUE, name, format!("`{name}` must be at least 1"));
        }
    }
    sources::positive(body, &["timeout"]);
}

fn postgres(body: &Body<'_>) {
    if body.is("disable_default_metrics") != Some(true) {
        return;
    }
    if body.given("custom_queries_config_path") == Given::No {
        let reason = "`disable_default_metrics` needs `custom_queries_config_path`";
        body.refuse(codes::MISSING_SETTING, "disable_default_metrics", reason);
    }
    if body.given("enabled_collectors") == Given::Yes {
        let reason = "`enabled_collectors` is not taken with `disable_default_metrics`";
        body.refuse(codes::CONFLICTING_SETTINGS, "enabled_collectors", reason);
    }
}

fn redis(body: &Body<'_>) {
    let reason = "`script_path` and `script_paths` are both given";
    body.exclude(codes::CONFLICTING_SETTINGS, &["script_path", "script_paths"], reason);
}

fn squid(body: &Body<'_>) {
    let Some(address) = body.text("address") else { return };
    let fits =
        address.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && !port.is_empty());
    if !fits {
        body.refuse(codes::UNUSABLE_VALUE, "address", "`address` must be HOST:PORT");
    }
}
