//! The tokens of a text, as yaml.v3 sees them: it follows YAML 1.1 with bounds and tab rules of
//! its own, and looks two tokens ahead.
//!
//! Which characters are a token is decided here and in [`super::scalars`] and [`super::marks`];
//! what the tokens make together is the parser's.

use std::cell::Cell;
use std::collections::VecDeque;

use alloy_grammar::span::Span;

use super::text::Text;
use super::{Fault, Style};

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    StreamStart,
    StreamEnd,
    VersionDirective { is_known: bool },
    TagDirective { handle: String, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag { handle: String, suffix: String },
    Scalar { text: String, style: Style },
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// A place in the text.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) byte: usize,
    /// In characters, with which the length of a key is limited.
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: i32,
}

/// How deep lists and maps may stand in each other, by brackets or by indentation.
pub(super) const DEEPEST: usize = 10_000;
/// How far behind a token a comment is looked for.
const COMMENT_REACH: usize = 512;

/// Something that is a key if a `:` follows it.
#[derive(Clone, Copy, Default)]
pub(super) struct SimpleKey {
    pub(super) is_possible: bool,
    pub(super) is_required: bool,
    pub(super) token: usize,
    pub(super) mark: Mark,
}

pub(super) struct Scanner<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) text: &'t Text,
    pub(super) mark: Mark,
    /// Line breaks since the last character that is no blank.
    pub(super) newlines: usize,
    pub(super) has_met_end: Cell<bool>,
    pub(super) keys: Vec<SimpleKey>,
    pub(super) indents: Vec<i32>,
    pub(super) indent: i32,
    pub(super) is_key_allowed: bool,
    pub(super) queue: VecDeque<Token>,
    /// How many tokens were taken out of the queue.
    pub(super) taken: usize,
}

