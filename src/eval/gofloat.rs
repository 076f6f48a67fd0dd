//! Floats as Go's strconv writes them.

/// Formats like Go's `strconv.FormatFloat(number, verb, precision, 64)`; no precision means as
/// many digits as are needed to read the same number back. Verbs: `e`, `f`, `g` and `b`, `x`
/// (and their capitals, which the caller makes).
pub fn format(number: f64, verb: char, precision: Option<usize>) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match verb {
        'b' => binary(number),
        'x' => hexadecimal(number, precision),
        'e' => exponent(&Decimal::of(number, precision.map(|places| places + 1)), precision),
        'g' => general(number, precision),
        _ => match precision {
            Some(places) => format!("{number:.places$}"),
            None => plain(&Decimal::of(number, None)),
        },
    }
}

/// The decimal digits of a float: `0.d1d2d3… × 10^point`.
struct Decimal {
    negative: bool,
    digits: String,
    point: i32,
}

impl Decimal {
    /// The shortest digits that read back as the same number, or so many significant ones.
    fn of(number: f64, significant: Option<usize>) -> Decimal {
        let text = match significant {
            Some(digits) => format!("{:.*e}", digits.max(1) - 1, number.abs()),
            None => format!("{:e}", number.abs()),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits: String = mantissa.chars().filter(|&c| c != '.').collect();
        let point = exponent.parse::<i32>().unwrap_or(0) + 1;
        Decimal { negative: number.is_sign_negative(), digits, point }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    fn is_zero(&self) -> bool {
        self.digits.bytes().all(|digit| digit == b'0')
    }
}

fn exponent(decimal: &Decimal, precision: Option<usize>) -> String {
    let (first, rest) = decimal.digits.split_at(1);
    let places = precision.unwrap_or(rest.len());
    let exponent = if decimal.is_zero() { 0 } else { decimal.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    let dot = if places > 0 { "." } else { "" };
    format!("{}{first}{dot}{rest:0<places$}e{sign}{:02}", decimal.sign(), exponent.abs())
}

fn general(number: f64, precision: Option<usize>) -> String {
    let significant = precision.map(|digits| digits.max(1));
    let mut decimal = Decimal::of(number, significant);
    let exponent_of = decimal.point - 1;
    // Trailing zeros are not significant here.
    let kept = decimal.digits.trim_end_matches('0').len().max(1);
    // Without a precision Go decides as if it were six digits.
    let limit = match significant {
        Some(digits) => i32::try_from(digits).unwrap_or(i32::MAX),
        None => 6,
    };
    decimal.digits.truncate(kept);
    if !decimal.is_zero() && (exponent_of < -4 || exponent_of >= limit) {
        exponent(&decimal, Some(kept - 1))
    } else {
        plain(&decimal)
    }
}

fn plain(decimal: &Decimal) -> String {
    let digits = &decimal.digits;
    if decimal.is_zero() {
        return format!("{}0", decimal.sign());
    }
    let digits = digits.trim_end_matches('0');
    let point = decimal.point;
    let body = if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if digits.len() <= point.unsigned_abs() as usize {
        format!("{digits:0<width$}", width = point.unsigned_abs() as usize)
    } else {
        let (whole, fraction) = digits.split_at(point.unsigned_abs() as usize);
        format!("{whole}.{fraction}")
    };
    format!("{}{body}", decimal.sign())
}

fn parts(number: f64) -> (bool, u64, i32) {
    let bits = number.to_bits();
    let negative = bits >> 63 == 1;
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    if biased == 0 {
        (negative, fraction, -1074)
    } else {
        (negative, fraction | 1 << 52, biased - 1075)
    }
}

fn binary(number: f64) -> String {
    let (negative, mantissa, exponent) = parts(number);
    let sign = if negative { "-" } else { "" };
    format!("{sign}{mantissa}p{exponent:+}")
}

fn hexadecimal(number: f64, precision: Option<usize>) -> String {
    let (negative, mut mantissa, mut exponent) = parts(number);
    let sign = if negative { "-" } else { "" };
    if mantissa == 0 {
        exponent = 0;
    } else {
        // The leading digit is 1, the others fill sixty bits: fifteen hexadecimal digits.
        let shift = mantissa.leading_zeros() as i32 - 3;
        mantissa <<= shift;
        exponent += 60 - shift;
    }
    if let Some(places) = precision.filter(|&places| places < 15) {
        let extra = 1u64 << (60 - 4 * places);
        let rest = mantissa & (extra - 1);
        mantissa -= rest;
        let odd = mantissa & extra != 0;
        if rest > extra / 2 || rest == extra / 2 && odd {
            mantissa += extra;
        }
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        Some(places) => format!("{:0<places$.places$}", fraction),
        None => fraction.trim_end_matches('0').to_owned(),
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{}{dot}{fraction}p{exponent_sign}{:02}", mantissa >> 60, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let shortest = |number| format(number, 'g', None);
        assert_eq!(shortest(1.0), "1");
        assert_eq!(shortest(-0.0), "-0");
        assert_eq!(shortest(1e21), "1e+21");
        assert_eq!(shortest(1e20), "1e+20");
        assert_eq!(shortest(123_456_789.5), "1.234567895e+08");
        assert_eq!(shortest(100_000.0), "100000");
        assert_eq!(shortest(1e-5), "1e-05");
        assert_eq!(shortest(0.0001), "0.0001");
        assert_eq!(shortest(1e308), "1e+308");
        assert_eq!(shortest(f64::INFINITY), "+Inf");
        assert_eq!(format(1e21, 'f', None), "1000000000000000000000");
        assert_eq!(format(12.345, 'f', Some(2)), "12.35");
        assert_eq!(format(123_456.789, 'e', Some(6)), "1.234568e+05");
        assert_eq!(format(0.0, 'e', Some(2)), "0.00e+00");
        assert_eq!(format(100_000.0, 'g', Some(3)), "1e+05");
        assert_eq!(format(1.5, 'x', None), "0x1.8p+00");
        assert_eq!(format(1.0, 'b', None), "4503599627370496p-52");
    }
}
