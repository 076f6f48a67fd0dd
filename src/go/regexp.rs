//! What Go's `regexp/syntax` refuses, in its words: the syntax of RE2.
//!
//! Only whether an expression is one; what it matches is no matter here. Recursion-free.

/// What Go says to an expression, without its `error parsing regexp: `; nothing if it is one.
pub fn fault(whole: &str) -> Option<String> {
    let mut parser = Parser { whole, groups: vec![Group::default()], repeat: None };
    let mut rest = whole;
    while !rest.is_empty() {
        match parser.step(rest) {
            Ok(after) => rest = after,
            Err(fault) => return Some(fault),
        }
    }
    (parser.groups.len() > 1).then(|| said("missing closing )", whole))
}

const MISSING_BRACKET: &str = "missing closing ]";
const BAD_RANGE: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";
const BAD_CAPTURE: &str = "invalid named capture";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_COUNT: &str = "invalid repeat count";
/// No more copies of anything than this, nested repetitions included.
const MOST_COPIES: u64 = 1000;

fn said(what: &str, part: &str) -> String {
    format!("{what}: `{part}`")
}

/// What is open: the whole, or a group.
#[derive(Default)]
struct Group {
    /// The copies that the last operand makes, if there is one to repeat.
    operand: Option<u64>,
    /// The most copies that any operand of the group makes.
    copies: u64,
}

struct Parser<'r> {
    whole: &'r str,
    groups: Vec<Group>,
    /// From the repetition operator that was just read to the end.
    repeat: Option<&'r str>,
}

impl<'r> Parser<'r> {
    /// Reads one thing; gives what follows it.
    fn step(&mut self, rest: &'r str) -> Result<&'r str, String> {
        let last_repeat = self.repeat.take();
        let mut chars = rest.chars();
        match chars.next() {
            Some('(') if rest[1..].starts_with('?') => self.perl_group(rest),
            Some('(') => {
                self.groups.push(Group::default());
                Ok(&rest[1..])
            }
            Some('|') => {
                self.group().operand = None;
                Ok(&rest[1..])
            }
            Some(')') => self.close(rest),
            Some('[') => {
                self.operand(1);
                class(rest)
            }
            Some('*' | '+' | '?') => self.repeated(rest, &rest[1..], 1, last_repeat),
            Some('{') => match count(rest) {
                None => {
                    self.operand(1);
                    Ok(&rest[1..])
                }
                Some((least, most, after)) => {
                    let copies = if most < 0 { least } else { most };
                    if !(0..=1000).contains(&least) || most > 1000 || most >= 0 && least > most {
                        return Err(said(BAD_COUNT, upto(rest, after)));
                    }
                    self.repeated(rest, after, copies as u64, last_repeat)
                }
            },
            Some('\\') => self.escape(rest),
            _ => {
                self.operand(1);
                Ok(chars.as_str())
            }
        }
    }

    fn group(&mut self) -> &mut Group {
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn operand(&mut self, copies: u64) {
        let group = self.group();
        group.operand = Some(copies);
        group.copies = group.copies.max(copies);
    }

    fn close(&mut self, rest: &'r str) -> Result<&'r str, String> {
        if self.groups.len() < 2 {
            return Err(said("unexpected )", self.whole));
        }
        let copies = self.groups.pop().map_or(1, |group| group.copies.max(1));
        self.operand(copies);
        Ok(&rest[1..])
    }

    fn repeated(
        &mut self,
        before: &'r str,
        after: &'r str,
        copies: u64,
        last_repeat: Option<&'r str>,
    ) -> Result<&'r str, String> {
        let after = after.strip_prefix('?').unwrap_or(after);
        if let Some(last) = last_repeat {
            return Err(said("invalid nested repetition operator", upto(last, after)));
        }
        let Some(own) = self.group().operand else {
            return Err(said("missing argument to repetition operator", upto(before, after)));
        };
        let copies = if copies == 0 { 1 } else { own.saturating_mul(copies) };
        if copies > MOST_COPIES {
            return Err(said(BAD_COUNT, upto(before, after)));
        }
        self.operand(copies);
        self.repeat = Some(before);
        Ok(after)
    }

    fn escape(&mut self, rest: &'r str) -> Result<&'r str, String> {
        match rest.as_bytes().get(1) {
            Some(b'A' | b'b' | b'B' | b'z') => {
                self.operand(1);
                Ok(&rest[2..])
            }
            Some(b'C') => Err(said(BAD_ESCAPE, &rest[..2])),
            Some(b'Q') => {
                let (text, after) = rest[2..].split_once("\\E").unwrap_or((&rest[2..], ""));
                if !text.is_empty() {
                    self.operand(1);
                }
                Ok(after)
            }
            _ => {
                self.operand(1);
                match class_escape(rest)? {
                    Some(after) => Ok(after),
                    None => escaped(rest).map(|(_, after)| after),
                }
            }
        }
    }

    /// `(?P<name>`, `(?i:`, `(?i)`.
    fn perl_group(&mut self, rest: &'r str) -> Result<&'r str, String> {
        let name = rest.strip_prefix("(?P<").or_else(|| rest.strip_prefix("(?<"));
        if let Some(name) = name {
            let Some((name, after)) = name.split_once('>') else {
                return Err(said(BAD_CAPTURE, rest));
            };
            let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if name.is_empty() || !name.chars().all(is_word) {
                return Err(said(BAD_CAPTURE, upto(rest, after)));
            }
            self.groups.push(Group::default());
            return Ok(after);
        }
        let mut flags = rest[2..].chars();
        let (mut is_negated, mut saw_flag) = (false, false);
        while let Some(flag) = flags.next() {
            match flag {
                'i' | 'm' | 's' | 'U' => saw_flag = true,
                '-' if !is_negated => (is_negated, saw_flag) = (true, false),
                ':' | ')' if !is_negated || saw_flag => {
                    if flag == ':' {
                        self.groups.push(Group::default());
                    }
                    return Ok(flags.as_str());
                }
                _ => break,
            }
        }
        Err(said(BAD_PERL, upto(rest, flags.as_str())))
    }
}

/// The part of a text that stands before its end `after`.
fn upto<'r>(text: &'r str, after: &str) -> &'r str {
    &text[..text.len() - after.len()]
}

/// `{2}`, `{2,}`, `{2,3}`: the bounds, -1 for none or for a number that is too big.
fn count(text: &str) -> Option<(i64, i64, &str)> {
    let (mut least, rest) = number(text.strip_prefix('{')?)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (least, rest),
        Some(rest) if rest.starts_with('}') => (-1, rest),
        Some(rest) => {
            let (most, rest) = number(rest)?;
            if most < 0 {
                least = -1;
            }
            (most, rest)
        }
    };
    Some((least, most, rest.strip_prefix('}')?))
}

fn number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().ok().filter(|number| *number < 100_000_000).unwrap_or(-1), rest))
}

