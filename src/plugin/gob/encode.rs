//! Writes gob: contents to messages, and the definitions of the types they have.

use super::builtin;

/// The content of a message, or a part of it.
#[derive(Clone, Debug, Default)]
pub struct Content(Vec<u8>);

impl Content {
    /// An empty content.
    pub fn new() -> Content {
        Content::default()
    }

    /// Writes an unsigned integer.
    pub fn uint(&mut self, number: u64) -> &mut Content {
        let bytes = number.to_be_bytes();
        let skipped = (number.leading_zeros() / 8) as usize;
        if number < 0x80 {
            self.0.push(bytes[7]);
        } else {
            // The count of bytes stands in front, negated.
            self.0.push((skipped as u8).wrapping_sub(8));
            self.0.extend_from_slice(&bytes[skipped..]);
        }
        self
    }

    /// Writes a signed integer.
    pub fn int(&mut self, number: i64) -> &mut Content {
        let bits = number.cast_unsigned();
        self.uint(if number < 0 { !bits << 1 | 1 } else { bits << 1 })
    }

    /// Writes a float.
    pub fn float(&mut self, number: f64) -> &mut Content {
        self.uint(number.to_bits().swap_bytes())
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) -> &mut Content {
        self.uint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Writes a text field with the distance to the field before it; an empty one is left out,
    /// and the distance to the next field grows.
    pub fn text_field(&mut self, delta: &mut u64, text: &str) -> &mut Content {
        if text.is_empty() {
            *delta += 1;
            return self;
        }
        self.uint(*delta).text(text);
        *delta = 1;
        self
    }

    /// Appends another content.
    pub fn append(&mut self, other: &Content) -> &mut Content {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// How many bytes there are.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// Appends a message with this content to a stream.
pub fn message(stream: &mut Vec<u8>, content: &Content) {
    let mut length = Content::new();
    length.uint(content.size() as u64);
    stream.extend_from_slice(&length.0);
    stream.extend_from_slice(&content.0);
}

/// What a type is made of.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// A structure with fields of these names and types.
    Struct(&'a [(&'a str, i64)]),
    /// A slice with elements of this type.
    Slice(i64),
    /// A map from strings to elements of this type.
    StringMap(i64),
}

/// The content of the message that defines a type.
pub fn definition(id: i64, name: &str, shape: Shape<'_>) -> Content {
    let mut out = Content::new();
    out.int(-id);
    // Each alternative is a field of the description of types; its own first field is the common
    // part: name and id.
    out.uint(match shape {
        Shape::Slice(_) => 2,
        Shape::Struct(_) => 3,
        Shape::StringMap(_) => 4,
    });
    let mut delta = 1;
    out.uint(1).text_field(&mut delta, name).uint(delta).int(id).uint(0);
    match shape {
        Shape::Slice(element) => {
            out.uint(1).int(element);
        }
        Shape::StringMap(element) => {
            out.uint(1).int(builtin::STRING).uint(1).int(element);
        }
        Shape::Struct([]) => {}
        Shape::Struct(fields) => {
            out.uint(1).uint(fields.len() as u64);
            for (field, kind) in fields {
                out.uint(1).text(field).uint(1).int(*kind).uint(0);
            }
        }
    }
    out.uint(0).uint(0);
    out
}
