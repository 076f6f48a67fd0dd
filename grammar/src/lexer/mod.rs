//! From bytes to tokens, with the errors that Alloy's scanner reports.
//!
//! Knows where a newline ends a statement, and nothing else of the grammar. Any bytes may come:
//! what is not UTF-8 is an error at its place, and lexing goes on behind it.

mod literal;
mod reading;

use memchr::memmem;
use nom::bytes::complete::take_while;
use nom::{IResult, Parser};

use crate::span::Span;
use crate::token::{Token, TokenKind};
use crate::unicode;

/// What the lexer found in a source.
#[derive(Clone, Debug, Default)]
pub struct Lexed {
    /// The tokens, comments among them, up to and with the end of the source.
    pub tokens: Vec<Token>,
    /// The errors, in the order in which Alloy reports them.
    pub errors: Vec<LexError>,
}

/// An error of the scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexError {
    /// Alloy's words for it.
    pub message: String,
    /// Offset of the byte it is reported at.
    pub offset: u32,
    /// Index of the token during whose reading it was reported. The parser reads one token ahead,
    /// so this decides where the error stands among the parser's own.
    pub token: u32,
}

/// Splits a source of less than 4 GiB into tokens.
pub fn lex(source: &[u8]) -> Lexed {
    let mut lexer = Lexer::new(source);
    let mut tokens = Vec::with_capacity(source.len() / 5 + 2);
    loop {
        let token = lexer.scan();
        tokens.push(token);
        lexer.token += 1;
        if token.kind == TokenKind::Eof {
            return Lexed { tokens, errors: lexer.errors };
        }
    }
}