pub(super) type Scanned<T = ()> = Result<T, Fault>;

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t Text) -> Scanner<'t> {
        let end = text.refusal.as_ref().map_or(text.text.len(), |refusal| refusal.limit);
        let mark = Mark { byte: text.start, ..Mark::default() };
        let start = Token { kind: TokenKind::StreamStart, span: Span::new(0, 0) };
        Scanner {
            bytes: &text.text.as_bytes()[..end],
            text,
            mark,
            newlines: 0,
            has_met_end: Cell::new(false),
            keys: vec![SimpleKey::default()],
            indents: Vec::new(),
            indent: -1,
            is_key_allowed: true,
            queue: VecDeque::from([start]),
            taken: 0,
        }
    }

    /// The next token, which stays the next.
    pub(super) fn peek(&mut self) -> Scanned<&Token> {
        while self.queue.len() < 3 || self.may_head_be_key()? {
            let fetched = self.fetch();
            if let (true, Some(refusal)) = (self.has_met_end.get(), &self.text.refusal) {
                return Err(refusal.fault.clone());
            }
            fetched?;
        }
        self.queue.front().ok_or_else(|| self.fault("there are no more tokens"))
    }

    /// Takes the token that was peeked at.
    pub(super) fn take(&mut self) -> Option<Token> {
        self.taken += 1;
        self.queue.pop_front()
    }

    fn fetch(&mut self) -> Scanned {
        self.skip_to_token()?;
        self.unroll(self.mark.column);
        self.at(3);
        let first_column = self.mark.column == 0;
        match self.at(0) {
            0 => return self.stream_end(),
            b'%' if first_column => {
                self.outermost()?;
                let token = self.directive()?;
                self.queue.push_back(token);
                return Ok(());
            }
            b'-' | b'.' if self.is_document_mark() => return self.document_mark(),
            _ => {}
        }
        self.token()?;
        let is_entry = self.queue.back().is_some_and(|last| last.kind == TokenKind::BlockEntry);
        if !is_entry && self.newlines == 0 {
            self.line_comment();
        }
        Ok(())
    }

    fn token(&mut self) -> Scanned {
        let (in_flow, byte) = (self.in_flow(), self.at(0));
        let before_blank = self.is_blank_or_end(1);
        match byte {
            b'[' => self.open(TokenKind::FlowSequenceStart),
            b'{' => self.open(TokenKind::FlowMappingStart),
            b']' => self.close(TokenKind::FlowSequenceEnd),
            b'}' => self.close(TokenKind::FlowMappingEnd),
            b',' => {
                self.forget_key()?;
                self.is_key_allowed = true;
                self.indicator(TokenKind::FlowEntry);
                Ok(())
            }
            b'-' if before_blank => self.block_entry(),
            b'?' if in_flow || before_blank => self.key(),
            b':' if in_flow || before_blank => self.value(),
            b'*' | b'&' => self.keyable(|scanner| scanner.anchor(byte == b'*')),
            b'!' => self.keyable(Scanner::tag),
            b'|' | b'>' if !in_flow => {
                self.forget_key()?;
                self.is_key_allowed = true;
                let token = self.block_scalar(byte == b'|')?;
                self.queue.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => self.keyable(|scanner| scanner.quoted(byte == b'\'')),
            _ if self.starts_plain(byte) => self.keyable(Scanner::plain),
            _ => Err(self.fault("found character that cannot start any token")),
        }
    }

    fn starts_plain(&self, byte: u8) -> bool {
        match byte {
            b'-' => !self.is_blank(1),
            b'?' | b':' => !self.in_flow() && !self.is_blank_or_end(1),
            _ => !self.is_blank_or_end(0) && !b",[]{}#&*!|>'\"%@`".contains(&byte),
        }
    }

    /// Goes over blanks, comments and line breaks.
    fn skip_to_token(&mut self) -> Scanned {
        loop {
            if self.mark.byte == self.text.start && self.rest().starts_with("\u{feff}".as_bytes()) {
                self.skip();
            }
            while self.at(0) == b' '
                || (self.at(0) == b'\t' && (self.in_flow() || !self.is_key_allowed))
            {
                self.skip();
            }
            if self.at(0) == b'#' {
                self.comments();
            }
            if self.break_width(0) == 0 {
                return Ok(());
            }
            self.skip_break();
            if !self.in_flow() {
                self.is_key_allowed = true;
            }
        }
    }

    /// Comment lines that follow each other, whatever blanks stand before them.
    fn comments(&mut self) {
        loop {
            self.skip_line_content();
            let reach = (1..COMMENT_REACH)
                .find(|&ahead| !self.is_blank(ahead) && self.break_width(ahead) == 0);
            match reach {
                Some(ahead) if self.at(ahead) == b'#' => self.skip_to(self.mark.byte + ahead),
                _ => return,
            }
        }
    }

    /// A comment behind a token on its line.
    fn line_comment(&mut self) {
        let ahead = (0..COMMENT_REACH).find(|&ahead| !self.is_blank(ahead));
        if let Some(ahead) = ahead.filter(|&ahead| self.at(ahead) == b'#') {
            self.skip_to(self.mark.byte + ahead);
            self.skip_line_content();
        }
    }

    fn skip_to(&mut self, byte: usize) {
        while self.mark.byte < byte {
            match self.break_width(0) {
                0 => self.skip(),
                _ => self.skip_break(),
            };
        }
    }

    pub(super) fn skip_line_content(&mut self) {
        while !self.is_break_or_end(0) {
            self.skip();
        }
    }

    fn open(&mut self, kind: TokenKind) -> Scanned {
        self.save_key()?;
        let token = self.taken + self.queue.len();
        self.keys.push(SimpleKey { token, mark: self.mark, ..SimpleKey::default() });
        if self.keys.len() > DEEPEST + 1 {
            return Err(self.fault("exceeded max depth of 10000"));
        }
        self.is_key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    fn close(&mut self, kind: TokenKind) -> Scanned {
        self.forget_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.is_key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    fn block_entry(&mut self) -> Scanned {
        if !self.in_flow() {
            if !self.is_key_allowed {
                let message = "block sequence entries are not allowed in this context";
                return Err(self.fault(message));
            }
            self.roll(self.mark, None, TokenKind::BlockSequenceStart)?;
        }
        self.forget_key()?;
        self.is_key_allowed = true;
        self.indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Scanned {
        if !self.in_flow() {
            if !self.is_key_allowed {
                return Err(self.fault("mapping keys are not allowed in this context"));
            }
            self.roll(self.mark, None, TokenKind::BlockMappingStart)?;
        }
        self.forget_key()?;
        self.is_key_allowed = !self.in_flow();
        self.indicator(TokenKind::Key);
        Ok(())
    }

    fn value(&mut self) -> Scanned {
        let last = self.keys.len() - 1;
        if self.is_valid_key(last)? {
            let key = self.keys[last];
            let place = key.token.saturating_sub(self.taken).min(self.queue.len());
            let at = key.mark.byte as u32;
            let token = Token { kind: TokenKind::Key, span: Span::new(at, at) };
            self.queue.insert(place, token);
            self.roll(key.mark, Some(place), TokenKind::BlockMappingStart)?;
            self.keys[last].is_possible = false;
            self.is_key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.is_key_allowed {
                    return Err(self.fault("mapping values are not allowed in this context"));
                }
                self.roll(self.mark, None, TokenKind::BlockMappingStart)?;
            }
            self.is_key_allowed = !self.in_flow();
        }
        self.indicator(TokenKind::Value);
        Ok(())
    }

    /// A token that may be a key, or begin one.
    fn keyable(&mut self, scan: impl FnOnce(&mut Self) -> Scanned<Token>) -> Scanned {
        self.save_key()?;
        self.is_key_allowed = false;
        let token = scan(self)?;
        self.queue.push_back(token);
        Ok(())
    }

    fn outermost(&mut self) -> Scanned {
        self.unroll(-1);
        self.forget_key()?;
        self.is_key_allowed = false;
        Ok(())
    }

    fn stream_end(&mut self) -> Scanned {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.outermost()?;
        self.queue.push_back(Token { kind: TokenKind::StreamEnd, span: self.from(self.mark) });
        Ok(())
    }

    fn document_mark(&mut self) -> Scanned {
        self.outermost()?;
        let is_start = self.at(0) == b'-';
        let start = self.mark;
        self.skip_many(3);
        let kind = if is_start { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
        self.queue.push_back(Token { kind, span: self.from(start) });
        Ok(())
    }

    /// Whether `---` or `...` stands here on its own.
    pub(super) fn is_document_mark(&self) -> bool {
        self.mark.column == 0
            && (self.rest().starts_with(b"---") || self.rest().starts_with(b"..."))
            && self.is_blank_or_end(3)
    }

    fn indicator(&mut self, kind: TokenKind) {
        let start = self.mark;
        self.skip();
        self.queue.push_back(Token { kind, span: self.from(start) });
    }

    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }
}
