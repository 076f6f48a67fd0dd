//! Words of a template: text, the marks of actions, and what stands between them.

use alloy_grammar::literal::quote;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// The words that are no identifiers.
const KEYWORDS: &[(&str, Kind)] = &[
    (".", Kind::Dot),
    ("block", Kind::Block),
    ("break", Kind::Break),
    ("continue", Kind::Continue),
    ("define", Kind::Define),
    ("else", Kind::Else),
    ("end", Kind::End),
    ("if", Kind::If),
    ("range", Kind::Range),
    ("nil", Kind::Nil),
    ("template", Kind::Template),
    ("with", Kind::With),
];

/// A word with its text and the line it begins in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) line: usize,
}

impl Word {
    /// The word as messages show it.
    pub(super) fn shown(&self) -> String {
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => self.text.clone(),
            _ if KEYWORDS.iter().any(|(_, kind)| *kind == self.kind) => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                format!("{}...", quote(&self.text.chars().take(10).collect::<String>()))
            }
            _ => quote(&self.text),
        }
    }
}

/// Reads words one by one.
pub(super) struct Lexer<'t> {
    input: &'t str,
    at: usize,
    start: usize,
    line: usize,
    start_line: usize,
    parens: usize,
    is_inside: bool,
}

/// What comes after a step: a word, or the next step.
enum Next {
    Word(Word),
    Text,
    LeftDelim,
    Comment,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(input: &'t str) -> Lexer<'t> {
        Lexer { input, at: 0, start: 0, line: 1, start_line: 1, parens: 0, is_inside: false }
    }

    pub(super) fn next_word(&mut self) -> Word {
        if self.is_inside {
            return self.inside();
        }
        let mut next = Next::Text;
        loop {
            next = match next {
                Next::Word(word) => return word,
                Next::Text => self.text(),
                Next::LeftDelim => self.left_delim(),
                Next::Comment => self.comment(),
            };
        }
    }

    fn rest(&self) -> &'t str {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.line += usize::from(next == '\n');
        Some(next)
    }

    /// The text since the last word, as a word.
    fn word(&mut self, kind: Kind) -> Word {
        let text = self.input[self.start..self.at].to_owned();
        let line = self.start_line;
        self.start = self.at;
        self.start_line = self.line;
        Word { kind, text, line }
    }

    /// Passes over text that was skipped without being read.
    fn ignore(&mut self) {
        self.line += lines(&self.input[self.start..self.at]);
        self.start = self.at;
        self.start_line = self.line;
    }

    /// An error ends the input.
    fn error(&mut self, message: impl Into<String>) -> Word {
        let word = Word { kind: Kind::Error, text: message.into(), line: self.start_line };
        (self.input, self.at, self.start) = ("", 0, 0);
        word
    }

    fn text(&mut self) -> Next {
        let Some(length) = self.rest().find("{{") else {
            self.at = self.input.len();
            if self.at == self.start {
                return Next::Word(self.word(Kind::Eof));
            }
            self.line += lines(&self.input[self.start..self.at]);
            return Next::Word(self.word(Kind::Text));
        };
        if length > 0 {
            let text = &self.rest()[..length];
            let is_trimmed = is_left_marked(&self.rest()[length + 2..]);
            let kept = if is_trimmed { text.trim_end_matches(SPACES).len() } else { length };
            self.at += kept;
            self.line += lines(&self.input[self.start..self.at]);
            let word = self.word(Kind::Text);
            self.at += length - kept;
            self.ignore();
            if !word.text.is_empty() {
                return Next::Word(word);
            }
        }
        Next::LeftDelim
    }

    fn left_delim(&mut self) -> Next {
        self.at += 2;
        let marker = if is_left_marked(self.rest()) { 2 } else { 0 };
        if self.rest()[marker..].starts_with("/*") {
            self.at += marker;
            self.ignore();
            return Next::Comment;
        }
        let word = self.word(Kind::LeftDelim);
        self.is_inside = true;
        self.at += marker;
        self.ignore();
        self.parens = 0;
        Next::Word(word)
    }

    fn comment(&mut self) -> Next {
        self.at += 2;
        let Some(end) = self.rest().find("*/") else {
            return Next::Word(self.error("unclosed comment"));
        };
        self.at += end + 2;
        let Some(is_trimmed) = self.right_delim() else {
            return Next::Word(self.error("comment ends before closing delimiter"));
        };
        self.line += lines(&self.input[self.start..self.at]);
        self.word(Kind::Text);
        self.at += if is_trimmed { 4 } else { 2 };
        if is_trimmed {
            self.trim_left();
        }
        self.ignore();
        Next::Text
    }

    /// Whether an action ends here, and whether with a mark that trims what follows.
    fn right_delim(&self) -> Option<bool> {
        if is_right_marked(self.rest()) && self.rest()[2..].starts_with("}}") {
            return Some(true);
        }
        self.rest().starts_with("}}").then_some(false)
    }

    fn trim_left(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
    }

    fn close(&mut self, is_trimmed: bool) -> Word {
        if is_trimmed {
            self.at += 2;
            self.ignore();
        }
        self.at += 2;
        let word = self.word(Kind::RightDelim);
        if is_trimmed {
            self.trim_left();
            self.ignore();
        }
        self.is_inside = false;
        word
    }

