//! Dates and times as yaml.v3 takes them from a plain scalar, and as Go prints them.

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// `2001-1-2`, `2001-12-14 21:59:43.10` or `2001-12-14T21:59:43.10-05:00`.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let year = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (month, rest) = number(text[4..].strip_prefix('-')?, 12)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 31)?;
    let month = Month::try_from(month).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day).ok()?;
    if rest.is_empty() {
        return Some(date.midnight().assume_utc());
    }
    let has_zone = rest.starts_with(['T', 't']);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = number(rest, 23)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 59)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 59)?;
    let (nanosecond, rest) = fraction(rest);
    let time = Time::from_hms_nano(hour, minute, second, nanosecond).ok()?;
    let offset = match (has_zone, rest) {
        (false, "") | (true, "Z") => UtcOffset::UTC,
        (true, zone) => offset(zone)?,
        (false, _) => return None,
    };
    Some(date.with_time(time).assume_offset(offset))
}

/// A number of one or two digits, and what follows it.
fn number(text: &str, largest: u8) -> Option<(u8, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok().filter(|number| *number <= largest)?;
    Some((number, &text[digits..]))
}

/// The nanoseconds of a fraction of a second, whose tenth digit and more are dropped.
fn fraction(text: &str) -> (u32, &str) {
    let Some(rest) = text.strip_prefix(['.', ',']) else { return (0, text) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return (0, text);
    }
    let padded = format!("{:0<9}", &rest[..digits.min(9)]);
    (padded.parse().unwrap_or_default(), &rest[digits..])
}

/// `+02:00`
fn offset(zone: &str) -> Option<UtcOffset> {
    let sign: i8 = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let two = |text: &str, largest: i8| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i8| is_number && *number <= largest)
    };
    // Go takes 24 hours and 60 minutes too.
    let (hours, minutes) = (two(hours, 24)?, two(minutes, 60)?);
    let minutes = i32::from(hours) * 60 + i32::from(minutes);
    UtcOffset::from_whole_seconds(i32::from(sign) * minutes * 60).ok()
}

/// As `time.Time.String` prints it.
pub fn go_text(time: OffsetDateTime) -> String {
    let (hours, minutes, _) = time.offset().as_hms();
    let sign = if time.offset().is_negative() { '-' } else { '+' };
    let zone = format!("{sign}{:02}{:02}", hours.abs(), minutes.abs());
    let name = if time.offset() == UtcOffset::UTC { "UTC" } else { &zone };
    let mut fraction = String::new();
    if time.nanosecond() != 0 {
        fraction = format!(".{:09}", time.nanosecond()).trim_end_matches('0').to_owned();
    }
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}{fraction} {zone} {name}", time.date())
}

/// As RFC 3339 has it, which is how Go gives a time as text to others.
pub fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms_are_read() {
        for (text, expected) in [
            ("2001-1-2", "2001-01-02 00:00:00 +0000 UTC"),
            ("2001-12-14 21:59:43.10", "2001-12-14 21:59:43.1 +0000 UTC"),
            ("2001-12-14t1:9:3Z", "2001-12-14 01:09:03 +0000 UTC"),
            ("2026-01-02T03:04:05+02:00", "2026-01-02 03:04:05 +0200 +0200"),
        ] {
            assert_eq!(parse(text).map(go_text).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["2001-13-01", "2001-2-30", "01-1-1", "2001-1-2 1:2:3Z", "2001-1-2T1:2:3", "2001-1-"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(
            parse("2001-12-14T1:02:03.5-05:00").map(rfc3339).as_deref(),
            Some("2001-12-14T01:02:03.5-05:00")
        );
    }
}
