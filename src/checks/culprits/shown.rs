//! Values and texts of others, made fit to be shown: short, without secrets or control characters.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::secret::names::is_secret_name;
use crate::secret::{STARS, without_credentials};
use crate::visible::{Lines, visible};

/// How many characters of a value are shown.
const LENGTH: usize = 160;

/// A value as compact JSON, cut off where it gets long; what looks like a secret is hidden.
pub fn value(value: &Json) -> String {
    let mut text = String::new();
    write(value, &mut text);
    if text.chars().count() > LENGTH {
        text = text.chars().take(LENGTH).chain(['…']).collect();
    }
    text
}

/// A text whose control characters, line breaks aside, are written as escapes.
pub fn escaped(text: &str) -> String {
    visible(text, Lines::Keep).into_owned()
}

fn write(value: &Json, text: &mut String) {
    // Long lists are cut off in the end; writing them whole would be wasted.
    if text.len() > 8 * LENGTH {
        return;
    }
    match value {
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write(item, text);
            }
            text.push(']');
        }
        Json::Object(entries) => {
            text.push('{');
            let shown = entries.iter().filter(|(key, _)| key.as_str() != "at");
            for (index, (key, entry)) in shown.enumerate() {
                let separator = if index > 0 { "," } else { "" };
                let _ = write!(text, "{separator}{}:", Json::from(key.as_str()));
                if is_secret_name(key) && entry.is_string() {
                    text.push_str(STARS);
                } else {
                    write(entry, text);
                }
            }
            text.push('}');
        }
        Json::String(string) => {
            let _ = write!(text, "{}", Json::from(without_credentials(string)));
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_and_places_are_not_shown() {
        let shown = value(&json!({
            "url": "https://me:pw@host/x", "bearer_token": "abc", "password_file": "/etc/p",
            "at": {"file": "f", "line": 1},
        }));
        assert_eq!(
            shown,
            r#"{"url":"https://host/x","bearer_token":********,"password_file":"/etc/p"}"#
        );
    }

    #[test]
    fn long_values_are_cut_off() {
        let shown = value(&json!(vec!["x"; 100_000]));
        assert_eq!(shown.chars().count(), LENGTH + 1);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escaped("a\x1b[31m\nb\u{202e}"), "a\\u{1b}[31m\nb\\u{202e}");
    }
}
