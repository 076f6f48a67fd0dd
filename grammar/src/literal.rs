//! String literals: what they mean, and how to write one.
//!
//! Both directions follow Go, whose `strconv` package Alloy uses.

use std::borrow::Cow;
use std::fmt::Write;

use crate::unicode;

/// The bytes a string literal stands for, its quotes included in `literal`; nothing if it is none.
///
/// The result need not be UTF-8: `"\xff"` is one byte. Raw strings lose their carriage returns.
///
/// ```
/// use alloy_grammar::literal::unquote_bytes;
///
/// assert_eq!(unquote_bytes(r#""a\tb""#).as_deref(), Some(&b"a\tb"[..]));
/// assert_eq!(unquote_bytes(r#""\xff""#).as_deref(), Some(&b"\xff"[..]));
/// assert_eq!(unquote_bytes("42"), None);
/// ```
pub fn unquote_bytes(literal: &str) -> Option<Cow<'_, [u8]>> {
    let quote = literal.chars().next()?;
    let inner = literal.get(1..)?.strip_suffix(quote)?;
    match quote {
        '`' if inner.contains('`') => None,
        '`' if inner.contains('\r') => Some(Cow::Owned(inner.replace('\r', "").into_bytes())),
        '`' => Some(Cow::Borrowed(inner.as_bytes())),
        '"' if inner.contains('\n') => None,
        '"' if inner.contains(['\\', '"']) => decode(inner.as_bytes()).map(Cow::Owned),
        '"' => Some(Cow::Borrowed(inner.as_bytes())),
        _ => None,
    }
}

/// The text a string literal stands for; bytes that are not UTF-8 become the replacement character.
///
/// ```
/// use alloy_grammar::literal::unquote;
///
/// assert_eq!(unquote(r#""say \"hi\"""#).as_deref(), Some("say \"hi\""));
/// assert_eq!(unquote("`C:\\raw`").as_deref(), Some("C:\\raw"));
/// ```
pub fn unquote(literal: &str) -> Option<Cow<'_, str>> {
    match unquote_bytes(literal)? {
        Cow::Borrowed(bytes) => Some(String::from_utf8_lossy(bytes)),
        Cow::Owned(bytes) => Some(Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })),
    }
}

/// Writes a text as a double-quoted literal that means it.
///
/// ```
/// use alloy_grammar::literal::quote;
///
/// assert_eq!(quote("C:\\temp\n"), r#""C:\\temp\n""#);
/// ```
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// Writes bytes as a double-quoted literal that means them.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_escaped(&mut quoted, c);
        }
        for byte in chunk.invalid() {
            push_hex(&mut quoted, *byte);
        }
    }
    quoted.push('"');
    quoted
}

fn push_escaped(quoted: &mut String, c: char) {
    match c {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        c if unicode::is_printable(c) => quoted.push(c),
        c if c.is_ascii() => push_hex(quoted, c as u8),
        // Writing to a string cannot fail.
        c if (c as u32) < 0x1_0000 => {
            let _ = write!(quoted, "\\u{:04x}", c as u32);
        }
        c => {
            let _ = write!(quoted, "\\U{:08x}", c as u32);
        }
    }
}

fn push_hex(quoted: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(quoted, "\\x{byte:02x}");
}

fn decode(inner: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(length) = memchr::memchr2(b'\\', b'"', rest) {
        decoded.extend_from_slice(&rest[..length]);
        if rest[length] == b'"' {
            return None;
        }
        rest = decode_escape(&rest[length + 1..], &mut decoded)?;
    }
    decoded.extend_from_slice(rest);
    Some(decoded)
}

/// Decodes what stands behind a backslash, and gives what stands behind that.
fn decode_escape<'l>(escape: &'l [u8], decoded: &mut Vec<u8>) -> Option<&'l [u8]> {
    let (&first, rest) = escape.split_first()?;
    let simple = match first {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'"' => first,
        b'0'..=b'7' => {
            let (value, rest) = digits(escape, 3, 8)?;
            decoded.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        b'x' => {
            let (value, rest) = digits(rest, 2, 16)?;
            decoded.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        b'u' | b'U' => {
            let (value, rest) = digits(rest, if first == b'u' { 4 } else { 8 }, 16)?;
            let c = char::from_u32(value)?;
            decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    };
    decoded.push(simple);
    Some(rest)
}

fn digits(from: &[u8], count: usize, base: u32) -> Option<(u32, &[u8])> {
    let (digits, rest) = from.split_at_checked(count)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = digits.chars().all(|c| c.is_digit(base));
    let value = plain.then(|| u32::from_str_radix(digits, base).ok()).flatten()?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_decoded() {
        let literal = r#""\a\b\f\n\r\t\v\\\"\101\x41\u0041\U0001F600""#;
        let wanted = "\x07\x08\x0c\n\r\t\x0b\\\"AAA\u{1f600}";
        assert_eq!(unquote(literal).as_deref(), Some(wanted));
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        let bad =
            ["", "\"", "`", "x", "\"a", "\"\\q\"", "\"\\400\"", "\"\\ud800\"", "\"a\"b\"", "``x``"];
        for bad in bad {
            assert_eq!(unquote_bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn quoting_and_unquoting_gives_the_same_bytes() {
        for bytes in
            [&b""[..], b"plain", b"\"\\\n\t\0\x7f", "é\u{a0}\u{e0001}".as_bytes(), b"\xff\xc3"]
        {
            let literal = quote_bytes(bytes);
            assert_eq!(unquote_bytes(&literal).as_deref(), Some(bytes), "{literal}");
        }
    }
}
