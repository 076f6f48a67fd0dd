//! Secrets: what is one, values that are compared but never shown, and what is shown instead.
//!
//! The one room where it is decided what may be shown. Whoever reads a password, a token or a key
//! wraps it in a [`Secret`] and registers it in the host's [`Vault`]; what leaves the program goes
//! through an [`Outlet`], which covers all that the vault knows. Only `generate` and `deploy` write
//! a secret out, where they were asked to, through [`Secret::expose`].

mod expression;
mod flows;
mod forms;
pub mod lines;
pub mod names;
mod outlet;
mod tokens;
pub mod tree;
mod url;
mod vault;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use outlet::Outlet;
pub use tokens::Tokens;
pub use vault::{STARS, Vault};

use crate::source::Source;

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
    /// What is known to be secret wherever it stands.
    vault: Vault,
}

impl SecretNames {
    /// Letters, in order of appearance.
    pub fn new() -> SecretNames {
        SecretNames::default()
    }

    /// Fingerprints made with a key.
    pub fn with_key(key: Secret) -> SecretNames {
        SecretNames { key: Some(key), ..SecretNames::default() }
    }

    /// The same names, for all that a vault knows too.
    pub fn knowing(self, vault: &Vault) -> SecretNames {
        SecretNames { vault: vault.clone(), ..self }
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

    /// A URL with the name of its user-info in place of it, and credentials in its query covered.
    pub fn url(&mut self, url: &str) -> String {
        match url::user_info(url) {
            Some(info) => {
                let name = self.name(&Secret::new(&url[info.clone()]));
                let behind = self.text(&url[info.end..]);
                format!("{}{name}{behind}", &url[..info.start])
            }
            None => self.text(url),
        }
    }

    /// A text with the names of the credentials in its URLs, and of all that is known to be
    /// secret, in place of them.
    pub fn text(&mut self, text: &str) -> String {
        let found = self.vault.find(text);
        self.replaced(text, &found)
    }

    /// A configuration's text with the name of every secret in it in place of it.
    pub fn configuration(&mut self, text: &str) -> String {
        let parsed = alloy_grammar::parser::parse(text.as_bytes());
        let mut found = match parsed.errors.is_empty() {
            true => tree::places(&parsed.file),
            false => lines::places(text, lines::Kind::Configuration),
        };
        found.extend(self.vault.find(text));
        self.replaced(text, &vault::merged(found))
    }

    /// The same for settings in YAML, where secrets stand at these places and behind their names.
    pub fn yaml(&mut self, text: &str, places: Vec<std::ops::Range<usize>>) -> String {
        let mut found = match by_structure(text, lines::Kind::Yaml) {
            Some(found) => found.ranges(),
            None => lines::places(text, lines::Kind::Yaml),
        };
        found.extend(places);
        found.extend(self.vault.find(text));
        self.replaced(text, &vault::merged(found))
    }

    fn replaced(&mut self, text: &str, ranges: &[std::ops::Range<usize>]) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut done = 0;
        for range in ranges {
            shown.push_str(text.get(done..range.start).unwrap_or_default());
            let secret = text.get(range.clone()).unwrap_or_default();
            match alloy_grammar::literal::unquote(secret) {
                Some(inner) => {
                    shown.push_str(&format!("\"{}\"", self.name(&Secret::new(&*inner))));
                }
                None => shown.push_str(&self.name(&Secret::new(secret))),
            }
            done = range.end;
        }
        shown.push_str(text.get(done..).unwrap_or_default());
        shown
    }
}

/// A URL without user-info, and with the credentials in its query covered.
pub fn without_credentials(url: &str) -> String {
    let rest = match url::user_info(url) {
        Some(info) => format!("{}{}", &url[..info.start], &url[info.end + 1..]),
        None => url.to_owned(),
    };
    vault::cover(&rest, &vault::merged(url::credentials(&rest)))
}

/// Registers the secrets of a text that is no configuration of Alloy: of YAML that parses by its
/// structure, else line by line.
pub fn register(text: &str, kind: lines::Kind, vault: &Vault) {
    match by_structure(text, kind) {
        Some(found) => found.register(text, vault),
        None => lines::register(text, kind, vault),
    }
}

/// Where the secrets of a YAML text stand, each with what it means to who reads it; none where it
/// does not parse.
pub fn meanings(text: &str) -> Option<Vec<(std::ops::Range<usize>, String)>> {
    yaml::find(text).map(|found| found.meanings(text))
}

/// The secrets of YAML that parses.
fn by_structure(text: &str, kind: lines::Kind) -> Option<yaml::Found> {
    if kind == lines::Kind::Yaml { yaml::find(text) } else { None }
}

/// A text as it may be shown around a finding: what is secret by its place or known to be one is
/// covered, and places behind it are still known by their old lines and columns. `tree` is its
/// syntax tree if it is a configuration that parses.
pub fn covered(
    source: &Source,
    tree: Option<&alloy_grammar::ast::File>,
    kind: lines::Kind,
    vault: &Vault,
) -> Source {
    let mut places = match tree {
        Some(tree) => tree::places(tree),
        None => match by_structure(source.text(), kind) {
            Some(found) => {
                found.register(source.text(), vault);
                found.ranges()
            }
            None => {
                lines::register(source.text(), kind, vault);
                lines::places(source.text(), kind)
            }
        },
    };
    places.extend(vault.find(source.text()));
    source.covered(&vault::merged(places), STARS)
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
        assert_eq!(names.url("https://u:p@x/y"), "https://(secret A)@x/y");
        assert_eq!(names.url("amqp://a@b:c@host:1/v"), "amqp://(secret B)@host:1/v");
        assert_eq!(names.url("https://x/?a=b@c"), "https://x/?a=b@c");
        assert_eq!(names.url("https://x/?token=q"), "https://x/?token=(secret C)");
        assert_eq!(names.url("https://u:p/w@x/y"), "https://(secret D)@x/y");
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
