//! What each struct checks of itself once it is read, in Prometheus' order and words.

mod discovery;
mod global;
mod http;
mod job;
mod relabel;
mod sections;
mod write;

pub(super) use global::Inherited;
pub(super) use job::in_file;
pub(super) use relabel::action;

use std::sync::Arc;

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;

use super::decode::{Fail, Fields, Item, Value};
use super::version::Version;

/// What Go calls the struct of a target group.
pub(super) const GROUP: &str = "struct { Targets []string \"yaml:\\\"targets\\\"\"; Labels model.LabelSet \"yaml:\\\"labels\\\"\" }";

/// The result of a check.
pub(super) type Checked = Result<(), Fail>;

/// Checks a struct that was read without an error.
pub(super) fn check(name: &str, fields: &Fields, version: &Version) -> Checked {
    match name {
        "Config" => job::of_config(fields, version),
        "GlobalConfig" => global::check(fields, version),
        "ScrapeConfig" => job::check(fields, version),
        "RemoteWriteConfig" => write::check(fields, version),
        "RemoteReadConfig" => write::check_read(fields, version),
        "relabel.Config" => relabel::check(fields, version),
        "http.TLSConfig" => http::check_tls(fields, version),
        "AlertingConfig" => sections::alerting(fields),
        "AlertmanagerConfig" => sections::alertmanager(fields, version),
        "TracingConfig" => sections::tracing(fields),
        "OTLPConfig" => sections::otlp(fields),
        "TSDBConfig" => sections::tsdb(fields),
        "TSDBRetentionConfig" => sections::retention(fields),
        "SigV4Config" => sections::sigv4(fields),
        "AzureADConfig" => sections::azure(fields),
        "file.SDConfig" => discovery::file(fields),
        "http.SDConfig" => discovery::http(fields, version),
        "dns.SDConfig" => discovery::dns(fields),
        _ => Ok(()),
    }
}

/// Whether a struct reads itself, so that it is left out where an error is in it.
pub(super) fn has_own_reader(name: &str) -> bool {
    !matches!(
        name,
        "QueueConfig"
            | "MetadataConfig"
            | "StorageConfig"
            | "ExemplarsConfig"
            | "RuntimeConfig"
            | "http.Authorization"
            | "ScrapeConfigs"
            | "ChunkEncodingConfig"
            | "http.Header"
    )
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Item> {
        self.entries.get(name)
    }

    /// A text; empty if it is not written.
    pub(super) fn text(&self, name: &str) -> &str {
        match self.get(name).map(|item| &item.value) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A text that has a default.
    pub(super) fn text_or<'f>(&'f self, name: &str, default: &'f str) -> &'f str {
        if self.get(name).is_some() { self.text(name) } else { default }
    }

    pub(super) fn bool_or(&self, name: &str, default: bool) -> bool {
        match self.get(name).map(|item| &item.value) {
            Some(Value::Bool(value)) => *value,
            Some(_) => false,
            None => default,
        }
    }

    pub(super) fn int_or(&self, name: &str, default: i64) -> i64 {
        match self.get(name).map(|item| &item.value) {
            Some(Value::Int(value) | Value::Duration(value)) => *value,
            Some(Value::Uint(value)) => i64::try_from(*value).unwrap_or(i64::MAX),
            Some(Value::Float(value)) => *value as i64,
            Some(_) => 0,
            None => default,
        }
    }

    /// The fields of a struct that is written; none for a null.
    pub(super) fn fields(&self, name: &str) -> Option<&Fields> {
        self.get(name).and_then(Item::fields)
    }

    /// The items of a list; none where it is not written or null.
    pub(super) fn list(&self, name: &str) -> &[Item] {
        match self.get(name).map(|item| &item.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    /// Whether a list or map is written and not null, even if empty.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|item| !matches!(item.value, Value::Zero))
    }

    pub(super) fn map(&self, name: &str) -> &[(Arc<str>, Item)] {
        match self.get(name).map(|item| &item.value) {
            Some(Value::Map(items)) => items,
            _ => &[],
        }
    }

    /// Where a field stands, else its struct.
    pub(super) fn span_of(&self, name: &str) -> Span {
        self.get(name).map_or(self.span, |item| item.span)
    }

    pub(super) fn fail<T>(&self, name: &str, message: impl Into<String>) -> Result<T, Fail> {
        Err(Fail::new(message, self.span_of(name)))
    }
}

impl Item {
    pub(super) fn fields(&self) -> Option<&Fields> {
        match &self.value {
            Value::Fields(fields) => Some(fields),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> &str {
        match &self.value {
            Value::Text(text) => text,
            _ => "",
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        matches!(self.value, Value::Zero)
    }
}

/// How many of these texts are written and not empty.
fn count(fields: &Fields, names: &[&str]) -> usize {
    names.iter().filter(|name| !fields.text(name).is_empty()).count()
}

/// Whether a text may be a label's name.
pub(super) fn is_label_name(name: &str, version: &Version) -> bool {
    if version.is_at_least(3, 0) {
        !name.is_empty() && !name.chars().any(is_stray_byte)
    } else {
        is_legacy_name(name)
    }
}

/// Whether a text is a label's name of the old kind.
pub(super) fn is_legacy_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What is said to a text that is no label's name.
pub(super) fn bad_label_name(name: &str) -> String {
    let mut quoted = quote(name);
    for c in name.chars().filter(|&c| is_stray_byte(c)) {
        let byte = c as u32 - 0xF700;
        quoted = quoted.replace(&format!("\\uf7{byte:02x}"), &format!("\\x{byte:02x}"));
    }
    format!("{quoted} is not a valid label name")
}

/// A byte of a text that is not UTF-8, as the decoder keeps it.
fn is_stray_byte(c: char) -> bool {
    ('\u{f780}'..='\u{f7ff}').contains(&c)
}

/// Checks a text of which only some are accepted.
pub(super) fn word(kind: &str, text: &str, version: &Version) -> Result<(), String> {
    match kind {
        "tls_version" if !["TLS10", "TLS11", "TLS12", "TLS13"].contains(&text) => {
            Err(format!("unknown TLS version: {text}"))
        }
        "scheme" if version.is_at_least(3, 7) && !["", "legacy", "utf8"].contains(&text) => {
            Err(format!("unrecognized ValidationScheme: {}", quote(text)))
        }
        "client_type" if !["http", "grpc"].contains(&text) => {
            Err(format!("expected tracing client type to be to be http or grpc, but got {text}"))
        }
        "api_version" => {
            let known: &[&str] = if version.is_at_least(3, 0) { &["v2"] } else { &["v1", "v2"] };
            if known.contains(&text) {
                return Ok(());
            }
            let shown = known.join(" ");
            Err(format!("expected Alertmanager api version to be one of [{shown}] but got {text}"))
        }
        _ => Ok(()),
    }
}
