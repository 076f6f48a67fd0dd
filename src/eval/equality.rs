//! When two values are equal, as far as that is known.

use crate::eval::Value;

impl Value {
    /// Whether two values are equal as Alloy's `==` says: numbers by value, functions never, types
    /// that differ never. None where that is not known.
    pub fn equals(&self, other: &Value) -> Option<bool> {
        match (self, other) {
            (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
            (Value::Null, Value::Null) => Some(true),
            (Value::Bool(a), Value::Bool(b)) => Some(a == b),
            (Value::Number(a), Value::Number(b)) => Some(a.equals(*b)),
            (Value::String(a), Value::String(b)) | (Value::Bytes(a), Value::Bytes(b)) => {
                Some(a == b)
            }
            (Value::Secret(a), Value::Secret(b)) => Some(a == b),
            (Value::OptionalSecret(a), Value::OptionalSecret(b)) => Some(a == b),
            (Value::Capsule(a), Value::Capsule(b)) => Some(a == b),
            (Value::Bytes(_) | Value::Array(_), Value::Bytes(_) | Value::Array(_)) => {
                let (a, b) = (self.elements()?, other.elements()?);
                if a.len() != b.len() {
                    return Some(false);
                }
                all_equal(a.iter().zip(b.iter()).map(|(a, b)| a.equals(b)))
            }
            (Value::Object(a), Value::Object(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                all_equal(a.iter().map(|(key, value)| match b.get_text(key) {
                    Some(other) => value.equals(other),
                    None => Some(false),
                }))
            }
            _ => Some(false),
        }
    }
}

/// False if any pair differs for certain, else unknown if any pair is.
fn all_equal(pairs: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for equal in pairs {
        match equal {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = false,
        }
    }
    known.then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_that_differ_for_certain_are_unequal_even_with_an_unknown_inside() {
        let known = Value::array([Value::int(1), Value::int(2)]);
        let other = Value::array([Value::unknown("why"), Value::int(3)]);
        let same = Value::array([Value::unknown("why"), Value::int(2)]);
        assert_eq!(known.equals(&other), Some(false));
        assert_eq!(known.equals(&same), None);
    }
}
