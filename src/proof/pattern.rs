//! Regular expressions as relabel rules have them: RE2 syntax, anchored at both ends.
//!
//! The `regex` crate reads most of RE2 the same way; what it reads differently is translated, and
//! what cannot be translated makes the pattern unknown. Compiling and matching are bounded.

use std::sync::{Arc, OnceLock};

use regex::{Captures, Regex, RegexBuilder};

use super::dialect::Dialect;
use crate::go::regexp;

/// The largest compiled pattern; as much again may be used while matching.
const LARGEST: usize = 4 << 20;

/// The most that RE2 repeats something by a number.
const MOST_REPEATED: u32 = 1_000;

/// A pattern, compiled when it is first needed.
#[derive(Clone, Debug)]
pub struct Pattern(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    dot_matches_newline: bool,
    compiled: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    /// The pattern of that text, anchored at both ends.
    pub fn new(text: impl Into<String>, dialect: &Dialect) -> Pattern {
        Pattern(Arc::new(Inner {
            text: text.into(),
            dot_matches_newline: dialect.dot_matches_newline,
            compiled: OnceLock::new(),
        }))
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether a text matches; or why that cannot be known.
    ///
    /// # Errors
    /// The pattern is none, is too large, or means something else here than in RE2.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        if self.matches_all() && (self.0.dot_matches_newline || !text.contains('\n')) {
            return Ok(true);
        }
        if let Some(literals) = self.literals() {
            return Ok(literals.iter().any(|literal| literal == text));
        }
        Ok(self.compiled()?.is_match(text))
    }

    /// Whether every text matches, the empty one included; a newline in a text that is not known
    /// is not thought of.
    pub fn matches_all(&self) -> bool {
        matches!(self.text(), "(.*)" | ".*" | "(?:.*)" | "(.*?)" | ".*?" | "^(.*)$" | "^.*$")
    }

    /// Whether every text but the empty one matches.
    pub fn matches_all_but_empty(&self) -> bool {
        matches!(self.text(), "(.+)" | ".+" | "(?:.+)" | "^(.+)$" | "^.+$" | "(.+?)")
    }

    /// Whether the first group is the whole text whatever it is.
    pub fn captures_all(&self) -> bool {
        matches!(self.text(), "(.*)" | "(.+)" | "^(.*)$" | "^(.+)$")
    }

    /// The texts that match, where the pattern is nothing but a choice between a few.
    pub fn literals(&self) -> Option<Vec<String>> {
        let text = self.text();
        let text = ["(?:", "("]
            .iter()
            .find_map(|open| text.strip_prefix(open)?.strip_suffix(')'))
            .filter(|inner| !inner.contains(['(', ')']))
            .unwrap_or(text);
        text.split('|').map(literal).collect()
    }

    /// What a match captured, given to `with`; none if the text does not match.
    ///
    /// # Errors
    /// As [`Pattern::is_match`].
    pub fn capture<T>(
        &self,
        text: &str,
        with: impl FnOnce(&Captures<'_>) -> T,
    ) -> Result<Option<T>, String> {
        Ok(self.compiled()?.captures(text).map(|captures| with(&captures)))
    }

    /// Whether every text that begins so matches, or none does; none where it depends on the
    /// rest. Only patterns that are a plain text and then anything are seen through.
    pub fn decides_prefix(&self, prefix: &str) -> Option<bool> {
        let bare = self.text().trim_start_matches('^').trim_end_matches('$');
        let inner = bare.strip_prefix("(?:").or_else(|| bare.strip_prefix('('));
        let inner = inner.and_then(|inner| inner.strip_suffix(')'));
        let bare = inner.filter(|inner| !inner.contains(['(', ')'])).unwrap_or(bare);
        let mut decided = Some(false);
        for choice in bare.split('|') {
            let open = [(".*", 0), ("(.*)", 0), (".+", 1), ("(.+)", 1)]
                .iter()
                .find_map(|(end, least)| Some((literal(choice.strip_suffix(end)?)?, *least)));
            match (open, literal(choice)) {
                (Some((start, least)), _)
                    if prefix.starts_with(&start) && prefix.len() >= start.len() + least =>
                {
                    return Some(true);
                }
                (Some((start, _)), _)
                    if !start.starts_with(prefix) && !prefix.starts_with(&start) => {}
                (None, Some(whole)) if !whole.starts_with(prefix) => {}
                _ => decided = None,
            }
        }
        decided
    }

    fn compiled(&self) -> Result<&Regex, String> {
        self.0
            .compiled
            .get_or_init(|| {
                if regexp::fault(self.text()).is_some() {
                    return Err("the pattern is no regular expression".to_owned());
                }
                let translated = translate(self.text())?;
                let flag = if self.0.dot_matches_newline { "s" } else { "" };
                RegexBuilder::new(&format!("^(?{flag}:{translated})$"))
                    .size_limit(LARGEST)
                    .dfa_size_limit(LARGEST)
                    .nest_limit(200)
                    .build()
                    .map_err(|error| match error {
                        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
                        _ => "the pattern is no regular expression".to_owned(),
                    })
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// The text an alternative stands for, if it has no operator in it.
fn literal(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                escaped if escaped.is_ascii_punctuation() => plain.push(escaped),
                _ => return None,
            },
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            char => plain.push(char),
        }
    }
    Some(plain)
}

/// RE2's syntax in that of the `regex` crate.
fn translate(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    let mut in_class = false;
    let mut class_start = false;
    while let Some(char) = chars.next() {
        let at_start = std::mem::take(&mut class_start);
        match char {
            '\\' => {
                let Some(escaped) = chars.next() else {
                    return Err("the pattern ends in a backslash".to_owned());
                };
                escape(escaped, in_class, &mut chars, &mut out)?;
            }
            '[' if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                // A bracket right behind the opening one is a plain character.
                if chars.peek() == Some(&']') {
                    chars.next();
                    out.push_str("\\]");
                    class_start = false;
                }
            }
            '[' if chars.peek() == Some(&':') => out.push('['),
            // The crate knows nested classes and set operations, RE2 does not.
            '[' => out.push_str("\\["),
            ':' if in_class && chars.peek() == Some(&']') && ends_posix_class(&out) => {
                chars.next();
                out.push_str(":]");
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(char);
            }
            '-' if in_class && (at_start || chars.peek() == Some(&'-')) => out.push_str("\\-"),
            '(' if !in_class && chars.peek() == Some(&'?') => {
                out.push('(');
                group(&mut chars, &mut out)?;
            }
            '{' if !in_class => {
                let repeated = repetition(chars.clone());
                if repeated.is_some_and(|most| most > MOST_REPEATED) {
                    return Err("the pattern is no regular expression".to_owned());
                }
                out.push_str(if repeated.is_some() { "{" } else { "\\{" });
            }
            '}' if !in_class
                && !out.ends_with(|last: char| last.is_ascii_digit() || last == ',') =>
            {
                out.push_str("\\}");
            }
            char => out.push(char),
        }
    }
    Ok(out)
}

