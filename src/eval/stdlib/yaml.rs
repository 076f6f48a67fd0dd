//! `encoding.from_yaml`: YAML as Go's yaml.v3 reads it, its first document only.

use std::collections::BTreeMap;

use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::{Number, Text, Value};
use crate::yaml::go;

/// `encoding.from_yaml(text)`
pub fn from_yaml(call: &Call<'_>) -> Result<Value, Failure> {
    let text = go::Text::decode(call.text(0)?.as_bytes());
    let read = go::value(&text).map_err(|fault| Failure::new(format!("yaml: {fault}")))?;
    read.map_or(Ok(Value::Null), |found| value(found).map_err(Failure::new))
}

/// The value of a document. The depth of a document's values is bounded by their reader.
fn value(found: go::Value) -> Result<Value, &'static str> {
    Ok(match found {
        go::Value::Scalar(found) => scalar(found),
        go::Value::List(items) => {
            Value::array(items.into_iter().map(value).collect::<Result<Vec<_>, _>>()?)
        }
        go::Value::Map(entries) => {
            let mut fields = BTreeMap::new();
            for field in entries {
                // Alloy comes down over any other key.
                let go::Scalar::Text(key) = field.key else {
                    return Err("yaml: a key of a map is no string");
                };
                fields.insert(Text::from(&*key), value(field.value)?);
            }
            Value::object(fields)
        }
    })
}

fn scalar(scalar: go::Scalar) -> Value {
    match scalar {
        go::Scalar::Null => Value::Null,
        go::Scalar::Bool(truth) => Value::Bool(truth),
        go::Scalar::Int(number) => Value::int(number),
        go::Scalar::Uint(number) => Value::Number(Number::Uint(number)),
        go::Scalar::Float(number) => Value::float(number),
        go::Scalar::Time(time) => Value::string(go::moment::rfc3339(time)),
        go::Scalar::Binary(bytes) => Value::string(bytes.to_vec()),
        go::Scalar::Text(text) => Value::string(&*text),
    }
}
