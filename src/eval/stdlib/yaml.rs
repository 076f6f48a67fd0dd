//! `encoding.from_yaml`: YAML as Go's yaml.v3 reads it, its first document only.

use std::collections::BTreeMap;

use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::{Number, Text, Value};
use crate::yaml::{self, Kind, Node, go};

/// `encoding.from_yaml(text)`
pub fn from_yaml(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text(0)?;
    let text =
        text.as_str().ok_or_else(|| Failure::new("yaml: control characters are not allowed"))?;
    let documents = yaml::parse(text).map_err(|error| Failure::new(format!("yaml: {error}")))?;
    go::check_tabs(text, &documents).map_err(Failure::new)?;
    documents.first().map_or(Ok(Value::Null), |node| value(node).map_err(Failure::new))
}

/// The value of a node. The depth of a tree of nodes is bounded by its parser.
fn value(node: &Node) -> Result<Value, String> {
    match &node.kind {
        Kind::Scalar { .. } => Ok(go::scalar(node)?.map_or(Value::Null, scalar)),
        Kind::Sequence(items) => {
            let items: Vec<Value> = items.iter().map(value).collect::<Result<_, _>>()?;
            Ok(Value::array(items))
        }
        Kind::Mapping(entries) => Ok(Value::object(fields(entries)?)),
    }
}

fn fields(entries: &[(Node, Node)]) -> Result<BTreeMap<Text, Value>, String> {
    let mut fields = BTreeMap::new();
    for (key, node) in entries.iter().filter(|(key, _)| !go::is_merge(key)) {
        if fields.insert(key_text(key)?, value(node)?).is_some() {
            return Err("yaml: unmarshal errors: mapping key already defined".to_owned());
        }
    }
    for (_, merged) in entries.iter().filter(|(key, _)| go::is_merge(key)) {
        merge(merged, &mut fields)?;
    }
    Ok(fields)
}

/// Brings in the fields of another map, or of several, that are not there yet.
fn merge(merged: &Node, into: &mut BTreeMap<Text, Value>) -> Result<(), String> {
    let maps = match &merged.kind {
        Kind::Mapping(_) => std::slice::from_ref(merged),
        Kind::Sequence(maps) => maps.as_slice(),
        Kind::Scalar { .. } => &[],
    };
    let wanted = "yaml: map merge requires map or sequence of maps as the value";
    if maps.is_empty() && merged.scalar().is_some() {
        return Err(wanted.to_owned());
    }
    for map in maps {
        let entries = map.mapping().ok_or(wanted)?;
        for (key, value) in fields(entries)? {
            into.entry(key).or_insert(value);
        }
    }
    Ok(())
}

/// A key, which must be a text: Alloy comes down over any other.
fn key_text(key: &Node) -> Result<Text, String> {
    match go::scalar(key)? {
        Some(go::Scalar::Text(text)) => Ok(Text::from(&*text)),
        _ => Err("yaml: a key of a map is no string".to_owned()),
    }
}

fn scalar(scalar: go::Scalar) -> Value {
    match scalar {
        go::Scalar::Null => Value::Null,
        go::Scalar::Bool(truth) => Value::Bool(truth),
        go::Scalar::Int(number) => Value::int(number),
        go::Scalar::Uint(number) => Value::Number(Number::Uint(number)),
        go::Scalar::Float(number) => Value::float(number),
        go::Scalar::Timestamp(time) => Value::string(time),
        go::Scalar::Binary(bytes) => Value::string(bytes),
        go::Scalar::Text(text) => Value::string(&*text),
    }
}