/// `[a-z]`, from its bracket on; gives what follows it.
fn class(whole: &str) -> Result<&str, String> {
    let mut rest = &whole[1..];
    rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        is_first = false;
        if let Some(after) = named_class(rest)? {
            rest = after;
            continue;
        }
        if let Some(after) = class_escape(rest)? {
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = class_char(rest, whole)?;
        rest = after;
        let is_range = rest.starts_with('-') && rest.len() > 1 && !rest[1..].starts_with(']');
        if is_range {
            let (high, after) = class_char(&rest[1..], whole)?;
            if high < low {
                return Err(said(BAD_RANGE, upto(start, after)));
            }
            rest = after;
        }
    }
    Ok(&rest[1..])
}

fn class_char<'r>(rest: &'r str, whole: &str) -> Result<(u32, &'r str), String> {
    let mut chars = rest.chars();
    match chars.next() {
        None => Err(said(MISSING_BRACKET, whole)),
        Some('\\') => escaped(rest),
        Some(c) => Ok((u32::from(c), chars.as_str())),
    }
}

/// `[:alnum:]` inside of a class.
fn named_class(rest: &str) -> Result<Option<&str>, String> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    let Some(inner) = rest.strip_prefix("[:") else { return Ok(None) };
    let Some((name, after)) = inner.split_once(":]") else { return Ok(None) };
    if NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Ok(Some(after));
    }
    Err(said(BAD_RANGE, upto(rest, after)))
}

/// `\d` and its like, and `\pL`, `\p{Greek}`.
fn class_escape(rest: &str) -> Result<Option<&str>, String> {
    let Some(inner) = rest.strip_prefix('\\') else { return Ok(None) };
    if inner.starts_with(['d', 'D', 's', 'S', 'w', 'W']) {
        return Ok(Some(&inner[1..]));
    }
    let Some(inner) = inner.strip_prefix(['p', 'P']) else { return Ok(None) };
    let (name, after) = if let Some(braced) = inner.strip_prefix('{') {
        match braced.split_once('}') {
            Some(found) => found,
            None => return Err(said(BAD_RANGE, rest)),
        }
    } else {
        inner.split_at(inner.chars().next().map_or(0, char::len_utf8))
    };
    let name = name.strip_prefix('^').unwrap_or(name);
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c));
    if is_plain && regex::Regex::new(&format!("\\p{{{name}}}")).is_ok() {
        return Ok(Some(after));
    }
    Err(said(BAD_RANGE, upto(rest, after)))
}

