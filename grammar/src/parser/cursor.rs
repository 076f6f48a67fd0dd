//! The parser's place among the tokens, and what has been reported so far.

use memchr::memchr_iter;

use super::SyntaxError;
use crate::ast::Comment;
use crate::lexer::LexError;
use crate::span::{LineIndex, Span};
use crate::token::{Token, TokenKind};

pub(super) struct Cursor<'s> {
    pub(super) source: &'s [u8],
    tokens: &'s [Token],
    index: usize,
    /// The current token; never a comment.
    pub(super) token: Token,
    pub(super) comments: Vec<Comment>,
    pub(super) errors: Vec<SyntaxError>,
    /// The scanner's errors that are yet to be reported, the next one last.
    pending: Vec<LexError>,
    /// Index of the token with which the next of them is reported.
    next_pending: u32,
    /// Line of the last error that counts for [`Cursor::error`]; 0 before the first.
    last_error_line: u32,
    lines: Option<LineIndex>,
}

impl<'s> Cursor<'s> {
    /// Stands on the first token.
    pub(super) fn new(
        source: &'s [u8],
        tokens: &'s [Token],
        mut errors: Vec<LexError>,
    ) -> Cursor<'s> {
        errors.reverse();
        let mut cursor = Cursor {
            source,
            tokens,
            index: 0,
            token: tokens[0],
            comments: Vec::new(),
            errors: Vec::new(),
            next_pending: errors.last().map_or(u32::MAX, |error| error.token),
            pending: errors,
            last_error_line: 0,
            lines: None,
        };
        cursor.arrive();
        cursor
    }

    /// How many tokens there are, comments among them.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.token.kind
    }

    /// Where the current token begins.
    pub(super) fn start(&self) -> u32 {
        self.token.span.start
    }

    /// The place of an error about the current token: Alloy gives its start only.
    pub(super) fn empty_span(&self) -> Span {
        Span::new(self.start(), self.start())
    }

    /// Goes on to the next token. The end of the source stays the current token for ever.
    #[inline]
    pub(super) fn next(&mut self) {
        if self.index + 1 < self.tokens.len() {
            self.index += 1;
            self.arrive();
        }
    }

    /// Takes the current token, whatever it is, and reports it if it is not of that kind.
    #[inline]
    pub(super) fn expect(&mut self, kind: TokenKind) -> Token {
        let token = self.token;
        if token.kind != kind {
            self.error(format!("expected {}, got {}", kind.name(), token.kind.name()));
        }
        self.next();
        token
    }

    /// Takes the closing bracket and gives where it stands. Where it is missing, the opening one
    /// stands in for it, so that the span of the pair lies between characters.
    #[inline]
    pub(super) fn close(&mut self, kind: TokenKind, open: u32) -> u32 {
        let token = self.expect(kind);
        if token.kind == kind { token.span.start } else { open }
    }

    /// Skips to a token of that kind, or to the end of the source.
    pub(super) fn skip_to(&mut self, mut stop: impl FnMut(TokenKind) -> bool) {
        while self.kind() != TokenKind::Eof && !stop(self.kind()) {
            self.next();
        }
    }

    /// Skips to the terminator of the statement: one outside of all brackets opened on the way.
    /// The counts may fall below zero, for the statement may have begun inside of brackets.
    pub(super) fn skip_statement(&mut self) {
        let (mut braces, mut brackets, mut parens) = (0i64, 0i64, 0i64);
        self.skip_to(|kind| {
            match kind {
                TokenKind::LeftBrace => braces += 1,
                TokenKind::RightBrace => braces -= 1,
                TokenKind::LeftBracket => brackets += 1,
                TokenKind::RightBracket => brackets -= 1,
                TokenKind::LeftParen => parens += 1,
                TokenKind::RightParen => parens -= 1,
                _ => {}
            }
            kind == TokenKind::Terminator && braces <= 0 && brackets <= 0 && parens <= 0
        });
    }

    /// Reports an error at the current token, unless the last one was on the same line: a second
    /// one there is nearly always an echo of the first.
    pub(super) fn error(&mut self, message: impl Into<String>) {
        let line = self.line(self.start());
        if line == self.last_error_line {
            return;
        }
        self.last_error_line = line;
        let span = self.empty_span();
        self.report(SyntaxError { message: message.into(), span });
    }

    /// Reports an error whatever was reported before.
    pub(super) fn report(&mut self, error: SyntaxError) {
        self.errors.push(error);
    }

    fn line(&mut self, offset: u32) -> u32 {
        let source = self.source;
        self.lines.get_or_insert_with(|| LineIndex::new(source)).position(offset).line
    }

    #[inline]
    fn arrive(&mut self) {
        self.token = self.tokens[self.index];
        if self.token.kind == TokenKind::Comment {
            self.take_comments();
        }
        if self.index as u32 >= self.next_pending {
            self.report_pending();
        }
    }

    /// Takes the comments here. Those that no blank line parts are one group.
    fn take_comments(&mut self) {
        let mut group = self.comments.last().map_or(0, |comment| comment.group + 1);
        let mut end: Option<u32> = None;
        while self.token.kind == TokenKind::Comment {
            let span = self.token.span;
            if let Some(end) = end {
                let gap = &self.source[end as usize..span.start as usize];
                if memchr_iter(b'\n', gap).nth(1).is_some() {
                    group += 1;
                }
            }
            end = Some(span.end);
            self.comments.push(Comment { span, group });
            self.index += 1;
            self.token = self.tokens[self.index];
        }
    }

    fn report_pending(&mut self) {
        while let Some(error) = self.pending.pop_if(|error| error.token as usize <= self.index) {
            let span = Span::new(error.offset, error.offset);
            self.errors.push(SyntaxError { message: error.message, span });
        }
        self.next_pending = self.pending.last().map_or(u32::MAX, |error| error.token);
    }
}

/// The text of a source that is not UTF-8, with `?` for each bad byte, so that offsets hold.
pub(super) fn replace_invalid(source: &[u8]) -> String {
    let mut text = String::with_capacity(source.len());
    for chunk in source.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}
