//! Literals: the numbers and strings that source texts stand for.

use alloy_grammar::literal;

use crate::eval::{Number, Text};

/// The number a literal stands for: octal after a leading zero, unsigned above the largest signed
/// integer, a float beyond that.
pub fn number(text: &str) -> Result<Number, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (digits, radix) = match text.strip_prefix('0') {
            Some(octal) if !octal.is_empty() => (octal, 8),
            _ => (text, 10),
        };
        if let Ok(number) = i64::from_str_radix(digits, radix) {
            return Ok(Number::Int(number));
        }
        if let Ok(number) = u64::from_str_radix(digits, radix) {
            return Ok(Number::Uint(number));
        }
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Number::Float(number)),
        _ => Err("value out of range".to_owned()),
    }
}

/// The string a literal stands for, quoted or raw; none if an escape is wrong.
pub fn string(text: &str) -> Option<Text> {
    literal::unquote_bytes(text).map(|bytes| Text::from(bytes.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_signed_unsigned_or_float() {
        let shown = |text| number(text).map(|number| format!("{number:?}"));
        assert_eq!(shown("010").as_deref(), Ok("Int(8)"));
        assert_eq!(shown("08").as_deref(), Ok("Float(8.0)"));
        assert_eq!(shown("00").as_deref(), Ok("Int(0)"));
        assert_eq!(shown("18446744073709551615").as_deref(), Ok("Uint(18446744073709551615)"));
        assert_eq!(shown("1e-400").as_deref(), Ok("Float(0.0)"));
        assert!(shown("1e309").is_err());
    }

    #[test]
    fn strings_are_bytes() {
        let bytes = |text| string(text).map(|text| text.as_bytes().to_vec());
        assert_eq!(bytes(r#""\xff\101\u00e9\n""#), Some(b"\xffA\xc3\xa9\n".to_vec()));
        assert_eq!(bytes("`a\r\n\\n`"), Some(b"a\n\\n".to_vec()));
        assert_eq!(bytes(r#""\q""#), None);
    }
}
