//! What a change shows of both sides: plain values, secrets by the names they go by.

use serde_json::{Map, Value as Json, json};

use crate::diff::body::{Argument, Body};
use crate::diff::canon::Canon;
use crate::eval::{self, Value};
use crate::secret::names::{is_harmless_header, is_header_map, is_secret_name};
use crate::secret::{Secret, SecretNames};

/// An argument.
pub fn argument(body: &Body, name: &str, argument: &Argument, secrets: &mut SecretNames) -> Json {
    match &argument.written {
        Canon::Map(fields) if holds_headers(name) => fields
            .iter()
            .map(|(key, field)| {
                let is_secret = is_secret_entry(body, name, key);
                (secrets.text(key), value(field, "", is_secret, secrets))
            })
            .collect(),
        written => value(written, &argument.text, body.of.is_secret(name), secrets),
    }
}

/// One entry of an argument that is a map.
pub fn entry(
    body: &Body,
    name: &str,
    key: &str,
    entry: Option<&Canon>,
    secrets: &mut SecretNames,
) -> Json {
    let is_secret = is_secret_entry(body, name, key);
    entry.map_or(Json::Null, |canon| value(canon, "", is_secret, secrets))
}

fn holds_headers(name: &str) -> bool {
    name == "endpoint_params" || is_header_map(name)
}

fn is_secret_entry(body: &Body, name: &str, key: &str) -> bool {
    let is_credential = name == "endpoint_params" || !is_harmless_header(key);
    body.of.is_secret(name) || is_secret_name(key) || holds_headers(name) && is_credential
}

/// A body: what it says beyond the defaults.
pub fn body(body: &Body, secrets: &mut SecretNames) -> Json {
    let mut shown = Map::new();
    for (name, found) in body.meant() {
        shown.insert(name.to_owned(), argument(body, name, found, secrets));
    }
    for block in &body.blocks {
        let inner = self::body(&block.body, secrets);
        match shown.entry(block.name.clone()).or_insert_with(|| json!([])) {
            Json::Array(blocks) => blocks.push(inner),
            other => *other = inner,
        }
    }
    Json::Object(shown)
}

fn value(canon: &Canon, text: &str, is_secret: bool, secrets: &mut SecretNames) -> Json {
    match canon {
        Canon::List(items) => {
            items.iter().map(|item| value(item, "", is_secret, secrets)).collect()
        }
        Canon::Map(fields) => fields
            .iter()
            .map(|(key, field)| {
                let shown =
                    if is_secret { secrets.name(&Secret::new(key)) } else { secrets.text(key) };
                let is_secret = is_secret || is_secret_name(key);
                (shown, value(field, "", is_secret, secrets))
            })
            .collect(),
        Canon::Expression(spelling) if is_secret => {
            json!(secrets.name(&Secret::new(spelling.as_str())))
        }
        Canon::Expression(spelling) => {
            let text = if text.is_empty() { spelling } else { text };
            json!({"expression": secrets.configuration(text)})
        }
        Canon::Leaf(Value::Capsule(capsule)) => json!(reference(&capsule.id)),
        Canon::Leaf(leaf) => self::leaf(leaf, is_secret, secrets),
    }
}

/// A reference as it is written, whichever side's component it leads to.
fn reference(id: &str) -> &str {
    let id = id.strip_prefix("a:").or_else(|| id.strip_prefix("b:")).unwrap_or(id);
    id.rsplit_once('/').map_or(id, |(_, local)| local)
}

fn leaf(value: &Value, is_secret: bool, secrets: &mut SecretNames) -> Json {
    let sealed = match value {
        Value::Secret(_) => true,
        Value::OptionalSecret(text) => text.is_secret(),
        Value::String(_) | Value::Bytes(_) => is_secret,
        _ => false,
    };
    match (sealed, value.expose()) {
        (true, Some(text)) => json!(secrets.name(&Secret::new(text.to_string()))),
        (false, Some(text)) => json!(secrets.url(&text.to_string())),
        _ if is_secret && !matches!(value, Value::Null) => {
            json!(secrets.name(&Secret::new(format!("{value:?}"))))
        }
        _ => eval::json::plain(value),
    }
}
