//! Views of statements: bodies, attributes, blocks.

use super::{Expr, ExprId, File, List, StmtId, StmtNode, one_byte};
use crate::span::Span;

/// The statements of a file or of a block.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub(super) file: &'a File,
    pub(super) list: List,
}

impl<'a> Body<'a> {
    /// The statements, in source order.
    pub fn stmts(self) -> impl DoubleEndedIterator<Item = Stmt<'a>> + ExactSizeIterator + Clone {
        let file = self.file;
        file.list(self.list).iter().map(move |&id| file.stmt(StmtId(id)))
    }

    /// The attributes, in source order.
    pub fn attrs(self) -> impl DoubleEndedIterator<Item = Attr<'a>> + Clone {
        self.stmts().filter_map(Stmt::as_attr)
    }

    /// The blocks, in source order.
    pub fn blocks(self) -> impl DoubleEndedIterator<Item = Block<'a>> + Clone {
        self.stmts().filter_map(Stmt::as_block)
    }

    /// The first attribute of that name.
    pub fn attr(self, name: &str) -> Option<Attr<'a>> {
        self.attrs().find(|attr| attr.name() == name)
    }

    /// The blocks of that full name (`a.b`), in source order.
    pub fn blocks_named(self, name: &'a str) -> impl DoubleEndedIterator<Item = Block<'a>> + Clone {
        self.blocks().filter(move |block| block.name() == name)
    }

    /// The first block of that full name.
    pub fn block(self, name: &str) -> Option<Block<'a>> {
        self.blocks().find(|block| block.name() == name)
    }

    /// Whether there is no statement.
    pub fn is_empty(self) -> bool {
        self.list.len == 0
    }
}

/// An attribute or a block.
#[derive(Clone, Copy, Debug)]
pub enum Stmt<'a> {
    /// `name = value`
    Attr(Attr<'a>),
    /// `name "label" { … }`
    Block(Block<'a>),
}

impl<'a> Stmt<'a> {
    /// The attribute, if it is one.
    pub fn as_attr(self) -> Option<Attr<'a>> {
        match self {
            Stmt::Attr(attr) => Some(attr),
            Stmt::Block(_) => None,
        }
    }

    /// The block, if it is one.
    pub fn as_block(self) -> Option<Block<'a>> {
        match self {
            Stmt::Block(block) => Some(block),
            Stmt::Attr(_) => None,
        }
    }

    /// From the first byte of the name to the last of the value or the closing brace.
    pub fn span(self) -> Span {
        match self {
            Stmt::Attr(attr) => attr.span(),
            Stmt::Block(block) => block.span(),
        }
    }
}

/// `name = value`
#[derive(Clone, Copy, Debug)]
pub struct Attr<'a> {
    pub(super) file: &'a File,
    pub(super) id: StmtId,
}

impl<'a> Attr<'a> {
    fn parts(self) -> (Span, ExprId) {
        match self.file.stmts[self.id.0 as usize] {
            StmtNode::Attr { name, value } => (name, value),
            StmtNode::Block { .. } => unreachable!("an Attr view is made of attributes only"),
        }
    }

    /// Its index in the file.
    pub fn id(self) -> StmtId {
        self.id
    }

    /// The file it stands in.
    pub fn file(self) -> &'a File {
        self.file
    }

    /// The name.
    pub fn name(self) -> &'a str {
        self.file.slice(self.parts().0)
    }

    /// Where the name stands.
    pub fn name_span(self) -> Span {
        self.parts().0
    }

    /// The value.
    pub fn value(self) -> Expr<'a> {
        self.file.expr(self.parts().1)
    }

    /// From the name to the end of the value.
    pub fn span(self) -> Span {
        self.name_span().to(self.value().span())
    }
}

/// `name "label" { … }`
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub(super) file: &'a File,
    pub(super) id: StmtId,
}

#[derive(Clone, Copy)]
struct BlockParts {
    name: Span,
    name_at: Span,
    label: Span,
    body: List,
    open: u32,
    close: u32,
}

impl<'a> Block<'a> {
    fn parts(self) -> BlockParts {
        match self.file.stmts[self.id.0 as usize] {
            StmtNode::Block { name, name_at, label, body, open, close } => {
                BlockParts { name, name_at, label, body, open, close }
            }
            StmtNode::Attr { .. } => unreachable!("a Block view is made of blocks only"),
        }
    }

    /// Its index in the file.
    pub fn id(self) -> StmtId {
        self.id
    }

    /// The file it stands in.
    pub fn file(self) -> &'a File {
        self.file
    }

    /// The full name, its parts joined with dots: `prometheus.remote_write`.
    pub fn name(self) -> &'a str {
        self.file.slice(self.parts().name)
    }

    /// The parts of the name.
    pub fn name_parts(self) -> impl DoubleEndedIterator<Item = &'a str> + Clone {
        self.name().split('.')
    }

    /// Where the name stands, from its first to its last part.
    pub fn name_span(self) -> Span {
        self.parts().name_at
    }

    /// The label without its quotes; none where it is missing or empty.
    pub fn label(self) -> Option<&'a str> {
        let label = self.label_span();
        if label.is_none() || label.len() <= 2 {
            return None;
        }
        Some(self.file.slice(Span::new(label.start + 1, label.end - 1)))
    }

    /// Whether a label is written, be it an empty one.
    pub fn has_label_token(self) -> bool {
        !self.label_span().is_none()
    }

    /// Where the label stands, quotes included; [`Span::NONE`] without one.
    pub fn label_span(self) -> Span {
        self.parts().label
    }

    /// The name and, if it has one, the label: what is to be marked as "this block".
    pub fn header_span(self) -> Span {
        let parts = self.parts();
        if parts.label.is_none() { parts.name_at } else { parts.name_at.to(parts.label) }
    }

    /// The statements inside.
    pub fn body(self) -> Body<'a> {
        Body { file: self.file, list: self.parts().body }
    }

    /// Where the opening brace stands.
    pub fn open_span(self) -> Span {
        one_byte(self.parts().open)
    }

    /// Where the closing brace stands.
    pub fn close_span(self) -> Span {
        one_byte(self.parts().close)
    }

    /// From the name to the closing brace.
    pub fn span(self) -> Span {
        let parts = self.parts();
        parts.name_at.to(one_byte(parts.close))
    }
}
