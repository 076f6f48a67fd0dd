//! `encoding.from_json` and `encoding.to_json`: JSON as Go's encoding/json reads and writes it.

use std::fmt::Write;

use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::{Number, Text, Value, gofloat};

/// How numbers are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Every number is a float, as `encoding.from_json` has it.
    Floats,
    /// Integers stay integers, and what is too long stays a text, as `json_path` has it.
    BestFit,
}

/// More levels than this are refused, as in Go.
const DEEPEST: usize = 10_000;

/// `encoding.from_json(text)`
pub fn from_json(call: &Call<'_>) -> Result<Value, Failure> {
    parse(call.text(0)?.as_bytes(), Numbers::Floats).map_err(Failure::new)
}

/// `encoding.to_json(object)`
pub fn to_json(call: &Call<'_>) -> Result<Value, Failure> {
    if !matches!(call.args[0], Value::Object(_)) {
        return Err(Failure::new("jsonEncode only supports map"));
    }
    let mut text = String::new();
    write(&call.args[0], &mut text).map_err(Failure::new)?;
    Ok(Value::string(text))
}

/// Reads one JSON value with blanks around it.
pub fn parse(text: &[u8], numbers: Numbers) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0, numbers };
    let mut open: Vec<Open> = Vec::new();
    loop {
        reader.blanks();
        let Some(value) = reader.begin(&mut open)? else { continue };
        if let Some(whole) = reader.complete(value, &mut open)? {
            return Ok(whole);
        }
    }
}

/// An array or object whose end has not come.
enum Open {
    Array(Vec<Value>),
    /// The fields so far, and the key of the one at hand.
    Object(Vec<(Text, Value)>, Text),
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    numbers: Numbers,
}

impl<'t> Reader<'t> {
    /// A value that is whole at once; else an array or object is opened.
    fn begin(&mut self, open: &mut Vec<Open>) -> Result<Option<Value>, String> {
        let (close, empty) = match self.byte() {
            Some(b'[') => (b']', Value::array([])),
            Some(b'{') => (b'}', Value::object(Vec::<(Text, Value)>::new())),
            _ => return self.scalar().map(Some),
        };
        self.at += 1;
        self.blanks();
        if self.byte() == Some(close) {
            self.at += 1;
            return Ok(Some(empty));
        }
        open.push(if close == b']' {
            Open::Array(Vec::new())
        } else {
            Open::Object(Vec::new(), self.key()?)
        });
        if open.len() > DEEPEST { Err("exceeded max depth".to_owned()) } else { Ok(None) }
    }

