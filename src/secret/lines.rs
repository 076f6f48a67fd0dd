//! Secrets in texts that are read line by line: settings, units, environment files, command lines,
//! comments, and configurations that do not parse.
//!
//! Goes by names: what stands behind one that secrets go by is a secret.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::names::is_secret_name;
use super::vault::{LONGEST, Vault};

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Settings, units, environment files: whatever stands behind a name is its value.
    Settings,
    /// Settings in YAML, where a line of its own belongs to a value before it.
    Yaml,
    /// A configuration that does not parse: a value may be a reference.
    Configuration,
    /// Prose with an old line in it.
    Comment,
}

impl Kind {
    fn is_settings(self) -> bool {
        matches!(self, Kind::Settings | Kind::Yaml)
    }
}

/// Where secrets stand in a text, in order of their lines.
pub fn places(text: &str, kind: Kind) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    let mut brackets = Brackets::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        match open.take().and_then(|open| open.take(content, start, &mut found)) {
            Some(still) => open = Some(still),
            None => {
                let line = Line { text: content, start, kind, brackets };
                open = line.secrets(0, &mut found);
            }
        }
        if kind == Kind::Yaml {
            brackets = brackets.behind(content);
        }
        start += line.len();
    }
    found
}

/// Of one line so many values that end with it are registered whole.
const MOST_WHOLE: usize = 64;
/// How much of a further one is.
const BEGINNING: usize = 512;
/// A shorter word of a message is taken for no secret.
const SHORTEST_IN_PROSE: usize = 8;
/// How far the end of a value between brackets is looked for.
const FARTHEST_END: usize = 1024;

/// Registers the secrets of a text, and the credentials of the URLs in it.
pub fn register(text: &str, kind: Kind, vault: &Vault) {
    let (mut end, mut further) = (0, 0);
    for range in places(text, kind) {
        further = if range.end == end { further + 1 } else { 0 };
        end = range.end;
        let value = &text[range];
        match further > MOST_WHOLE || further > 0 && value.len() > LONGEST {
            true => register_beginning(value, kind, vault),
            false => register_value(value, kind, vault),
        }
    }
    if text.contains('@') || text.contains("://") {
        let is_flow = |line: &str| kind == Kind::Yaml && line.contains(['{', '[']);
        for line in text.lines() {
            match is_flow(line) {
                // Each value alone: a URL ends where the next one begins.
                true => line.split(FLOW).for_each(|value| vault.register_url(value)),
                false => vault.register_url(line),
            }
        }
    }
}

/// Registers the secrets in a message of another program: what stands behind a name of one, or
/// behind the scheme of a header, and looks like no word of a language.
pub fn register_message(text: &str, vault: &Vault) {
    let is_between = |c: char| c.is_whitespace() || "\"'`,;()".contains(c);
    let is_secret = |word: &&str| word.len() >= SHORTEST_IN_PROSE && is_odd(word);
    for range in places(text, Kind::Comment) {
        let words = text[range].split(is_between).filter(|word| !word.is_empty());
        words.take(2).find(is_secret).into_iter().for_each(|word| vault.register(word));
    }
    let words: Vec<&str> = text.split(is_between).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        let is_scheme = ["bearer", "basic"].iter().any(|it| pair[0].eq_ignore_ascii_case(it));
        if is_scheme && is_secret(&pair[1]) {
            vault.register(pair[1]);
        }
    }
    vault.register_url(text);
}

/// What stands behind a name: with and without quotes, up to the next word or the end.
pub(super) fn register_value(value: &str, kind: Kind, vault: &Vault) {
    let value = if kind == Kind::Yaml { behind_a_key(value.trim()) } else { value.trim() };
    let inner = unquoted(value);
    let is_quoted = inner.len() < value.len();
    if kind == Kind::Yaml && !is_quoted && inner.starts_with(['{', '[']) {
        // Its words are names and values: those that look like none of a language are known.
        return vault.register_content(inner);
    }
    if is_prose(inner, is_quoted, kind) {
        return;
    }
    vault.register(inner);
    register_parts(inner, kind, vault);
    if let Some((before, _)) = inner.split_once(" #") {
        vault.register(before);
    }
}

