//! Writes tokens, and between them the white space and the comments that belong there.
//!
//! The tree holds no comments: each is written when the first token that stands behind it in the
//! source is. White space waits until it is known whether a comment comes first.

use super::Printed;
use super::columns::Columns;
use crate::ast::{Comment, File};
use crate::span::{LineIndex, Span};

/// White space that waits for the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Was taken back.
    Nothing,
    Blank,
    /// Ends a cell, so that what follows is aligned.
    Align,
    /// A line break within a run of aligned lines.
    Newline,
    /// A line break that ends the run.
    Break,
    Indent,
    Unindent,
}

/// Where something is in the source: for tokens written without a place of their own, an estimate
/// made from what was written before them, as the reference makes it.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    line: u32,
}

/// Behind everything.
const END: Place = Place { offset: u64::MAX - 1, line: u32::MAX };

/// The place of a comment where there is none.
const NO_COMMENT: u64 = u64::MAX;

/// One blank line is kept of any number of them.
const MAX_LINE_BREAKS: u32 = 2;

/// How much longer than sixteen times its source a text may be. Only the indents of thousands of
/// blocks within each other take as much.
const SPARE_LENGTH: usize = 256 << 20;

/// How much white space may wait. The reference has room for as much, and writes it when there is
/// no more.
const MAX_WAITING: usize = 16;

pub(super) struct Writer<'f> {
    pub(super) file: &'f File,
    columns: Columns,
    depth: u32,
    waiting: Vec<Space>,
    /// Whether a `.` here would become part of the number before it.
    after_number: bool,
    place: Place,
    /// Line on which what was written last ends; 0 before the first.
    last_line: u32,
    at_line_start: bool,
    is_empty: bool,
    next_comment: usize,
    /// Offset of that comment, or [`NO_COMMENT`].
    next_comment_at: u64,
    lines: LineIndex,
    /// The line that was looked up last.
    last_looked_up: u32,
    /// Line of the text written so far, from 1.
    pub(super) written_line: u32,
    /// From which offset on a comment before the next token stays where it is when the text is
    /// printed again; the largest number if none does.
    comments_are_safe_from: u32,
    /// Whether the text may mean something else than the tree, or change when it is printed again.
    pub(super) is_doubtful: bool,
}

impl<'f> Writer<'f> {
    pub(super) fn new(file: &'f File) -> Writer<'f> {
        let length = file.source().len();
        let mut writer = Writer {
            file,
            columns: Columns::new(length + length / 8, length.saturating_mul(16) + SPARE_LENGTH),
            depth: 0,
            waiting: Vec::with_capacity(MAX_WAITING),
            after_number: false,
            place: Place { offset: 0, line: 1 },
            last_line: 0,
            at_line_start: true,
            is_empty: true,
            next_comment: 0,
            next_comment_at: 0,
            lines: LineIndex::new(file.source().as_bytes()),
            last_looked_up: 1,
            written_line: 1,
            comments_are_safe_from: u32::MAX,
            is_doubtful: false,
        };
        writer.look_for_comment();
        writer
    }

    /// Says where the next token stands.
    #[inline]
    pub(super) fn at(&mut self, offset: u32) {
        self.place = Place { offset: u64::from(offset), line: self.line(offset) };
    }

    /// The line of an offset.
    #[inline]
    pub(super) fn line(&mut self, offset: u32) -> u32 {
        let line = self.last_looked_up;
        let begins = |line| self.lines.line_start(line).unwrap_or(u32::MAX);
        if offset >= begins(line) && offset < begins(line + 1) {
            return line;
        }
        self.last_looked_up = if offset >= begins(line + 1) && offset < begins(line + 2) {
            line + 1
        } else {
            self.lines.position(offset).line
        };
        self.last_looked_up
    }

    pub(super) fn space(&mut self, space: Space) {
        if self.waiting.len() == MAX_WAITING {
            self.write_waiting(MAX_WAITING);
        }
        self.waiting.push(space);
        self.after_number = false;
    }

    /// Writes an operator or a bracket.
    #[inline]
    pub(super) fn sign(&mut self, sign: &str) {
        if self.after_number && sign == "." {
            self.waiting.push(Space::Blank);
        }
        self.after_number = false;
        self.before_token();
        self.columns.text(sign);
        self.advance(sign.len(), 0);
    }

    /// Writes text that holds no tab and no line break: a name, or a string quoted anew.
    #[inline]
    pub(super) fn name(&mut self, name: &str) {
        self.after_number = false;
        self.before_token();
        self.columns.text(name);
        self.advance(name.len(), 0);
    }

    /// Writes a number.
    pub(super) fn number(&mut self, number: &str) {
        self.name(number);
        self.after_number = true;
    }

    /// Writes a literal, in which tabs and line breaks may stand.
    pub(super) fn literal(&mut self, literal: &str) {
        self.after_number = false;
        self.before_token();
        self.is_doubtful |= self.columns.interpreted(literal);
        let line_breaks = line_breaks(literal);
        self.written_line += line_breaks;
        self.advance(literal.len(), line_breaks);
    }

    /// Writes text as it is, with the comments in it.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.after_number = false;
        self.before_token();
        self.columns.verbatim(text);
        let line_breaks = line_breaks(text);
        self.written_line += line_breaks;
        self.advance(text.len(), line_breaks);
    }

