//! Types of arguments as the schema writes them: `list(capsule(discovery.Target))`.

use super::Schema;
use super::body::Type;

/// The type of an attribute, as words that can be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeWords {
    schema: Schema,
    words: &'static str,
}

/// A type taken apart by one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Anything at all.
    Any,
    /// `true` or `false`.
    Bool,
    /// A number of that Go kind, such as `int` or `float64`.
    Number(&'static str),
    /// A string.
    String,
    /// A string or a list of numbers.
    Bytes,
    /// A string such as `15s`.
    Duration,
    /// A secret; a string fits.
    Secret,
    /// A secret or a string.
    OptionalSecret,
    /// A list.
    List(TypeWords),
    /// An object with free keys.
    Map(TypeWords),
    /// An object with known keys.
    Object(Type),
    /// The same as what it points to, except that a literal list does not fit.
    Pointer(TypeWords),
    /// A string with a parser of its own; see [`Schema::codec`].
    Text(&'static str),
    /// A value of that Go type; see [`Schema::codec`].
    Capsule(&'static str),
    /// Something of another kind.
    Other(&'static str),
}

impl TypeWords {
    pub(super) fn new(schema: Schema, words: &'static str) -> TypeWords {
        TypeWords { schema, words }
    }

    /// The words as the schema has them.
    pub fn text(self) -> &'static str {
        self.words
    }

    /// The type, taken apart by one level.
    pub fn kind(self) -> Words {
        let (head, inner) = match self.words.split_once('(') {
            Some((head, rest)) => (head, rest.strip_suffix(')').unwrap_or(rest)),
            None => (self.words, ""),
        };
        let element = TypeWords { schema: self.schema, words: inner };
        match head {
            "any" => Words::Any,
            "bool" => Words::Bool,
            "number" => Words::Number(inner),
            "string" => Words::String,
            "bytes" => Words::Bytes,
            "duration" => Words::Duration,
            "secret" => Words::Secret,
            "optional_secret" => Words::OptionalSecret,
            "list" => Words::List(element),
            "map" => Words::Map(element),
            "ptr" => Words::Pointer(element),
            "text" => Words::Text(inner),
            "capsule" => Words::Capsule(inner),
            "object" => match self.schema.body(inner) {
                Some(body) => Words::Object(body),
                None => Words::Other(self.words),
            },
            // A named Go type without a parser is what it is made of.
            "named" => match inner.split_once(',') {
                Some(("string", _)) => Words::String,
                Some(("bool", _)) => Words::Bool,
                Some((number, _)) => Words::Number(number),
                None => Words::Other(self.words),
            },
            _ => Words::Other(self.words),
        }
    }

    /// The type without the pointers around it.
    pub fn pointee(self) -> TypeWords {
        match self.kind() {
            Words::Pointer(inner) => inner.pointee(),
            _ => self,
        }
    }

    /// What Alloy calls the type: `string`, `number`, `bool`, `array`, `object`, `capsule`, `any`.
    pub fn alloy_type(self) -> &'static str {
        match self.pointee().kind() {
            Words::Any | Words::Pointer(_) | Words::Other(_) => "any",
            Words::Bool => "bool",
            Words::Number(_) => "number",
            Words::String | Words::Duration | Words::Text(_) => "string",
            Words::Bytes | Words::List(_) => "array",
            Words::Map(_) | Words::Object(_) => "object",
            Words::Secret | Words::OptionalSecret | Words::Capsule(_) => "capsule",
        }
    }
}
