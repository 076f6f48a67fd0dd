//! `loki.write` and the sources of logs.

use super::super::body::{Body, Given};
use super::super::{codes, url};
use super::{Rule, fingerprint, remote_write, rule, sources, tls_files};

pub(super) const RULES: &[Rule] = &[
    rule("loki/write.Arguments", write),
    rule("loki/write.EndpointOptions", endpoint),
    rule("loki/write.WalArguments", wal),
    rule("loki/source/file.FileMatch", |body| sources::positive(body, &["sync_period"])),
    rule("loki/source/syslog.ListenerConfig", syslog),
];

fn write(body: &Body<'_>) {
    if body.blocks("endpoint").next().is_none() {
        body.refuse(codes::MISSING_SETTING, "", "`loki.write` needs an `endpoint`");
    }
    let name_of = |endpoint: &Body<'_>| match endpoint.text("name") {
        Some(name) if !name.is_empty() => Some(name),
        Some(_) => fingerprint::of(endpoint),
        None => None,
    };
    fingerprint::duplicates(body, codes::DUPLICATE_ENDPOINT, name_of);
}

fn endpoint(body: &Body<'_>) {
    if let Some(text) = body.text("url") {
        match url::fault(&text) {
            Some(_) => body.refuse(codes::WRONG_URL, "url", "`url` is no URL"),
            None => remote_write::unreachable(body, &text),
        }
    }
    let is_default = |queue: &Body<'_>| fingerprint::is_default(queue);
    if body.blocks("queue_config").any(|queue| !is_default(queue)) && !body.judge.is_experimental()
    {
        let reason = "`queue_config` needs `--stability.level=experimental`";
        body.refuse(codes::NEEDS_STABILITY, "queue_config", reason);
    }
    tls_files::opened(body);
}

fn wal(body: &Body<'_>) {
    if let (Some(min), Some(max)) =
        (body.duration("min_read_frequency"), body.duration("max_read_frequency"))
        && min >= max
    {
        let name = match body.is_written("min_read_frequency") {
            true => "min_read_frequency",
            false => "max_read_frequency",
        };
        let reason = "`min_read_frequency` must be shorter than `max_read_frequency`";
        body.refuse(codes::UNUSABLE_VALUE, name, reason);
    }
}

fn syslog(body: &Body<'_>) {
    if body.text("protocol").is_some_and(|kind| !matches!(kind.as_str(), "tcp" | "udp")) {
        body.refuse(codes::UNUSABLE_VALUE, "protocol", "`protocol` must be tcp or udp");
    }
    let format = body.text("syslog_format").unwrap_or_default();
    let needs = |name: &str, wanted: &str| {
        let is_on = body.given(name) == Given::Yes && body.is(name) != Some(false);
        if body.takes(name) && is_on && !format.is_empty() && format != wanted {
            let reason = format!("`{name}` needs the format {wanted}");
            body.refuse(codes::CONFLICTING_SETTINGS, name, reason);
        }
    };
    needs("rfc3164_cisco_components", "rfc3164");
    needs("rfc5424_allow_empty_msg", "rfc5424");
    needs("raw_format_options", "raw");
}

#[cfg(test)]
mod tests {
    use crate::validate::strict::tests::raised;

    #[test]
    fn logs_are_written_to_endpoints_of_different_names() {
        let of = |endpoints: &str| raised(&format!("loki.write \"w\" {{\n {endpoints}\n}}"));
        assert_eq!(of(""), ["missing-setting"]);
        let endpoint = |name: &str, url: &str| {
            format!("endpoint {{\n name = \"{name}\"\n url = \"http://{url}\"\n }}\n")
        };
        assert_eq!(of(&[endpoint("x", "a"), endpoint("x", "b")].concat()), ["duplicate-endpoint"]);
        assert!(of(&[endpoint("", "a"), endpoint("", "b")].concat()).is_empty());
    }
}
