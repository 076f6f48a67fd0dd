//! Views of what stands in a row inside an expression: elements, arguments, fields.

use super::{Expr, ExprId, FieldNode, File, List};
use crate::span::Span;

/// Expressions in a row: the elements of an array, the arguments of a call.
#[derive(Clone, Copy, Debug)]
pub struct Exprs<'a> {
    pub(super) file: &'a File,
    pub(super) list: List,
}

impl<'a> Exprs<'a> {
    /// The expressions, in source order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Expr<'a>> + ExactSizeIterator + Clone {
        let file = self.file;
        file.list(self.list).iter().map(move |&id| file.expr(ExprId(id)))
    }

    /// The expression at a place counted from 0.
    pub fn get(self, index: usize) -> Option<Expr<'a>> {
        self.file.list(self.list).get(index).map(|&id| self.file.expr(ExprId(id)))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.list.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.list.len == 0
    }
}

/// The fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    pub(super) file: &'a File,
    pub(super) list: List,
}

impl<'a> Fields<'a> {
    /// The fields, in source order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Field<'a>> + ExactSizeIterator + Clone {
        let file = self.file;
        let first = self.list.start;
        (first..first + self.list.len).map(move |index| Field { file, index })
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.list.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.list.len == 0
    }
}

/// One field of an object: `name = value` or `"name" = value`.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    file: &'a File,
    index: u32,
}

impl<'a> Field<'a> {
    fn node(self) -> FieldNode {
        self.file.fields[self.index as usize]
    }

    /// The key as Alloy takes it: the raw text between the quotes (escapes stay), or the
    /// identifier. The key written `""` is two quote characters, as in Alloy.
    pub fn name(self) -> &'a str {
        self.file.slice(self.node().name)
    }

    /// Where the key stands, quotes included.
    pub fn name_span(self) -> Span {
        let FieldNode { name, quoted, .. } = self.node();
        if quoted { Span::new(name.start - 1, name.end + 1) } else { name }
    }

    /// Whether the key was written as a string.
    pub fn is_quoted(self) -> bool {
        self.node().quoted
    }

    /// The value.
    pub fn value(self) -> Expr<'a> {
        self.file.expr(self.node().value)
    }
}
