//! Whether two configurations mean the same: what stands in a file, and what a running Prometheus
//! shows of the one it loaded, with its defaults filled in and its secrets covered.

use super::Configuration;
use super::endpoints::is_secret;
use crate::prometheus::decode::{Fields, Item, Value};
use crate::proof::is_same_url;

/// What matters where only the running Prometheus has it: nothing gives these by default.
const NO_DEFAULT: &[&str] = &[
    "alerting",
    "authorization",
    "azuread",
    "basic_auth",
    "external_labels",
    "file_sd_configs",
    "google_iam",
    "headers",
    "http_headers",
    "labels",
    "metric_relabel_configs",
    "oauth2",
    "params",
    "proxy_url",
    "relabel_configs",
    "remote_read",
    "remote_write",
    "rule_files",
    "scrape_config_files",
    "scrape_configs",
    "sigv4",
    "static_configs",
    "write_relabel_configs",
];
/// What is true unless it is written otherwise.
const TRUE: &[&str] = &["follow_redirects", "enable_http2", "send", "honor_timestamps"];

impl Configuration {
    /// The first setting in which this file differs from what runs; none where it is the same.
    pub fn difference(&self, running: &Configuration) -> Option<String> {
        of_fields(&self.loaded.fields, &running.loaded.fields)
    }
}

fn of_fields(file: &Fields, running: &Fields) -> Option<String> {
    let is_token = |fields: &Fields| {
        ["bearer_token", "bearer_token_file"].iter().any(|name| fields.get(name).is_some())
    };
    for (&name, item) in &file.entries {
        if name.starts_with("bearer_token") && running.get("authorization").is_some() {
            continue;
        }
        if let Some(inner) = of_items(name, item, running.get(name)) {
            return Some(inner);
        }
    }
    let is_new = |(name, item): &(&&str, &Item)| {
        NO_DEFAULT.contains(*name)
            && file.get(name).is_none()
            && !is_nothing(name, item)
            && !(**name == "authorization" && is_token(file))
    };
    running.entries.iter().find(is_new).map(|(name, _)| (*name).to_owned())
}

fn of_items(name: &str, file: &Item, running: Option<&Item>) -> Option<String> {
    let differs = || Some(name.to_owned());
    let Some(running) = running else {
        return if is_nothing(name, file) { None } else { differs() };
    };
    let within = |inner: Option<String>| inner.map(|inner| format!("{name}.{inner}"));
    match (&file.value, &running.value) {
        (Value::Any | Value::Zero, _) | (_, Value::Any) => None,
        _ if is_secret(name) => None,
        (Value::Text(text), Value::Text(other)) if text == other => None,
        (Value::Text(text), Value::Text(other)) if name.ends_with("url") => {
            let bare = crate::proof::without_user;
            if is_same_url(&bare(text), &bare(other)) { None } else { differs() }
        }
        (Value::Text(text), Value::Text(other)) if is_path(name) => {
            // Paths are shown from the root.
            let end = text.trim_start_matches("./");
            let is_same = !text.starts_with('/') && other.ends_with(&format!("/{end}"));
            if is_same { None } else { differs() }
        }
        (Value::Text(text), Value::Text(other)) => {
            // Variables were put in, and words may be written in any case.
            let is_other = !text.contains('$') && !text.eq_ignore_ascii_case(other);
            if is_other { differs() } else { None }
        }
        (Value::Fields(fields), Value::Fields(other)) => within(of_fields(fields, other)),
        (Value::List(items), Value::List(others)) if items.len() == others.len() => {
            let mut pairs = items.iter().zip(others);
            pairs.find_map(|(item, other)| of_items(name, item, Some(other)))
        }
        (Value::Map(items), Value::Map(others)) => {
            let of = |key: &str| others.iter().find(|(other, _)| &**other == key).map(|(_, it)| it);
            let changed = items.iter().find_map(|(key, item)| of_items(key, item, of(key)));
            let has_less = items.iter().filter(|(_, item)| !item.text().is_empty()).count();
            match changed {
                None if others.len() > has_less && items.len() < others.len() => differs(),
                changed => within(changed),
            }
        }
        (Value::Bool(a), Value::Bool(b)) if a == b => None,
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) if a == b || a == 0.0 => None,
            _ => differs(),
        },
    }
}

/// Whether a field names files.
fn is_path(name: &str) -> bool {
    name.ends_with("_file") || name.ends_with("_files") || name == "files"
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) | Value::Duration(number) => Some(*number as f64),
        Value::Uint(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Whether a value is as good as none.
fn is_nothing(name: &str, item: &Item) -> bool {
    match &item.value {
        Value::Zero | Value::Any => true,
        Value::Text(text) => text.is_empty() || text.contains('$'),
        Value::Bool(value) => *value == TRUE.contains(&name),
        Value::List(items) => items.is_empty(),
        Value::Map(items) => items.iter().all(|(name, item)| is_nothing(name, item)),
        Value::Fields(fields) => fields.entries.iter().all(|(name, item)| is_nothing(name, item)),
        value => number(value) == Some(0.0),
    }
}
