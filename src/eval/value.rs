//! Values: what an expression evaluates to.

use std::fmt;
use std::sync::Arc;

use crate::eval::budget::{MAX_DEPTH, MAX_WEIGHT, text_weight};
use crate::eval::stdlib::Function;
use crate::eval::{Number, OptionalSecret, Secret, Text};

/// A value of Alloy, or the reason why it cannot be known. Cheap to clone.
///
/// `Debug` never shows a secret. Depth and size are bounded, see [`Value::array`].
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Text),
    /// What `encoding.from_base64` gives: an array of numbers, or a string where one is wanted.
    Bytes(Text),
    /// An array.
    Array(Array),
    /// An object.
    Object(Object),
    /// A function of the standard library.
    Function(Function),
    /// A secret.
    Secret(Secret),
    /// A text that may be a secret.
    OptionalSecret(OptionalSecret),
    /// Something only components understand, such as a receiver.
    Capsule(Capsule),
    /// What cannot be known, and why.
    Unknown(Unknown),
}

/// The type of a value, as Alloy names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueKind {
    /// `null`
    Null,
    /// A number of any kind.
    Number,
    /// A string.
    String,
    /// A truth value.
    Bool,
    /// An array, or bytes.
    Array,
    /// An object.
    Object,
    /// A function.
    Function,
    /// A capsule or a secret.
    Capsule,
    /// Not known.
    Unknown,
}

impl ValueKind {
    /// The name Alloy's messages use.
    pub const fn name(self) -> &'static str {
        match self {
            ValueKind::Null => "null",
            ValueKind::Number => "number",
            ValueKind::String => "string",
            ValueKind::Bool => "bool",
            ValueKind::Array => "array",
            ValueKind::Object => "object",
            ValueKind::Function => "function",
            ValueKind::Capsule => "capsule",
            ValueKind::Unknown => "unknown",
        }
    }
}

/// The elements of an array, with its depth and weight.
#[derive(Clone)]
pub struct Array {
    items: Arc<[Value]>,
    depth: u32,
    weight: u64,
}

impl Array {
    /// The elements.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.items.iter()).finish()
    }
}

/// The fields of an object by key, with its depth and weight.
#[derive(Clone)]
pub struct Object {
    /// Sorted by key.
    fields: Arc<[(Text, Value)]>,
    depth: u32,
    weight: u64,
}

impl Object {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.get_text(&Text::from(key))
    }

    /// The value of a key that need not be UTF-8.
    pub fn get_text(&self, key: &Text) -> Option<&Value> {
        let at = self.fields.binary_search_by(|(own, _)| own.cmp(key)).ok()?;
        Some(&self.fields[at].1)
    }

    /// Keys and values, sorted by the bytes of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Value)> + Clone {
        self.fields.iter().map(|(key, value)| (key, value))
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Something that only components understand: a receiver, a target list's element, a handler.
///
/// Two capsules are equal if both parts are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capsule {
    /// What sort of thing it is, such as `storage.Appendable`.
    pub sort: Arc<str>,
    /// Which one it is, such as `prometheus.remote_write.trento.receiver`.
    pub id: Arc<str>,
}

/// Why a value cannot be known: a clause such as `the environment of the unit is not known`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown(Arc<str>);

/// How long a reason may be.
const LONGEST_REASON: usize = 1_000;

impl Unknown {
    /// States a reason.
    pub fn new(reason: impl Into<Arc<str>>) -> Unknown {
        let reason = reason.into();
        if reason.len() <= LONGEST_REASON {
            return Unknown(reason);
        }
        // Reasons that quote reasons grow with each reference that leads to the next.
        let cut = (0..=LONGEST_REASON).rev().find(|&at| reason.is_char_boundary(at)).unwrap_or(0);
        Unknown(format!("{}…", &reason[..cut]).into())
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown: {}", self.0)
    }
}

impl Value {
    /// A string.
    pub fn string(text: impl Into<Text>) -> Value {
        Value::String(text.into())
    }

    /// An integer.
    pub fn int(number: i64) -> Value {
        Value::Number(Number::Int(number))
    }

    /// A float.
    pub fn float(number: f64) -> Value {
        Value::Number(Number::Float(number))
    }

    /// What cannot be known, and why.
    pub fn unknown(reason: impl Into<Arc<str>>) -> Value {
        Value::Unknown(Unknown::new(reason))
    }

    /// A secret.
    pub fn secret(text: impl Into<Text>) -> Value {
        Value::Secret(Secret::new(text))
    }

    /// A capsule.
    pub fn capsule(sort: impl Into<Arc<str>>, id: impl Into<Arc<str>>) -> Value {
        Value::Capsule(Capsule { sort: sort.into(), id: id.into() })
    }

    /// An array. One that would be too deep or too large is unknown instead, so that whoever
    /// walks a value may recurse.
    pub fn array(items: impl Into<Arc<[Value]>>) -> Value {
        let items = items.into();
        let (depth, weight) = measure(items.iter(), 0);
        bounded(depth, weight, || Value::Array(Array { items, depth, weight }))
    }

