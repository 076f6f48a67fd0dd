//! Characters of a text: looking ahead, and going on with count of lines and columns.

use alloy_grammar::span::Span;

use super::Fault;
use super::scanner::{Mark, Scanner};

impl Scanner<'_> {
    /// A byte ahead; 0 behind the end, as no text holds it.
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.mark.byte + ahead).copied().unwrap_or_else(|| {
            self.has_met_end.set(true);
            0
        })
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.mark.byte..).unwrap_or_default()
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    /// The bytes of a line break of one character, 0 for anything else.
    pub(super) fn break_width(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\r' | b'\n' => 1,
            0xC2 if self.at(ahead + 1) == 0x85 => 2,
            0xE2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.at(ahead) == 0 || self.break_width(ahead) > 0
    }

    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Goes over one character that is no line break; gives its bytes.
    pub(super) fn skip(&mut self) -> &str {
        if !self.is_blank(0) {
            self.newlines = 0;
        }
        let start = self.mark.byte;
        let width = match self.at(0) {
            0 => 0,
            0x01..=0x7F => 1,
            0x80..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0.. => 4,
        };
        self.mark.byte = (start + width).min(self.bytes.len());
        self.mark.index += 1;
        self.mark.column += 1;
        &self.text.text[start..self.mark.byte]
    }

    pub(super) fn skip_many(&mut self, characters: usize) {
        for _ in 0..characters {
            self.skip();
        }
    }

    /// Goes over a line break; gives what it is in a scalar.
    pub(super) fn skip_break(&mut self) -> &'static str {
        let (width, characters, text) = match (self.at(0), self.break_width(0)) {
            (b'\r', _) if self.at(1) == b'\n' => (2, 2, "\n"),
            (_, 3) if self.at(2) == 0xA8 => (3, 1, "\u{2028}"),
            (_, 3) => (3, 1, "\u{2029}"),
            (_, width) => (width, 1, "\n"),
        };
        self.mark.byte += width;
        self.mark.index += characters;
        self.mark.column = 0;
        self.mark.line += 1;
        self.newlines += 1;
        text
    }

    /// From a place to here.
    pub(super) fn from(&self, start: Mark) -> Span {
        Span::new(start.byte as u32, self.mark.byte.max(start.byte) as u32)
    }

    pub(super) fn fault(&self, message: &'static str) -> Fault {
        Fault::new(message, self.from(self.mark))
    }
}