/// What stands behind a further name on a line, whose words are known as those behind the first.
fn register_beginning(value: &str, kind: Kind, vault: &Vault) {
    let end = (0..=BEGINNING.min(value.len())).rev().find(|&at| value.is_char_boundary(at));
    let value = value[..end.unwrap_or(0)].trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let inner = quote.and_then(|quote| value[1..].split(quote).next());
    if let Some(inner) = inner {
        vault.register(inner);
    }
    let inner = inner.unwrap_or(value);
    if !is_prose(inner, quote.is_some(), kind) {
        register_parts(inner, kind, vault);
    }
}

fn is_prose(inner: &str, is_quoted: bool, kind: Kind) -> bool {
    match kind {
        Kind::Comment => !is_quoted && (inner.contains(' ') || !is_odd(inner)),
        Kind::Yaml => !is_quoted && inner.contains(' ') && !is_odd(inner),
        Kind::Settings | Kind::Configuration => false,
    }
}

/// The beginning of a value, up to a quote and up to the next word.
fn register_parts(inner: &str, kind: Kind, vault: &Vault) {
    for ends in [&['"', '\'', '`'][..], &[' ', '\t', '"', '\'', '`', ',', ';', '}'][..]] {
        let part = inner.split(ends).next().unwrap_or_default();
        if part.len() < inner.len() && (is_odd(part) || kind.is_settings()) {
            vault.register(part);
        }
    }
}

/// Whether a text looks like no word of a language: it holds digits, or capitals inside.
pub(super) fn is_odd(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        || text.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
}

/// The value of a line such as `- name: value` that stands below the name of a secret.
fn behind_a_key(line: &str) -> &str {
    let inner = line.trim_start_matches(['-', ' ']);
    match inner.split_once(": ") {
        Some((name, value)) if name.chars().all(is_of_name) && !value.trim().is_empty() => {
            value.trim()
        }
        _ => line,
    }
}

fn unquoted(value: &str) -> &str {
    let mut quotes = ['"', '\'', '`'].into_iter();
    let inner = quotes.find_map(|quote| {
        let rest = value.strip_prefix(quote)?;
        Some(rest.rfind(quote).map_or(rest, |end| &rest[..end]))
    });
    inner.unwrap_or(value)
}

/// A value that goes on in the next line.
enum Open {
    /// Up to this quote.
    Quote(char),
    /// As long as lines are indented further than the name.
    Indented(usize),
    /// The line ended with a backslash.
    Continued,
}

impl Open {
    fn take(self, line: &str, start: usize, found: &mut Vec<Range<usize>>) -> Option<Open> {
        let lead = line.len() - line.trim_start().len();
        match self {
            Open::Quote(quote) => {
                let end = line.find(quote);
                found.push(start..start + end.map_or(line.len(), |end| end + 1));
                if end.is_some() { Some(Open::Indented(usize::MAX)) } else { Some(self) }
            }
            Open::Indented(least) if line.trim().is_empty() && least != usize::MAX => Some(self),
            Open::Indented(least) if lead > least => {
                found.push(start + lead..start + line.len());
                Some(self)
            }
            Open::Indented(_) => None,
            Open::Continued => {
                found.push(start + lead..start + line.len());
                let goes_on = line.ends_with('\\');
                Some(if goes_on { Open::Continued } else { Open::Indented(usize::MAX) })
            }
        }
    }
}

/// How many brackets of YAML are open.
#[derive(Clone, Copy, Default)]
struct Brackets(u32);

impl Brackets {
    fn behind(self, text: &str) -> Brackets {
        text.bytes().fold(self, |Brackets(open), byte| match byte {
            b'{' | b'[' => Brackets(open + 1),
            b'}' | b']' => Brackets(open.saturating_sub(1)),
            _ => Brackets(open),
        })
    }
}

/// A line that a value may stand in.
struct Line<'t> {
    text: &'t str,
    /// Where it begins in the whole text.
    start: usize,
    kind: Kind,
    /// What is open before it.
    brackets: Brackets,
}