    /// An object. One that would be too deep or too large is unknown instead.
    pub fn object(fields: impl IntoIterator<Item = (impl Into<Text>, Value)>) -> Value {
        let mut fields: Vec<(Text, Value)> =
            fields.into_iter().map(|(key, value)| (key.into(), value)).collect();
        // Of several with a key the last counts.
        fields.reverse();
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.dedup_by(|(later, _), (kept, _)| later == kept);
        let keys = fields.iter().map(|(key, _)| text_weight(key.len())).sum();
        let (depth, weight) = measure(fields.iter().map(|(_, value)| value), keys);
        bounded(depth, weight, || Value::Object(Object { fields: fields.into(), depth, weight }))
    }

    /// The type.
    pub fn kind(&self) -> ValueKind {
        match self {
            Value::Null => ValueKind::Null,
            Value::Bool(_) => ValueKind::Bool,
            Value::Number(_) => ValueKind::Number,
            Value::String(_) => ValueKind::String,
            Value::Bytes(_) | Value::Array(_) => ValueKind::Array,
            Value::Object(_) => ValueKind::Object,
            Value::Function(_) => ValueKind::Function,
            Value::Secret(_) | Value::OptionalSecret(_) | Value::Capsule(_) => ValueKind::Capsule,
            Value::Unknown(_) => ValueKind::Unknown,
        }
    }

    /// The text of a string that may be shown: of a string, or of an optional secret that is none.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => text.as_str(),
            Value::OptionalSecret(text) => text.plain()?.as_str(),
            _ => None,
        }
    }

    /// The text of a string or a secret: to compare or to send it, never to show it.
    pub fn expose(&self) -> Option<&Text> {
        match self {
            Value::String(text) | Value::Bytes(text) => Some(text),
            Value::Secret(text) => Some(text.expose()),
            Value::OptionalSecret(text) => Some(text.expose()),
            _ => None,
        }
    }

    /// The truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(array) => Some(array.items()),
            _ => None,
        }
    }

    /// The fields of an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Why the value as a whole is not known; an array with an unknown element is known.
    pub fn unknown_reason(&self) -> Option<&str> {
        match self {
            Value::Unknown(unknown) => Some(unknown.reason()),
            _ => None,
        }
    }

    /// The first thing in the value, at any depth, that is not known.
    pub fn unknown_within(&self) -> Option<&Unknown> {
        match self {
            Value::Unknown(unknown) => Some(unknown),
            Value::Array(array) => array.items().iter().find_map(Value::unknown_within),
            Value::Object(object) => object.iter().find_map(|(_, value)| value.unknown_within()),
            _ => None,
        }
    }

    /// The elements of an array or of bytes.
    pub(crate) fn elements(&self) -> Option<Arc<[Value]>> {
        match self {
            Value::Array(array) => Some(array.items.clone()),
            Value::Bytes(bytes) => {
                Some(bytes.as_bytes().iter().map(|&byte| Value::int(i64::from(byte))).collect())
            }
            _ => None,
        }
    }

    /// The number of nodes, each counted as often as it is reached.
    pub(crate) fn weight(&self) -> u64 {
        match self {
            Value::Array(array) => array.weight,
            Value::Object(object) => object.weight,
            // Bytes are an array of numbers when it comes to it.
            Value::Bytes(bytes) => 1 + bytes.len() as u64,
            _ => self.expose().map_or(1, |text| text_weight(text.len())),
        }
    }

    fn depth(&self) -> u32 {
        match self {
            Value::Array(array) => array.depth,
            Value::Object(object) => object.depth,
            _ => 0,
        }
    }
}

fn measure<'a>(values: impl Iterator<Item = &'a Value>, keys: u64) -> (u32, u64) {
    values.fold((1, keys.saturating_add(1)), |(depth, weight), value| {
        (depth.max(value.depth() + 1), weight.saturating_add(value.weight()))
    })
}

fn bounded(depth: u32, weight: u64, value: impl FnOnce() -> Value) -> Value {
    if depth > MAX_DEPTH {
        Value::unknown(format!("the value nests deeper than {MAX_DEPTH} levels"))
    } else if weight > MAX_WEIGHT {
        Value::unknown("the value is too large")
    } else {
        value()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::string(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Value::Number(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::array(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_in_debug_output() {
        let value = Value::object([
            ("password", Value::secret("hunter2")),
            ("content", Value::OptionalSecret(OptionalSecret::new("hunter2", true))),
        ]);
        let shown = format!("{value:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_value_that_nests_too_deep_becomes_unknown() {
        let mut value = Value::Null;
        for _ in 0..2 * MAX_DEPTH {
            value = Value::array([value]);
        }
        assert!(value.unknown_within().is_some());
    }

    #[test]
    fn a_value_that_doubles_and_doubles_becomes_unknown() {
        let mut value = Value::string("x");
        for _ in 0..64 {
            value = Value::array([value.clone(), value]);
        }
        assert!(value.unknown_within().is_some());
    }
}
