//! `array.*` and `coalesce`: they look at the values themselves, known or not.

use std::collections::BTreeMap;

use crate::eval::operators::mismatch;
use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::{Number, Object, Text, Value, ValueKind};

/// More pairs of objects are not compared.
const MOST_PAIRS: usize = 4 << 20;

/// `array.concat(lists...)`
pub fn concat(call: &Call<'_>) -> Result<Value, Failure> {
    let mut lists = Vec::new();
    let mut unknown = None;
    for (argument, value) in call.args.iter().enumerate() {
        match value.elements() {
            Some(items) => lists.push(items),
            None if value.kind() == ValueKind::Unknown => unknown = unknown.or(Some(value)),
            None => return Err(Failure::argument(argument, ValueKind::Array, value)),
        }
    }
    match (unknown, call.args) {
        (Some(unknown), _) => Ok(unknown.clone()),
        (None, [only]) => Ok(only.clone()),
        _ => {
            let weight: u64 = call.args.iter().map(Value::weight).sum();
            if weight > crate::eval::budget::MAX_WEIGHT {
                return Ok(Value::unknown("the value is too large"));
            }
            let items: Vec<Value> = lists.iter().flat_map(|items| items.iter().cloned()).collect();
            Ok(Value::array(items))
        }
    }
}

/// `coalesce(values...)`: the first that is not null, zero, false or empty, else the last.
pub fn coalesce(call: &Call<'_>) -> Result<Value, Failure> {
    let found = call.args.iter().find(|value| !is_empty(value)).or(call.args.last());
    Ok(found.cloned().unwrap_or(Value::Null))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(Number::Float(number)) => *number == 0.0,
        Value::Number(number) => number.is_zero(),
        Value::String(text) | Value::Bytes(text) => text.is_empty(),
        Value::Secret(text) => text.expose().is_empty(),
        Value::OptionalSecret(text) => text.expose().is_empty() && !text.is_secret(),
        Value::Array(array) => array.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Function(_) | Value::Capsule(_) | Value::Unknown(_) => false,
    }
}

/// `array.combine_maps(left, right, keys[, keep_left])`
pub fn combine_maps(call: &Call<'_>) -> Result<Value, Failure> {
    if !(3..=4).contains(&call.args.len()) {
        let count = call.args.len();
        return Err(Failure::new(format!("expected 3 or 4 arguments, got {count}")));
    }
    if let Some(unknown) = call.unknown() {
        return Ok(Value::Unknown(unknown.clone()));
    }
    let (left, right) = (objects(call, 0)?, objects(call, 1)?);
    let keys = call.args[2]
        .elements()
        .ok_or_else(|| Failure::argument(2, ValueKind::Array, &call.args[2]))?;
    if keys.is_empty() {
        return Err(Failure {
            argument: Some(2),
            ..Failure::new("combine_maps: merge conditions must not be empty")
        });
    }
    let keep_left = match call.args.get(3) {
        Some(Value::Bool(truth)) => *truth,
        Some(other) => return Err(Failure::argument(3, ValueKind::Bool, other)),
        None => false,
    };
    if left.len().saturating_mul(right.len()) > MOST_PAIRS {
        return Ok(Value::unknown("there are too many pairs of objects to combine"));
    }
    let mut combined = Vec::new();
    for one in &left {
        for other in &right {
            if agree(one, other, &keys)? {
                let fields = one.iter().chain(other.iter());
                combined
                    .push(Value::object(fields.map(|(key, value)| (key.clone(), value.clone()))));
            } else if keep_left {
                combined.push(Value::Object(one.clone()));
            }
        }
    }
    Ok(Value::array(combined))
}

/// Whether two objects have all these keys, with the same values.
fn agree(one: &Object, other: &Object, keys: &[Value]) -> Result<bool, Failure> {
    for (place, key) in keys.iter().enumerate() {
        let Value::String(key) = key else {
            return Err(Failure::element(2, place, ValueKind::String, key));
        };
        match (one.get_text(key), other.get_text(key)) {
            (Some(a), Some(b)) if identical(a, b) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Equal without any conversion: `1` and `1.0` are not.
fn identical(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(Number::Int(a)), Value::Number(Number::Int(b))) => a == b,
        (Value::Number(Number::Uint(a)), Value::Number(Number::Uint(b))) => a == b,
        (Value::Number(Number::Float(a)), Value::Number(Number::Float(b))) => a == b,
        (Value::Number(_), Value::Number(_)) => false,
        _ => a.equals(b) == Some(true),
    }
}

fn objects(call: &Call<'_>, argument: usize) -> Result<Vec<Object>, Failure> {
    let list = &call.args[argument];
    let items =
        list.elements().ok_or_else(|| Failure::argument(argument, ValueKind::Array, list))?;
    let object = |(place, item): (usize, &Value)| match item {
        Value::Object(object) => Ok(object.clone()),
        other => Err(Failure::element(argument, place, ValueKind::Object, other)),
    };
    items.iter().enumerate().map(object).collect()
}

/// `array.group_by(objects, key, drop_without)`: groups in the order of their first member, where
/// Alloy's order differs from run to run.
pub fn group_by(call: &Call<'_>) -> Result<Value, Failure> {
    let [list, key, drop_without] = call.args else {
        let count = call.args.len();
        return Err(Failure::new(format!("expected 3 arguments, got {count}")));
    };
    if let Some(unknown) = call.unknown() {
        return Ok(Value::Unknown(unknown.clone()));
    }
    if list.kind() != ValueKind::Array {
        return Err(Failure::argument(0, ValueKind::Array, list));
    }
    let Value::String(key) = key else {
        return Err(Failure::argument(1, ValueKind::String, key));
    };
    let Value::Bool(drop_without) = drop_without else {
        return Err(Failure::argument(2, ValueKind::Bool, drop_without));
    };
    let mut places: BTreeMap<Text, usize> = BTreeMap::new();
    let mut groups: Vec<(Text, Vec<Value>)> = Vec::new();
    for (place, object) in objects(call, 0)?.into_iter().enumerate() {
        let name = match object.get_text(key) {
            Some(Value::String(name)) => name.clone(),
            Some(other) => {
                let message = mismatch(ValueKind::String, other.kind());
                return Err(Failure {
                    argument: Some(0),
                    elements: vec![place],
                    ..Failure::new(message)
                });
            }
            None if *drop_without => continue,
            None => Text::from(""),
        };
        let at = *places.entry(name.clone()).or_insert_with(|| {
            groups.push((name, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(Value::Object(object));
    }
    let group = |(name, items): (Text, Vec<Value>)| {
        Value::object([(key.clone(), Value::String(name)), (Text::from("items"), items.into())])
    };
    Ok(Value::array(groups.into_iter().map(group).collect::<Vec<_>>()))
}
