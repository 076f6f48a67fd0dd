//! Texts with a token in the place of every secret: equal secrets get equal tokens, so that what
//! agreed before agrees after.
//!
//! A token is made by a key that nobody keeps, and tells neither length nor characters. What a
//! secret is goes by what is meant, not by how it is written: a password in a URL, in YAML and in a
//! configuration of Alloy is one.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use alloy_grammar::literal::unquote;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use super::expression::Leaf;
use super::lines::{self, Kind};
use super::{Secret, Vault, tree, url};

/// What every token begins with: no number, no keyword, no option.
const PREFIX: &str = "s1";

/// So many values on one line are told apart; what stands behind them is one.
const MOST_BEHIND: u32 = 32;

/// Words that stand where a secret should and say that there is none.
const NONE: &[&str] = &["", "true", "false", "null", "~", "yes", "no", "|", "|-", ">", ">-", "{}"];

/// Tokens made with one key.
pub struct Tokens {
    key: Secret,
    issued: RefCell<BTreeSet<String>>,
    /// Secrets that must stay numbers, with theirs.
    numbers: RefCell<BTreeMap<String, u64>>,
}

/// An edit of a text.
type Edit = (Range<usize>, String);

impl Tokens {
    /// Tokens of a key.
    pub fn new(key: Secret) -> Tokens {
        Tokens { key, issued: RefCell::default(), numbers: RefCell::default() }
    }

    /// How many different secrets have been replaced.
    pub fn count(&self) -> usize {
        self.issued.borrow().len()
    }

    /// The token of a secret; blanks around it stay.
    pub fn token(&self, value: &str) -> String {
        let secret = value.trim();
        if secret.is_empty() || self.issued.borrow().contains(secret) {
            return value.to_owned();
        }
        let token = match self.numbers.borrow().get(secret) {
            Some(number) => number.to_string(),
            None => format!("{PREFIX}{}", &self.digest(secret)[..18]),
        };
        self.issued.borrow_mut().insert(token.clone());
        value.replacen(secret, &token, 1)
    }

    fn digest(&self, secret: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The number that a secret gets which is read as one. It must be asked for before the secret
    /// is met elsewhere.
    fn as_number(&self, secret: &str) -> u64 {
        let digits = self.digest(secret);
        let number = u64::from_str_radix(&digits[..12], 16).unwrap_or(1) | 1;
        *self.numbers.borrow_mut().entry(secret.trim().to_owned()).or_insert(number)
    }

    /// A text with tokens at places, each with what stands there means to its reader.
    pub fn at(&self, text: &str, places: Vec<(Range<usize>, String)>) -> String {
        let edits = places.into_iter().map(|(range, meant)| {
            let written = &text[range.clone()];
            (range, self.value(0, written, Kind::Yaml, Some(&meant)))
        });
        let changed = edited(text, edits.collect());
        self.urls(&changed)
    }

    /// A number of so many digits, made of a secret that is one.
    fn number(&self, secret: &str, length: usize) -> String {
        let digits = self.digest(secret).into_bytes();
        digits.iter().cycle().take(length).map(|byte| char::from(b'1' + byte % 9)).collect()
    }

    /// The content of a file that is a secret as a whole.
    pub fn whole(&self, text: &str) -> String {
        text.split_inclusive('\n').map(|line| self.token(line)).collect()
    }

    /// A configuration of Alloy.
    pub fn configuration(&self, text: &str) -> String {
        let parsed = alloy_grammar::parser::parse(text.as_bytes());
        if !parsed.errors.is_empty() {
            return self.lines(text, Kind::Configuration, &|_| None);
        }
        let mut edits: Vec<Edit> = Vec::new();
        for leaf in tree::leaves(&parsed.file) {
            edits.extend(self.leaf(&leaf, text));
        }
        for comment in parsed.file.comments() {
            let range = comment.span.range();
            let inner = text.get(range.clone()).unwrap_or_default();
            let changed = self.lines(inner, Kind::Comment, &|_| None);
            if changed != inner {
                edits.push((range, changed));
            }
        }
        edited(text, edits)
    }

    fn leaf(&self, leaf: &Leaf<'_>, source: &str) -> Option<Edit> {
        match leaf {
            Leaf::Text { place, text } if !text.trim().is_empty() => {
                let raw = unquote(source.get(place.clone())?);
                // Of `Bearer abc` the first word is none.
                let before = raw.as_deref().and_then(|raw| raw.trim().strip_suffix(&**text));
                let token = format!("{}{}", before.unwrap_or_default(), self.token(text));
                Some((place.clone(), quoted(&token)))
            }
            Leaf::Word { place, text } if !text.is_empty() => {
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                let token = match is_number {
                    true => self.number(text, text.len()),
                    false => self.token(text),
                };
                let is_quoted = source.get(place.clone())?.starts_with('"');
                Some((place.clone(), if is_quoted { quoted(&token) } else { token }))
            }
            Leaf::Info { place, text } if !place.is_empty() => {
                let raw = unquote(source.get(place.clone())?)?;
                Some((place.clone(), quoted(&raw.replacen(text.as_str(), &self.info(text), 1))))
            }
            Leaf::Open { place, raw, .. } => {
                let inner = raw.get(1..raw.len().checked_sub(1)?)?;
                let changed = self.urls(&self.lines(inner, Kind::Comment, &|_| None));
                (changed != inner).then(|| {
                    let quote = &raw[..1];
                    (place.clone(), format!("{quote}{changed}{quote}"))
                })
            }
            _ => None,
        }
    }

    /// User-info: each of its two parts by what it means.
    fn info(&self, info: &str) -> String {
        let plain = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        match info.split_once(':') {
            Some((user, password)) => {
                format!("{}:{}", self.token(&plain(user)), self.token(&plain(password)))
            }
            None => self.token(&plain(info)),
        }
    }

    /// A text with URLs in it.
    fn urls(&self, text: &str) -> String {
        let found = url::credentials(text).into_iter();
        edited(text, found.map(|range| (range.clone(), self.info(&text[range]))).collect())
    }

    /// A text that is read line by line. `meant` tells what the value on a line means to who reads
    /// it, where that is known.
    pub fn lines<'m>(
        &self,
        text: &str,
        kind: Kind,
        meant: &dyn Fn(usize) -> Option<&'m str>,
    ) -> String {
        self.lines_within(0, text, kind, meant)
    }

