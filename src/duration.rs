//! Durations as Go reads and writes them (`1m30s`), and as Prometheus does (`1d`).

use std::fmt;

/// A length of time in nanoseconds, negative ones included, up to about 292 years.
///
/// `Display` is Go's canonical form: `1m30s`, `1.5ms`, `0s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Duration {
    nanoseconds: i64,
}

/// Why a text is no duration, in Go's words but for the text itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is empty, has no digits, or is too long.
    #[error("invalid duration")]
    Invalid,
    /// A number without a unit, such as `10`.
    #[error("missing unit in duration")]
    MissingUnit,
    /// A unit Go does not know, such as `d`.
    #[error("unknown unit {0:?} in duration")]
    UnknownUnit(String),
}

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The nanoseconds of the most negative duration, without its sign.
const LARGEST: u64 = 1 << 63;

impl Duration {
    /// A number of nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Duration {
        Duration { nanoseconds }
    }

    /// A number of seconds.
    pub const fn from_seconds(seconds: i32) -> Duration {
        Duration { nanoseconds: seconds as i64 * SECOND as i64 }
    }

    /// The length in nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// The length in seconds.
    pub fn seconds(self) -> f64 {
        self.nanoseconds as f64 / SECOND as f64
    }

    /// Reads what Go's `time.ParseDuration` reads, which is what most arguments take:
    /// `300ms`, `-1.5h`, `1h30m`, `0`.
    ///
    /// # Errors
    /// As Go's.
    pub fn parse(text: &str) -> Result<Duration, DurationError> {
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Duration::default());
        }
        if rest.is_empty() {
            return Err(DurationError::Invalid);
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = one_part(rest)?;
            total = total.checked_add(part).filter(|&sum| sum <= LARGEST).ok_or(OVERFLOW)?;
            rest = after;
        }
        match (negative, total) {
            (true, total) => Ok(Duration { nanoseconds: 0i64.wrapping_sub_unsigned(total) }),
            (false, LARGEST) => Err(DurationError::Invalid),
            (false, total) => Ok(Duration { nanoseconds: total.cast_signed() }),
        }
    }

    /// Reads what Prometheus reads: whole numbers of `y w d h m s ms`, each unit at most once and
    /// in this order, or `0`.
    ///
    /// # Errors
    /// The text is no such duration.
    pub fn parse_prometheus(text: &str) -> Result<Duration, DurationError> {
        const UNITS: [(&str, u64); 7] = [
            ("y", 365 * DAY),
            ("w", 7 * DAY),
            ("d", DAY),
            ("h", HOUR),
            ("m", MINUTE),
            ("s", SECOND),
            ("ms", MILLISECOND),
        ];
        if text == "0" {
            return Ok(Duration::default());
        }
        let (mut rest, mut units, mut total) = (text, &UNITS[..], 0u64);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(NO_UNIT)?;
            let number: u64 = rest[..digits].parse().map_err(|_| DurationError::Invalid)?;
            rest = &rest[digits..];
            let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (unit, after) = rest.split_at(unit_end);
            let place = units
                .iter()
                .position(|(name, _)| *name == unit)
                .ok_or_else(|| DurationError::UnknownUnit(unit.to_owned()))?;
            total = number
                .checked_mul(units[place].1)
                .and_then(|part| total.checked_add(part))
                .filter(|&sum| sum < LARGEST)
                .ok_or(OVERFLOW)?;
            (rest, units) = (after, &units[place + 1..]);
        }
        if text.is_empty() {
            Err(DurationError::Invalid)
        } else {
            Ok(Duration { nanoseconds: total.cast_signed() })
        }
    }
}

const OVERFLOW: DurationError = DurationError::Invalid;
const NO_UNIT: DurationError = DurationError::MissingUnit;

/// Reads one number with its unit; gives its nanoseconds and what follows.
fn one_part(text: &str) -> Result<(u64, &str), DurationError> {
    let whole_end = digits_end(text);
    let (whole, rest) = text.split_at(whole_end);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits_end(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError::Invalid);
    }
    // Go reads the number before it looks at the unit.
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| OVERFLOW)? };
    if whole > LARGEST {
        return Err(OVERFLOW);
    }
    let unit_end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let scale = match unit {
        "" => return Err(DurationError::MissingUnit),
        "ns" => NANOSECOND,
        "us" | "µs" | "μs" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        _ => return Err(DurationError::UnknownUnit(unit.to_owned())),
    };
    let total = whole.checked_mul(scale).filter(|&part| part <= LARGEST).ok_or(OVERFLOW)?;
    let part = total + fraction_of(fraction, scale);
    if part > LARGEST { Err(OVERFLOW) } else { Ok((part, rest)) }
}

/// The nanoseconds of a decimal fraction of a unit, cut off as Go cuts them off.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut number, mut scale) = (0u64, 1.0f64);
    for digit in digits.bytes() {
        let next = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        if next > LARGEST {
            break;
        }
        number = next;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

fn digits_end(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.nanoseconds.unsigned_abs();
        if self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        if length < SECOND {
            return match length {
                0 => f.write_str("0s"),
                1..MICROSECOND => write!(f, "{length}ns"),
                MICROSECOND..MILLISECOND => write!(f, "{}µs", decimal(length, MICROSECOND)),
                _ => write!(f, "{}ms", decimal(length, MILLISECOND)),
            };
        }
        let (hours, minutes) = (length / HOUR, length / MINUTE % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(length % MINUTE, SECOND))
    }
}

/// A number of units with as many decimal places as it needs.
fn decimal(length: u64, unit: u64) -> String {
    let places = unit.ilog10() as usize;
    let text = format!("{}.{:0places$}", length / unit, length % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Duration::parse(text).map_or_else(|error| error.to_string(), |found| found.to_string())
    }

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, expected) in [
            ("0", "0s"),
            ("60s", "1m0s"),
            ("1m", "1m0s"),
            ("1.5h", "1h30m0s"),
            ("-1.5h", "-1h30m0s"),
            ("1h30m", "1h30m0s"),
            ("100ms", "100ms"),
            ("1500us", "1.5ms"),
            ("1µs", "1µs"),
            ("1.s", "1s"),
            (".5s", "500ms"),
            ("0.3333333333333333333h", "20m0s"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
            ("9223372036854775808ns", "invalid duration"),
            ("", "invalid duration"),
            ("-", "invalid duration"),
            (".s", "invalid duration"),
            ("10", "missing unit in duration"),
            ("100000000000000000000", "invalid duration"),
            ("1d", "unknown unit \"d\" in duration"),
            ("1 s", "unknown unit \" s\" in duration"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn prometheus_durations_take_days_but_no_fractions() {
        let read = |text| Duration::parse_prometheus(text).map(|found| found.to_string());
        assert_eq!(read("1d").as_deref(), Ok("24h0m0s"));
        assert_eq!(read("1h30m").as_deref(), Ok("1h30m0s"));
        assert_eq!(read("5ms").as_deref(), Ok("5ms"));
        assert!(read("1.5h").is_err());
        assert!(read("30m1h").is_err());
        assert!(read("").is_err());
        assert!(read("10").is_err());
    }
}