impl Line<'_> {
    /// Finds the secrets from here on; what goes on in the next line is given back.
    fn secrets(&self, begin: usize, found: &mut Vec<Range<usize>>) -> Option<Open> {
        let Line { text: line, start, kind, mut brackets } = *self;
        let (mut begin, mut from, mut counted) = (begin, begin, 0);
        let line_end = line.trim_end().len();
        // What goes on is the first value's; further names on the line have values of their own.
        let mut first: Option<Option<Open>> = None;
        while let Some(end) = name_end(&line[from..]).map(|end| end + from) {
            let name = name_before(&line[begin..], end - begin);
            let sign = &line[end..];
            let is_first = from == begin;
            let is_flag = name_is_flag(&line[begin..], end - begin, name);
            let value = match value_behind(sign, is_flag, is_first, kind) {
                Some(skipped) if is_secret_name(name) => end + skipped,
                _ => {
                    from = end + sign.chars().next().map_or(1, char::len_utf8);
                    continue;
                }
            };
            let text = &line[value..line_end.max(value)];
            let begins = value + text.len() - text.trim_start().len();
            let text = text.trim_start();
            if kind == Kind::Configuration && is_reference(text) {
                return first.flatten();
            }
            brackets = brackets.behind(&line[counted..begins]);
            counted = begins;
            if kind == Kind::Yaml
                && brackets.0 > 0
                && let Some(end) = end_in_flow(text)
            {
                found.push(start + begins..start + begins + end);
                // What stands in brackets has names and secrets of its own.
                begin = if text.starts_with(['{', '[']) { begins + 1 } else { begins + end };
                from = begin;
                continue;
            }
            let indent = line[begin..].len() - line[begin..].trim_start_matches([' ', '-']).len();
            if text.is_empty() || text.starts_with(['|', '>', '{', '[']) && kind.is_settings() {
                if !text.is_empty() {
                    found.push(start + begins..start + begins + text.len());
                }
                let open = kind.is_settings().then_some(Open::Indented(indent));
                return first.unwrap_or(open);
            }
            found.push(start + begins..start + begins + text.len());
            let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
            first.get_or_insert_with(|| match quote {
                Some(quote) if !text[1..].contains(quote) && kind != Kind::Comment => {
                    Some(Open::Quote(quote))
                }
                _ if text.ends_with('\\') => Some(Open::Continued),
                _ if kind.is_settings() && sign.starts_with(':') => Some(Open::Indented(indent)),
                _ => None,
            });
            (begin, from) = (begins, begins);
        }
        self.without_a_name(begin, found);
        first.flatten()
    }

    /// No name at all: what goes on from a line before, or stands where it should not.
    fn without_a_name(&self, begin: usize, found: &mut Vec<Range<usize>>) {
        let rest = &self.text[begin..];
        let bare = rest.trim();
        // The rest of a line behind a value that has ended.
        let is_flow = begin > 0 && self.brackets.behind(&self.text[..begin]).0 > 0;
        if self.kind == Kind::Yaml
            && !is_flow
            && !bare.starts_with(FLOW)
            && !bare.contains([':', '#'])
            && bare.len() > 3
        {
            let lead = rest.len() - rest.trim_start_matches([' ', '\t', '-']).len();
            let (start, end) = (self.start + begin, rest.trim_end().len());
            // Of a line of dashes nothing is left.
            if lead < end {
                found.push(start + lead..start + end);
            }
        }
    }
}

/// What ends a value between brackets in YAML.
const FLOW: &[char] = &['{', '}', '[', ']', ',', '"', '\''];

