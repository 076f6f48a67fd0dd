//! A check file as Trento's linter reads it: with serde's YAML, which differs from the server's.
//!
//! Only for the rules that are the linter's; what a check means is the server's reading.

use serde_json::{Map, Number, Value as Json};

use crate::yaml::{Kind, Node, Style};

/// Reads a node. Of two equal keys the first counts, as on the server.
pub fn value(node: &Node) -> Json {
    match &node.kind {
        Kind::Scalar { text, style } => match (node.core_tag(), style) {
            (None | Some("int" | "float" | "bool" | "null"), Style::Plain) => plain(text),
            _ => Json::from(&**text),
        },
        Kind::Sequence(items) => Json::Array(items.iter().map(value).collect()),
        Kind::Mapping(entries) => {
            let mut map = Map::new();
            for (key, entry) in entries {
                map.entry(key_text(key)).or_insert_with(|| value(entry));
            }
            Json::Object(map)
        }
    }
}

/// The text of a key; of one that is a list or map its JSON.
pub fn key_text(key: &Node) -> String {
    match key.scalar() {
        Some((text, _)) => text.to_owned(),
        None => value(key).to_string(),
    }
}

fn plain(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "true" | "True" | "TRUE" => return Json::Bool(true),
        "false" | "False" | "FALSE" => return Json::Bool(false),
        _ => {}
    }
    integer(text).or_else(|| float(text)).unwrap_or_else(|| Json::from(text))
}

/// Digits behind a zero are text: `017` is no number.
fn is_zero_led(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit())
}

fn integer(text: &str) -> Option<Json> {
    if is_zero_led(text) {
        return None;
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if unsigned.starts_with(['-', '+']) {
        return None;
    }
    let radix = |prefix: &str| unsigned.strip_prefix(prefix);
    let (digits, radix) = match (radix("0x"), radix("0o"), radix("0b")) {
        (Some(digits), ..) => (digits, 16),
        (_, Some(digits), _) => (digits, 8),
        (.., Some(digits)) => (digits, 2),
        _ => (unsigned, 10),
    };
    if digits.starts_with(['-', '+']) {
        return None;
    }
    if sign.is_empty()
        && let Ok(value) = u64::from_str_radix(digits, radix)
    {
        return Some(Json::from(value));
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok().map(Json::from)
}

fn float(text: &str) -> Option<Json> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        // Neither is JSON.
        return Some(Json::Null);
    }
    let starts_as_number = unsigned.starts_with(|it: char| it.is_ascii_digit() || it == '.');
    if is_zero_led(text) || !starts_as_number {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    Number::from_f64(float).map(Json::Number)
}
