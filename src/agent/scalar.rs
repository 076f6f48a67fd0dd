//! The text that the agent makes of a value of its file.
//!
//! It reads YAML into untyped values and asks for texts later, so `0123` becomes the number 83 and
//! then the text `83`.

use crate::yaml::go::{Scalar, Value, moment};

/// The text of a value; a list or a map has none.
pub(super) fn text(value: &Value) -> String {
    let Value::Scalar(scalar) = value else { return String::new() };
    match scalar {
        Scalar::Null => String::new(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Uint(value) => value.to_string(),
        Scalar::Float(value) if value.is_infinite() => {
            if *value > 0.0 {
                "+Inf".to_owned()
            } else {
                "-Inf".to_owned()
            }
        }
        Scalar::Float(value) => value.to_string(),
        Scalar::Time(value) => moment::go_text(*value),
        Scalar::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Scalar::Text(text) => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_spelling() {
        for (scalar, expected) in [
            (Scalar::Int(83), "83"),
            (Scalar::Float(1.5), "1.5"),
            (Scalar::Float(1e20), "100000000000000000000"),
            (Scalar::Float(f64::NEG_INFINITY), "-Inf"),
            (Scalar::Bool(true), "true"),
            (Scalar::Null, ""),
        ] {
            assert_eq!(text(&Value::Scalar(scalar)), expected);
        }
        assert_eq!(text(&Value::List(Vec::new())), "");
    }
}
