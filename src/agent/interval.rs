//! Intervals as the agent reads them: what is written, and what it makes of that.

use serde::Serialize;

use crate::duration::Duration;
use crate::yaml::go::{Scalar, Value};

/// What the agent takes where it cannot read an interval.
const DEFAULT: Duration = Duration::from_seconds(15);

/// An interval in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// How long it is.
    pub duration: Duration,
    /// How it came to be that long.
    pub reading: Reading,
}

/// How the agent came to an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// It is as it is written.
    AsWritten,
    /// Nothing or no value is written: the default.
    Default,
    /// What is written cannot be read, or is zero: the agent silently takes 15s.
    Replaced,
    /// It is written without a unit: the agent reads nanoseconds.
    Nanoseconds,
    /// It is negative.
    Negative,
}

impl Interval {
    /// The interval where nothing is written.
    pub(super) const fn default_interval() -> Interval {
        Interval { duration: DEFAULT, reading: Reading::Default }
    }

    /// Reads an interval as the agent does.
    pub(super) fn read(value: &Value) -> Interval {
        let Value::Scalar(scalar) = value else {
            return Interval { duration: DEFAULT, reading: Reading::Replaced };
        };
        let (read, has_unit) = match scalar {
            Scalar::Null => return Interval::default_interval(),
            Scalar::Int(value) => (Some(Duration::from_nanoseconds(*value)), false),
            Scalar::Uint(value) => (Some(Duration::from_nanoseconds(value.cast_signed())), false),
            Scalar::Float(value) => (Some(Duration::from_nanoseconds(*value as i64)), false),
            Scalar::Text(text) => of_text(text),
            Scalar::Binary(bytes) => of_text(&String::from_utf8_lossy(bytes)),
            Scalar::Bool(_) | Scalar::Time(_) => (None, true),
        };
        let reading = match read.map(Duration::nanoseconds) {
            None | Some(0) => {
                return Interval { duration: DEFAULT, reading: Reading::Replaced };
            }
            Some(_) if !has_unit => Reading::Nanoseconds,
            Some(..0) => Reading::Negative,
            Some(_) => Reading::AsWritten,
        };
        Interval { duration: read.unwrap_or(DEFAULT), reading }
    }
}

/// A text that has none of the letters of a unit counts as nanoseconds.
fn of_text(text: &str) -> (Option<Duration>, bool) {
    if text.contains(['n', 's', 'u', 'µ', 'm', 'h']) {
        (Duration::parse(text).ok(), true)
    } else {
        (Duration::parse(&format!("{text}ns")).ok(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> (String, Reading) {
        let interval = Interval::read(&Value::Scalar(Scalar::Text(text.into())));
        (interval.duration.to_string(), interval.reading)
    }

    #[test]
    fn texts_are_read_as_go_reads_them() {
        assert_eq!(text("90s"), ("1m30s".into(), Reading::AsWritten));
        assert_eq!(text("100us"), ("100µs".into(), Reading::AsWritten));
        assert_eq!(text("-5s"), ("-5s".into(), Reading::Negative));
        assert_eq!(text("15"), ("15ns".into(), Reading::Nanoseconds));
        assert_eq!(text("1d"), ("15s".into(), Reading::Replaced));
        assert_eq!(text("abc"), ("15s".into(), Reading::Replaced));
        assert_eq!(text("0s"), ("15s".into(), Reading::Replaced));
        assert_eq!(text(""), ("15s".into(), Reading::Replaced));
    }

    #[test]
    fn numbers_are_nanoseconds() {
        let of = |scalar| Interval::read(&Value::Scalar(scalar));
        let read = of(Scalar::Float(15.5));
        assert_eq!((read.duration.nanoseconds(), read.reading), (15, Reading::Nanoseconds));
        assert_eq!(of(Scalar::Int(0)).reading, Reading::Replaced);
        assert_eq!(of(Scalar::Bool(true)).reading, Reading::Replaced);
    }
}
