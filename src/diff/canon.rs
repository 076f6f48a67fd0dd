//! Values in a form that can be compared: by meaning, with what is not known by how it is written.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::eval::{Number, Value};

/// A value, or the expression where it has none.
///
/// It may hold secrets, so it has no `Debug`; `show` shows it.
#[derive(Clone)]
pub enum Canon {
    /// A known value that is neither array nor object.
    Leaf(Value),
    /// An array.
    List(Vec<Canon>),
    /// An object.
    Map(BTreeMap<String, Canon>),
    /// An expression whose value is not known, in one spelling.
    Expression(String),
}

impl Canon {
    /// A known value.
    pub fn of(value: &Value) -> Canon {
        match value {
            Value::Array(array) => Canon::List(array.items().iter().map(Canon::of).collect()),
            Value::Object(object) => Canon::Map(
                object.iter().map(|(key, value)| (key.to_string(), Canon::of(value))).collect(),
            ),
            other => Canon::Leaf(other.clone()),
        }
    }

    /// Whether both mean the same.
    pub fn is_same(&self, other: &Canon) -> bool {
        match (self, other) {
            (Canon::Leaf(a), Canon::Leaf(b)) => a.equals(b) == Some(true),
            (Canon::List(a), Canon::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Canon::Map(a), Canon::Map(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|((key, a), (other, b))| key == other && a.is_same(b))
            }
            (Canon::Expression(a), Canon::Expression(b)) => a == b,
            _ => false,
        }
    }

    /// A text that two values share if and only if they mean the same. It holds secrets.
    pub fn key(&self) -> String {
        let mut key = String::new();
        self.write_key(&mut key);
        key
    }

    fn write_key(&self, key: &mut String) {
        match self {
            Canon::Leaf(value) => leaf_key(value, key),
            Canon::List(items) => {
                key.push('[');
                for item in items {
                    item.write_key(key);
                    key.push(',');
                }
                key.push(']');
            }
            Canon::Map(fields) => {
                key.push('{');
                for (name, value) in fields {
                    // Writing to a string cannot fail.
                    let _ = write!(key, "{name:?}=");
                    value.write_key(key);
                    key.push(',');
                }
                key.push('}');
            }
            Canon::Expression(text) => {
                key.push('`');
                key.push_str(text);
                key.push('`');
            }
        }
    }
}

fn leaf_key(value: &Value, key: &mut String) {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Null => write!(key, "null"),
        Value::Bool(truth) => write!(key, "{truth}"),
        // Numbers that are equal have one key, whatever their kind.
        Value::Number(number) => match number {
            Number::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
                write!(key, "{}", *float as i64)
            }
            other => write!(key, "{}", other.to_shortest()),
        },
        Value::String(text) => match text.as_str() {
            Some(text) => write!(key, "{text:?}"),
            None => write!(key, "{:?}", text.as_bytes()),
        },
        Value::Bytes(bytes) => write!(key, "b{:?}", bytes.as_bytes()),
        Value::Secret(text) => write!(key, "s{:?}", text.expose().as_bytes()),
        Value::OptionalSecret(text) => {
            write!(key, "o{}{:?}", text.is_secret(), text.expose().as_bytes())
        }
        Value::Capsule(capsule) => write!(key, "@{}", capsule.id),
        Value::Function(function) => write!(key, "f{}", function.name()),
        Value::Unknown(unknown) => write!(key, "?{}", unknown.reason()),
        Value::Array(_) | Value::Object(_) => Ok(()),
    };
}
