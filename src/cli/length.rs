//! Lengths of time on the command line: `5`, `5s`, `1m30s`.

use std::time::Duration;

use crate::duration;

/// The longest that is accepted, an hour.
const LONGEST: Duration = Duration::from_secs(3600);

/// Reads a length of time; a number alone is in seconds.
///
/// # Errors
/// It is none, negative, or longer than an hour.
pub fn length(text: &str) -> Result<Duration, String> {
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => duration::Duration::parse(text).map_err(|error| error.to_string())?.seconds(),
    };
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|length| *length <= LONGEST)
        .ok_or_else(|| "write up to an hour, such as 5, 5s or 1m30s".to_owned())
}

/// Reads a length of time that is not zero.
///
/// # Errors
/// As [`length`], or it is zero.
pub fn positive(text: &str) -> Result<Duration, String> {
    match length(text)? {
        Duration::ZERO => Err("it must not be zero".to_owned()),
        length => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_alone_is_in_seconds() {
        for (text, seconds) in
            [("5", 5.0), ("0.5", 0.5), ("5s", 5.0), ("1m30s", 90.0), ("1h", 3600.0)]
        {
            assert_eq!(length(text).map(|it| it.as_secs_f64()), Ok(seconds), "{text}");
        }
        for text in ["", "-1", "2h", "inf", "nan", "5 s", "d"] {
            assert!(length(text).is_err(), "{text}");
        }
        assert!(positive("0").is_err() && positive("1ms").is_ok());
    }
}