/// The state of lexing: a place in the source, and whether a newline there counts.
struct Lexer<'s> {
    source: &'s [u8],
    /// Offset of the current character. Its bytes have been judged already: Alloy's scanner
    /// reports a bad byte when it reads it as its one character of look-ahead.
    at: usize,
    /// Whether a newline here ends a statement.
    terminates: bool,
    /// Whether no byte of the source can be bad by itself, so that reading needs no judging.
    clean: bool,
    errors: Vec<LexError>,
    /// Index of the token being read.
    token: u32,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s [u8]) -> Lexer<'s> {
        let mut lexer = Lexer {
            source,
            at: 0,
            terminates: false,
            clean: reading::is_clean(source),
            errors: Vec::new(),
            token: 0,
        };
        lexer.begin();
        lexer
    }

    fn scan(&mut self) -> Token {
        self.skip_whitespace();
        let start = self.at;
        let kind = match self.source.get(start) {
            None => self.end_of_source(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => self.word(),
            Some(b'0'..=b'9') => self.number(),
            Some(b'.') if matches!(self.source.get(start + 1), Some(b'0'..=b'9')) => self.number(),
            Some(b'"') => self.quoted(),
            Some(b'\n') => self.terminator(start + 1),
            Some(b'/') => self.slash(),
            Some(&byte) => self.sign(byte),
        };
        let end = if kind == TokenKind::Terminator { start } else { self.at };
        Token { kind, span: Span::new(start as u32, end as u32) }
    }

    fn skip_whitespace(&mut self) {
        let newline = if self.terminates { b' ' } else { b'\n' };
        let rest = &self.source[self.at..];
        let space = |&&byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r') || byte == newline;
        let blank = rest.iter().take_while(space).count();
        if blank > 0 {
            self.move_to(self.at + blank);
        }
    }

    fn end_of_source(&mut self) -> TokenKind {
        if self.terminates {
            return self.terminator(self.at);
        }
        TokenKind::Eof
    }

    fn terminator(&mut self, next: usize) -> TokenKind {
        self.move_to(next);
        self.terminates = false;
        TokenKind::Terminator
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        let rest = rest_of(ascii_word, &self.source[start..]);
        self.move_to(self.source.len() - rest.len());
        if rest.first().is_some_and(|byte| !byte.is_ascii()) {
            self.letters_and_digits();
        }
        self.terminates = true;
        match &self.source[start..self.at] {
            b"true" | b"false" => TokenKind::Bool,
            b"null" => TokenKind::Null,
            _ => TokenKind::Ident,
        }
    }

    fn letters_and_digits(&mut self) {
        while let Some((c, width)) = reading::character(self.source, self.at) {
            if !c.is_some_and(|c| unicode::is_letter(c) || unicode::is_digit(c)) {
                return;
            }
            self.move_to(self.at + width);
        }
    }

    fn slash(&mut self) -> TokenKind {
        let start = self.at;
        if !matches!(self.source.get(start + 1), Some(b'/' | b'*')) {
            return self.one(TokenKind::Div, false);
        }
        if self.terminates && self.comments_end_the_line() {
            // The terminator stands before the comment, which is read again.
            self.at = start;
            self.terminates = false;
            return TokenKind::Terminator;
        }
        self.at = start;
        self.comment();
        self.terminates = false;
        TokenKind::Comment
    }

    fn comment(&mut self) {
        let start = self.at;
        let body = &self.source[start + 2..];
        if self.source[start + 1] == b'/' {
            let length = memchr::memchr(b'\n', body).unwrap_or(body.len());
            return self.move_to(start + 2 + length);
        }
        match memmem::find(body, b"*/") {
            Some(length) => self.move_to(start + 2 + length + 2),
            None => {
                self.move_to(self.source.len());
                self.error(start, "block comment not terminated");
            }
        }
    }

    /// Looks past the comment here, and the block comments behind it, for a newline. Bad bytes on
    /// the way are reported, and again when they are read for good: so does Alloy.
    fn comments_end_the_line(&mut self) -> bool {
        loop {
            if self.source.get(self.at + 1) == Some(&b'/') {
                return true;
            }
            let body = &self.source[self.at + 2..];
            let closed = memmem::find(body, b"*/");
            let inside = &body[..closed.unwrap_or(body.len())];
            if let Some(newline) = memchr::memchr(b'\n', inside) {
                self.move_to(self.at + 2 + newline);
                return true;
            }
            self.move_to(self.at + 2 + closed.map_or(body.len(), |length| length + 2));
            self.skip_whitespace();
            match self.source.get(self.at) {
                None | Some(b'\n') => return true,
                Some(b'/') => {}
                Some(_) => return false,
            }
            let slash = self.at;
            self.move_to(slash + 1);
            if !matches!(self.source.get(slash + 1), Some(b'/' | b'*')) {
                return false;
            }
            self.at = slash;
        }
    }

    fn sign(&mut self, byte: u8) -> TokenKind {
        match byte {
            b'{' => self.one(TokenKind::LeftBrace, false),
            b'}' => self.one(TokenKind::RightBrace, true),
            b'(' => self.one(TokenKind::LeftParen, false),
            b')' => self.one(TokenKind::RightParen, true),
            b'[' => self.one(TokenKind::LeftBracket, false),
            b']' => self.one(TokenKind::RightBracket, true),
            b',' => self.one(TokenKind::Comma, false),
            b'.' => self.one(TokenKind::Dot, false),
            b'=' => self.one_or_two(TokenKind::Assign, TokenKind::Eq),
            b'!' => self.one_or_two(TokenKind::Not, TokenKind::Ne),
            b'<' => self.one_or_two(TokenKind::Lt, TokenKind::Le),
            b'>' => self.one_or_two(TokenKind::Gt, TokenKind::Ge),
            b'+' => self.one(TokenKind::Add, false),
            b'-' => self.one(TokenKind::Sub, false),
            b'*' => self.one(TokenKind::Mul, false),
            b'%' => self.one(TokenKind::Mod, false),
            b'^' => self.one(TokenKind::Pow, false),
            b'|' => self.doubled(TokenKind::Or, b'|', "missing second | in ||"),
            b'&' => self.doubled(TokenKind::And, b'&', "missing second & in &&"),
            b'`' => self.raw(),
            b'\'' => self.single_quoted(),
            _ => self.unusual(),
        }
    }

    fn one(&mut self, kind: TokenKind, terminates: bool) -> TokenKind {
        self.move_to(self.at + 1);
        self.terminates = terminates;
        kind
    }

    fn one_or_two(&mut self, one: TokenKind, two: TokenKind) -> TokenKind {
        self.terminates = false;
        self.move_to(self.at + 1);
        if self.source.get(self.at) != Some(&b'=') {
            return one;
        }
        self.move_to(self.at + 1);
        two
    }

    fn doubled(&mut self, kind: TokenKind, byte: u8, missing: &str) -> TokenKind {
        self.terminates = false;
        self.move_to(self.at + 1);
        if self.source.get(self.at) == Some(&byte) {
            self.move_to(self.at + 1);
        } else {
            self.error(self.at, missing);
        }
        kind
    }

    /// A character beyond ASCII, or one that begins no token.
    fn unusual(&mut self) -> TokenKind {
        let start = self.at;
        let Some((c, width)) = reading::character(self.source, start) else {
            return TokenKind::Eof;
        };
        self.move_to(start + width);
        if c.is_some_and(unicode::is_letter) {
            self.letters_and_digits();
            self.terminates = true;
            return TokenKind::Ident;
        }
        // A byte order mark was reported when it was read.
        if c != Some('\u{feff}') {
            let shown = reading::code_point(c.unwrap_or(char::REPLACEMENT_CHARACTER));
            self.error(start, format!("illegal character {shown}"));
        }
        TokenKind::Illegal
    }

    fn error(&mut self, offset: usize, message: impl Into<String>) {
        let (message, offset) = (message.into(), offset as u32);
        self.errors.push(LexError { message, offset, token: self.token });
    }
}

fn ascii_word(input: &[u8]) -> IResult<&[u8], &[u8], ()> {
    take_while(|byte: u8| byte.is_ascii_alphanumeric() || byte == b'_').parse(input)
}

/// What a parser that takes any input, be it none of it, leaves over.
fn rest_of<'s, O>(
    mut parser: impl FnMut(&'s [u8]) -> IResult<&'s [u8], O, ()>,
    input: &'s [u8],
) -> &'s [u8] {
    parser(input).map_or(input, |(rest, _)| rest)
}
