//! What a scalar means to yaml.v3: `017` is 15, `yes` a text, `2001-1-2` a time.

use std::sync::Arc;

use time::OffsetDateTime;

use super::tree::{Kind, Node};
use super::{Style, moment};

/// What a scalar means.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`; `yes` and `on` are texts.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above the largest signed one.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A date, or a date with a time.
    Time(OffsetDateTime),
    /// Bytes, from a `!!binary` scalar.
    Binary(Arc<[u8]>),
    /// Anything else.
    Text(Arc<str>),
}

const CORE: &str = "tag:yaml.org,2002:";

/// The meaning of a scalar; nothing for a list, a map or an alias.
///
/// # Errors
/// Its tag says what it cannot be.
pub(super) fn resolve(node: &Node) -> Result<Option<Scalar>, &'static str> {
    let Kind::Scalar { text, style } = &node.kind else { return Ok(None) };
    let written = || Scalar::Text(text.clone());
    let tag = match node.tag.as_deref() {
        None | Some("!" | "") if *style == Style::Plain => return Ok(Some(plain(text))),
        None | Some("!" | "") => return Ok(Some(written())),
        Some(tag) => tag.strip_prefix(CORE).or_else(|| tag.strip_prefix("!!")),
    };
    let found = match (tag, tagged(text, tag)) {
        (Some("binary"), _) => Scalar::Binary(binary(text)?),
        (Some("null"), Scalar::Null) => Scalar::Null,
        (Some("bool"), found @ Scalar::Bool(_)) => found,
        (Some("int"), found @ (Scalar::Int(_) | Scalar::Uint(_))) => found,
        (Some("float"), found @ Scalar::Float(_)) => found,
        (Some("float"), Scalar::Int(number)) => Scalar::Float(number as f64),
        (Some("timestamp"), found @ Scalar::Time(_)) => found,
        (Some("null"), _) => return Err("a value does not fit its tag !!null"),
        (Some("bool"), _) => return Err("a value does not fit its tag !!bool"),
        (Some("int"), _) => return Err("a value does not fit its tag !!int"),
        (Some("float"), _) => return Err("a value does not fit its tag !!float"),
        (Some("timestamp"), _) => return Err("a value does not fit its tag !!timestamp"),
        _ => written(),
    };
    Ok(Some(found))
}

/// Whether a node counts as a text when it is a key: the kind of its map follows from that.
pub(super) fn is_text_key(node: &Node) -> bool {
    let Kind::Scalar { text, style } = &node.kind else {
        return node.tag.as_deref() == Some("tag:yaml.org,2002:str");
    };
    match node.tag.as_deref() {
        None | Some("!" | "") => {
            *style != Style::Plain || &**text == "<<" || matches!(plain(text), Scalar::Text(_))
        }
        Some(tag) => matches!(tag.strip_prefix(CORE), Some("str" | "merge")),
    }
}

/// Whether a key merges other maps into its own.
pub(super) fn is_merge(node: &Node) -> bool {
    let Kind::Scalar { text, style } = &node.kind else { return false };
    let is_tagged = match node.tag.as_deref() {
        None | Some("!" | "") => *style == Style::Plain,
        Some(tag) => tag.strip_prefix(CORE).or_else(|| tag.strip_prefix("!!")) == Some("merge"),
    };
    &**text == "<<" && is_tagged
}

/// What a text means under a tag: only what asks for a time is one.
fn tagged(text: &str, tag: Option<&str>) -> Scalar {
    match tag {
        Some("timestamp") => plain(text),
        _ => named(text).unwrap_or_else(|| number(text)),
    }
}

/// What a scalar without quotes and tag means.
pub(in crate::yaml) fn plain(text: &str) -> Scalar {
    if let Some(found) = named(text) {
        return found;
    }
    moment::parse(text).map_or_else(|| number(text), Scalar::Time)
}

fn named(text: &str) -> Option<Scalar> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str) -> Scalar {
    let found = match text.as_bytes().first() {
        // Behind a point at the start, underscores stand between digits only.
        Some(b'.') if separates_digits(text) => float(&text.replace('_', "")),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            let digits = text.replace('_', "");
            integer(&digits).or_else(|| float(&digits)).or_else(|| signed_digits(&digits))
        }
        _ => None,
    };
    found.unwrap_or_else(|| Scalar::Text(Arc::from(text)))
}

/// A whole number with any of Go's prefixes, a leading zero being octal.
fn integer(text: &str) -> Option<Scalar> {
    let (is_signed, digits) = match text.as_bytes().first()? {
        b'-' | b'+' => (true, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match i64::try_from(size) {
        _ if text.starts_with('-') => 0i64.checked_sub_unsigned(size).map(Scalar::Int),
        Ok(number) => Some(Scalar::Int(number)),
        Err(_) if is_signed => None,
        Err(_) => Some(Scalar::Uint(size)),
    }
}

/// `0b-101` and `0o+17`, which yaml.v3 reads in a second attempt.
fn signed_digits(text: &str) -> Option<Scalar> {
    let (radix, digits) = match text.get(..2)? {
        "0b" => (2, &text[2..]),
        "0o" => (8, &text[2..]),
        _ => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(Scalar::Int)
}

/// Whether each underscore has a digit on both sides.
fn separates_digits(text: &str) -> bool {
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit)
    };
    let mut underscores = text.match_indices('_');
    underscores.all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    let fits = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|text| !text.is_empty() && all_digits(text));
    let number = text.parse::<f64>().ok().filter(|number| fits && number.is_finite())?;
    Some(Scalar::Float(number))
}

pub(in crate::yaml) fn binary(text: &str) -> Result<Arc<[u8]>, &'static str> {
    use base64::Engine;
    let compact: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    base64::engine::general_purpose::STANDARD
        .decode(compact)
        .map(Arc::from)
        .map_err(|_| "a !!binary value contains invalid base64 data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_mean_what_go_makes_of_them() {
        for (text, expected) in [
            ("017", Scalar::Int(15)),
            ("0o17", Scalar::Int(15)),
            ("0b-101", Scalar::Int(-5)),
            ("0x1F", Scalar::Int(31)),
            ("-0x10", Scalar::Int(-16)),
            ("1_000", Scalar::Int(1000)),
            ("089", Scalar::Float(89.0)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            (".5_0", Scalar::Float(0.5)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("99999999999999999999", Scalar::Float(1e20)),
            ("~", Scalar::Null),
            ("True", Scalar::Bool(true)),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
        assert!(matches!(plain("2001-1-2"), Scalar::Time(_)));
    }

    #[test]
    fn what_only_looks_like_a_number_stays() {
        for text in [
            "yes", "on", "1.2.3", "12ab", "-", ".", "1e400", "0x", "15s", "1:30", "nan", ".5__0",
            "._5",
        ] {
            assert_eq!(plain(text), Scalar::Text(Arc::from(text)));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_scalar_can_be_read(text in "[-+.0-9_xobeETZ: ]{0,24}|\\PC{0,12}") {
            plain(&text);
        }

        #[test]
        fn a_whole_number_is_itself(number: i64) {
            proptest::prop_assert_eq!(plain(&number.to_string()), Scalar::Int(number));
        }
    }
}