/// Whether the class being written has an open `[:name`.
fn ends_posix_class(out: &str) -> bool {
    out.rfind("[:").is_some_and(|at| {
        out[at + 2..].chars().all(|char| char.is_ascii_lowercase() || char == '^')
    })
}

/// The larger number where what follows an opening brace is `n}`, `n,}` or `n,m}`; else RE2 takes
/// the brace literally.
fn repetition(chars: impl Iterator<Item = char>) -> Option<u32> {
    let inner: String = chars.take(24).take_while(|char| *char != '}').collect();
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.chars().all(|char| char.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u32::MAX))
    };
    let least = number(least)?;
    if most.is_empty() { Some(least) } else { Some(least.max(number(most)?)) }
}

fn escape(
    escaped: char,
    in_class: bool,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> Result<(), String> {
    let class =
        |inside: &'static str, outside: &'static str| if in_class { inside } else { outside };
    match escaped {
        'd' => out.push_str(class("0-9", "[0-9]")),
        'w' => out.push_str(class("0-9A-Za-z_", "[0-9A-Za-z_]")),
        's' => out.push_str(class("\\t\\n\\x0C\\r\\x20", "[\\t\\n\\x0C\\r\\x20]")),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'S' => out.push_str("[^\\t\\n\\x0C\\r\\x20]"),
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        'B' if !in_class => return Err("`\\B` is not compared with RE2's".to_owned()),
        'Q' => {
            let rest: String = chars.clone().collect();
            let quoted = rest.split("\\E").next().unwrap_or_default();
            out.push_str(&regex::escape(quoted));
            for _ in 0..quoted.chars().count() {
                chars.next();
            }
            if rest.len() > quoted.len() {
                chars.next();
                chars.next();
            }
        }
        'E' => {}
        'C' => return Err("`\\C` matches a byte, which no text here can tell".to_owned()),
        'A' if !in_class => out.push_str("\\A"),
        'z' if !in_class => out.push_str("\\z"),
        'p' | 'P' => {
            out.push('\\');
            out.push(escaped);
        }
        '0'..='7' => octal(escaped, chars, out)?,
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' => {
            out.push('\\');
            out.push(escaped);
        }
        punctuation if punctuation.is_ascii_punctuation() => {
            out.push('\\');
            out.push(punctuation);
        }
        other => return Err(format!("RE2 has no escape `\\{other}`")),
    }
    Ok(())
}

