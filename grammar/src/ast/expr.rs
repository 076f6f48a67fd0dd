//! Views of expressions.

use super::{BinaryOp, ExprId, ExprNode, Exprs, Fields, File, LiteralKind, UnaryOp, one_byte};
use crate::span::Span;

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    pub(super) file: &'a File,
    pub(super) id: ExprId,
}

/// An expression taken apart by one level.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// A literal; the text is the source's, quotes included.
    Literal(LiteralKind, &'a str),
    /// A name.
    Ident(&'a str),
    /// `[a, b]`
    Array(Exprs<'a>),
    /// `{ a = b }`
    Object(Fields<'a>),
    /// `target.name`
    Access {
        /// What is accessed.
        target: Expr<'a>,
        /// The field's name.
        name: &'a str,
        /// Where the name stands.
        name_span: Span,
    },
    /// `target[index]`
    Index {
        /// What is indexed.
        target: Expr<'a>,
        /// The index.
        index: Expr<'a>,
    },
    /// `target(args)`
    Call {
        /// What is called.
        target: Expr<'a>,
        /// The arguments.
        args: Exprs<'a>,
    },
    /// `!a`, `-a`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Expr<'a>,
    },
    /// `a + b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left operand.
        left: Expr<'a>,
        /// The right operand.
        right: Expr<'a>,
    },
    /// `(a)`
    Paren(Expr<'a>),
}

impl<'a> Expr<'a> {
    /// Its index in the file.
    pub fn id(self) -> ExprId {
        self.id
    }

    /// The file it stands in.
    pub fn file(self) -> &'a File {
        self.file
    }

    fn node(self) -> ExprNode {
        self.file.exprs[self.id.0 as usize]
    }

    /// The expression, taken apart by one level.
    pub fn kind(self) -> ExprKind<'a> {
        let file = self.file;
        match self.node() {
            ExprNode::Literal { kind, at } => ExprKind::Literal(kind, file.slice(at)),
            ExprNode::Ident { at } => ExprKind::Ident(file.slice(at)),
            ExprNode::Array { items, .. } => ExprKind::Array(Exprs { file, list: items }),
            ExprNode::Object { fields, .. } => ExprKind::Object(Fields { file, list: fields }),
            ExprNode::Access { target, name } => ExprKind::Access {
                target: file.expr(target),
                name: file.slice(name),
                name_span: name,
            },
            ExprNode::Index { target, index, .. } => {
                ExprKind::Index { target: file.expr(target), index: file.expr(index) }
            }
            ExprNode::Call { target, args, .. } => {
                ExprKind::Call { target: file.expr(target), args: Exprs { file, list: args } }
            }
            ExprNode::Unary { op, operand, .. } => {
                ExprKind::Unary { op, operand: file.expr(operand) }
            }
            ExprNode::Binary { op, left, right, .. } => {
                ExprKind::Binary { op, left: file.expr(left), right: file.expr(right) }
            }
            ExprNode::Paren { inner, .. } => ExprKind::Paren(file.expr(inner)),
        }
    }

    /// From its first to its last byte.
    pub fn span(self) -> Span {
        Span { start: self.start(), end: self.end() }
    }

    fn start(self) -> u32 {
        let mut id = self.id;
        loop {
            match self.file.exprs[id.0 as usize] {
                ExprNode::Literal { at, .. }
                | ExprNode::Ident { at }
                | ExprNode::Array { at, .. }
                | ExprNode::Object { at, .. }
                | ExprNode::Paren { at, .. } => return at.start,
                ExprNode::Unary { at, .. } => return at,
                ExprNode::Access { target, .. }
                | ExprNode::Index { target, .. }
                | ExprNode::Call { target, .. } => id = target,
                ExprNode::Binary { left, .. } => id = left,
            }
        }
    }

    fn end(self) -> u32 {
        let mut id = self.id;
        loop {
            match self.file.exprs[id.0 as usize] {
                ExprNode::Literal { at, .. }
                | ExprNode::Ident { at }
                | ExprNode::Array { at, .. }
                | ExprNode::Object { at, .. }
                | ExprNode::Paren { at, .. } => return at.end,
                ExprNode::Access { name, .. } => return name.end,
                ExprNode::Index { close, .. } | ExprNode::Call { close, .. } => {
                    return one_byte(close).end;
                }
                ExprNode::Unary { operand, .. } => id = operand,
                ExprNode::Binary { right, .. } => id = right,
            }
        }
    }
}
