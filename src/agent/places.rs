//! Where secrets stand in the agent's file, and what the agent takes each for: for whoever writes
//! another file in its place.

use std::ops::Range;

use super::keys::{Key, KeyKind};
use super::scalar;
use crate::secret::names::is_secret_name;
use crate::yaml::go::{self, Value};

/// Where the secrets of an agent's file stand, each with what it means; none where the agent
/// refuses the file. Texts only: a list or a map in the place of a secret has no place here.
pub fn secret_places(text: &str) -> Option<Vec<(Range<usize>, String)>> {
    let text = go::Text::decode(text.as_bytes());
    let document = go::map(&text).ok()?;
    let mut places = Vec::new();
    for field in document.content {
        let key = scalar::text(&Value::Scalar(field.key)).to_lowercase();
        let is_secret = match Key::named(&key) {
            Some(key) => key.kind == KeyKind::Secret,
            None => is_secret_name(&key),
        };
        let Value::Scalar(_) = &field.value else {
            if is_secret {
                return None;
            }
            continue;
        };
        if is_secret {
            let span = document.tree.node(field.nodes.1).span;
            places.push((span.range(), scalar::text(&field.value)));
        }
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_values_in_any_style() {
        let text = "{\"prometheus-auth-password\": \"a b\", \"prometheus-url\": \"x\"}";
        let places = secret_places(text).unwrap();
        assert_eq!(places.len(), 1);
        assert_eq!(&text[places[0].0.clone()], "\"a b\"");
        let octal = secret_places("x: 1\nprometheus-auth-password: 0123\n").unwrap();
        assert_eq!((&*octal[0].1, octal[0].0.clone()), ("83", 31..35));
        assert!(secret_places("a: [\n").is_none());
    }
}