fn octal(
    first: char,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> Result<(), String> {
    let next_is_octal = chars.peek().is_some_and(|next| next.is_digit(8));
    if first != '0' && !next_is_octal {
        return Err("RE2 has no back references".to_owned());
    }
    let mut code = first.to_digit(8).unwrap_or(0);
    for _ in 0..2 {
        let Some(digit) = chars.peek().and_then(|next| next.to_digit(8)) else { break };
        code = code * 8 + digit;
        chars.next();
    }
    out.push_str(&format!("\\x{{{code:X}}}"));
    Ok(())
}

/// Behind `(?`: a name or flags. RE2 knows `i m s U`, the crate also others, which RE2 refuses.
fn group(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> Result<(), String> {
    out.push('?');
    chars.next();
    match chars.peek() {
        Some('P' | '<') => {
            let rest: String = chars.clone().take(3).collect();
            let is_name = rest.starts_with("P<") || (rest.starts_with('<') && !is_look(&rest));
            if is_name { Ok(()) } else { Err("RE2 has no such group".to_owned()) }
        }
        _ => {
            let flags: String =
                chars.clone().take_while(|char| !matches!(char, ':' | ')')).collect();
            if flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-')) {
                Ok(())
            } else {
                Err("RE2 has no such flag".to_owned())
            }
        }
    }
}

fn is_look(text: &str) -> bool {
    text.starts_with("<=") || text.starts_with("<!")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, Dialect::ALLOY).is_match(text).unwrap()
    }

    #[test]
    fn a_pattern_is_anchored_at_both_ends() {
        assert!(matches("integrations/.*", "integrations/unix"));
        assert!(!matches("integrations", "integrations/unix"));
        assert!(matches("a|ab", "ab"));
        assert!(matches("", ""));
        assert!(!matches("", "x"));
    }

    #[test]
    fn a_dot_matches_a_newline() {
        assert!(matches("a.b", "a\nb"));
        assert!(!matches("(?-s:a.b)", "a\nb"));
        let older = |pattern| Pattern::new(pattern, Dialect::PROMETHEUS_2).is_match("a\nb");
        assert_eq!(older("a.b"), Ok(false));
        assert_eq!(older("(?s:a.b)"), Ok(true));
        assert_eq!(older("(.*)"), Ok(false));
    }

    #[test]
    fn perl_classes_are_ascii() {
        assert!(!matches("\\d", "٣"));
        assert!(matches("\\D", "٣"));
        assert!(!matches("\\w+", "é"));
        assert!(!matches("[\\w]+", "é"));
        assert!(matches("[^\\w]", "é"));
        assert!(!matches("\\s", "\u{a0}"));
        assert!(!matches("\\s", "\u{b}"));
    }

    #[test]
    fn quoted_text_means_itself() {
        assert!(matches("\\Qa.b\\E+", "a.bb"));
        assert!(!matches("\\Qa.b\\E", "axb"));
        assert!(matches("\\Qa(", "a("));
    }

    #[test]
    fn what_re2_lacks_is_unknown() {
        for pattern in ["(?=a)", "(?<=a)b", "(a)\\1", "\\C", "(?x)a", "\\k", "a\\", "(", "a{1001}"]
        {
            assert!(Pattern::new(pattern, Dialect::ALLOY).is_match("a").is_err(), "{pattern}");
        }
    }

    #[test]
    fn brackets_inside_a_class_are_plain() {
        assert!(matches("[]a]+", "]a"));
        assert!(matches("[[]", "["));
        assert!(matches("[a&&b]+", "&a"));
        assert!(matches("[[:alpha:]]+", "ab"));
        assert!(matches("a{,2}", "a{,2}"));
    }

    #[test]
    fn a_choice_of_literals_is_seen() {
        assert_eq!(
            Pattern::new("up|node_cpu\\.x", Dialect::ALLOY).literals(),
            Some(vec!["up".into(), "node_cpu.x".into()])
        );
        assert_eq!(
            Pattern::new("(up|down)", Dialect::ALLOY).literals(),
            Some(vec!["up".into(), "down".into()])
        );
        assert_eq!(Pattern::new("up.*", Dialect::ALLOY).literals(), None);
    }

    #[test]
    fn an_exploding_pattern_is_unknown_and_quick() {
        assert!(Pattern::new("((a{1,100}){1,100}){1,100}", Dialect::ALLOY).is_match("a").is_err());
    }
}