    fn inside(&mut self) -> Word {
        if let Some(is_trimmed) = self.right_delim() {
            return match self.parens {
                0 => self.close(is_trimmed),
                _ => self.error("unclosed left paren"),
            };
        }
        let Some(first) = self.peek() else { return self.error("unclosed action") };
        if is_space(first) {
            return self.space();
        }
        let is_number = |char: char| char.is_ascii_digit();
        let after = self.rest()[first.len_utf8()..].chars().next();
        match first {
            '.' if after.is_some_and(|next| !is_number(next)) => {
                self.bump();
                return self.field(Kind::Dot, Kind::Field);
            }
            '.' | '+' | '-' | '0'..='9' => return self.number(),
            _ if is_alphanumeric(first) => return self.identifier(),
            _ => self.bump(),
        };
        match first {
            '=' => self.word(Kind::Assign),
            ':' if self.bump() == Some('=') => self.word(Kind::Declare),
            ':' => self.error("expected :="),
            '|' => self.word(Kind::Pipe),
            '"' => self.quoted('"', "unterminated quoted string", Kind::String),
            '\'' => self.quoted('\'', "unterminated character constant", Kind::CharConstant),
            '`' => self.raw(),
            '$' => self.field(Kind::Variable, Kind::Variable),
            '(' => {
                self.parens += 1;
                self.word(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.error("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.word(Kind::RightParen)
            }
            ' '..='~' => self.word(Kind::Char),
            other => self.error(format!("unrecognized character in action: {}", code(other))),
        }
    }

    fn space(&mut self) -> Word {
        let (mut count, mut last) = (0, self.at);
        while self.peek().is_some_and(is_space) {
            last = self.at;
            self.bump();
            count += 1;
        }
        let ending = &self.input[last..];
        if is_right_marked(ending) && ending[2..].starts_with("}}") {
            self.line -= lines(&self.input[last..self.at]);
            self.at = last;
            if count == 1 {
                return self.close(true);
            }
        }
        self.word(Kind::Space)
    }

    fn identifier(&mut self) -> Word {
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
        if !self.is_terminated() {
            let bad = self.peek().map(code).unwrap_or_default();
            return self.error(format!("bad character {bad}"));
        }
        let word = &self.input[self.start..self.at];
        let keyword = KEYWORDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
        let kind = match word {
            "true" | "false" => Kind::Bool,
            _ => keyword.unwrap_or(Kind::Identifier),
        };
        self.word(kind)
    }

    /// What follows a dot or a dollar, of which the one kind stands alone.
    fn field(&mut self, alone: Kind, kind: Kind) -> Word {
        if self.is_terminated() {
            return self.word(alone);
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
        if !self.is_terminated() {
            let bad = self.peek().map(code).unwrap_or_default();
            return self.error(format!("bad character {bad}"));
        }
        self.word(kind)
    }

    /// Whether an identifier may end here.
    fn is_terminated(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(next) => is_space(next) || self.rest().starts_with("}}"),
        }
    }

    fn quoted(&mut self, end: char, unterminated: &str, kind: Kind) -> Word {
        loop {
            match self.bump() {
                Some('\\') if !matches!(self.bump(), None | Some('\n')) => {}
                None | Some('\n' | '\\') => return self.error(unterminated),
                Some(char) if char == end => return self.word(kind),
                Some(_) => {}
            }
        }
    }

    fn raw(&mut self) -> Word {
        loop {
            match self.bump() {
                None => return self.error("unterminated raw quoted string"),
                Some('`') => return self.word(Kind::RawString),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Word {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.word(Kind::Number);
        }
        if !self.scan_number() || !self.input[..self.at].ends_with('i') {
            return self.bad_number();
        }
        self.word(Kind::Complex)
    }

    fn bad_number(&mut self) -> Word {
        let text = quote(&self.input[self.start..self.at]);
        self.error(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, valid: &str) -> bool {
        let is_valid = self.peek().is_some_and(|next| valid.contains(next));
        if is_valid {
            self.bump();
        }
        is_valid
    }

    fn accept_all(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &str = "0123456789_";
        const HEX: &str = "0123456789abcdefABCDEF_";
        self.accept("+-");
        let mut digits = DECIMAL;
        if self.accept("0") {
            if self.accept("xX") {
                digits = HEX;
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_all(digits);
        if self.accept(".") {
            self.accept_all(digits);
        }
        if digits == DECIMAL && self.accept("eE") || digits == HEX && self.accept("pP") {
            self.accept("+-");
            self.accept_all(DECIMAL);
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.bump();
            return false;
        }
        true
    }
}

/// What trim marks trim.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}

fn is_space(char: char) -> bool {
    SPACES.contains(&char)
}

fn is_alphanumeric(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

fn is_left_marked(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with(SPACES))
}

fn is_right_marked(text: &str) -> bool {
    text.strip_prefix(SPACES).is_some_and(|rest| rest.starts_with('-'))
}

/// A character by its number, and itself where it can be shown.
fn code(char: char) -> String {
    let number = format!("U+{:04X}", u32::from(char));
    if char.is_control() || char.is_whitespace() && char != ' ' {
        number
    } else {
        format!("{number} '{char}'")
    }
}
