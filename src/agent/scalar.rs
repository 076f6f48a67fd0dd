//! The YAML dialect of the Trento agent: which plain scalar is which value, and its text again.
//!
//! The agent reads YAML into untyped values and asks for texts later, so `0123` becomes the
//! number 83 and then the text `83`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::yaml::{Kind, Node, Style};

/// A value as the agent holds it.
#[derive(Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Time(OffsetDateTime),
    Text(String),
    /// A list or a map, which has no text.
    Nested,
}

impl Scalar {
    /// The value of a node.
    ///
    /// # Errors
    /// A tag that does not fit; the agent then refuses the file.
    pub(super) fn of(node: &Node) -> Result<Scalar, String> {
        let Kind::Scalar { text, style } = &node.kind else { return Ok(Scalar::Nested) };
        match (node.core_tag(), node.tag.as_deref()) {
            (None, None) if *style == Style::Plain => Ok(plain(text)),
            (None, _) | (Some("str"), _) => Ok(Scalar::Text(text.to_string())),
            (Some("binary"), _) => {
                let compact: String = text.split_ascii_whitespace().collect();
                let bytes = STANDARD.decode(compact).map_err(|_| wrong_tag("binary"))?;
                String::from_utf8(bytes).map(Scalar::Text).map_err(|_| wrong_tag("binary"))
            }
            (Some(tag), _) => match (tag, plain(text)) {
                ("float", Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
                ("float", value @ Scalar::Float(_))
                | ("int", value @ (Scalar::Int(_) | Scalar::Uint(_)))
                | ("bool", value @ Scalar::Bool(_))
                | ("null", value @ Scalar::Null)
                | ("timestamp", value @ Scalar::Time(_)) => Ok(value),
                _ => Err(wrong_tag(tag)),
            },
        }
    }

    /// The text that the agent makes of the value.
    pub(super) fn text(&self) -> String {
        match self {
            Scalar::Null | Scalar::Nested => String::new(),
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Uint(value) => value.to_string(),
            Scalar::Float(value) if value.is_infinite() => {
                if *value > 0.0 {
                    "+Inf".to_owned()
                } else {
                    "-Inf".to_owned()
                }
            }
            Scalar::Float(value) => value.to_string(),
            Scalar::Time(value) => time_text(*value),
            Scalar::Text(text) => text.clone(),
        }
    }
}

/// What a scalar without quotes and tag is.
fn plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' => float(text),
        b'+' | b'-' | b'0'..=b'9' => timestamp(text).map(Scalar::Time).or_else(|| {
            let compact = text.replace('_', "");
            integer(&compact).or_else(|| float(&compact))
        }),
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

/// A whole number with any of Go's prefixes, a leading zero being octal.
fn integer(text: &str) -> Option<Scalar> {
    let (is_negative, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match prefix.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(_) if digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match (is_negative, i64::try_from(value)) {
        (false, Ok(value)) => Some(Scalar::Int(value)),
        (false, Err(_)) if text.starts_with('+') => None,
        (false, Err(_)) => Some(Scalar::Uint(value)),
        (true, _) => 0i64.checked_sub_unsigned(value).map(Scalar::Int),
    }
}

/// A number with a point or an exponent, or one whose leading zero is followed by 8 or 9.
fn float(text: &str) -> Option<Scalar> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && body.contains(|c: char| c.is_ascii_digit())
        && body.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if !is_number {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Scalar::Float)
}

/// A date, or a date with a time, which Go keeps as a moment.
fn timestamp(text: &str) -> Option<OffsetDateTime> {
    let is_dated = text.len() > 4
        && text.as_bytes()[..4].iter().all(u8::is_ascii_digit)
        && text.as_bytes()[4] == b'-';
    if !is_dated {
        return None;
    }
    let (date, clock) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((&text[at + 1..], text.as_bytes()[at] == b' '))),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let two = |part: &str| part.parse::<u8>().ok().filter(|_| part.len() <= 2);
    let date = format!("{year}-{:02}-{:02}", two(month)?, two(day)?);
    let clock = match clock {
        None => "00:00:00Z".to_owned(),
        Some((clock, bare)) => {
            let (clock, zone) = match clock.find(['Z', '+', '-']).filter(|_| !bare) {
                Some(at) => clock.split_at(at),
                None if bare => (clock, "Z"),
                None => return None,
            };
            let mut parts = clock.splitn(3, ':');
            let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
            let second = parts.next()?;
            let (whole, rest) = second.split_at(second.find('.').unwrap_or(second.len()));
            format!("{hour:02}:{minute:02}:{:02}{rest}{zone}", two(whole)?)
        }
    };
    OffsetDateTime::parse(&format!("{date}T{clock}"), &Rfc3339).ok()
}

/// A moment as Go prints it.
fn time_text(time: OffsetDateTime) -> String {
    let (hours, minutes, _) = time.offset().as_hms();
    let zone = format!(
        "{}{:02}{:02}",
        if time.offset().is_negative() { '-' } else { '+' },
        hours.abs(),
        minutes.abs()
    );
    let name = if time.offset() == UtcOffset::UTC { "UTC" } else { &zone };
    let mut fraction = String::new();
    if time.nanosecond() != 0 {
        fraction = format!(".{:09}", time.nanosecond()).trim_end_matches('0').to_owned();
    }
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}{fraction} {zone} {name}", time.date())
}

fn wrong_tag(tag: &str) -> String {
    format!("the value does not fit its tag !!{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        plain(text).text()
    }

    #[test]
    fn numbers_lose_their_spelling() {
        for (written, text) in [
            ("0123", "83"),
            ("089", "89"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("+5", "5"),
            ("-0x10", "-16"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            (".5", "0.5"),
            ("1.", "1"),
            ("18446744073709551615", "18446744073709551615"),
            ("99999999999999999999", "100000000000000000000"),
            ("-.inf", "-Inf"),
            ("True", "true"),
            ("~", ""),
        ] {
            assert_eq!(read(written), text, "{written}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_stays() {
        for text in ["yes", "on", "1.2.3", "12ab", "-", ".", "1e400", "0x", "15s", "1:30", "nan"] {
            assert_eq!(read(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_scalar_can_be_read(text in "[-+.0-9_xobeETZ: ]{0,24}|\\PC{0,12}") {
            plain(&text).text();
        }

        #[test]
        fn a_whole_number_is_itself(number: i64) {
            proptest::prop_assert_eq!(plain(&number.to_string()).text(), number.to_string());
        }
    }

    #[test]
    fn a_date_becomes_a_moment() {
        assert_eq!(read("2026-1-2"), "2026-01-02 00:00:00 +0000 UTC");
        assert_eq!(read("2026-01-02 03:04:05.60"), "2026-01-02 03:04:05.6 +0000 UTC");
        assert_eq!(read("2026-01-02T03:04:05+02:00"), "2026-01-02 03:04:05 +0200 +0200");
        assert_eq!(read("2026-13-02"), "2026-13-02");
    }
}
