//! The YAML dialect of the Trento server: which plain scalar is which value.
//!
//! YAML 1.2 core schema with the server's own habits: decimal integers may begin with zeros, a
//! number out of range is text, of two equal keys the first counts, `<<` means nothing.

use serde_json::{Map, Number, Value as Json};

use super::{Kind, Node, Style, SyntaxError};

/// A scalar as the dialect reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// A whole number that does not.
    BigInteger(Number),
    /// A number with a point or an exponent.
    Float(f64),
    /// Everything else.
    Text(String),
}

/// A value as JSON, and what JSON or an expression cannot hold of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    /// The value; keys that are no texts have become texts.
    pub json: Json,
    /// Why an expression cannot take it, if it cannot.
    pub unfit: Option<&'static str>,
}

/// Reads a scalar node; a list or map is none.
///
/// # Errors
/// The scalar's tag is unknown or does not fit its text.
pub fn scalar(node: &Node) -> Result<Option<Scalar>, SyntaxError> {
    let Some((text, style)) = node.scalar() else { return Ok(None) };
    let refused = |what: &str| {
        Err(SyntaxError { message: format!("`{text}` is no {what}"), span: node.span })
    };
    let read = match (node.core_tag(), node.tag.as_deref()) {
        (None, None) if style == Style::Plain => plain(text),
        (None, None | Some("!")) | (Some("str"), _) => Scalar::Text(text.to_owned()),
        (Some("int"), _) => match integer(text) {
            Some(number) => number,
            None => return refused("integer"),
        },
        (Some("float"), _) => match float(text) {
            Some(number) => number,
            None => return refused("float"),
        },
        (Some("bool"), _) => match boolean(text) {
            Some(value) => Scalar::Bool(value),
            None => return refused("boolean"),
        },
        (Some("null"), _) => Scalar::Null,
        (_, tag) => {
            let message = format!("unknown tag `{}`", tag.unwrap_or_default());
            return Err(SyntaxError { message, span: node.span });
        }
    };
    Ok(Some(read))
}

/// Reads a node whole. Of two equal keys the first counts.
///
/// # Errors
/// As [`scalar`].
pub fn value(node: &Node) -> Result<Value, SyntaxError> {
    match &node.kind {
        Kind::Scalar { .. } => Ok(scalar(node)?.map(Value::from).unwrap_or_default()),
        Kind::Sequence(items) => {
            let mut unfit = None;
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                let read = value(item)?;
                unfit = unfit.or(read.unfit);
                list.push(read.json);
            }
            Ok(Value { json: Json::Array(list), unfit })
        }
        Kind::Mapping(entries) => {
            let mut unfit = None;
            let mut map = Map::new();
            for (key, entry) in entries {
                let read = value(entry)?;
                let (key, odd) = key_text(key)?;
                if !map.contains_key(&key) {
                    unfit = unfit.or(read.unfit).or(odd);
                    map.insert(key, read.json);
                }
            }
            Ok(Value { json: Json::Object(map), unfit })
        }
    }
}

/// The text of a key, and what is odd about it if it is none.
///
/// # Errors
/// As [`scalar`].
pub fn key_text(node: &Node) -> Result<(String, Option<&'static str>), SyntaxError> {
    match scalar(node)? {
        Some(Scalar::Text(text)) => Ok((text, None)),
        Some(other) => {
            let json = Value::from(other).json;
            Ok((json.to_string(), Some("a map has a key that is no text")))
        }
        None => Ok((value(node)?.json.to_string(), Some("a map has a key that is no text"))),
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Value {
        let json = match scalar {
            Scalar::Null => Json::Null,
            Scalar::Bool(value) => Json::Bool(value),
            Scalar::Integer(value) => Json::from(value),
            Scalar::BigInteger(value) => {
                let unfit = Some("a whole number does not fit 64 bits");
                return Value { json: Json::Number(value), unfit };
            }
            Scalar::Float(value) => Number::from_f64(value).map_or(Json::Null, Json::Number),
            Scalar::Text(text) => Json::String(text),
        };
        Value { json, unfit: None }
    }
}

fn plain(text: &str) -> Scalar {
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Scalar::Null;
    }
    if let Some(value) = boolean(text) {
        return Scalar::Bool(value);
    }
    integer(text).or_else(|| float(text)).unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A sign, then decimal digits with any leading zeros, `0o` octal or `0x` hexadecimal ones. The
/// server takes no digit at all for zero: a lone `+` is 0.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, radix) = match (unsigned.strip_prefix("0x"), unsigned.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => (unsigned, 10),
    };
    let mut exact = Some(0_i128);
    let mut rounded = 0.0_f64;
    for digit in digits.chars() {
        let digit = digit.to_digit(radix)?;
        exact = exact
            .and_then(|sum| sum.checked_mul(i128::from(radix)))
            .and_then(|sum| sum.checked_add(i128::from(digit)));
        rounded = rounded * f64::from(radix) + f64::from(digit);
    }
    let sign = if negative { -1 } else { 1 };
    if let Some(value) = exact.and_then(|value| i64::try_from(sign * value).ok()) {
        return Some(Scalar::Integer(value));
    }
    let big = match exact.and_then(|value| u64::try_from(value).ok()).filter(|_| !negative) {
        Some(value) => Some(Number::from(value)),
        None => Number::from_f64(if negative { -rounded } else { rounded }),
    };
    Some(big.map_or_else(|| Scalar::Text(text.to_owned()), Scalar::BigInteger))
}

/// A float of the core schema. One out of range is none; the names of infinity and of not a number
/// come out as the texts the server makes of them.
fn float(text: &str) -> Option<Scalar> {
    let named = match text {
        ".nan" | ".NaN" | ".NAN" => "nan",
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => "+inf",
        "-.inf" | "-.Inf" | "-.INF" => "-inf",
        _ => return number(text),
    };
    Some(Scalar::Text(named.to_owned()))
}

fn number(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        });
    if !well_formed {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Scalar::Float)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::parse;

    fn read(text: &str) -> Json {
        value(&parse(text).unwrap()[0]).unwrap().json
    }

    #[test]
    fn plain_scalars_are_what_the_server_makes_of_them() {
        for (text, expected) in [
            ("017", json!(17)),
            ("0o17", json!(15)),
            ("-0x1F", json!(-31)),
            ("+", json!(0)),
            ("1_000", json!("1_000")),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("1E999", json!("1E999")),
            (".inf", json!("+inf")),
            ("-.INF", json!("-inf")),
            (".nan", json!("nan")),
            ("yes", json!("yes")),
            ("TRUE", json!(true)),
            ("~", Json::Null),
            ("1:30", json!("1:30")),
            ("2026-01-01", json!("2026-01-01")),
            ("-9223372036854775808", json!(i64::MIN)),
            ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
            ("'5'", json!("5")),
            ("!!str 5", json!("5")),
            ("!!int '5'", json!(5)),
            ("! 5", json!("5")),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn the_first_of_two_keys_counts_and_odd_keys_are_unfit() {
        assert_eq!(read("{a: 1, a: 2}"), json!({"a": 1}));
        let odd = value(&parse("{a: 1, 2: b}").unwrap()[0]).unwrap();
        assert_eq!(odd.json, json!({"a": 1, "2": "b"}));
        assert!(odd.unfit.is_some());
        assert!(value(&parse("9223372036854775808").unwrap()[0]).unwrap().unfit.is_some());
    }

    #[test]
    fn a_tag_that_does_not_fit_is_an_error() {
        assert!(value(&parse("!!int abc").unwrap()[0]).is_err());
        assert!(value(&parse("!mine abc").unwrap()[0]).is_err());
    }
}
