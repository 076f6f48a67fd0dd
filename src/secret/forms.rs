//! How a secret may be written: encoded for a header, for a URL, or escaped for the text it
//! stands in.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Shorter texts are not searched for: they would cover half of every output.
pub(super) const SHORTEST: usize = 6;

/// The forms of a secret as a text may hold it, itself first.
pub(super) fn of(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    let mut add = |form: String| {
        if form.len() >= SHORTEST && !forms.contains(&form) {
            forms.push(form);
        }
    };
    let json = serde_json::Value::from(secret).to_string();
    add(json[1..json.len() - 1].to_owned());
    add(secret.escape_default().to_string());
    for quote in ["&#39;", "&#x27;", "&apos;"] {
        add(markup(secret, quote));
    }
    for (space, upper) in [("%20", true), ("+", true), ("%20", false)] {
        add(percent(secret, space, upper));
    }
    // What a renderer breaks or replaces stands between pieces of the secret.
    let is_break = |c: char| c.is_control() || matches!(c, '"' | '\'' | '`' | '\\');
    if secret.contains(is_break) {
        secret.split(is_break).for_each(|piece| add(piece.trim().to_owned()));
    }
    forms
}

/// What of a text in base64 the secret makes, wherever in that text it stands.
pub(super) fn encoded(secret: &str) -> Vec<String> {
    let mut forms: Vec<String> = [&STANDARD, &URL_SAFE]
        .into_iter()
        .flat_map(|alphabet| (0..3).map(|skipped| base64_within(secret, alphabet, skipped)))
        .collect();
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn markup(text: &str, single: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', single)
}

fn percent(text: &str, space: &str, upper: bool) -> String {
    let mut form = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => form.push_str(space),
            b'-' | b'_' | b'.' | b'~' => form.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => form.push(char::from(byte)),
            _ if upper => form.push_str(&format!("%{byte:02X}")),
            _ => form.push_str(&format!("%{byte:02x}")),
        }
    }
    form
}

/// The digits of base64 that depend on nothing but the secret, wherever in a longer text it
/// stands, as the password does in `user:password`; so many bytes of a group are before it.
fn base64_within(secret: &str, alphabet: &base64::alphabet::Alphabet, skipped: usize) -> String {
    let mut bytes = vec![0; skipped];
    bytes.extend_from_slice(secret.as_bytes());
    let encoded = GeneralPurpose::new(alphabet, NO_PAD).encode(&bytes);
    let first = (skipped * 8).div_ceil(6);
    let whole = bytes.len() * 8 / 6;
    encoded.get(first..whole).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_a_header_of_basic_authentication() {
        for user in ["a", "ab", "abc", "trento"] {
            let standard = GeneralPurpose::new(&STANDARD, NO_PAD);
            let header = standard.encode(format!("{user}:hunter2Secret"));
            let forms = encoded("hunter2Secret");
            assert!(forms.iter().any(|form| header.contains(form.as_str())), "{header}");
        }
    }

    #[test]
    fn escaped_forms_are_known() {
        let forms = of("p<w\"d/ä x9");
        for form in ["p&lt;w&quot;d/ä x9", "p<w\\\"d/ä x9", "p%3Cw%22d%2F%C3%A4%20x9"] {
            assert!(forms.iter().any(|known| known == form), "{form}: {forms:?}");
        }
        assert!(of("first line\nsecond line").contains(&"second line".to_owned()));
    }
}
