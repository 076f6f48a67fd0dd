//! `otelcol.*`: what Alloy checks itself. Addresses and TLS that fail leave a component unhealthy
//! and Alloy running.

use super::super::body::{Body, Given};
use super::super::{codes, url};
use super::{Rule, rule, sources};
use crate::graph::schema::Version;

pub(super) const RULES: &[Rule] = &[
    rule("otelcol.RetryArguments", retry),
    rule("otelcol.QueueArguments", queue),
    rule("otelcol.MultilineConfig", multiline),
    rule("otelcol/auth/basic.Arguments", basic),
    rule("otelcol/auth/headers.Header", header),
    rule("otelcol/connector/servicegraph.Arguments", |body| {
        sources::positive(body, &["cache_loop", "store_expiration_loop"]);
    }),
    rule("otelcol/connector/servicegraph.StoreConfig", |body| {
        at_least(body, "max_items", 1);
        sources::positive(body, &["ttl"]);
    }),
    rule("otelcol/connector/host_info.Arguments", |body| {
        sources::positive(body, &["metrics_flush_interval"]);
    }),
    rule("otelcol/connector/spanmetrics.Arguments", |body| {
        sources::positive(body, &["metrics_flush_interval"]);
    }),
    rule("otelcol/exporter/loadbalancing.Arguments", loadbalancing),
    rule("otelcol/exporter/otlphttp.Arguments", otlphttp),
    rule("otelcol/exporter/prometheus.Arguments", prometheus),
    rule("otelcol/processor/batch.Arguments", batch),
    rule("otelcol/processor/interval.Arguments", |body| sources::positive(body, &["interval"])),
    rule("otelcol/processor/memorylimiter.Arguments", memory_limiter),
    rule("otelcol/processor/tail_sampling.Arguments", |body| {
        sources::positive(body, &["decision_wait"]);
        at_least(body, "num_traces", 1);
    }),
    rule("otelcol/processor/deltatocumulative.Arguments", |body| {
        sources::positive(body, &["max_stale"]);
        at_least(body, "max_streams", 0);
    }),
    rule("otelcol/receiver/jaeger.ProtocolsArguments", |body| {
        if body.all_blocks().is_empty() {
            body.refuse(codes::MISSING_SETTING, "", "at least one protocol must be given");
        }
    }),
    rule("otelcol/receiver/otlp.HTTPConfigArguments", paths),
];

fn at_least(body: &Body<'_>, name: &str, least: i64) {
    if body.takes(name) && body.integer(name).is_some_and(|number| number < least) {
        body.refuse(codes::UNUSABLE_VALUE, name, format!("`{name}` must be at least {least}"));
    }
}

fn retry(body: &Body<'_>) {
    if body.number("multiplier").is_some_and(|number| number <= 1.0) {
        body.refuse(codes::UNUSABLE_VALUE, "multiplier", "`multiplier` must be greater than 1");
    }
    if body.number("randomization_factor").is_some_and(|number| number < 0.0) {
        let reason = "`randomization_factor` must not be negative";
        body.refuse(codes::UNUSABLE_VALUE, "randomization_factor", reason);
    }
}

fn queue(body: &Body<'_>) {
    if body.is("enabled") != Some(true) {
        return;
    }
    at_least(body, "queue_size", 1);
    let sizers = ["bytes", "items", "requests"];
    let sizer = body.text("sizer").filter(|_| body.takes("sizer"));
    if sizer.as_ref().is_some_and(|sizer| !sizers.contains(&sizer.as_str())) {
        body.refuse(codes::UNUSABLE_VALUE, "sizer", "`sizer` must be bytes, items or requests");
    }
    let Some(batch) = body.inner("batch") else { return };
    let (least, most) = (batch.integer("min_size"), batch.integer("max_size"));
    let own = batch.text("sizer");
    if own.is_some()
        && own == sizer
        && least.zip(body.integer("queue_size")).is_some_and(|(least, size)| least > size)
    {
        let reason = "`min_size` must not be greater than `queue_size`";
        batch.refuse(codes::UNUSABLE_VALUE, "min_size", reason);
    }
    if own.is_some_and(|own| own != "items" && own != "bytes") {
        batch.refuse(codes::UNUSABLE_VALUE, "sizer", "`sizer` must be items or bytes");
    }
    if !batch.shape.has_validation() {
        return;
    }
    sources::positive(batch, &["flush_timeout"]);
    at_least(batch, "min_size", 0);
    at_least(batch, "max_size", 0);
    if most.zip(least).is_some_and(|(most, least)| most > 0 && most < least) {
        let reason = "`max_size` must not be smaller than `min_size`";
        batch.refuse(codes::UNUSABLE_VALUE, "max_size", reason);
    }
}

fn multiline(body: &Body<'_>) {
    let names = ["line_start_pattern", "line_end_pattern"];
    if names.into_iter().all(|name| body.given(name) == Given::No) {
        let reason = "`line_start_pattern` or `line_end_pattern` must be given";
        body.refuse(codes::MISSING_SETTING, "", reason);
    }
    let reason = "`line_start_pattern` and `line_end_pattern` are both given";
    body.exclude(codes::CONFLICTING_SETTINGS, &names, reason);
}

