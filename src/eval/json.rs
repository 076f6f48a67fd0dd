//! Values as JSON: with their types for `inspect eval`, plain for facts. Secrets are never shown.

use serde_json::{Map, Value as Json, json};

use crate::eval::{Number, Text, Value};

const SECRET: &str = "(secret)";

/// A value with its type: `{"int": "1"}`, `{"obj": {…}}`, `{"func": "func(string) string"}`;
/// null, truth values, strings and arrays as they are; bytes that are not UTF-8 as
/// `{"bytes_hex": "ff"}`; what is not known as `{"unknown": "why"}`.
pub fn typed(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Number(Number::Float(number)) => {
            json!({"float": Number::Float(*number).to_shortest()})
        }
        Value::Number(Number::Uint(number)) if i64::try_from(*number).is_err() => {
            json!({"uint": number.to_string()})
        }
        Value::Number(number) => json!({"int": number.to_text()}),
        Value::String(text) => typed_text(text),
        Value::Bytes(_) | Value::Array(_) => {
            value.elements().unwrap_or_default().iter().map(typed).collect()
        }
        Value::Object(object) => {
            let fields = object.iter().map(|(key, value)| (key.to_string(), typed(value)));
            json!({"obj": fields.collect::<Map<_, _>>()})
        }
        Value::Function(function) => json!({"func": function.signature()}),
        Value::Secret(_) => json!({"capsule": "alloytypes.Secret", "text": SECRET}),
        Value::OptionalSecret(text) => json!({
            "capsule": "alloytypes.OptionalSecret",
            "is_secret": text.is_secret(),
            "text": text.plain().map_or(json!(SECRET), typed_text),
        }),
        Value::Capsule(capsule) => json!({"capsule": &*capsule.sort}),
        Value::Unknown(unknown) => json!({"unknown": unknown.reason()}),
    }
}

fn typed_text(text: &Text) -> Json {
    match text.as_str() {
        Some(text) => json!(text),
        None => {
            let digits: String = text.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"bytes_hex": digits})
        }
    }
}

/// A value as facts show it: plain JSON, secrets as `(secret)`, what is not known as
/// `{"unknown": "why"}`, capsules by what they stand for, functions by name.
pub fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Number(Number::Int(number)) => json!(number),
        Value::Number(Number::Uint(number)) => json!(number),
        Value::Number(Number::Float(number)) if number.is_finite() => json!(number),
        Value::Number(number) => json!(number.to_shortest()),
        Value::String(text) => json!(text.to_string()),
        Value::Bytes(_) | Value::Array(_) => {
            value.elements().unwrap_or_default().iter().map(plain).collect()
        }
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.to_string(), plain(value))).collect()
        }
        Value::Function(function) => json!(function.name()),
        Value::Secret(_) => json!(SECRET),
        Value::OptionalSecret(text) => {
            text.plain().map_or(json!(SECRET), |text| json!(text.to_string()))
        }
        Value::Capsule(capsule) => json!(&*capsule.id),
        Value::Unknown(unknown) => json!({"unknown": unknown.reason()}),
    }
}