    /// Puts a whole value into what is open, which may be whole with it; gives the last of all.
    fn complete(&mut self, value: Value, open: &mut Vec<Open>) -> Result<Option<Value>, String> {
        let mut value = value;
        loop {
            self.blanks();
            let next = self.byte();
            match (open.pop(), next) {
                (None, None) => return Ok(Some(value)),
                (None, Some(_)) => return Err(self.unexpected("after top-level value")),
                (Some(Open::Array(mut items)), Some(b',' | b']')) => {
                    self.at += 1;
                    items.push(value);
                    if next == Some(b',') {
                        open.push(Open::Array(items));
                        return Ok(None);
                    }
                    value = Value::array(items);
                }
                (Some(Open::Object(mut fields, key)), Some(b',' | b'}')) => {
                    self.at += 1;
                    fields.push((key, value));
                    if next == Some(b',') {
                        self.blanks();
                        open.push(Open::Object(fields, self.key()?));
                        return Ok(None);
                    }
                    value = Value::object(fields);
                }
                (Some(Open::Array(_)), _) => return Err(self.unexpected("after array element")),
                (Some(Open::Object(..)), _) => {
                    return Err(self.unexpected("after object key:value pair"));
                }
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.byte() {
            self.at += 1;
        }
    }

    fn unexpected(&self, place: &str) -> String {
        match self.byte() {
            Some(_) => format!("invalid character {place}, at byte {}", self.at),
            None => "unexpected end of JSON input".to_owned(),
        }
    }

    fn key(&mut self) -> Result<Text, String> {
        if self.byte() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let key = self.string()?;
        self.blanks();
        if self.byte() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value, String> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match self.byte() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn string(&mut self) -> Result<Text, String> {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let Some(plain) = plain else {
                self.at = self.text.len();
                return Err(self.unexpected(""));
            };
            bytes.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match rest[plain] {
                b'"' => {
                    self.at += 1;
                    return Ok(Text::from(String::from_utf8_lossy(&bytes).into_owned()));
                }
                b'\\' => {
                    self.at += 1;
                    let c = self.escape()?;
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let plain = match self.byte() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code(),
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `uXXXX`, or two of them for one character; half a pair alone is U+FFFD.
    fn code(&mut self) -> Result<char, String> {
        let code = self
            .code_at(self.at)
            .ok_or_else(|| self.unexpected("in \\u hexadecimal character escape"))?;
        self.at += 5;
        if (0xd800..0xdc00).contains(&code)
            && self.byte() == Some(b'\\')
            && let Some(low @ 0xdc00..0xe000) = self.code_at(self.at + 1)
        {
            self.at += 6;
            let code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn code_at(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 5)?.strip_prefix(b"u")?;
        let valid = digits.iter().all(u8::is_ascii_hexdigit);
        let digits = std::str::from_utf8(digits).ok().filter(|_| valid)?;
        u32::from_str_radix(digits, 16).ok()
    }

    fn digits(&mut self) -> &'t [u8] {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += length;
        &rest[..length]
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        let negative = self.byte() == Some(b'-');
        self.at += usize::from(negative);
        let whole = self.digits();
        if whole.is_empty() {
            return Err(self.unexpected("in numeric literal"));
        }
        if whole.len() > 1 && whole[0] == b'0' {
            self.at = start + usize::from(negative) + 1;
            return Err(self.unexpected("after top-level value"));
        }
        let mut fraction: &[u8] = b"";
        if self.byte() == Some(b'.') {
            self.at += 1;
            fraction = self.digits();
            if fraction.is_empty() {
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
        }
        let mut exponent: &[u8] = b"";
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            exponent = self.digits();
            if exponent.is_empty() {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or("0");
        if self.numbers == Numbers::BestFit {
            return Ok(best_fit(text, fraction, exponent));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::float(number)),
            _ => Err("cannot unmarshal number into Go value of type float64".to_owned()),
        }
    }
}

/// An integer if it looks like one, a text where it has too many digits, else a float.
fn best_fit(text: &str, fraction: &[u8], exponent: &[u8]) -> Value {
    if fraction.is_empty() && exponent.is_empty() {
        return text.parse().map_or_else(|_| Value::string(text), Value::int);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && fraction.len() < 18 => Value::float(number),
        _ => Value::string(text),
    }
}

/// Writes a value with `<`, `>` and `&` escaped. Depth is bounded by that of values.
fn write(value: &Value, text: &mut String) -> Result<(), String> {
    match value {
        Value::Null | Value::Unknown(_) => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(Number::Float(number)) => write_float(*number, text)?,
        Value::Number(number) => text.push_str(&number.to_text()),
        Value::String(string) => write_string(string, text),
        Value::Secret(string) => write_string(string.expose(), text),
        Value::OptionalSecret(string) => {
            // Go sees a structure of two fields here.
            text.push_str("{\"IsSecret\":");
            text.push_str(if string.is_secret() { "true" } else { "false" });
            text.push_str(",\"Value\":");
            write_string(string.expose(), text);
            text.push('}');
        }
        Value::Bytes(_) | Value::Array(_) => {
            text.push('[');
            for (place, item) in value.elements().unwrap_or_default().iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(object) => {
            text.push('{');
            for (place, (key, value)) in object.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write(value, text)?;
            }
            text.push('}');
        }
        Value::Function(function) => {
            return Err(format!("json: unsupported type: {}", function.signature()));
        }
        Value::Capsule(_) => text.push_str("{}"),
    }
    Ok(())
}

/// Floats as JavaScript writes them: an exponent only below 1e-6 and from 1e21 on.
fn write_float(number: f64, text: &mut String) -> Result<(), String> {
    if !number.is_finite() {
        let name = gofloat::format(number, 'g', None);
        return Err(format!("json: unsupported value: {name}"));
    }
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let shown = gofloat::format(number, 'e', None);
        // Go writes e-09 as e-9.
        text.push_str(&shown.replacen("e-0", "e-", 1));
    } else {
        text.push_str(&gofloat::format(number, 'f', None));
    }
    Ok(())
}

fn write_string(string: &Text, text: &mut String) {
    text.push('"');
    for c in string.to_string().chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\x08' => text.push_str("\\b"),
            '\x0c' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        parse(text.as_bytes(), Numbers::Floats).map(|value| format!("{value:?}"))
    }

    #[test]
    fn json_is_read_strictly() {
        assert_eq!(
            read(" [1, {\"a\": null}] ").as_deref(),
            Ok(r#"Array([Number(Float(1.0)), Object({"a": Null})])"#)
        );
        for bad in
            ["", "[1,]", "{,}", "01", "1.", "'x'", "1 2", "\"\n\"", "\"\\x\"", "1e400", "[", "nul"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn surrogates_are_joined_or_replaced() {
        assert_eq!(read(r#""\ud83d\ude00\ud800x""#).as_deref(), Ok("String(\"😀\u{fffd}x\")"));
    }

    #[test]
    fn depth_does_not_matter_to_the_stack() {
        assert!(read(&"[".repeat(1_000_000)).is_err());
        let deep = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
        assert!(read(&deep).is_ok());
    }
}
