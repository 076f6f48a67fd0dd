//! When two endpoints of a component are the same to Alloy: equal with defaults filled in and
//! secrets covered.

use std::collections::BTreeMap;

use super::super::body::Body;
use crate::diagnostic::Code;
use crate::duration::Duration;
use crate::eval::{Value, json};
use crate::graph::Place;
use crate::graph::schema::{FieldKind, Words};

/// Blocks that are the same whether they are missing or empty.
const FILLED: [&str; 4] = ["queue_config", "metadata_config", "tls_config", "queue"];

/// Reports the endpoints that are the same as an earlier one.
pub(super) fn duplicates(body: &Body<'_>, code: Code, name_of: fn(&Body<'_>) -> Option<String>) {
    if body.blocks("endpoint").nth(1).is_none() {
        return;
    }
    let mut seen: BTreeMap<String, Place> = BTreeMap::new();
    for endpoint in body.blocks("endpoint") {
        let Some(name) = name_of(endpoint) else { continue };
        let place = endpoint.place("");
        if let Some(first) = seen.get(&name) {
            endpoint.refuse(code, "", "the component has the same endpoint twice");
            endpoint.judge.label(*first, "the other one");
            endpoint.judge.help("passwords and tokens make no difference; give each a `name`");
        } else {
            seen.insert(name, place);
        }
    }
}

/// All that makes a difference; none where something is unknown.
pub(super) fn of(body: &Body<'_>) -> Option<String> {
    let mut out = String::from("{");
    for field in body.shape.fields() {
        let name = field.name();
        match field.kind() {
            FieldKind::Attr => {
                let words = field.value()?.pointee();
                let value = body.value(name);
                let text = match &value {
                    Value::Unknown(_) => return None,
                    Value::Null => String::new(),
                    value => masked(value, words.text(), matches!(words.kind(), Words::Duration))?,
                };
                if !text.is_empty() && text != "{}" && text != "[]" {
                    out.push_str(&format!("{name}={text};"));
                }
            }
            FieldKind::Block => {
                for inner in body.blocks(name) {
                    let own = of(inner)?;
                    if !(FILLED.contains(&name) && is_default(inner)) {
                        out.push_str(&format!("{name}{own};"));
                    }
                }
            }
            FieldKind::Enum | FieldKind::Label => {}
        }
    }
    out.push('}');
    Some(out)
}

/// Whether all arguments of a block have their defaults, written or not.
pub(super) fn is_default(body: &Body<'_>) -> bool {
    body.shape.fields().all(|field| is_unset(body, field.name()))
}

/// Whether an argument has its default, written or not.
fn is_unset(body: &Body<'_>, name: &str) -> bool {
    if !body.is_written(name) {
        return body.inner(name).is_none();
    }
    let Some(field) = body.shape.field(name) else { return true };
    let value = body.value(name);
    let default = field.default_or_zero().unwrap_or("null");
    let written = json::plain(&value).to_string();
    match Duration::parse(value.as_str().unwrap_or("x")) {
        Ok(length) => Duration::parse(default.trim_matches('"')) == Ok(length),
        Err(_) => {
            let default = alloy_grammar::literal::unquote(default)
                .map_or_else(|| default.to_owned(), |text| format!("{text:?}"));
            written == default
        }
    }
}

fn masked(value: &Value, words: &str, is_duration: bool) -> Option<String> {
    if words.contains("secret") {
        return Some(match value {
            Value::Object(object) => {
                let keys = object.iter().map(|(key, _)| key.as_str().unwrap_or_default());
                format!("{:?}", keys.collect::<Vec<&str>>())
            }
            value if value.expose().is_some_and(|text| text.is_empty()) => String::new(),
            _ => "covered".to_owned(),
        });
    }
    if value.unknown_within().is_some() {
        return None;
    }
    if is_duration {
        return Some(Duration::parse(value.as_str()?).ok()?.to_string());
    }
    if words.contains("URL") || value.as_str().is_some_and(|text| text.contains("://")) {
        return Some(without_password(value.as_str()?));
    }
    Some(match json::plain(value).to_string() {
        text if text == "\"\"" => String::new(),
        text => text,
    })
}

/// A URL with the password of its user covered.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split(':').next().unwrap_or_default();
            let has_password = user.contains(':');
            format!("{scheme}://{name}:{has_password}@{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}
