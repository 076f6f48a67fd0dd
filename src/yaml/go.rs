//! YAML as Go's yaml.v3 understands it, which Alloy and the Trento agent use.
//!
//! Says what a scalar means and what a mapping's merge keys bring in; makes no values.

use std::sync::Arc;

use crate::yaml::{Kind, Node, Style};

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
    /// A time, in the form RFC 3339 gives it.
    Timestamp(String),
    /// Bytes, from a `!!binary` scalar.
    Binary(Vec<u8>),
    /// Anything else.
    Text(Arc<str>),
}

/// The meaning of a scalar node; none for a list or a map.
///
/// # Errors
/// Its tag says what it cannot be.
pub fn scalar(node: &Node) -> Result<Option<Scalar>, String> {
    let Kind::Scalar { text, style } = &node.kind else { return Ok(None) };
    let implicit = if *style == Style::Plain { plain(text) } else { Scalar::Text(text.clone()) };
    let found = match (node.core_tag(), plain(text)) {
        (None, _) if node.tag.as_deref() == Some("!") => Scalar::Text(text.clone()),
        (None, _) => implicit,
        (Some("str"), _) => Scalar::Text(text.clone()),
        (Some("binary"), _) => Scalar::Binary(binary(text)?),
        (Some("null"), Scalar::Null) => Scalar::Null,
        (Some("bool"), found @ Scalar::Bool(_)) => found,
        (Some("int"), found @ (Scalar::Int(_) | Scalar::Uint(_))) => found,
        (Some("float"), found @ Scalar::Float(_)) => found,
        (Some("float"), Scalar::Int(number)) => Scalar::Float(number as f64),
        (Some("float"), Scalar::Uint(number)) => Scalar::Float(number as f64),
        (Some("timestamp"), found @ Scalar::Timestamp(_)) => found,
        (Some("timestamp" | "null" | "bool" | "int" | "float"), _) => {
            let tag = node.core_tag().unwrap_or_default();
            return Err(format!("yaml: cannot decode a scalar as a !!{tag}"));
        }
        (Some(_), _) => implicit,
    };
    Ok(Some(found))
}

/// What a scalar without quotes means.
pub(super) fn plain(text: &str) -> Scalar {
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
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return Scalar::Text(Arc::from(text));
    }
    if let Some(time) = timestamp(text) {
        return Scalar::Timestamp(time);
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits)).unwrap_or_else(|| Scalar::Text(Arc::from(text)))
}

/// Integers as Go's ParseInt reads them with a base of its own finding, and `0o17`.
fn integer(digits: &str) -> Option<Scalar> {
    let (negative, rest) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits),
    };
    let (radix, rest) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &rest[2..]),
        [b'0', b'b' | b'B', ..] => (2, &rest[2..]),
        [b'0', b'o' | b'O', ..] => (8, &rest[2..]),
        [b'0', _, ..] => (8, &rest[1..]),
        _ => (10, rest),
    };
    if rest.is_empty() || rest.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(rest, radix).ok()?;
    match (negative, i64::try_from(size)) {
        (false, Ok(number)) => Some(Scalar::Int(number)),
        (false, Err(_)) if digits.starts_with('+') => None,
        (false, Err(_)) => Some(Scalar::Uint(size)),
        (true, _) if size <= i64::MIN.unsigned_abs() => {
            Some(Scalar::Int(0i64.wrapping_sub_unsigned(size)))
        }
        (true, _) => None,
    }
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

/// The four forms of a time that yaml.v3 knows, as RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let day_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, rest) = text.split_at(day_end);
    let date = calendar_day(date, day_end < text.len())?;
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let blank = rest.starts_with(' ');
    let rest = &rest[1..];
    let clock_end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let clock = clock_time(clock)?;
    match (zone, blank) {
        // With a blank there is no zone; with a T there must be one.
        ("", true) => Some(format!("{date}T{clock}Z")),
        ("", false) | (_, true) => None,
        ("Z", false) => Some(format!("{date}T{clock}Z")),
        (offset, false) => {
            let (hours, minutes) = offset[1..].split_once(':')?;
            let valid = two_digits(hours, 24)? * 60 + two_digits(minutes, 60)?;
            Some(if valid == 0 {
                format!("{date}T{clock}Z")
            } else {
                format!("{date}T{clock}{offset}")
            })
        }
    }
}

