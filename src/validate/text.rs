//! Texts with a parser of their own: durations, sizes, addresses, and lists of accepted words.

use alloy_grammar::literal::quote;

use crate::eval::duration::{Duration, DurationError};
use crate::go::{regexp, template, url};
use crate::graph::schema::Codec;

/// What Alloy says to a text for a duration; nothing if it is one.
pub(super) fn duration(text: &str) -> Option<String> {
    let error = Duration::parse(text).err()?;
    let text = quoted_by_time(text);
    Some(match error {
        DurationError::Invalid => format!("time: invalid duration {text}"),
        DurationError::MissingUnit => format!("time: missing unit in duration {text}"),
        DurationError::UnknownUnit(unit) => {
            format!("time: unknown unit {} in duration {text}", quoted_by_time(&unit))
        }
    })
}

/// What Alloy says to a text for a Go type; nothing if it fits.
pub(super) fn read(codec: Codec, text: &str) -> Option<String> {
    match codec.name() {
        "common/config.URL" => url::fault(text),
        "common/relabel.Regexp" => regexp::fault(&format!("^(?s:{text})$"))
            .map(|fault| format!("error parsing regexp: {fault}")),
        "github.com/alecthomas/units.Base2Bytes" => size(text),
        "loki/process/stages.Template" => template::fault(text),
        "loki/process/stages.Source" => {
            text.is_empty().then(|| "source cannot be empty".to_owned())
        }
        _ if codec.is_accepted(text) => None,
        _ => Some(codec.message().replace("%q", &quote(text)).replace("%s", text)),
    }
}

/// Go's `time` package quotes with its own rules: every byte that is not plain ASCII as `\xNN`.
fn quoted_by_time(text: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=0x7f => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

/// Units of sizes, without the `B` at their end, by their power of 1024.
const UNITS: [&str; 6] = ["K", "M", "G", "T", "P", "E"];

/// Reads `1.5GiB`, `10MB`, `1KiB512B`; both families of units are powers of 1024. Gives Alloy's
/// words where the text is no size.
fn size(text: &str) -> Option<String> {
    sum_of_units(text, "iB").err()?;
    sum_of_units(text, "B").err()
}

fn sum_of_units(text: &str, suffix: &str) -> Result<(), String> {
    let invalid = || format!("units: invalid {text}");
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(());
    }
    let mut rest = unsigned;
    let mut total = 0.0;
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let (whole, behind) = digits(rest);
        let (fraction, behind) = match behind.strip_prefix('.') {
            Some(behind) => digits(behind),
            None => ("", behind),
        };
        if whole.is_empty() && fraction.is_empty() || !fits(whole) || !fits(fraction) {
            return Err(invalid());
        }
        let end = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let power = power_of(unit, suffix)
            .ok_or_else(|| format!("units: unknown unit {unit} in {text}"))?;
        let number: f64 = format!("0{whole}.{fraction}0").parse().map_err(|_| invalid())?;
        total += number * 1024_f64.powi(power);
        rest = behind;
    }
    if total > i64::MAX as f64 {
        return Err("units: overflow parsing unit".to_owned());
    }
    Ok(())
}

fn power_of(unit: &str, suffix: &str) -> Option<i32> {
    if unit == "B" {
        return Some(0);
    }
    let prefix = unit.strip_suffix(suffix)?;
    UNITS.iter().position(|known| *known == prefix).map(|place| place as i32 + 1)
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Whether Go reads these digits without an overflow.
fn fits(digits: &str) -> bool {
    digits.is_empty() || digits.parse::<i64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_refused_in_the_words_of_go() {
        for (text, expected) in [
            ("15", "time: missing unit in duration \"15\""),
            ("x", "time: invalid duration \"x\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("1ä\"", "time: unknown unit \"\\xc3\\xa4\\\"\" in duration \"1\\xc3\\xa4\\\"\""),
        ] {
            assert_eq!(duration(text).as_deref(), Some(expected));
        }
        assert_eq!(duration("1h30m"), None);
    }

    #[test]
    fn sizes_are_sums_of_one_family_of_units() {
        for text in ["0", "1B", "1KiB", "1.5GiB", "10MB", "1KiB512B", "-1EB", ".5TiB"] {
            assert_eq!(size(text), None, "{text}");
        }
        for (text, expected) in [
            ("", "units: invalid "),
            ("zzz", "units: invalid zzz"),
            ("1", "units: unknown unit  in 1"),
            ("1kB", "units: unknown unit kB in 1kB"),
            ("1KiB1KB", "units: unknown unit KiB in 1KiB1KB"),
            ("1 MiB", "units: unknown unit  MiB in 1 MiB"),
            ("9999EiB", "units: unknown unit EiB in 9999EiB"),
        ] {
            assert_eq!(size(text).as_deref(), Some(expected));
        }
    }
}