/// Where a value between brackets ends: with its quote or bracket, or before what can only be the
/// next name; none where it has no end on its line.
fn end_in_flow(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let near = |(at, _): &(usize, char)| *at <= FARTHEST_END;
    if matches!(first, '{' | '[') {
        let mut brackets = Brackets::default();
        let ends = text.char_indices().take_while(near).find(|(at, c)| {
            let open = brackets.0;
            brackets = brackets.behind(&text[*at..*at + c.len_utf8()]);
            open == 1 && brackets.0 == 0
        });
        return ends.map(|(at, _)| at + 1);
    }
    let mut is_escaped = false;
    for (at, c) in text.char_indices().take_while(near).skip(1) {
        let is_quote = c == first && matches!(first, '"' | '\'') && !is_escaped;
        is_escaped = c == '\\' && first == '"' && !is_escaped;
        let end = if is_quote { at + 1 } else { at };
        if (is_quote || FLOW[..5].contains(&c)) && is_next(&text[end..]) {
            return Some(end);
        }
    }
    None
}

/// Whether a text begins with the end of a value: brackets and commas up to a name with its colon,
/// or to the end.
fn is_next(text: &str) -> bool {
    let is_between = |c: char| FLOW.contains(&c) || c == ' ';
    let Some(inner) = behind(text, is_between) else { return false };
    let Some(name) = behind(inner, is_of_name) else { return false };
    let is_cut = inner.len() < text.len();
    let is_named =
        name.len() < inner.len() && name.trim_start_matches(['"', '\'', ' ']).starts_with(':');
    is_cut && (inner.is_empty() || inner.starts_with('#') || is_named)
}

/// What stands behind such characters; none where that is far away.
fn behind(text: &str, is_passed: impl Fn(char) -> bool) -> Option<&str> {
    match text.char_indices().take_while(|(at, _)| *at <= FARTHEST_END).find(|it| !is_passed(it.1))
    {
        Some((at, _)) => Some(&text[at..]),
        None => (text.len() <= FARTHEST_END).then_some(""),
    }
}

/// Where the next thing ends that could be a name with a value behind it.
fn name_end(text: &str) -> Option<usize> {
    let mut before = None;
    for (at, c) in text.char_indices() {
        if matches!(c, '=' | ':') {
            return Some(at);
        }
        let is_blank = matches!(c, ' ' | '\t');
        if is_blank && before.is_some_and(is_of_name) {
            return Some(at);
        }
        before = Some(c);
    }
    None
}

fn name_before(line: &str, end: usize) -> &str {
    up_to_name(line, end)
        .rsplit(|c: char| !is_of_name(c))
        .next()
        .unwrap_or_default()
        .trim_start_matches('-')
}

/// The line up to the end of the name before its sign.
fn up_to_name(line: &str, end: usize) -> &str {
    line[..end].trim_end_matches([' ', '\t', '"', '\''])
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Whether a name is a flag of a command line.
fn name_is_flag(line: &str, end: usize, name: &str) -> bool {
    let before = up_to_name(line, end);
    let before = before.strip_suffix(name).unwrap_or(before);
    before.ends_with("--") || before.ends_with(" -") || before.ends_with("=-")
}

/// How many bytes stand between a name and its value; none where no value follows.
fn value_behind(sign: &str, is_flag: bool, is_first: bool, kind: Kind) -> Option<usize> {
    let rest = sign.trim_start_matches([' ', '\t', '"', '\'']);
    let skipped = sign.len() - rest.len();
    if let Some(after) = rest.strip_prefix(['=', ':']) {
        let is_comparison = after.starts_with('=') && kind != Kind::Comment;
        // `= =`: whatever that is, what follows is the value.
        return (!is_comparison).then_some(skipped + 1);
    }
    // `--token VALUE`, or a setting that lacks its colon.
    let lacks_its_sign = is_first && kind.is_settings();
    (skipped > 0 && (is_flag || lacks_its_sign)).then_some(skipped)
}

/// A value that names where the secret is instead of holding it.
fn is_reference(value: &str) -> bool {
    const ROOTS: &[&str] = &[
        "local.",
        "remote.",
        "argument.",
        "sys.",
        "env(",
        "encoding.",
        "string.",
        "convert.",
        "nonsensitive(",
        "module",
        "coalesce(",
        "file.",
        "json_path(",
        "discovery.",
        "prometheus.",
        "otelcol.",
        "constants.",
        "null",
        "true",
        "false",
    ];
    ROOTS.iter().any(|root| value.starts_with(root))
}
