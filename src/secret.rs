//! Secrets: values that are compared but never shown, and the names they are shown by instead.
//!
//! Everything that reads a password, a token or a key wraps it here at once. Only `generate` and
//! `deploy` write one out, where they were asked to, through [`Secret::expose`].

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A value that no message, fact, report or `Debug` may contain.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }

    /// The value itself: for comparing, for sending to the endpoint, for a file that must hold it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is the empty text, which is no secret.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Secret {
        Secret(value)
    }
}

/// The names under which secrets are shown: equal secrets share one.
///
/// Letters by default, in order of appearance: `(secret A)`, `(secret B)`. With a key, the first
/// bytes of the secret's HMAC-SHA256, which can be compared between hosts and runs.
#[derive(Default)]
pub struct SecretNames {
    key: Option<Secret>,
    letters: BTreeMap<Secret, usize>,
}

impl SecretNames {
    /// Letters, in order of appearance.
    pub fn new() -> SecretNames {
        SecretNames::default()
    }

    /// Fingerprints made with a key.
    pub fn with_key(key: Secret) -> SecretNames {
        SecretNames { key: Some(key), letters: BTreeMap::new() }
    }

    /// The name of a secret. The empty secret is shown as what it is.
    pub fn name(&mut self, secret: &Secret) -> String {
        if secret.is_empty() {
            return "(empty)".to_owned();
        }
        if let Some(key) = &self.key {
            return format!("(secret {})", fingerprint(key, secret));
        }
        let next = self.letters.len();
        let number = *self.letters.entry(secret.clone()).or_insert(next);
        format!("(secret {})", letters(number))
    }

    /// A URL with the name of its user-info in place of it.
    pub fn url(&mut self, url: &str) -> String {
        let Some((before, info, after)) = user_info(url) else { return url.to_owned() };
        format!("{before}{}{after}", self.name(&Secret::new(info)))
    }
}

/// Takes a URL's user-info out: what stands before it, it, and the rest from the `@` on.
///
/// Generous where the URL is not well-formed: rather hide a host than show a password.
fn user_info(url: &str) -> Option<(&str, &str, &str)> {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |length| start + length);
    let authority = &url[start..end];
    let has_port =
        |(_, port): (&str, &str)| port.bytes().all(|byte| byte.is_ascii_digit() || byte == b']');
    let at = match authority.rfind('@') {
        Some(at) => start + at,
        // A password with an unescaped slash ends the authority too early.
        None if !authority.split_once(':').is_none_or(has_port) => url.rfind('@')?,
        None => return None,
    };
    Some((&url[..start], &url[start..at], &url[at..]))
}

impl fmt::Debug for SecretNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretNames").finish_non_exhaustive()
    }
}

/// The first six bytes of the HMAC-SHA256 of a secret, in hexadecimal.
fn fingerprint(key: &Secret, secret: &Secret) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(secret.expose().as_bytes());
    mac.finalize().into_bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// `A` to `Z`, then `AA`, `AB` and so on.
fn letters(mut number: usize) -> String {
    let mut name = Vec::new();
    loop {
        name.push(b'A' + (number % 26) as u8);
        match (number / 26).checked_sub(1) {
            Some(rest) => number = rest,
            None => break,
        }
    }
    name.iter().rev().map(|&letter| char::from(letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "(secret)");
        let names = SecretNames::with_key(Secret::new("hunter3"));
        assert!(!format!("{names:?}").contains("hunter"));
    }

    #[test]
    fn equal_secrets_share_a_letter_in_order_of_appearance() {
        let mut names = SecretNames::new();
        assert_eq!(names.name(&Secret::new("z")), "(secret A)");
        assert_eq!(names.name(&Secret::new("a")), "(secret B)");
        assert_eq!(names.name(&Secret::new("z")), "(secret A)");
        assert_eq!(letters(25), "Z");
        assert_eq!(letters(26), "AA");
        assert_eq!(letters(27 * 26), "AAA");
    }

    #[test]
    fn a_url_is_shown_without_its_user_info() {
        let mut names = SecretNames::new();
        assert_eq!(names.url("https://u:p@x/y@z"), "https://(secret A)@x/y@z");
        assert_eq!(names.url("amqp://a@b:c@host:1/v"), "amqp://(secret B)@host:1/v");
        assert_eq!(names.url("https://x/?a=b@c"), "https://x/?a=b@c");
        assert_eq!(names.url("https://x:80/?a=b@c"), "https://x:80/?a=b@c");
        assert_eq!(names.url("https://u:p/w@x/y"), "https://(secret C)@x/y");
        assert_eq!(names.url("u:p@x"), "(secret A)@x");
    }

    #[test]
    fn a_key_gives_names_that_do_not_depend_on_order() {
        let mut one = SecretNames::with_key(Secret::new("key"));
        let mut other = SecretNames::with_key(Secret::new("key"));
        other.name(&Secret::new("first"));
        assert_eq!(one.name(&Secret::new("x")), other.name(&Secret::new("x")));
    }
}
