//! What is known to be secret in a run, and texts with all of it covered.
//!
//! Whoever reads something secret registers it here; whoever prints covers by it. What is secret
//! only because of where it stands is for [`crate::secret::tree`] and [`crate::secret::lines`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde_json::{Number, Value as Json};

use super::{forms, names, url};

/// What every secret is shown as: neither its length nor its characters can be seen.
pub const STARS: &str = "********";

/// The longest secret that is searched for as a whole; of a longer one, its lines.
pub(super) const LONGEST: usize = 4096;

/// How many bytes of secrets are searched for; a host with more than that has none but secrets.
const MOST: usize = 2 << 20;

/// The secrets of a run. Clones share them; `Debug` shows none.
#[derive(Clone, Default)]
pub struct Vault(Arc<Inner>);

#[derive(Default)]
struct Inner {
    known: Mutex<Known>,
    /// Who else is told.
    listener: OnceLock<Vault>,
}

#[derive(Default)]
struct Known {
    /// Each form, and what it is one of.
    secrets: BTreeMap<String, Form>,
    size: usize,
    search: Option<Arc<Search>>,
}

/// What a form is one of.
#[derive(Clone)]
struct Form {
    secret: Arc<str>,
    /// Whether it is part of a run of base64.
    is_encoded: bool,
}

/// Where something stands, and of which secret it is a form; none for the credentials of a URL.
pub type Found = (Range<usize>, Option<(String, bool)>);

/// All forms at once, in one pass.
struct Search {
    forms: AhoCorasick,
    /// What each form is one of.
    of: Vec<Form>,
}

impl Vault {
    /// Nothing is known yet.
    pub fn new() -> Vault {
        Vault::default()
    }

    /// Tells another vault all that this one knows and learns.
    pub fn pass_on(&self, listener: &Vault) {
        if Arc::ptr_eq(&self.0, &listener.0) || self.0.listener.set(listener.clone()).is_err() {
            return;
        }
        let secrets = self.lock().secrets.clone();
        secrets.into_iter().for_each(|(text, form)| listener.add(text, form));
    }

    /// Registers a value that must not be shown. Words that stand in every configuration, and
    /// texts too short to be told from others, are covered only where they stand.
    pub fn register(&self, value: &str) {
        let value = value.trim();
        if value.len() <= LONGEST {
            self.add_all(value);
        }
        if value.contains('\n') || value.len() > LONGEST {
            self.register_content(value);
        }
    }

    /// Registers the content of a file that holds a secret: each of its lines, and the words in
    /// them that look like no word of a language.
    pub fn register_content(&self, content: &str) {
        for line in content.lines().map(str::trim) {
            if line.len() <= LONGEST {
                self.add_all(line);
            }
            let is_between =
                |c: char| c.is_whitespace() || c.is_control() || "\"'`=:,;{}[]()<>$".contains(c);
            for word in line.split(is_between) {
                let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
                let is_mixed = word.bytes().any(|byte| byte.is_ascii_uppercase())
                    && word.bytes().any(|byte| byte.is_ascii_lowercase());
                if word.len() <= LONGEST && (has_digit || is_mixed) {
                    self.add_all(word);
                }
            }
        }
    }

    /// Registers the credentials of a text that may be a URL or hold some.
    pub fn register_url(&self, text: &str) {
        if !text.contains(['@', '=']) {
            return;
        }
        let ranges = url::credentials(text);
        for range in ranges.into_iter().chain(whole_info(text)) {
            self.register_credentials(&text[range]);
        }
    }

    /// Registers a variable's value if its name is one of a secret, else the credentials in it.
    pub fn register_variable(&self, name: &str, value: &str) {
        if names::is_secret_name(name) {
            self.register(value);
        }
        self.register_url(value);
    }

