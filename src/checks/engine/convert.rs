//! Values into Rhai and back, as the server converts them.

use rhai::{Array, Dynamic, FLOAT, INT, ImmutableString, Map};
use serde_json::{Number, Value as Json};

use super::Failure;
use crate::checks::facts::Object;

/// How deep lists and maps of a result may stand in each other.
const MAX_DEPTH: usize = 128;

/// Makes a map of an object.
///
/// # Errors
/// A whole number does not fit 64 bits: the server's binding dies of it.
pub fn from_object<'j>(
    object: impl IntoIterator<Item = (&'j String, &'j Json)>,
) -> Result<Dynamic, Failure> {
    let mut map = Map::new();
    for (key, value) in object {
        map.insert(key.as_str().into(), from_json(value)?);
    }
    Ok(Dynamic::from_map(map))
}

fn from_json(value: &Json) -> Result<Dynamic, Failure> {
    Ok(match value {
        Json::Null => Dynamic::UNIT,
        Json::Bool(value) => Dynamic::from_bool(*value),
        Json::Number(number) => from_number(number)?,
        Json::String(text) => Dynamic::from(ImmutableString::from(text.as_str())),
        Json::Array(items) => {
            Dynamic::from_array(items.iter().map(from_json).collect::<Result<_, _>>()?)
        }
        Json::Object(object) => from_object(object)?,
    })
}

fn from_number(number: &Number) -> Result<Dynamic, Failure> {
    if let Some(integer) = number.as_i64() {
        return Ok(Dynamic::from_int(integer));
    }
    match number.as_f64() {
        Some(float) if number.is_f64() => Ok(Dynamic::from_float(float)),
        _ => Err(Failure::Crash(format!("the whole number {number} does not fit 64 bits"))),
    }
}

/// Makes JSON of a result.
///
/// # Errors
/// It holds something that JSON cannot say, such as a function or infinity: the server dies of it.
pub fn to_json(value: &Dynamic) -> Result<Json, Failure> {
    nested(value, 0)
}

fn nested(value: &Dynamic, depth: usize) -> Result<Json, Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::Crash("the result nests too deep".to_owned()));
    }
    if value.is_unit() {
        return Ok(Json::Null);
    }
    if let Some(value) = value.read_lock::<bool>() {
        return Ok(Json::Bool(*value));
    }
    if let Some(value) = value.read_lock::<INT>() {
        return Ok(Json::from(*value));
    }
    if let Some(value) = value.read_lock::<FLOAT>() {
        let number = Number::from_f64(*value);
        return number.map(Json::Number).ok_or_else(|| {
            Failure::Crash(format!("the result is {}, which is no number", *value))
        });
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Ok(Json::String(text.to_string()));
    }
    if let Some(letter) = value.read_lock::<char>() {
        return Ok(Json::String(letter.to_string()));
    }
    if let Some(items) = value.read_lock::<Array>() {
        return Ok(Json::Array(
            items.iter().map(|item| nested(item, depth + 1)).collect::<Result<_, _>>()?,
        ));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let mut object = Object::new();
        for (key, value) in map.iter() {
            object.insert(key.to_string(), nested(value, depth + 1)?);
        }
        return Ok(Json::Object(object));
    }
    let name = match value.type_name() {
        "Fn" => "a function",
        name if name.contains("Range") => "a range",
        name if name.contains("Instant") => "a point in time",
        "blob" => "a blob",
        _ => "a value of another kind",
    };
    Err(Failure::Unstorable(format!("the result is {name}, which cannot be stored")))
}
