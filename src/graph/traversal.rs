//! Finds the dotted names in a block: `prometheus.remote_write.trento.receiver`.
//!
//! In source order, as Alloy's own walk does: a name starts one, `.field` extends it, an index or
//! a call ends it. Says nothing about what a name means. Without recursion: depth is the
//! configuration's choice.

use alloy_grammar::ast::{Body, Expr, ExprKind, Stmt};
use alloy_grammar::span::Span;

/// One dotted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traversal<'a> {
    /// Its parts; never empty.
    pub parts: Vec<&'a str>,
    /// From the first to the last part.
    pub span: Span,
}

enum Todo<'a> {
    Body(Body<'a>),
    Expr(Expr<'a>),
}

/// The dotted names in a block's body, nested blocks included.
pub fn in_body(body: Body<'_>) -> Vec<Traversal<'_>> {
    walk(Todo::Body(body))
}

/// The dotted names in an expression.
pub fn in_expr(expr: Expr<'_>) -> Vec<Traversal<'_>> {
    walk(Todo::Expr(expr))
}

fn walk(first: Todo<'_>) -> Vec<Traversal<'_>> {
    let mut found = Vec::new();
    let mut stack = vec![first];
    while let Some(todo) = stack.pop() {
        let from = stack.len();
        match todo {
            Todo::Body(body) => stack.extend(body.stmts().map(|stmt| match stmt {
                Stmt::Attr(attr) => Todo::Expr(attr.value()),
                Stmt::Block(block) => Todo::Body(block.body()),
            })),
            Todo::Expr(expr) => match dotted(expr) {
                Ok(traversal) => found.push(traversal),
                Err(base) => stack.extend(children(base).into_iter().map(Todo::Expr)),
            },
        }
        stack[from..].reverse();
    }
    found
}

/// The dotted name that an expression is, or what its fields are taken from.
pub fn dotted(expr: Expr<'_>) -> Result<Traversal<'_>, Expr<'_>> {
    let mut parts = Vec::new();
    let mut base = expr;
    loop {
        match base.kind() {
            ExprKind::Access { target, name, .. } => {
                parts.push(name);
                base = target;
            }
            ExprKind::Ident(name) => {
                parts.push(name);
                parts.reverse();
                return Ok(Traversal { parts, span: base.span().to(expr.span()) });
            }
            _ => return Err(base),
        }
    }
}

/// The expressions directly inside one, in source order.
pub fn children(expr: Expr<'_>) -> Vec<Expr<'_>> {
    match expr.kind() {
        ExprKind::Literal(..) | ExprKind::Ident(_) => Vec::new(),
        ExprKind::Array(items) => items.iter().collect(),
        ExprKind::Object(fields) => fields.iter().map(|field| field.value()).collect(),
        ExprKind::Access { target, .. } => vec![target],
        ExprKind::Index { target, index } => vec![target, index],
        ExprKind::Call { target, args } => std::iter::once(target).chain(args.iter()).collect(),
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Paren(inner) => vec![inner],
    }
}
