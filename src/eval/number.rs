//! Numbers: 64-bit integers with and without sign, and floats, mixed as Go mixes them.

use crate::eval::gofloat;

/// A number of Alloy.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A signed integer.
    Int(i64),
    /// An integer without sign: a literal above the largest signed one, a length.
    Uint(u64),
    /// A float.
    Float(f64),
}

impl Number {
    /// As a signed integer: a large unsigned one wraps, a float loses its fraction.
    pub fn to_i64(self) -> i64 {
        match self {
            Number::Int(number) => number,
            Number::Uint(number) => number.cast_signed(),
            Number::Float(number) => truncate(number),
        }
    }

    /// As a float.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Uint(number) => number as f64,
            Number::Float(number) => number,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        match self {
            Number::Int(number) => number == 0,
            Number::Uint(number) => number == 0,
            Number::Float(number) => number == 0.0,
        }
    }

    /// As Alloy's `==`: as floats if one is a float, else as signed integers unless both have none.
    pub fn equals(self, other: Number) -> bool {
        match (self, other) {
            (Number::Uint(a), Number::Uint(b)) => a == b,
            (Number::Float(_), _) | (_, Number::Float(_)) => self.to_f64() == other.to_f64(),
            _ => self.to_i64() == other.to_i64(),
        }
    }

    /// The text Alloy makes of it where a string is wanted: a float without exponent.
    pub fn to_text(self) -> String {
        match self {
            Number::Int(number) => number.to_string(),
            Number::Uint(number) => number.to_string(),
            Number::Float(number) => gofloat::format(number, 'f', None),
        }
    }

    /// The number as Go's `%v` prints it: `1e+21`, `+Inf`, `NaN`.
    pub fn to_shortest(self) -> String {
        match self {
            Number::Float(number) => gofloat::format(number, 'g', None),
            _ => self.to_text(),
        }
    }
}

/// Go's conversion on amd64: what does not fit becomes the smallest integer.
fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsigned_number_wraps_beside_a_signed_one() {
        assert!(Number::Uint(u64::MAX).equals(Number::Int(-1)));
        assert!(!Number::Uint(u64::MAX).equals(Number::Uint(1)));
        assert!(Number::Int(3).equals(Number::Float(3.0)));
    }

    #[test]
    fn a_float_that_does_not_fit_becomes_the_smallest_integer() {
        assert_eq!(Number::Float(1e30).to_i64(), i64::MIN);
        assert_eq!(Number::Float(f64::NAN).to_i64(), i64::MIN);
        assert_eq!(Number::Float(-1.9).to_i64(), -1);
    }
}
