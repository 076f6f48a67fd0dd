//! Walks a tree without recursion: statements, expressions, and the names they refer to.

use crate::ast::{Body, Expr, ExprKind, Field, File, Stmt};
use crate::span::Span;

/// All statements of a body and of the blocks in it, each before what it holds, with the number of
/// blocks around it.
///
/// ```
/// let file = alloy_grammar::parser::parse(b"a { b { c = 1 } }").file;
/// let depths: Vec<usize> =
///     alloy_grammar::visit::statements(file.body()).map(|(depth, _)| depth).collect();
/// assert_eq!(depths, [0, 1, 2]);
/// ```
pub fn statements(body: Body<'_>) -> Statements<'_> {
    Statements { waiting: body.stmts().rev().map(|stmt| (0, stmt)).collect() }
}

/// The walk of [`statements`].
#[derive(Clone, Debug)]
pub struct Statements<'a> {
    /// The next one last.
    waiting: Vec<(usize, Stmt<'a>)>,
}

impl<'a> Iterator for Statements<'a> {
    type Item = (usize, Stmt<'a>);

    fn next(&mut self) -> Option<(usize, Stmt<'a>)> {
        let (depth, stmt) = self.waiting.pop()?;
        if let Stmt::Block(block) = stmt {
            self.waiting.extend(block.body().stmts().rev().map(|inner| (depth + 1, inner)));
        }
        Some((depth, stmt))
    }
}

/// An expression and all expressions in it, each before its parts, in source order.
///
/// ```
/// use alloy_grammar::{ast::ExprKind, parser, visit};
///
/// let file = parser::parse(b"a = f(1, [b])").file;
/// let value = file.body().attr("a").expect("it is there").value();
/// let names = visit::expressions(value)
///     .filter(|expr| matches!(expr.kind(), ExprKind::Ident(_)))
///     .count();
/// assert_eq!(names, 2);
/// ```
pub fn expressions(expr: Expr<'_>) -> Expressions<'_> {
    Expressions { waiting: vec![expr] }
}

/// The walk of [`expressions`].
#[derive(Clone, Debug)]
pub struct Expressions<'a> {
    /// The next one last.
    waiting: Vec<Expr<'a>>,
}

impl<'a> Iterator for Expressions<'a> {
    type Item = Expr<'a>;

    fn next(&mut self) -> Option<Expr<'a>> {
        let expr = self.waiting.pop()?;
        match expr.kind() {
            ExprKind::Literal(..) | ExprKind::Ident(_) => {}
            ExprKind::Array(items) => self.waiting.extend(items.iter().rev()),
            ExprKind::Object(fields) => {
                self.waiting.extend(fields.iter().rev().map(|field| field.value()));
            }
            ExprKind::Access { target, .. } => self.waiting.push(target),
            ExprKind::Index { target, index } => self.waiting.extend([index, target]),
            ExprKind::Call { target, args } => {
                self.waiting.extend(args.iter().rev());
                self.waiting.push(target);
            }
            ExprKind::Unary { operand, .. } => self.waiting.push(operand),
            ExprKind::Binary { left, right, .. } => self.waiting.extend([right, left]),
            ExprKind::Paren(inner) => self.waiting.push(inner),
        }
        Some(expr)
    }
}

/// A name with the fields accessed on it: `a.b.c` of `a.b.c[0].d`.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    /// The name and the fields.
    pub parts: Vec<(&'a str, Span)>,
    /// The expression that is the whole reference.
    pub expr: Expr<'a>,
}

impl<'a> Reference<'a> {
    /// The reference that an expression is as a whole, if it is one.
    pub fn of(expr: Expr<'a>) -> Option<Reference<'a>> {
        let mut parts = Vec::new();
        let mut at = expr;
        loop {
            match at.kind() {
                ExprKind::Access { target, name, name_span } => {
                    parts.push((name, name_span));
                    at = target;
                }
                ExprKind::Ident(name) => {
                    parts.push((name, at.span()));
                    parts.reverse();
                    return Some(Reference { parts, expr });
                }
                _ => return None,
            }
        }
    }

    /// From the name to the last field.
    pub fn span(&self) -> Span {
        self.expr.span()
    }

    /// The reference as it would be written: `a.b.c`.
    pub fn text(&self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|&(name, _)| name).collect();
        parts.join(".")
    }
}

/// The references in an expression, in source order, each as long as it can be. A function that is
/// called is one of them.
///
/// ```
/// use alloy_grammar::{parser, visit};
///
/// let file = parser::parse(b"a = concat(x.y[0].z, [local.file.f.content])").file;
/// let value = file.body().attr("a").expect("it is there").value();
/// let names: Vec<String> = visit::references(value).map(|found| found.text()).collect();
/// assert_eq!(names, ["concat", "x.y", "local.file.f.content"]);
/// ```
pub fn references(expr: Expr<'_>) -> impl Iterator<Item = Reference<'_>> {
    // The targets of a reference come right behind it in the walk, and are parts of it.
    let mut inside = 0;
    expressions(expr).filter_map(move |expr| {
        if inside > 0 {
            inside -= 1;
            return None;
        }
        // Only the outermost access of a chain is looked at in full, so this is linear.
        if let ExprKind::Access { .. } | ExprKind::Ident(_) = expr.kind() {
            let accesses = chain_length(expr);
            match Reference::of(expr) {
                Some(found) => {
                    inside = accesses;
                    return Some(found);
                }
                None => inside = accesses.saturating_sub(1),
            }
        }
        None
    })
}

/// How many accesses stand in a row here.
fn chain_length(mut expr: Expr<'_>) -> usize {
    let mut length = 0;
    while let ExprKind::Access { target, .. } = expr.kind() {
        length += 1;
        expr = target;
    }
    length
}

/// Whether two files have the same tree: the same statements in the same order, whatever their
/// places, comments and white space. Parentheses count; an empty label is as good as none.
///
/// ```
/// use alloy_grammar::{parser, visit};
///
/// let one = parser::parse(b"a = 1 // first").file;
/// assert!(visit::same_tree(&one, &parser::parse(b"a   =\n1").file));
/// assert!(!visit::same_tree(&one, &parser::parse(b"a = (1)").file));
/// ```
pub fn same_tree(a: &File, b: &File) -> bool {
    same_body(a.body(), b.body())
}

/// Whether two bodies have the same statements in the same order. See [`same_tree`].
pub fn same_body(a: Body<'_>, b: Body<'_>) -> bool {
    let (mut left, mut right) = (statements(a), statements(b));
    loop {
        let same = match (left.next(), right.next()) {
            (None, None) => return true,
            (Some((depth, Stmt::Attr(a))), Some((other, Stmt::Attr(b)))) => {
                depth == other && a.name() == b.name() && same_expr(a.value(), b.value())
            }
            (Some((depth, Stmt::Block(a))), Some((other, Stmt::Block(b)))) => {
                depth == other && a.name() == b.name() && a.label() == b.label()
            }
            _ => false,
        };
        if !same {
            return false;
        }
    }
}

/// Whether two expressions are the same. See [`same_tree`].
pub fn same_expr(a: Expr<'_>, b: Expr<'_>) -> bool {
    let (mut left, mut right) = (expressions(a), expressions(b));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if same_node(a, b) => {}
            _ => return false,
        }
    }
}

