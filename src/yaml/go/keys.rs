//! What may be a key, and the indentation by which block lists and maps begin and end.

use alloy_grammar::span::Span;

use super::Fault;
use super::scanner::{DEEPEST, Mark, Scanned, Scanner, SimpleKey, Token, TokenKind};

/// How far a key may be from its `:`, in characters.
const LONGEST_KEY: usize = 1024;
impl Scanner<'_> {
    pub(super) fn may_head_be_key(&mut self) -> Scanned<bool> {
        // Keys of inner levels begin later, so the numbers of their tokens only grow.
        let first = self.keys.partition_point(|key| key.token < self.taken);
        let heads = self.keys[first..].iter().take_while(|key| key.token == self.taken);
        let place = heads.take(2).position(|key| key.is_possible);
        place.map_or(Ok(false), |place| self.is_valid_key(first + place))
    }

    /// Whether what could be a key still can be: it is on this line and not too long.
    pub(super) fn is_valid_key(&mut self, place: usize) -> Scanned<bool> {
        let key = self.keys[place];
        if !key.is_possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.index + LONGEST_KEY < self.mark.index {
            if key.is_required {
                return Err(Fault::new("could not find expected ':'", self.from(key.mark)));
            }
            self.keys[place].is_possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    pub(super) fn save_key(&mut self) -> Scanned {
        if !self.is_key_allowed {
            return Ok(());
        }
        self.forget_key()?;
        let is_required = !self.in_flow() && self.indent == self.mark.column;
        let token = self.taken + self.queue.len();
        let last = self.keys.len() - 1;
        self.keys[last] = SimpleKey { is_possible: true, is_required, token, mark: self.mark };
        Ok(())
    }

    pub(super) fn forget_key(&mut self) -> Scanned {
        let last = self.keys.len() - 1;
        let key = self.keys[last];
        if key.is_possible && key.is_required {
            return Err(Fault::new("could not find expected ':'", self.from(key.mark)));
        }
        self.keys[last].is_possible = false;
        Ok(())
    }

    /// Begins a block list or map where the column is deeper than the current one.
    pub(super) fn roll(&mut self, mark: Mark, place: Option<usize>, kind: TokenKind) -> Scanned {
        if self.in_flow() || self.indent >= mark.column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = mark.column;
        if self.indents.len() > DEEPEST {
            return Err(self.fault("exceeded max depth of 10000"));
        }
        let at = mark.byte as u32;
        let token = Token { kind, span: Span::new(at, at) };
        self.queue.insert(place.unwrap_or(self.queue.len()), token);
        Ok(())
    }

    /// Ends the block lists and maps that are deeper than the column.
    pub(super) fn unroll(&mut self, column: i32) {
        while !self.in_flow() && self.indent > column {
            self.queue.push_back(Token { kind: TokenKind::BlockEnd, span: self.from(self.mark) });
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }
}
