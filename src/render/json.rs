//! JSON: every value that a command prints for programs, and the report among them.
//!
//! Hidden characters are written as escapes: what is read back is the same, and a terminal is safe.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::render::view::Rendering;
use crate::visible::{is_hidden, is_plain};

/// The version of the shape of all JSON: raised when a key changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// So many bytes are put together before they go on.
const PIECE: usize = 16 << 10;

/// A value with the version of its shape before its own keys.
#[derive(Debug, Serialize)]
pub struct Versioned<T> {
    schema_version: u32,
    #[serde(flatten)]
    value: T,
}

impl<T: Serialize> Versioned<T> {
    /// Puts the version before a value, which must be an object.
    pub fn new(value: T) -> Versioned<T> {
        Versioned { schema_version: SCHEMA_VERSION, value }
    }
}

/// Writes the report.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    pretty(&Versioned::new(rendering.report), out)
}

/// Writes the report in one line.
pub(super) fn write_line(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    compact(&Versioned::new(rendering.report), out)
}

/// Writes a value over several lines, and a line break.
///
/// # Errors
/// Those of the writer.
pub fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    written(value, Indented::default(), out)
}

/// Writes a value in one line, and a line break.
///
/// # Errors
/// Those of the writer.
pub fn compact(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    written(value, CompactFormatter, out)
}

/// Writes a value and a line break: many small pieces, which are put together before they go on.
fn written(
    value: &impl Serialize,
    formatter: impl Formatter,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(PIECE, out);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Escaped(formatter)))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A formatter that gives each value a line of its own, two blanks further in than what holds it:
/// serde_json's, which writes each blank by itself.
#[derive(Default)]
struct Indented {
    depth: usize,
    has_value: bool,
}

/// More blanks than are needed as a rule.
const BLANKS: [u8; 64] = [b' '; 64];

impl Indented {
    fn line<W: ?Sized + Write>(&self, out: &mut W, lead: &[u8]) -> io::Result<()> {
        out.write_all(lead)?;
        let mut blanks = 2 * self.depth;
        while blanks > 0 {
            let some = blanks.min(BLANKS.len());
            out.write_all(&BLANKS[..some])?;
            blanks -= some;
        }
        Ok(())
    }

    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        out.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.line(out, b"\n")?;
        }
        self.has_value = true;
        out.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.line(out, if is_first { b"\n" } else { b",\n" })
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.item(out, is_first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.item(out, is_first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

/// A formatter that leaves no hidden character as it is.
struct Escaped<F>(F);

/// Passes a call on to the formatter inside.
macro_rules! pass_on {
    ($($name:ident($($argument:ident: $of:ty),*);)*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, out: &mut W, $($argument: $of),*)
            -> io::Result<()> {
            self.0.$name(out, $($argument),*)
        })*
    };
}

impl<F: Formatter> Formatter for Escaped<F> {
    pass_on! {
        begin_array();
        end_array();
        begin_array_value(is_first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(is_first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if is_plain(fragment) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + hidden.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn as_pretty(value: &Json, out: &mut Vec<u8>) -> io::Result<()> {
        pretty(value, out)
    }

    fn as_compact(value: &Json, out: &mut Vec<u8>) -> io::Result<()> {
        compact(value, out)
    }

    #[test]
    fn hidden_characters_are_escaped_and_read_back_the_same() {
        let value = json!({"a\u{7f}": ["\u{9b}\u{202e}\u{2028}é\u{e0041}\n", {}]});
        for write in [as_pretty, as_compact] {
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(!text.trim_end().contains(|c| is_hidden(c) && c != '\n'), "{text}");
            assert!(text.contains(r"\u009b\u202e\u2028é\udb40\udc41\n"), "{text}");
            assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), value);
        }
    }

    #[test]
    fn each_value_has_a_line_as_serde_json_would_give_it() {
        let deep = (0..70).fold(json!({}), |inner, _| json!({"a": [inner, [], 1], "b": null}));
        for value in [json!([]), json!([[], {}, [1, {"a": "b"}]]), json!("x"), deep] {
            let mut out = Vec::new();
            pretty(&value, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{value:#}\n"));
        }
    }

    #[test]
    fn the_version_comes_first() {
        let mut out = Vec::new();
        compact(&Versioned::new(json!({"ok": true})), &mut out).unwrap();
        assert_eq!(out, b"{\"schema_version\":1,\"ok\":true}\n");
    }
}