/// Whether two expressions are the same but for their parts, and have as many of them.
fn same_node(a: Expr<'_>, b: Expr<'_>) -> bool {
    match (a.kind(), b.kind()) {
        (ExprKind::Literal(sort, text), ExprKind::Literal(other, with)) => {
            sort == other && text == with
        }
        (ExprKind::Ident(name), ExprKind::Ident(other)) => name == other,
        (ExprKind::Array(items), ExprKind::Array(others)) => items.len() == others.len(),
        (ExprKind::Object(fields), ExprKind::Object(others)) => {
            let same = |(a, b): (Field<'_>, Field<'_>)| {
                a.name() == b.name() && a.is_quoted() == b.is_quoted()
            };
            fields.len() == others.len() && fields.iter().zip(others.iter()).all(same)
        }
        (ExprKind::Access { name, .. }, ExprKind::Access { name: other, .. }) => name == other,
        (ExprKind::Call { args, .. }, ExprKind::Call { args: others, .. }) => {
            args.len() == others.len()
        }
        (ExprKind::Unary { op, .. }, ExprKind::Unary { op: other, .. }) => op == other,
        (ExprKind::Binary { op, .. }, ExprKind::Binary { op: other, .. }) => op == other,
        (ExprKind::Index { .. }, ExprKind::Index { .. })
        | (ExprKind::Paren(_), ExprKind::Paren(_)) => true,
        _ => false,
    }
}