    /// Whether a comment stands in a part of the source that begins behind all that was written.
    pub(super) fn has_comment_in(&self, part: Span) -> bool {
        let before = |comment: &Comment| comment.span.start < part.start;
        let waiting = &self.file.comments()[self.next_comment..];
        let next = waiting.partition_point(before);
        waiting.get(next).is_some_and(|comment| comment.span.start < part.end)
    }

    /// Passes the comments before an offset.
    pub(super) fn skip_comments(&mut self, before: u32) {
        let waiting = &self.file.comments()[self.next_comment..];
        self.next_comment += waiting.partition_point(|comment| comment.span.start < before);
        self.look_for_comment();
    }

    /// Says that the next token is the first of a statement or an item that begins a line, or
    /// closes a block or a row. A comment there stays where it is, if it begins behind the end of
    /// what was written before in the source too.
    #[inline]
    pub(super) fn comments_are_safe_from(&mut self, end: u32) {
        self.comments_are_safe_from = end;
    }

    /// Writes the comments that are left, and gives the whole text. Nothing if that is too long.
    pub(super) fn finish(mut self) -> Option<Printed> {
        if self.next_comment_at != NO_COMMENT {
            let last = self.file.body().stmts().next_back();
            self.comments_are_safe_from = last.map_or(0, |last| last.span().end);
            self.write_comments(END);
        }
        let text = self.columns.finish();
        let is_doubtful = self.is_doubtful;
        (!self.columns.is_too_long).then_some(Printed { text, is_doubtful })
    }

    /// Writes what stands before a token, and the indent of its line.
    #[inline]
    fn before_token(&mut self) {
        let next = self.place;
        if self.next_comment_at <= next.offset {
            if let Some(last) = self.write_comments(next) {
                self.after_comments(next, last);
            }
        } else {
            self.write_waiting(self.waiting.len());
        }
        self.comments_are_safe_from = u32::MAX;
        self.begin_text();
        self.place = next;
    }

    fn write_waiting(&mut self, count: usize) {
        for index in 0..count {
            match self.waiting[index] {
                Space::Nothing => {}
                Space::Blank => self.blank(),
                Space::Align => {
                    self.begin_text();
                    self.columns.soft_tab();
                    self.place.offset += 1;
                }
                Space::Newline => self.line_breaks(1, false),
                Space::Break => self.line_breaks(1, true),
                Space::Indent => self.depth += 1,
                Space::Unindent => self.depth = self.depth.saturating_sub(1),
            }
        }
        if count == self.waiting.len() {
            self.waiting.clear();
        } else {
            self.waiting.drain(..count);
        }
    }

    fn blank(&mut self) {
        self.begin_text();
        self.columns.blank();
        self.place.offset += 1;
    }