    /// The same for what stands behind so many other values on one line.
    fn lines_within<'m>(
        &self,
        depth: u32,
        text: &str,
        kind: Kind,
        meant: &dyn Fn(usize) -> Option<&'m str>,
    ) -> String {
        let mut edits: Vec<Edit> = Vec::new();
        let (mut number, mut counted, mut done) = (1, 0, 0);
        for range in lines::places(text, kind) {
            // What stands behind a value on its line is part of that.
            if range.start < done {
                continue;
            }
            done = range.end;
            number += text[counted.min(range.start)..range.start].matches('\n').count();
            counted = counted.max(range.start);
            let value = &text[range.clone()];
            edits.push((range, self.value(depth, value, kind, meant(number))));
        }
        self.urls(&edited(text, edits))
    }

    /// A value as it is written.
    fn value(&self, depth: u32, written: &str, kind: Kind, meant: Option<&str>) -> String {
        let trimmed = written.trim_end();
        if depth > MOST_BEHIND {
            return self.token(trimmed);
        }
        let behind = |rest: &str| self.lines_within(depth + 1, rest, kind, &|_| None);
        if NONE.contains(&trimmed.trim_matches(['"', '\''])) {
            return written.to_owned();
        }
        let first = trimmed.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
        if let Some(quote) = first {
            let inner = &trimmed[1..];
            // What stands behind the closing quote belongs to something else.
            let end = closing(inner, quote);
            let (inner, rest) = inner.split_at(end.unwrap_or(inner.len()));
            let plain = match kind {
                // Without a closing quote it is no literal.
                Kind::Configuration => {
                    let literal = trimmed.get(..inner.len() + 2).and_then(unquote);
                    literal.unwrap_or(inner.into())
                }
                _ => Cow::Owned(without_backslashes(inner)),
            };
            let token = self.token(meant.unwrap_or(&plain));
            return format!("{quote}{token}{}", behind(rest));
        }
        if kind == Kind::Yaml && trimmed.starts_with(['|', '>']) {
            // A block of lines: its head stays, its lines are one text.
            let (head, block) = trimmed.split_once('\n').unwrap_or((trimmed, ""));
            let indent = &block[..block.len() - block.trim_start().len()];
            let token = self.token(meant.unwrap_or(block).trim());
            return format!("{head}\n{indent}{token}");
        }
        if kind == Kind::Yaml {
            return self.plain_yaml(trimmed, meant);
        }
        // Flags behind the value of a flag, and what closes a list or a quote around it.
        let ends = [" -", "\"", "'", "`", ",", "}", ";"].into_iter();
        let end = ends.filter_map(|end| trimmed.find(end)).min().unwrap_or(trimmed.len());
        let (value, rest) = trimmed.split_at(end);
        format!("{}{}", self.token(value), behind(rest))
    }

    /// A plain scalar of YAML: a number that its reader takes for one stays a number of its kind.
    fn plain_yaml(&self, written: &str, meant: Option<&str>) -> String {
        let (value, comment) = match written.find(" #") {
            Some(at) => written.split_at(at),
            None => (written, ""),
        };
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() > 1;
        let token = match meant {
            Some(meant) if meant != value && is_number && value.starts_with('0') => {
                format!("0{:o}", self.as_number(meant))
            }
            Some(meant) if meant != value && value.starts_with("0x") => {
                format!("{:#x}", self.as_number(meant))
            }
            Some(meant) => self.token(meant.trim_end_matches('\n')),
            None => self.token(value),
        };
        let comment = self.lines(comment, Kind::Comment, &|_| None);
        format!("{token}{comment}")
    }

    /// A text with the token of everything in it that a vault knows, whatever its form.
    pub fn known(&self, text: &str, vault: &Vault) -> String {
        let mut edits: Vec<Edit> = Vec::new();
        for (range, form) in vault.find_forms(text) {
            let found = &text[range.clone()];
            let token = match form {
                Some((_, true)) => self.encoded(found, vault),
                Some((secret, false)) => self.token(&secret),
                None => self.info(found),
            };
            edits.push((range, token));
        }
        edited(text, edits)
    }

    /// A run of base64: encoded anew where it can be read, else a token.
    fn encoded(&self, found: &str, vault: &Vault) -> String {
        let decoded = STANDARD.decode(found).or_else(|_| STANDARD_NO_PAD.decode(found));
        match decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => {
                let inner = self.known(&text, vault);
                if inner == text { self.token(found) } else { STANDARD.encode(inner) }
            }
            None => self.token(found),
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Where a quote ends, backslashes before it minded.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !is_escaped {
            return Some(at);
        }
        is_escaped = c == '\\' && !is_escaped && quote == '"';
    }
    None
}

