//! Durations as `prometheus.yml` has them: `1y2w3d4h5m6s7ms`, in this order.

use alloy_grammar::literal::quote;

use super::version::Version;

/// The units from the largest to the smallest, in milliseconds.
const UNITS: &[(&str, u64)] = &[
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];
/// The longest that Go's nanoseconds can tell, in milliseconds.
const LONGEST: u64 = (i64::MAX / 1_000_000) as u64;

/// The milliseconds of a duration.
///
/// # Errors
/// It is none, in Prometheus' words.
pub(super) fn parse(text: &str, version: &Version) -> Result<i64, String> {
    let invalid = || format!("not a valid duration string: {}", quote(text));
    match text {
        "" => return Err("empty duration string".to_owned()),
        "0" => return Ok(0),
        _ => {}
    }
    let names_units = version.is_at_least(2, 43);
    let mut rest = text;
    let mut next = 0;
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let is_out_of_range = number.parse::<u64>().is_err();
        if number.is_empty() || unit.is_empty() || names_units && is_out_of_range {
            return Err(invalid());
        }
        let Some(place) = UNITS.iter().position(|(name, _)| *name == unit) else {
            if !names_units {
                return Err(invalid());
            }
            return Err(format!("unknown unit {} in duration {}", quote(unit), quote(text)));
        };
        if place < next {
            return Err(invalid());
        }
        next = place + 1;
        let number = number.parse::<u64>().unwrap_or(u64::MAX);
        sum = sum.saturating_add(number.saturating_mul(UNITS[place].1));
        if sum > LONGEST {
            return Err("duration out of range".to_owned());
        }
        rest = behind;
    }
    Ok(sum as i64)
}

/// A duration as Prometheus writes it.
pub(super) fn shown(milliseconds: i64) -> String {
    if milliseconds <= 0 {
        return "0s".to_owned();
    }
    let mut rest = milliseconds as u64;
    let mut text = String::new();
    for (unit, length) in UNITS {
        // Years, weeks and days are written only where nothing is left behind them.
        let is_long = matches!(*unit, "y" | "w" | "d");
        if is_long && !rest.is_multiple_of(*length) {
            continue;
        }
        if rest / length > 0 {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_once_and_in_order() {
        let parse = |text: &str| parse(text, &Version::NEWEST);
        assert_eq!(parse("1h30m"), Ok(5_400_000));
        assert_eq!(parse("1500ms"), Ok(1_500));
        assert_eq!(parse("30s1m").unwrap_err(), "not a valid duration string: \"30s1m\"");
        assert_eq!(parse("1.5s").unwrap_err(), "unknown unit \".\" in duration \"1.5s\"");
        assert_eq!(parse("999999y").unwrap_err(), "duration out of range");
    }

    #[test]
    fn a_duration_is_written_as_prometheus_does() {
        for (milliseconds, text) in
            [(60_000, "1m"), (90_000, "1m30s"), (1_500, "1s500ms"), (0, "0s"), (86_400_000, "1d")]
        {
            assert_eq!(shown(milliseconds), text);
        }
    }
}
