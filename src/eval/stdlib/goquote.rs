//! Strings and characters as Go's strconv quotes them, byte by byte where they are not UTF-8.

use std::fmt::Write;

pub use alloy_grammar::unicode::is_printable;

/// The characters of a text and the bytes each takes; a byte that is not UTF-8 is U+FFFD.
pub fn runes(text: &[u8]) -> impl Iterator<Item = (char, usize)> {
    text.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(|c| (c, c.len_utf8()));
        let invalid = chunk.invalid().iter().map(|_| (char::REPLACEMENT_CHARACTER, 1));
        valid.chain(invalid)
    })
}

/// The character of a code, U+FFFD if there is none.
pub fn rune_of(code: u64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A text in double quotes, with everything escaped that is not ASCII if that is asked for.
pub fn string(text: &[u8], ascii: bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut quoted, c, '"', ascii);
        }
        for byte in chunk.invalid() {
            push_code(&mut quoted, u32::from(*byte), 'x', 2);
        }
    }
    quoted.push('"');
    quoted
}

/// A character in single quotes.
pub fn character(c: char, ascii: bool) -> String {
    let mut quoted = String::from('\'');
    push(&mut quoted, c, '\'', ascii);
    quoted.push('\'');
    quoted
}

/// Whether a text can stand between backquotes as it is.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        text.chars().all(|c| c != '\u{feff}' && c != '`' && c != '\x7f' && (c >= ' ' || c == '\t'))
    })
}

fn push(quoted: &mut String, c: char, quote: char, ascii: bool) {
    match c {
        _ if c == quote || c == '\\' => quoted.extend(['\\', c]),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        _ if is_printable(c) && (c.is_ascii() || !ascii) => quoted.push(c),
        _ if c.is_ascii() => push_code(quoted, u32::from(c), 'x', 2),
        _ if u32::from(c) < 0x1_0000 => push_code(quoted, u32::from(c), 'u', 4),
        _ => push_code(quoted, u32::from(c), 'U', 8),
    }
}

fn push_code(quoted: &mut String, code: u32, letter: char, digits: usize) {
    // Writing to a string cannot fail.
    let _ = write!(quoted, "\\{letter}{code:0digits$x}");
}