/// Several sources of credentials since 1.13; before, both arguments are required.
fn basic(body: &Body<'_>) {
    if !body.takes("client_auth") {
        return;
    }
    let names = ["username", "password", "client_auth", "htpasswd"];
    if names.into_iter().all(|name| body.given(name) == Given::No) {
        body.refuse(codes::MISSING_SETTING, "", "no credentials are given");
    } else if body.given("username") == Given::Yes && body.given("password") == Given::No {
        body.refuse(codes::MISSING_SETTING, "username", "`username` needs `password`");
    }
}

fn header(body: &Body<'_>) {
    if body.text("key").is_some_and(|key| key.is_empty()) {
        body.refuse(codes::MISSING_SETTING, "key", "`key` must not be empty");
    }
    let names = ["value", "from_context", "from_attribute"];
    let known = names.into_iter().filter(|name| body.takes(name));
    let given = known.filter(|name| body.is_written(name) && !body.is_null(name)).count();
    if given != 1 {
        let reason = "exactly one of `value`, `from_context` and `from_attribute` must be given";
        body.refuse(codes::CONFLICTING_SETTINGS, "", reason);
    }
}

fn loadbalancing(body: &Body<'_>) {
    let keys = ["service", "traceID", "resource", "metric", "streamID"];
    if body.text("routing_key").is_some_and(|key| !keys.contains(&key.as_str())) {
        let reason = format!("`routing_key` must be one of {}", keys.join(", "));
        body.refuse(codes::UNUSABLE_VALUE, "routing_key", reason);
    }
}

fn otlphttp(body: &Body<'_>) {
    let client = body.inner("client").map_or(Given::No, |client| client.given("endpoint"));
    let own = ["traces_endpoint", "metrics_endpoint", "logs_endpoint"];
    if client == Given::No && own.into_iter().all(|name| body.given(name) == Given::No) {
        body.refuse(codes::MISSING_SETTING, "", "an endpoint must be given");
    }
    if body.text("encoding").is_some_and(|name| !matches!(name.as_str(), "proto" | "json")) {
        body.refuse(codes::UNUSABLE_VALUE, "encoding", "`encoding` must be proto or json");
    }
}

fn prometheus(body: &Body<'_>) {
    if body.duration("gc_frequency").is_some_and(|length| length.nanoseconds() == 0) {
        body.refuse(codes::UNUSABLE_VALUE, "gc_frequency", "`gc_frequency` must not be 0");
    }
}

/// The largest size has a default of its own since 1.11.
fn batch(body: &Body<'_>) {
    let has_default =
        Version::is_written_within(body.judge.levels.schema.version().name(), "1.11", "");
    let is_known = |name: &str| body.is_written(name) || has_default;
    let (most, size) = (body.integer("send_batch_max_size"), body.integer("send_batch_size"));
    if !(is_known("send_batch_max_size") && is_known("send_batch_size")) {
        return;
    }
    if most.zip(size).is_some_and(|(most, size)| most > 0 && most < size) {
        let name = match body.is_written("send_batch_max_size") {
            true => "send_batch_max_size",
            false => "send_batch_size",
        };
        let reason = "`send_batch_max_size` must not be smaller than `send_batch_size`";
        body.refuse(codes::UNUSABLE_VALUE, name, reason);
    }
}

fn memory_limiter(body: &Body<'_>) {
    sources::positive(body, &["check_interval"]);
    let is_set = |name: &str| {
        body.is_written(name) && body.text(name).is_none_or(|text| !text.starts_with('0'))
    };
    let percentage = body.integer("limit_percentage");
    match (is_set("limit"), percentage) {
        (true, Some(1..)) => {
            let reason = "`limit` and `limit_percentage` are both given";
            body.refuse(codes::CONFLICTING_SETTINGS, "limit_percentage", reason);
        }
        (false, Some(0)) => {
            let reason = "`limit` or `limit_percentage` must be given";
            body.refuse(codes::MISSING_SETTING, "", reason);
        }
        (false, Some(_)) => {
            for name in ["limit_percentage", "spike_limit_percentage"] {
                if body.integer(name).is_some_and(|number| !(1..=100).contains(&number)) {
                    let reason = format!("`{name}` must be from 1 to 100");
                    body.refuse(codes::UNUSABLE_VALUE, name, reason);
                }
            }
        }
        _ => {}
    }
}

fn paths(body: &Body<'_>) {
    for name in ["traces_url_path", "logs_url_path", "metrics_url_path"] {
        let Some(path) = body.text(name) else { continue };
        if path.is_empty() {
            body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must not be empty"));
        } else if url::fault(&path).is_some() {
            body.refuse(codes::WRONG_URL, name, format!("`{name}` is no URL"));
        }
    }
}