/// `2001-1-2`, which with a time of day need not have two digits each.
fn calendar_day(date: &str, loose: bool) -> Option<String> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |part: &str| part.len() < 2;
    if parts.next().is_some() || (!loose && (short(month) || short(day))) {
        return None;
    }
    let number = |part: &str| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u8>().ok().filter(|_| digits)
    };
    let (month_number, day_number) = (number(month)?, number(day)?);
    let year_number: i32 = year.parse().ok()?;
    let month_name = time::Month::try_from(month_number).ok()?;
    let date = time::Date::from_calendar_date(year_number, month_name, day_number).ok()?;
    Some(format!("{year}-{month_number:02}-{:02}", date.day()))
}

/// `1:02:03.40`
fn clock_time(clock: &str) -> Option<String> {
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let hours = two_digits(parts.next()?, 24)?;
    let minutes = two_digits(parts.next()?, 60)?;
    let seconds = two_digits(parts.next()?, 60)?;
    if parts.next().is_some() {
        return None;
    }
    let fraction = match fraction {
        Some(digits) if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => {
            return None;
        }
        Some(digits) => digits.get(..9).unwrap_or(digits).trim_end_matches('0'),
        None => "",
    };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{hours:02}:{minutes:02}:{seconds:02}{point}{fraction}"))
}

fn two_digits(text: &str, limit: u32) -> Option<u32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&number| digits && number < limit)
}

pub(super) fn binary(text: &str) -> Result<Vec<u8>, String> {
    use base64::Engine;
    let compact: String = text.split_ascii_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(compact)
        .map_err(|_| "yaml: !!binary value contains invalid base64 data".to_owned())
}

/// Refuses tabs where yaml.v3 looks for the start of a token: at the beginning of a line, or
/// behind a `-`, outside of scalars and of `[…]` and `{…}`.
///
/// # Errors
/// There is such a tab.
pub fn check_tabs(text: &str, documents: &[Node]) -> Result<(), String> {
    if !text.contains('\t') {
        return Ok(());
    }
    let mut spans = Vec::new();
    let mut todo: Vec<&Node> = documents.iter().collect();
    while let Some(node) = todo.pop() {
        let flow = text[node.span.start as usize..].starts_with(['[', '{']);
        match &node.kind {
            Kind::Sequence(items) if !flow => todo.extend(items),
            Kind::Mapping(entries) if !flow => {
                todo.extend(entries.iter().flat_map(|(key, value)| [key, value]));
            }
            _ => spans.push(node.span.range()),
        }
    }
    spans.sort_by_key(|span| span.start);
    let inside = |at: usize| {
        let after = spans.partition_point(|span| span.start <= at);
        after > 0 && spans[after - 1].end > at
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lead = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'-')).count();
        let lead = &line[..lead];
        if let Some(tab) = lead.find('\t')
            && !inside(start + tab)
        {
            return Err("yaml: found character that cannot start any token".to_owned());
        }
        start += line.len();
    }
    Ok(())
}

/// Whether a key merges another map into its own: `<<`.
pub fn is_merge(key: &Node) -> bool {
    match &key.kind {
        Kind::Scalar { text, style } => {
            &**text == "<<"
                && (*style == Style::Plain || key.core_tag() == Some("merge"))
                && matches!(key.core_tag(), None | Some("merge"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_is_refused_where_a_token_could_start() {
        let check = |text: &str| check_tabs(text, &crate::yaml::parse(text).unwrap());
        assert!(check("\t- x").is_err());
        assert!(check("a: 1\n\t\nb: 2\n").is_err());
        assert!(check("b: [1,\n\t2]\nc: |\n  x\n  \ty\n").is_ok());
    }

    #[test]
    fn scalars_mean_what_go_makes_of_them() {
        for (text, expected) in [
            ("yes", Scalar::Text("yes".into())),
            ("017", Scalar::Int(15)),
            ("0o17", Scalar::Int(15)),
            ("0x1F", Scalar::Int(31)),
            ("1_000", Scalar::Int(1000)),
            ("089", Scalar::Float(89.0)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("-1", Scalar::Int(-1)),
            ("1.2.3", Scalar::Text("1.2.3".into())),
            ("2001-01-01", Scalar::Timestamp("2001-01-01T00:00:00Z".into())),
            ("2001-13-01", Scalar::Text("2001-13-01".into())),
            (
                "2001-12-14t21:59:43.10-05:00",
                Scalar::Timestamp("2001-12-14T21:59:43.1-05:00".into()),
            ),
            ("~", Scalar::Null),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
