//! What stands in a row: array elements, call arguments, object fields.

use super::{Frame, Parser, Step};
use crate::ast::{ExprId, ExprNode, FieldNode, List};
use crate::span::Span;
use crate::token::TokenKind;

impl Parser<'_> {
    /// Begins an array.
    ///
    /// ```ebnf
    /// ArrayExpr = "[" [ ExpressionList ] "]" .
    /// ```
    pub(super) fn array(&mut self) -> Step {
        let (open, first) = (self.cursor.start(), self.children.len() as u32);
        self.cursor.next();
        self.frames.push(Frame::Array { open, first });
        Step::Item
    }

    pub(super) fn call(&mut self, target: ExprId) -> Step {
        let (open, first) = (self.cursor.start(), self.children.len() as u32);
        self.cursor.next();
        self.frames.push(Frame::Call { target, open, first });
        Step::Item
    }

    /// Begins an object.
    ///
    /// ```ebnf
    /// ObjectExpr = "{" [ FieldList ] "}" .
    /// ```
    pub(super) fn object(&mut self) -> Step {
        let (open, first) = (self.cursor.start(), self.fields.len() as u32);
        self.cursor.next();
        self.frames.push(Frame::Object { open, first });
        if self.cursor.kind() == TokenKind::RightBracket {
            // Alloy's parser looks for the wrong bracket here, and so reads `{]` as empty.
            return self.end_of_list();
        }
        Step::Item
    }

    /// Begins the next element or field, or ends the list.
    ///
    /// ```ebnf
    /// ExpressionList = Expression { "," Expression } [ "," ] .
    /// FieldList      = Field { "," Field } [ "," ] .
    /// ```
    pub(super) fn item_or_end(&mut self) -> Step {
        let kind = self.cursor.kind();
        if kind == self.list_end() || kind == TokenKind::Eof {
            return self.end_of_list();
        }
        if matches!(self.frames.last(), Some(Frame::Object { .. })) {
            self.field();
        }
        Step::Operand
    }

    /// Reads the name of a field and its `=`.
    ///
    /// ```ebnf
    /// Field = ( string | identifier ) "=" Expression .
    /// ```
    fn field(&mut self) {
        let token = self.cursor.token;
        let mut node = FieldNode { name: token.span, quoted: false, value: ExprId(0) };
        match token.kind {
            TokenKind::Ident => self.cursor.next(),
            TokenKind::String => {
                // An empty key keeps its quotes, which become its text.
                if token.span.len() > 2 {
                    node.name = Span::new(token.span.start + 1, token.span.end - 1);
                    node.quoted = true;
                }
                self.cursor.next();
            }
            other => {
                let got = other.name();
                self.cursor.error(format!("expected field name (string or identifier), got {got}"));
                self.cursor.skip_to(|kind| kind == TokenKind::Assign);
            }
        }
        self.cursor.expect(TokenKind::Assign);
        self.fields.push(node);
    }

    /// Takes an element or the value of a field, and the comma behind it.
    pub(super) fn item_end(&mut self, value: ExprId) -> Step {
        let is_object = matches!(self.frames.last(), Some(Frame::Object { .. }));
        if !is_object {
            self.children.push(value.0);
        } else if let Some(field) = self.fields.last_mut() {
            field.value = value;
        }
        if self.cursor.kind() == self.list_end() {
            return self.end_of_list();
        }
        if self.cursor.kind() != TokenKind::Comma {
            let list = if is_object { "field" } else { "expression" };
            self.cursor.error(format!("missing ',' in {list} list"));
        }
        self.cursor.next();
        Step::Item
    }

    fn list_end(&self) -> TokenKind {
        match self.frames.last() {
            Some(Frame::Array { .. }) => TokenKind::RightBracket,
            Some(Frame::Call { .. }) => TokenKind::RightParen,
            _ => TokenKind::RightBrace,
        }
    }

    fn end_of_list(&mut self) -> Step {
        let end = self.list_end();
        let node = match self.frames.pop() {
            Some(Frame::Array { open, first }) => {
                let close = self.cursor.close(end, open);
                let items = self.take_children(first);
                ExprNode::Array { items, at: Span::new(open, close + 1) }
            }
            Some(Frame::Call { target, open, first }) => {
                let close = self.cursor.close(end, open);
                let args = self.take_children(first);
                ExprNode::Call { target, args, open, close }
            }
            Some(Frame::Object { open, first }) => {
                let close = self.cursor.close(end, open);
                let fields = self.take_fields(first);
                ExprNode::Object { fields, at: Span::new(open, close + 1) }
            }
            _ => return Step::Done,
        };
        Step::Behind(self.add_expr(node))
    }

    fn take_fields(&mut self, first: u32) -> List {
        let start = self.file.fields.len() as u32;
        self.file.fields.extend_from_slice(&self.fields[first as usize..]);
        let len = self.fields.len() as u32 - first;
        self.fields.truncate(first as usize);
        List { start, len }
    }
}
