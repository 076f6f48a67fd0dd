//! Remote writes and reads: each by itself, and all of a file together.

use alloy_grammar::literal::quote;

use super::global::Scheme;
use super::{Checked, http, job, relabel};
use crate::prometheus::decode::{Fail, Fields, Item};
use crate::prometheus::version::Version;

/// Headers that `headers` may not set, in lower case.
const RESERVED: &[&str] = &[
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// The ways to authenticate that exclude each other.
const WAYS: &[&str] = &["basic_auth", "authorization", "oauth2", "sigv4", "azuread", "google_iam"];

pub(super) fn check(write: &Fields, version: &Version) -> Checked {
    if !write.is_set("url") {
        return write.fail("url", "url for remote_write is empty");
    }
    let message = "empty or null relabeling rule in remote write config";
    job::no_null(write, "write_relabel_configs", message)?;
    headers(write, version)?;
    message_type(write, version)?;
    http::check(write, version)?;
    if version.is_at_least(3, 12) {
        queue(write)?;
    }
    one_way(write, version)
}

/// Checks a remote read.
pub(super) fn check_read(read: &Fields, version: &Version) -> Checked {
    if !read.is_set("url") {
        return read.fail("url", "url for remote_read is empty");
    }
    headers(read, version)?;
    http::check(read, version)
}

/// Whether a header, in lower case, may not be set.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

fn headers(fields: &Fields, version: &Version) -> Checked {
    for (name, item) in fields.map("headers") {
        let fail = |message: String| Err(Fail::new(message, item.span));
        let lower = name.to_lowercase();
        if lower == "authorization" {
            let ways = match version {
                version if version.is_at_least(3, 6) => "sigv4, azuread or google_iam",
                version if version.is_at_least(2, 45) && !is_debian_wording(version) => {
                    "sigv4, or azuread"
                }
                _ => "or sigv4",
            };
            return fail(format!(
                "authorization header must be changed via the basic_auth, authorization, oauth2, \
                 {ways} parameter"
            ));
        }
        if is_reserved(&lower) {
            return fail(format!("{name} is a reserved header. It must not be changed"));
        }
    }
    Ok(())
}

/// Debian takes Azure's and Google's code out, and their names from the messages with it.
fn is_debian_wording(version: &Version) -> bool {
    version.is_debian()
}

fn message_type(write: &Fields, version: &Version) -> Checked {
    let text = write.text_or("protobuf_message", "prometheus.WriteRequest");
    if !version.is_at_least(2, 54)
        || ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"].contains(&text)
    {
        return Ok(());
    }
    let what = if version.is_at_least(3, 6) {
        "unknown type for remote write protobuf message"
    } else {
        "unknown remote write protobuf message"
    };
    write.fail(
        "protobuf_message",
        format!(
            "invalid protobuf_message value: {what} {text}, supported: prometheus.WriteRequest, \
             io.prometheus.write.v2.Request"
        ),
    )
}

/// Checks a queue, which Prometheus does from 3.12 on.
fn queue(write: &Fields) -> Checked {
    let Some(item) = write.get("queue_config") else { return Ok(()) };
    let none = Fields { entries: Default::default(), span: item.span };
    let is_null = item.is_zero();
    let queue = item.fields().unwrap_or(&none);
    let number = |name: &str, default: i64| {
        if is_null { 0 } else { queue.int_or(name, default) }
    };
    let fail = |name: &str, what: &str| queue.fail(name, format!("remote write queue {what}"));
    let (most, least) = (number("max_shards", 50), number("min_shards", 1));
    if most <= 0 {
        return fail("max_shards", "max_shards must be positive");
    }
    if least <= 0 {
        return fail("min_shards", "min_shards must be positive");
    }
    if least > most {
        return fail("min_shards", "min_shards must not be greater than max_shards");
    }
    if number("max_samples_per_send", 2000) <= 0 {
        return fail("max_samples_per_send", "max_samples_per_send must be positive");
    }
    if number("capacity", 10_000) <= 0 {
        return fail("capacity", "capacity must be positive");
    }
    if number("max_backoff", 5_000) < number("min_backoff", 30) {
        return fail("max_backoff", "max_backoff must not be less than min_backoff");
    }
    Ok(())
}

fn one_way(write: &Fields, version: &Version) -> Checked {
    let set: Vec<&str> = WAYS.iter().copied().filter(|way| write.is_set(way)).collect();
    if set.len() < 2 {
        return Ok(());
    }
    let listed = set.join(" ");
    let message = match version {
        version if version.is_at_least(3, 6) => format!(
            "at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must \
             be configured. Currently configured: [{listed}]"
        ),
        version if version.is_at_least(2, 55) => format!(
            "at most one of basic_auth, authorization, oauth2, or sigv4 must be configured. \
             Currently configured: [{listed}]"
        ),
        version if version.is_at_least(2, 45) && !is_debian_wording(version) => {
            "at most one of basic_auth, authorization, oauth2, sigv4, & azuread must be configured"
                .to_owned()
        }
        _ => "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured"
            .to_owned(),
    };
    write.fail(set[1], message)
}

/// Names that stand twice, sections with nothing in them, and rules.
pub(super) fn all(config: &Fields, version: &Version) -> Checked {
    let scheme = match config.fields("global").map(|it| it.text("metric_name_validation_scheme")) {
        Some("legacy") => Scheme::Legacy,
        _ => Scheme::Utf8,
    };
    if version.is_at_least(3, 7)
        && let Some(alerting) = config.fields("alerting")
    {
        relabel::check_all(alerting, "alert_relabel_configs", scheme, version)?;
        for manager in alerting.list("alertmanagers").iter().filter_map(Item::fields) {
            relabel::check_all(manager, "alert_relabel_configs", scheme, version)?;
            relabel::check_all(manager, "relabel_configs", scheme, version)?;
        }
    }
    for (section, what) in [("remote_write", "remote write"), ("remote_read", "remote read")] {
        let mut names: Vec<&str> = Vec::new();
        for item in config.list(section) {
            let Some(entry) = item.fields() else {
                return Err(Fail::new(format!("empty or null {what} config section"), item.span));
            };
            let name = entry.text("name");
            if !name.is_empty() && names.contains(&name) {
                let message =
                    format!("found multiple {what} configs with job name {}", quote(name));
                return entry.fail("name", message);
            }
            if version.is_at_least(3, 7) {
                relabel::check_all(entry, "write_relabel_configs", scheme, version)?;
            }
            names.push(name);
        }
    }
    Ok(())
}
