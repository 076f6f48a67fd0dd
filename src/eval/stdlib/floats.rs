//! How Go's `fmt` writes floats.

use crate::eval::stdlib::verbs::Printer;
use crate::eval::{Value, gofloat};

impl Printer {
    /// Writes a float under a verb.
    pub(super) fn float(&mut self, number: f64, verb: char, value: &Value) {
        let (format, precision) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'x' => (verb, None),
            'G' | 'X' => (verb.to_ascii_lowercase(), None),
            'f' | 'F' | 'e' => (verb.to_ascii_lowercase(), Some(6)),
            'E' => ('e', Some(6)),
            _ => return self.bad_verb(value, verb),
        };
        let precision = self.precision.or(precision);
        let shown = gofloat::format(number, format, precision);
        let (sign, mut digits) = match shown.strip_prefix(['-', '+']) {
            Some(digits) => (
                if number < 0.0 || number.is_sign_negative() { '-' } else { '+' },
                digits.to_owned(),
            ),
            None => ('+', shown),
        };
        if !number.is_finite() {
            return self.not_finite(number);
        }
        if self.sharp && verb != 'b' {
            digits = with_point(&digits, verb, precision);
        }
        if matches!(verb, 'G' | 'X' | 'E') {
            digits = digits.to_ascii_uppercase();
        }
        let sign = match sign {
            '+' if self.plus => "+",
            '+' if self.space => " ",
            '+' => "",
            _ => "-",
        };
        if self.zero && !self.minus && !sign.is_empty() && self.width > Some(digits.len() + 1) {
            self.write(sign.as_bytes());
            self.width = self.width.map(|width| width - 1);
            self.pad(digits.as_bytes());
            self.width = self.width.map(|width| width + 1);
        } else {
            self.pad(format!("{sign}{digits}").as_bytes());
        }
    }

    fn not_finite(&mut self, number: f64) {
        let name = if number.is_nan() { "NaN" } else { "Inf" };
        let sign = match number {
            _ if number < 0.0 => "-",
            _ if self.plus => "+",
            _ if self.space => " ",
            _ if number.is_nan() => "",
            // The sign of an infinity is always shown.
            _ => "+",
        };
        self.unzeroed(format!("{sign}{name}").as_bytes());
    }
}

/// With `#` a float keeps its point and the zeros behind it.
fn with_point(digits: &str, verb: char, precision: Option<usize>) -> String {
    let exponent = match verb {
        'x' | 'X' => digits.find('p'),
        _ => digits.find('e'),
    };
    let (number, tail) = digits.split_at(exponent.unwrap_or(digits.len()));
    let wanted = if matches!(verb, 'v' | 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let significant = number
        .bytes()
        .filter(|&byte| byte != b'.')
        .skip_while(|&byte| byte == b'0')
        .count()
        .max(usize::from(number == "0"));
    let point = if number.contains('.') { "" } else { "." };
    let zeros = wanted.saturating_sub(significant);
    format!("{number}{point}{:0<zeros$}{tail}", "")
}