    /// Registers user-info, its password, and the pieces that a parser may name alone.
    pub fn register_credentials(&self, info: &str) {
        self.register(info);
        let password = info.split_once(':').map_or(info, |(_, password)| password);
        self.register(password);
        if password.contains(['/', '?', '#', '@', ':']) {
            password.split(['/', '?', '#', '@', ':']).for_each(|piece| self.register(piece));
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.lock().secrets.is_empty()
    }

    /// Where known secrets and credentials of URLs stand in a text, in order.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        if text.len() < forms::SHORTEST && !text.contains('@') {
            return Vec::new();
        }
        let mut found = url::credentials(text);
        if let Some(search) = self.search() {
            found.extend(search.forms.find_iter(text).map(|found| {
                let form = &search.of[found.pattern().as_usize()];
                if form.is_encoded { whole_digits(text, found.range()) } else { found.range() }
            }));
        }
        merged(found)
    }

    /// The same, each with the secret that it is a form of, and whether it is one in base64. None
    /// stands in another.
    pub fn find_forms(&self, text: &str) -> Vec<Found> {
        let mut found: Vec<Found> =
            url::credentials(text).into_iter().map(|range| (range, None)).collect();
        if let Some(search) = self.search() {
            found.extend(search.forms.find_iter(text).map(|found| {
                let form = &search.of[found.pattern().as_usize()];
                let range = match form.is_encoded {
                    true => whole_digits(text, found.range()),
                    false => found.range(),
                };
                (range, Some((form.secret.to_string(), form.is_encoded)))
            }));
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        found.retain(|(range, _)| {
            let is_next = range.start >= end && range.start < range.end;
            end = if is_next { range.end } else { end };
            is_next
        });
        found
    }

    /// A text with all that is secret in it covered.
    pub fn cover(&self, text: &str) -> String {
        cover(text, &self.find(text))
    }

    /// Covers all that is secret in a text.
    pub fn cover_in_place(&self, text: &mut String) {
        let found = self.find(text);
        if !found.is_empty() {
            *text = cover(text, &found);
        }
    }

    /// A value with all that is secret in it covered, keys too.
    pub fn cover_json(&self, mut value: Json) -> Json {
        self.cover_json_in_place(&mut value);
        value
    }

    fn cover_json_in_place(&self, value: &mut Json) {
        match value {
            Json::String(text) => self.cover_in_place(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.cover_json_in_place(item)),
            Json::Object(fields) => {
                if fields.keys().any(|name| !self.find(name).is_empty()) {
                    let named = std::mem::take(fields).into_iter();
                    *fields = named.map(|(name, value)| (self.cover(&name), value)).collect();
                }
                fields.values_mut().for_each(|value| self.cover_json_in_place(value));
            }
            Json::Number(number) if self.is_known_number(number) => *value = Json::from(STARS),
            Json::Number(_) | Json::Bool(_) | Json::Null => {}
        }
    }

    /// What leaves the program, covered. JSON stays JSON.
    pub fn shown<'o>(&self, output: &'o [u8]) -> Shown<'o> {
        let text = match str::from_utf8(output) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(output),
        };
        let found = self.find(&text);
        if found.is_empty() {
            return Shown(Cow::Borrowed(output));
        }
        // A secret that is a number, or holds what JSON escapes, is no text in JSON's text.
        if text.starts_with(['{', '['])
            && let Ok(value) = serde_json::from_str::<Json>(&text)
        {
            let is_pretty = text.trim_end().contains('\n');
            let value = self.cover_json(value);
            let covered = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let end = if text.ends_with('\n') { "\n" } else { "" };
            return Shown(Cow::Owned(format!("{covered}{end}").into_bytes()));
        }
        Shown(Cow::Owned(cover(&text, &found).into_bytes()))
    }

    /// The most bytes that one secret takes.
    pub(super) fn longest(&self) -> usize {
        self.search().map_or(0, |search| search.forms.max_pattern_len())
    }

    fn is_known_number(&self, number: &Number) -> bool {
        // Too short to be searched for as a text.
        if number.as_u64().is_some_and(|number| number < 10_u64.pow(forms::SHORTEST as u32 - 1)) {
            return false;
        }
        self.lock().secrets.contains_key(&number.to_string())
    }

    fn add_all(&self, value: &str) {
        if value.len() < forms::SHORTEST || names::is_plain_word(value) {
            return;
        }
        if self.lock().size + value.len() > MOST {
            return;
        }
        let secret: Arc<str> = value.into();
        let form = |is_encoded| Form { secret: secret.clone(), is_encoded };
        forms::of(value).into_iter().for_each(|text| self.add(text, form(false)));
        forms::encoded(value).into_iter().for_each(|text| self.add(text, form(true)));
    }

    fn add(&self, text: String, form: Form) {
        // A piece of a secret may be a word of every configuration, as the secret itself may not.
        if !form.is_encoded && names::is_plain_word(&text) {
            return;
        }
        let mut known = self.lock();
        if known.size + text.len() > MOST || known.secrets.contains_key(&text) {
            return;
        }
        known.size += text.len();
        known.search = None;
        known.secrets.insert(text.clone(), form.clone());
        drop(known);
        if let Some(listener) = self.0.listener.get() {
            listener.add(text, form);
        }
    }

    fn search(&self) -> Option<Arc<Search>> {
        let mut known = self.lock();
        if known.secrets.is_empty() {
            return None;
        }
        if known.search.is_none() {
            let forms = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(known.secrets.keys());
            let of = known.secrets.values().cloned().collect();
            known.search = forms.ok().map(|forms| Arc::new(Search { forms, of }));
            if let Some(listener) = self.0.listener.get() {
                listener.adopt(&known);
            }
        }
        known.search.clone()
    }

    /// Searches as the vault that tells this one, if it knows all that this one does: of what it
    /// knows nothing is missing here.
    fn adopt(&self, teller: &Known) {
        let mut known = self.lock();
        if known.search.is_none() && known.secrets.len() == teller.secrets.len() {
            known.search.clone_from(&teller.search);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// Bytes that may leave the program; only [`Vault::shown`] makes them.
#[derive(Clone)]
pub struct Shown<'o>(Cow<'o, [u8]>);

impl Shown<'_> {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The user-info of a text that is one URL as a whole.
fn whole_info(text: &str) -> Option<Range<usize>> {
    let looks_like_one = text.contains("://") || text.contains(':');
    url::user_info(text).filter(|_| looks_like_one)
}

/// A match in base64, with the digits around it: they hold parts of the secret too.
fn whole_digits(text: &str, found: Range<usize>) -> Range<usize> {
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    let bytes = text.as_bytes();
    let before = bytes[..found.start].iter().rev().take_while(is_digit).count();
    let after = bytes[found.end..].iter().take_while(is_digit).count();
    found.start - before..found.end + after
}

/// Ranges in order that do not touch.
pub(super) fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The text with each range shown as the same run of stars.
pub(super) fn cover(text: &str, ranges: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        shown.push_str(text.get(done..range.start).unwrap_or_default());
        shown.push_str(STARS);
        done = range.end;
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vault(secrets: &[&str]) -> Vault {
        let vault = Vault::new();
        secrets.iter().for_each(|secret| vault.register(secret));
        vault
    }

    #[test]
    fn a_known_secret_is_covered_wherever_it_stands() {
        let vault = vault(&["hunter2Secret"]);
        assert_eq!(vault.cover("// hunter2Secret is it"), "// ******** is it");
        assert_eq!(vault.cover("u:hunter2Secret"), "u:********");
        assert_eq!(vault.cover("Basic dHJlbnRvOmh1bnRlcjJTZWNyZXQ="), "Basic ********");
    }

    #[test]
    fn covering_shows_no_length() {
        let vault = vault(&["hunter2Secret", "hunter2SecretAndMore"]);
        assert_eq!(vault.cover("hunter2Secret"), vault.cover("hunter2SecretAndMore"));
    }

    #[test]
    fn short_texts_and_plain_words_are_not_searched_for() {
        assert!(vault(&["short", "", "trento", "prometheus"]).is_empty());
        assert_eq!(vault(&["\"trento\": 12345678"]).cover("trento"), "trento");
    }

    #[test]
    fn json_stays_json() {
        let vault = vault(&["7731773177317731", "a\"b,c\\d"]);
        let output = json!({"n": 7731773177317731u64, "t": "x a\"b,c\\d", "a\"b,c\\d": 1});
        let output = format!("{output}\n");
        let shown = vault.shown(output.as_bytes());
        let read: Json = serde_json::from_slice(shown.as_bytes()).unwrap();
        assert_eq!(read, json!({"n": STARS, "t": format!("x {STARS}"), STARS: 1}));
    }

    #[test]
    fn of_a_malformed_url_every_piece_is_known() {
        let vault = Vault::new();
        vault.register_url("https://user:a\"bcdefgh9/xyzxyz9@host/path");
        assert_eq!(
            vault.cover("net/url: invalid port \":a\\\"bcdefgh9\""),
            "net/url: invalid port \":********\""
        );
        assert_eq!(vault.cover("/xyzxyz9@host"), "/********@host");
    }

    #[test]
    fn another_vault_is_told() {
        let (one, other) = (vault(&["first-secret1"]), Vault::new());
        one.pass_on(&other);
        one.register("second-secret2");
        assert_eq!(one.cover("first-secret1 second-secret2"), "******** ********");
        assert_eq!(other.cover("first-secret1 second-secret2"), "******** ********");
        other.register("third-secret3");
        one.register("fourth-secret4");
        assert_eq!(one.cover("first-secret1 third-secret3"), "******** third-secret3");
        assert_eq!(other.cover("third-secret3 fourth-secret4"), "******** ********");
    }
}
