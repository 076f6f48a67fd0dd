//! What a change shows of both sides: plain values, secrets by the names they go by.

use serde_json::{Map, Value as Json, json};

use crate::diff::body::{Argument, Body};
use crate::diff::canon::Canon;
use crate::diff::typed::sounds_secret;
use crate::eval::{self, Value};
use crate::secret::{Secret, SecretNames};

/// An argument.
pub fn argument(body: &Body, name: &str, argument: &Argument, secrets: &mut SecretNames) -> Json {
    value(&argument.written, &argument.text, body.of.is_secret(name), secrets)
}

/// One entry of an argument that is a map.
pub fn entry(
    body: &Body,
    name: &str,
    key: &str,
    entry: Option<&Canon>,
    secrets: &mut SecretNames,
) -> Json {
    let is_secret = body.of.is_secret(name) || sounds_secret(key);
    entry.map_or(Json::Null, |canon| value(canon, "", is_secret, secrets))
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
                let is_secret = is_secret || sounds_secret(key);
                (key.clone(), value(field, "", is_secret, secrets))
            })
            .collect(),
        Canon::Expression(spelling) if is_secret => {
            json!(secrets.name(&Secret::new(spelling.as_str())))
        }
        Canon::Expression(spelling) => {
            let text = if text.is_empty() { spelling } else { text };
            json!({"expression": without_user_info(text, secrets)})
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
        (false, Some(text)) => json!(without_user_info(&text.to_string(), secrets)),
        _ if is_secret && !matches!(value, Value::Null) => {
            json!(secrets.name(&Secret::new(format!("{value:?}"))))
        }
        _ => eval::json::plain(value),
    }
}

/// A text with the user and password of every URL in it replaced.
pub fn without_user_info(text: &str, secrets: &mut SecretNames) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '`') || c.is_whitespace())
            .unwrap_or(after.len());
        let (authority, behind) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                shown.push_str(&secrets.name(&Secret::new(user)));
                shown.push('@');
                shown.push_str(host);
            }
            None => shown.push_str(authority),
        }
        rest = behind;
    }
    shown.push_str(rest);
    shown
}
