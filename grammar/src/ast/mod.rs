//! The syntax tree of an Alloy configuration: one arena per file, views to walk it.
//!
//! What the parser yields, what [`build`](crate::build) makes and what the printer prints is the
//! same [`File`]. Nodes live in vectors and name each other by index, so nothing here recurses on
//! the native stack, however deep a configuration nests: not parsing, not dropping.
//!
//! Texts (names, literals) are ranges of the file's source; a built file has a source too, the one
//! its builder laid out. So every node has a place.
//!
//! Knows nothing of what a name means: components, references and values are the callers' work.

mod expr;
mod op;
mod rows;
mod stmt;

pub use expr::{Expr, ExprKind};
pub use op::{BinaryOp, LiteralKind, UnaryOp};
pub use rows::{Exprs, Field, Fields};
pub use stmt::{Attr, Block, Body, Stmt};

use std::borrow::Cow;

use crate::span::Span;

/// Index of a statement in its [`File`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StmtId(pub(crate) u32);

/// Index of an expression in its [`File`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub(crate) u32);

/// A run of entries in one of the vectors of a [`File`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// One configuration file: its text, its statements and its comments.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The source (invalid bytes replaced by `?`), then the names of blocks whose parts do not
    /// stand together in it, as in `a . b {}`.
    pub(crate) text: String,
    /// How many bytes of `text` are the source.
    pub(crate) source_len: u32,
    pub(crate) stmts: Vec<StmtNode>,
    pub(crate) exprs: Vec<ExprNode>,
    pub(crate) fields: Vec<FieldNode>,
    /// Children: statement ids or expression ids, by the kind of their parent.
    pub(crate) lists: Vec<u32>,
    pub(crate) body: List,
    pub(crate) comments: Vec<Comment>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum StmtNode {
    Attr {
        name: Span,
        value: ExprId,
    },
    Block {
        /// Its text: where it stands, or behind the source.
        name: Span,
        name_at: Span,
        /// With its quotes; [`Span::NONE`] without a label.
        label: Span,
        body: List,
        open: u32,
        close: u32,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ExprNode {
    Literal { kind: LiteralKind, at: Span },
    Ident { at: Span },
    Array { items: List, at: Span },
    Object { fields: List, at: Span },
    Access { target: ExprId, name: Span },
    Index { target: ExprId, index: ExprId, open: u32, close: u32 },
    Call { target: ExprId, args: List, open: u32, close: u32 },
    Unary { op: UnaryOp, operand: ExprId, at: u32 },
    Binary { op: BinaryOp, left: ExprId, right: ExprId, at: u32 },
    Paren { inner: ExprId, at: Span },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldNode {
    /// Without its quotes, if `quoted`.
    pub(crate) name: Span,
    pub(crate) quoted: bool,
    pub(crate) value: ExprId,
}

/// A comment of the source, with its delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands; carriage returns that Alloy strips from its text are inside the span.
    pub span: Span,
    /// Comments with the same number stand together without a blank line between them.
    pub group: u32,
}

impl File {
    /// The source this file was parsed from, or that its builder laid out. Bytes that were not
    /// UTF-8 are shown as `?`, one for one, so that spans fit.
    pub fn source(&self) -> &str {
        &self.text[..self.source_len as usize]
    }

    /// The top-level statements.
    pub fn body(&self) -> Body<'_> {
        Body { file: self, list: self.body }
    }

    /// All comments, in source order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The text of a comment as Alloy takes it: without the carriage returns that a source from
    /// Windows has.
    pub fn comment_text(&self, comment: Comment) -> Cow<'_, str> {
        let text = self.slice(comment.span);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if !text.contains('\r') {
            return Cow::Borrowed(text);
        }
        let is_block = text.starts_with("/*");
        let mut kept = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            // Without the carriage return in `*\r/`, the comment would end there.
            let guards = is_block
                && kept.len() > "/*".len()
                && kept.ends_with('*')
                && chars.peek() == Some(&'/');
            if c != '\r' || guards {
                kept.push(c);
            }
        }
        Cow::Owned(kept)
    }

    /// The statement of an id that came from this file.
    pub fn stmt(&self, id: StmtId) -> Stmt<'_> {
        match self.stmts[id.0 as usize] {
            StmtNode::Attr { .. } => Stmt::Attr(Attr { file: self, id }),
            StmtNode::Block { .. } => Stmt::Block(Block { file: self, id }),
        }
    }

    /// The expression of an id that came from this file.
    pub fn expr(&self, id: ExprId) -> Expr<'_> {
        Expr { file: self, id }
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        // Only where a string has no end does its content not lie between characters.
        self.text.get(span.range()).unwrap_or_default()
    }

    pub(crate) fn list(&self, list: List) -> &[u32] {
        &self.lists[list.start as usize..(list.start + list.len) as usize]
    }
}

fn one_byte(at: u32) -> Span {
    Span { start: at, end: at + 1 }
}
