//! Credentials in what looks like a URL, however malformed: the one stripper of user-info.
//!
//! Generous on purpose: rather hide a host than show a password.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

use super::names;

/// Finds what must not be shown in a text with URLs in it: user-info, up to the last `@` before
/// the next blank or quote, and values of the query named like credentials. In order, none in
/// another.
pub fn credentials(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut signs = Signs::of(text.as_bytes());
    while let Some(sign) = signs.next(from) {
        let start = text[from..sign].char_indices().rev().find(|(_, c)| is_end(*c));
        let start = start.map_or(from, |(at, c)| from + at + c.len_utf8());
        let end = sign + text[sign..].find(is_end).unwrap_or(text.len() - sign);
        of_word(text, start..end, &mut found);
        from = end;
    }
    found
}

/// What stands behind the scheme of a URL.
static SCHEME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("://"));

/// Where words show that they may hold credentials: by an `@`, or the scheme of a URL.
struct Signs<'t> {
    text: &'t [u8],
    /// The next of each that is known of.
    at: Option<usize>,
    scheme: Option<usize>,
}

impl<'t> Signs<'t> {
    fn of(text: &'t [u8]) -> Signs<'t> {
        Signs { text, at: memchr(b'@', text), scheme: SCHEME.find(text) }
    }

    /// The next sign at an offset or behind it, which is not before the last one asked for.
    fn next(&mut self, from: usize) -> Option<usize> {
        let rest = &self.text[from..];
        if self.at.is_some_and(|at| at < from) {
            self.at = memchr(b'@', rest).map(|at| from + at);
        }
        if self.scheme.is_some_and(|at| at < from) {
            self.scheme = SCHEME.find(rest).map(|at| from + at);
        }
        match (self.at, self.scheme) {
            (Some(at), Some(scheme)) => Some(at.min(scheme)),
            (at, scheme) => at.or(scheme),
        }
    }
}

/// The user-info of a text that is one URL as a whole, blanks and quotes in it included.
pub(super) fn user_info(url: &str) -> Option<Range<usize>> {
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let at = start + url[start..].rfind('@')?;
    let is_info = at > start && !is_behind_a_path(&url[start..], at - start);
    is_info.then_some(start..at)
}

/// Whether an `@` stands in path or query, as nothing before it can be a password: no colon.
fn is_behind_a_path(url: &str, at: usize) -> bool {
    let ends = url.find(['/', '?', '#']).unwrap_or(url.len());
    at > ends && !url[..at].contains(':') && !url[..ends].contains('@')
}

fn of_word(text: &str, word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut start = word.start;
    let mut done = word.start;
    while let Some(scheme) = text[start..word.end].find("://") {
        let url = start + scheme + 3;
        // Up to the next scheme: two URLs in a word each have an authority of their own.
        let next = text[url..word.end].find("://").map_or(word.end, |next| url + next);
        if let Some(at) = text[url..next].rfind('@').filter(|at| *at > 0)
            && !is_behind_a_path(&text[url..next], at)
        {
            found.push(url..url + at);
            done = url + at;
        }
        query(text, url.max(done)..next, found);
        start = next;
        if next == word.end {
            return;
        }
    }
    if start == word.start {
        without_scheme(text, word, found);
    }
}

/// `user:password@host`.
fn without_scheme(text: &str, word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = &text[word.clone()];
    let Some(at) = part.rfind('@') else { return };
    let Some(colon) = part[..at].find(':') else { return };
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '%' | '+');
    let before = part[..colon]
        .rfind(|c| !is_name(c))
        .map_or(0, |other| other + part[other..].chars().next().map_or(1, char::len_utf8));
    let is_host = part[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let password = &part[colon + 1..at];
    let is_password = !password.is_empty() && !password.contains(['{', '}', '/', ';']);
    if before < colon && is_host && is_password && &part[before..colon] != "mailto" {
        found.push(word.start + before..word.start + at);
    }
}

/// `?token=…&key=…`
fn query(text: &str, url: Range<usize>, found: &mut Vec<Range<usize>>) {
    let Some(begin) = text[url.clone()].find(['?', '#', '&']) else { return };
    let mut from = url.start + begin + 1;
    while from < url.end {
        let end = text[from..url.end].find(['&', ';', '#']).map_or(url.end, |end| from + end);
        if let Some(sign) = text[from..end].find('=')
            && names::is_secret_parameter(&text[from..from + sign])
            && from + sign + 1 < end
        {
            found.push(from + sign + 1..end);
        }
        from = end + 1;
    }
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '<' | '>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str) -> String {
        let mut shown = String::new();
        let mut done = 0;
        for range in credentials(text) {
            shown.push_str(&text[done..range.start]);
            shown.push('*');
            done = range.end;
        }
        shown + &text[done..]
    }

    #[test]
    fn user_info_ends_with_the_last_sign_of_the_word() {
        assert_eq!(covered("to https://u:p@h/x failed"), "to https://*@h/x failed");
        assert_eq!(covered("\"https://u:a/b?c#d@h/x\""), "\"https://*@h/x\"");
        assert_eq!(covered("amqp://u@p@h:1 and a@b"), "amqp://*@h:1 and a@b");
        assert_eq!(covered("dial u:p@h: no"), "dial *@h: no");
        assert_eq!(covered("https://token@h"), "https://*@h");
        assert_eq!(covered("(http://u:p@h)"), "(http://*@h)");
        assert_eq!(covered("a,http://u:p@h,http://v:q@i"), "a,http://*@h,http://*@i");
    }

    #[test]
    fn what_is_no_user_info_stays() {
        for text in [
            "https://h/x?mail=a@b",
            "https://h/@scope/b",
            "trento-alloy@1.0",
            "mailto:a@b.de",
            "a{color:red}@media print{",
            "http://h/?x=1&y=2",
            "at 12:30 @here",
        ] {
            assert_eq!(covered(text), text);
        }
    }

    #[test]
    fn query_values_named_like_credentials_are_found() {
        assert_eq!(covered("https://h/w?token=abc&x=1"), "https://h/w?token=*&x=1");
        assert_eq!(covered("https://h/?a=1&api_key=k#f"), "https://h/?a=1&api_key=*#f");
        assert_eq!(covered("https://u:p@h/?sig=s"), "https://*@h/?sig=*");
    }

    #[test]
    fn of_a_whole_url_blanks_and_quotes_belong_to_the_password() {
        let info = |url: &str| user_info(url).map(|range| url[range].to_owned());
        assert_eq!(info("https://u:a b\"c@h/x").as_deref(), Some("u:a b\"c"));
        assert_eq!(info("u:p@h").as_deref(), Some("u:p"));
        assert_eq!(info("https://u:1/2@h").as_deref(), Some("u:1/2"));
        assert_eq!(info("https://h/a@b"), None);
        assert_eq!(info("https://h"), None);
        assert_eq!(info("https://user:12/x@h").as_deref(), Some("user:12/x"));
    }
}