fn without_backslashes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// A text with edits made, the first of those that overlap.
fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for (range, token) in edits {
        if range.start < done {
            continue;
        }
        changed.push_str(&text[done..range.start]);
        changed.push_str(&token);
        done = range.end;
    }
    changed.push_str(&text[done..]);
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(Secret::new("a key"))
    }

    #[test]
    fn equal_secrets_get_equal_tokens_however_they_are_written() {
        let tokens = tokens();
        let token = tokens.token("p\"w 1/2");
        let alloy = tokens.configuration(
            "prometheus.remote_write \"t\" {\n\tendpoint {\n\t\turl = \"https://u:p%22w%201%2F2@h/w\"\n\t\t\
             basic_auth {\n\t\t\tpassword = \"p\\\"w 1/2\"\n\t\t}\n\t}\n}\n",
        );
        assert_eq!(alloy.matches(&token).count(), 2, "{alloy}");
        let yaml = tokens.lines(
            "prometheus-auth-password: 'p\"w 1/2' # it\nurl: https://h\n",
            Kind::Yaml,
            &|_| None,
        );
        assert_eq!(yaml, format!("prometheus-auth-password: '{token}' # it\nurl: https://h\n"));
        let unit = tokens.lines("A_PASSWORD=\"p\\\"w 1/2\"\nB=1\n", Kind::Settings, &|_| None);
        assert_eq!(unit, format!("A_PASSWORD=\"{token}\"\nB=1\n"));
        assert_eq!(tokens.whole("p\"w 1/2\n"), format!("{token}\n"));
        assert_eq!(tokens.token(&token), token);
        assert_ne!(Tokens::new(Secret::new("another")).token("p\"w 1/2"), token);
    }

    #[test]
    fn a_quote_that_is_not_closed_hides_its_secret_all_the_same() {
        for text in ["password = \"open-secret", "// password = 'open-secré", "password = `"] {
            let shown = tokens().configuration(text);
            assert!(!shown.contains("open-secr"), "{shown}");
            assert!(!tokens().lines(text, Kind::Configuration, &|_| None).contains("open-secr"));
        }
    }

    #[test]
    fn every_value_on_a_line_is_replaced_however_many_there_are() {
        let shown = |text: &str| tokens().lines(text, Kind::Settings, &|_| None);
        for text in ["A=\"password=\"ab12\" token=cd34\"\n", "X=--token ab12 --token cd34\n"] {
            let shown = shown(text);
            assert!(!shown.contains("ab12") && !shown.contains("cd34"), "{shown}");
        }
        for text in ["--token ab12 ", "token=ab12 -x ", "password=\"ab12\" "] {
            let shown = shown(&format!("X={}", text.repeat(20_000)));
            assert!(!shown.contains("ab12"), "{}", &shown[..1_000]);
        }
    }

    #[test]
    fn what_is_read_in_another_way_than_written_stays_so() {
        let tokens = tokens();
        let octal = tokens.lines("password: 0123\n", Kind::Yaml, &|_| Some("83"));
        let number = octal.trim_end().strip_prefix("password: 0").unwrap();
        let number = u64::from_str_radix(number, 8).unwrap();
        assert_eq!(tokens.token("83"), number.to_string());
        assert_eq!(tokens.lines("password: ~\n", Kind::Yaml, &|_| Some("")), "password: ~\n");
        let flags = "ExecStart=/x --token abc9 --log.level debug\n";
        let changed = tokens.lines(flags, Kind::Settings, &|_| None);
        assert_eq!(changed, flags.replace("abc9", &tokens.token("abc9")));
    }

    #[test]
    fn what_is_made_of_a_secret_is_made_of_its_token() {
        let (tokens, vault) = (tokens(), Vault::new());
        vault.register("hunter2Secret");
        let token = tokens.token("hunter2Secret");
        let header = |secret: &str| STANDARD.encode(format!("trento:{secret}"));
        let text = format!("a hunter2Secret {}", header("hunter2Secret"));
        let expected = format!("a {token} {}", header(&token));
        assert_eq!(tokens.known(&text, &vault), expected);
    }
}