    /// Ends lines; only the first of them can be one that holds an indent and nothing else.
    fn line_breaks(&mut self, count: u32, hard: bool) {
        self.begin_text();
        for _ in 0..count {
            if hard {
                self.columns.hard_break();
            } else {
                self.columns.newline();
            }
        }
        self.place.offset += u64::from(count);
        self.place.line += count;
        self.written_line += count;
        self.at_line_start = true;
    }

    #[inline]
    fn begin_text(&mut self) {
        self.is_empty = false;
        if self.at_line_start {
            self.columns.indent(self.depth);
            self.place.offset += u64::from(self.depth);
            self.at_line_start = false;
        }
    }

    #[inline]
    fn advance(&mut self, length: usize, line_breaks: u32) {
        self.place.offset += length as u64;
        self.place.line += line_breaks;
        self.last_line = self.place.line;
    }

    /// Writes the comments that stand before a place, in whole groups, and gives the last one.
    fn write_comments(&mut self, next: Place) -> Option<Comment> {
        let mut last = None;
        while self.next_comment_at <= next.offset {
            let Some(&first) = self.file.comments().get(self.next_comment) else { break };
            while let Some(&comment) = self.file.comments().get(self.next_comment) {
                if comment.group != first.group {
                    break;
                }
                self.before_comment(next, comment);
                self.comment(next, comment);
                last = Some(comment);
                self.next_comment += 1;
            }
            self.look_for_comment();
        }
        last
    }

    fn look_for_comment(&mut self) {
        let comment = self.file.comments().get(self.next_comment);
        self.next_comment_at = comment.map_or(NO_COMMENT, |next| u64::from(next.span.start));
    }

    fn before_comment(&mut self, next: Place, comment: Comment) {
        if self.is_empty {
            return;
        }
        let line = self.line(comment.span.start);
        if line == next.line && line == self.last_line {
            return self.blank();
        }
        if line == self.last_line {
            self.begin_text();
            self.columns.hard_tab();
            self.place.offset += 1;
            return;
        }
        // Indentation that comes before anything else counts for the comment too.
        let is_depth = |space: &Space| matches!(space, Space::Indent | Space::Unindent);
        if let Some(first) = self.waiting.iter().position(|space| !is_depth(space)) {
            self.waiting[first] = Space::Nothing;
            self.write_waiting(first);
        }
        if self.last_line > 0 && line > self.last_line {
            self.line_breaks((line - self.last_line).min(MAX_LINE_BREAKS), true);
        }
    }

    fn comment(&mut self, next: Place, comment: Comment) {
        let line = self.line(comment.span.start);
        let stands_alone = line != self.last_line && self.line(comment.span.end - 1) < next.line;
        self.begin_text();
        self.place = Place { offset: u64::from(comment.span.start), line };
        let file = self.file;
        let text = file.comment_text(comment);
        self.is_doubtful |= comment.span.start < self.comments_are_safe_from
            || (text.starts_with("/*") && !stands_alone)
            // A form feed is taken for a line break: a comment behind it seems to be on its line.
            || text.contains('\x0c');
        self.columns.verbatim(&text);
        let line_breaks = line_breaks(&text);
        self.written_line += line_breaks;
        self.advance(text.len(), line_breaks);
    }

    /// Writes what stands between the last comment and the token behind it.
    fn after_comments(&mut self, next: Place, last: Comment) {
        let text = self.file.comment_text(last);
        let end = last.span.start + text.len() as u32 - 1;
        if text.starts_with("/*") && next.line == self.line(end) {
            self.blank();
        }
        let line_breaks = next.line.saturating_sub(self.last_line).min(MAX_LINE_BREAKS);
        let hard = self.waiting.contains(&Space::Break);
        self.waiting.retain(|space| matches!(space, Space::Indent | Space::Unindent));
        self.write_waiting(self.waiting.len());
        if line_breaks > 0 {
            self.line_breaks(line_breaks, hard);
        }
    }
}

fn line_breaks(text: &str) -> u32 {
    text.bytes().filter(|byte| matches!(byte, b'\n' | b'\x0c')).count() as u32
}
