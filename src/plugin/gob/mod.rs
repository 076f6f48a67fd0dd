//! Go's `encoding/gob`: self-describing values in length-prefixed messages.
//!
//! Knows the wire format and nothing of Trento: which types are sent is `fact`'s and `rpc`'s
//! business. Types that the other side defines are learnt from the stream, never assumed.

mod cursor;
mod decode;
mod encode;

use std::sync::Arc;

pub use decode::Decoder;
pub use encode::{Content, Shape, definition, message};

/// The largest message that is accepted: 64 MiB.
pub const MAX_MESSAGE: usize = 64 << 20;
/// How deep values may nest.
const MAX_DEPTH: usize = 128;
/// How many values one top-level value may hold, whatever its size in bytes.
const MAX_VALUES: usize = 1 << 19;
/// How many types one stream may define.
const MAX_TYPES: usize = 1 << 10;
/// How many bytes the definitions of one stream may take; they are kept as long as the stream.
const MAX_TYPE_BYTES: usize = 1 << 20;

/// Ids of the types that every stream knows.
pub mod builtin {
    /// `bool`.
    pub const BOOL: i64 = 1;
    /// `int` of any size.
    pub const INT: i64 = 2;
    /// `uint` of any size.
    pub const UINT: i64 = 3;
    /// `float64`.
    pub const FLOAT: i64 = 4;
    /// `[]byte`.
    pub const BYTES: i64 = 5;
    /// `string`.
    pub const STRING: i64 = 6;
    /// `complex128`.
    pub const COMPLEX: i64 = 7;
    /// Any interface.
    pub const INTERFACE: i64 = 8;
}

/// What a stream cannot be understood for; the stream is of no use afterwards.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

/// A decoded value. Fields with the zero value are left out, as they are on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `bool`.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A float.
    Float(f64),
    /// Bytes, or what a type with its own encoding wrote.
    Bytes(Vec<u8>),
    /// A string; bytes that are not UTF-8 are replaced.
    Text(String),
    /// A complex number.
    Complex(f64, f64),
    /// A slice or an array.
    List(Vec<Value>),
    /// A map, in the order of the wire.
    Map(Vec<(Value, Value)>),
    /// A structure: the fields that are there, by name.
    Struct(Vec<(Arc<str>, Value)>),
    /// An interface: the name of the concrete type and its value, or nil.
    Interface(Option<Box<(String, Value)>>),
}

impl Value {
    /// Takes a field out of a structure; none where the field or the structure is missing.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        match self {
            Value::Struct(fields) => {
                let at = fields.iter().position(|(field, _)| &**field == name)?;
                Some(fields.swap_remove(at).1)
            }
            _ => None,
        }
    }

    /// Takes a text field out of a structure; empty where it is missing, as Go reads it.
    pub fn take_text(&mut self, name: &str) -> String {
        match self.take(name) {
            Some(Value::Text(text)) => text,
            _ => String::new(),
        }
    }

    /// Takes the elements of a list field out of a structure; none where it is missing.
    pub fn take_list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Some(Value::List(items)) => items,
            _ => Vec::new(),
        }
    }
}
