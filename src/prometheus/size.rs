//! Sizes in bytes as `prometheus.yml` has them: `10MB`, `1.5MiB`, all by powers of two.

const UNITS: &[(&str, f64)] = &[
    ("B", 1.0),
    ("KB", 1024.0),
    ("KiB", 1024.0),
    ("MB", 1_048_576.0),
    ("MiB", 1_048_576.0),
    ("GB", 1_073_741_824.0),
    ("GiB", 1_073_741_824.0),
    ("TB", 1_099_511_627_776.0),
    ("TiB", 1_099_511_627_776.0),
    ("PB", 1_125_899_906_842_624.0),
    ("PiB", 1_125_899_906_842_624.0),
    ("EB", 1_152_921_504_606_846_976.0),
    ("EiB", 1_152_921_504_606_846_976.0),
];

/// The bytes of a size.
///
/// # Errors
/// It is none, in Prometheus' words.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("units: invalid {text}");
    let (sign, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match rest {
        "0" => return Ok(0),
        "" => return Err(invalid()),
        _ => {}
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let number: f64 = match number.trim_matches('.') {
            "" => return Err(invalid()),
            _ => number.parse().map_err(|_| invalid())?,
        };
        let end = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        if unit.is_empty() {
            return Err(format!("units: missing unit in {text}"));
        }
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("units: unknown unit {unit} in {text}"));
        };
        sum += number * factor;
        rest = behind;
    }
    Ok((sign * sum) as i64)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_size_needs_a_unit_that_is_known() {
        assert_eq!(parse("10MB"), Ok(10_485_760));
        assert_eq!(parse("1.5KiB"), Ok(1536));
        assert_eq!(parse("10XB").unwrap_err(), "units: unknown unit XB in 10XB");
        assert_eq!(parse("10").unwrap_err(), "units: missing unit in 10");
    }
}