/// An escape that stands for one character; gives it and what follows.
fn escaped(rest: &str) -> Result<(u32, &str), String> {
    let mut chars = rest[1..].chars();
    let Some(first) = chars.next() else {
        return Err(said("trailing backslash at end of expression", ""));
    };
    let after = chars.as_str();
    let is_octal = |text: &str| text.starts_with(|c: char| ('0'..='7').contains(&c));
    match first {
        'a' => return Ok((0x07, after)),
        'f' => return Ok((0x0c, after)),
        'n' => return Ok((0x0a, after)),
        'r' => return Ok((0x0d, after)),
        't' => return Ok((0x09, after)),
        'v' => return Ok((0x0b, after)),
        '0'..='7' if first == '0' || is_octal(after) => return Ok(octal(&rest[1..])),
        'x' => return hexadecimal(rest, after),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => return Ok((u32::from(c), after)),
        _ => {}
    }
    Err(said(BAD_ESCAPE, upto(rest, after)))
}

/// Up to three octal digits.
fn octal(digits: &str) -> (u32, &str) {
    let end =
        digits.char_indices().take_while(|(at, c)| *at < 3 && ('0'..='7').contains(c)).count();
    (u32::from_str_radix(&digits[..end], 8).unwrap_or(0), &digits[end..])
}

/// `\x41`, `\x{1F600}`.
fn hexadecimal<'r>(rest: &'r str, after: &'r str) -> Result<(u32, &'r str), String> {
    let mut chars = after.chars();
    let mut value = 0;
    if chars.as_str().starts_with('{') {
        chars.next();
        let mut digits = 0;
        for c in chars.by_ref() {
            match c.to_digit(16) {
                Some(digit) if value * 16 + digit <= u32::from(char::MAX) => {
                    value = value * 16 + digit;
                    digits += 1;
                }
                None if c == '}' && digits > 0 => return Ok((value, after_brace(after))),
                _ => break,
            }
        }
        return Err(said(BAD_ESCAPE, upto(rest, chars.as_str())));
    }
    for _ in 0..2 {
        match chars.next().and_then(|c| c.to_digit(16)) {
            Some(digit) => value = value * 16 + digit,
            // Go reads both characters before it looks at them.
            None => {
                let behind = after.chars().take(2).map(char::len_utf8).sum();
                return Err(said(BAD_ESCAPE, upto(rest, &after[behind..])));
            }
        }
    }
    Ok((value, chars.as_str()))
}

fn after_brace(text: &str) -> &str {
    text.split_once('}').map_or("", |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_re2_takes_is_taken() {
        for text in [
            "",
            "a|b",
            "(a)(?:b)(?P<n>c)(?<m>d)",
            "a*?b+?c??",
            "a{2}{",
            "a{,2}",
            "a{2,}",
            "[]a]",
            "[^]-a]",
            "[a-]",
            "[[:alpha:]_]",
            "[\\d\\-]",
            "\\pL\\p{Greek}\\P{^Lu}",
            "\\x41\\x{1F600}",
            "\\012",
            "(?i)a(?-s:b)",
            "\\Qa(b\\E*",
            "\\.\\-\\/",
            "(a|)",
            "()",
            "a||b",
            "^$",
            "\\z\\A\\b",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused_in_its_words() {
        for (text, expected) in [
            ("^(?s:()$", "missing closing ): `^(?s:()$`"),
            ("a)", "unexpected ): `a)`"),
            ("a{2,1}", "invalid repeat count: `{2,1}`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("(a{100}){11}", "invalid repeat count: `{11}`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a*?+", "invalid nested repetition operator: `*?+`"),
            ("(*)", "missing argument to repetition operator: `*`"),
            ("|+?", "missing argument to repetition operator: `+?`"),
            ("[a)$", "missing closing ]: `[a)$`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
            ("\\p{Nope}", "invalid character class range: `\\p{Nope}`"),
            ("\\8", "invalid escape sequence: `\\8`"),
            ("\\1)", "invalid escape sequence: `\\1`"),
            ("\\xz1", "invalid escape sequence: `\\xz1`"),
            ("\\C", "invalid escape sequence: `\\C`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
            ("(?P<a b>c)", "invalid named capture: `(?P<a b>`"),
            ("(?P=n)", "invalid or unsupported Perl syntax: `(?P`"),
            ("\\", "trailing backslash at end of expression: ``"),
        ] {
            assert_eq!(fault(text).as_deref(), Some(expected), "{text}");
        }
    }
}
