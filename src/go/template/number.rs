//! Numbers and characters of a template, as Go reads its constants.

use alloy_grammar::literal::{quote, unquote_bytes};

use super::lexer::{Kind, Word};

/// How long an escape may be: `\U0001F600`.
const LONGEST_ESCAPE: usize = 10;

/// What is wrong with a constant.
pub(super) fn fault(word: &Word) -> Option<String> {
    match word.kind {
        Kind::CharConstant => character(&word.text),
        // What the lexer takes for a pair is one, but for numbers that there are not.
        Kind::Complex => None,
        _ => number(&word.text),
    }
}

fn number(text: &str) -> Option<String> {
    if text.strip_suffix('i').is_some_and(is_float) || is_integer(text) {
        return None;
    }
    if !is_float(text) {
        return Some(format!("illegal number syntax: {}", quote(text)));
    }
    let is_huge = !text.contains(['.', 'e', 'E', 'p', 'P']);
    is_huge.then(|| format!("integer overflow: {}", quote(text)))
}

/// Whether a text is an integer of 64 bits, in the base that its prefix names.
fn is_integer(text: &str) -> bool {
    let is_negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !has_underscores_between_digits(digits) {
        return false;
    }
    let plain = digits.replace('_', "").to_ascii_lowercase();
    let (digits, base) = match plain.get(..2) {
        Some("0x") => (&plain[2..], 16),
        Some("0o") => (&plain[2..], 8),
        Some("0b") => (&plain[2..], 2),
        _ if plain.len() > 1 && plain.starts_with('0') => (&plain[1..], 8),
        _ => (plain.as_str(), 10),
    };
    let value = u64::from_str_radix(digits, base);
    // Without a sign in front it may use all bits.
    let has_sign = text.starts_with(['+', '-']);
    let most = i64::MAX as u64 + u64::from(is_negative);
    !digits.starts_with('+') && value.is_ok_and(|value| !has_sign || value <= most)
}

fn is_float(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !has_underscores_between_digits(digits) {
        return false;
    }
    let plain = digits.replace('_', "");
    if plain.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x")) {
        return is_hex_float(&plain[2..]);
    }
    let is_plain = plain.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    is_plain && plain.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Digits with at most one point, and an exponent of two.
fn is_hex_float(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['p', 'P']) else { return false };
    let count = digits.matches(|c: char| c.is_ascii_hexdigit()).count();
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    count > 0
        && digits.len() - count <= 1
        && !exponent.is_empty()
        && exponent.len() < 4
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
}

/// Underscores stand between digits, or between a prefix and a digit.
fn has_underscores_between_digits(text: &str) -> bool {
    let body = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        // The prefix counts as a digit.
        Some("0x" | "0o" | "0b") => format!("0{}", &text[2..]),
        _ => text.to_owned(),
    };
    let bytes = body.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        at > 0 && is_digit(at - 1) && is_digit(at + 1)
    })
}

fn character(text: &str) -> Option<String> {
    let inside = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''))?;
    let Some(length) = first_character(inside) else { return Some("invalid syntax".to_owned()) };
    (length < inside.len()).then(|| format!("malformed character constant: {text}"))
}

/// How long the first character is as it is written; none where it is none.
fn first_character(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first != '\\' {
        return Some(first.len_utf8());
    }
    match text.as_bytes().get(1)? {
        b'\'' => Some(2),
        b'"' => None,
        _ => (2..=LONGEST_ESCAPE).find(|&length| {
            let escape = text.get(..length).map(|escape| format!("\"{escape}\""));
            escape.is_some_and(|literal| unquote_bytes(&literal).is_some())
        }),
    }
}
