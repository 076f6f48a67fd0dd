//! Whether the content of a `local.file` may be shown: only where all that uses it is something that
//! cannot be a secret.
//!
//! Alloy may read files that whoever runs this program reads for it, so what a file holds is a
//! secret unless its use says otherwise.

use alloy_grammar::ast::{Attr, Body, Expr, ExprKind, LiteralKind, Stmt};
use alloy_grammar::literal::unquote;
use alloy_grammar::span::Span;

use super::{ComponentId, Graph, Target};

/// The longest content that can be a label's value or a URL.
const LONGEST: usize = 512;

/// Arguments whose values are labels' values, or names of what is collected.
const LABELS: &[&str] = &[
    "cluster",
    "exporter_name",
    "external_labels",
    "job",
    "job_name",
    "labels",
    "regex",
    "replacement",
    "set_collectors",
    "static_labels",
    "target_label",
    "targets",
    "values",
];

/// Whether all uses of a file's content let it be shown.
pub(super) fn is_public(graph: &Graph, file: ComponentId, content: &str) -> bool {
    if content.len() > LONGEST || content.contains('\n') {
        return false;
    }
    graph.components().all(|(user, _)| {
        let uses = graph.references_of(user).iter().filter(
            |reference| matches!(reference.target, Target::Component { id, .. } if id == file),
        );
        uses.into_iter().all(|reference| {
            let body = graph.block(user).body();
            attribute_at(body, reference.place.span).is_some_and(|attr| lets_show(attr, content))
        })
    })
}

fn lets_show(attr: Attr<'_>, content: &str) -> bool {
    let name = attr.name();
    if LABELS.contains(&name) {
        return true;
    }
    // A host, or a URL without credentials.
    (name == "url" || name.ends_with("_url")) && is_address(attr.value(), content)
}

fn is_address(expr: Expr<'_>, content: &str) -> bool {
    let has_credentials = content.contains(['@', '?', ' ']);
    match expr.kind() {
        ExprKind::Binary { left, .. } if !has_credentials && !content.contains('/') => {
            let parts = in_order(left);
            let before = parts.last().and_then(|part| match part.kind() {
                ExprKind::Literal(LiteralKind::String, text) => unquote(text),
                _ => None,
            });
            before.is_some_and(|text| text.ends_with("://"))
                || parts.first().is_some_and(|first| is_address(*first, content))
        }
        ExprKind::Binary { .. } => false,
        ExprKind::Paren(inner) => is_address(inner, content),
        ExprKind::Call { args, .. } => args.get(0).is_some_and(|arg| is_address(arg, content)),
        _ => !has_credentials && (content.contains("://") || !content.contains('/')),
    }
}

/// The parts of a sum, from left to right.
fn in_order(expr: Expr<'_>) -> Vec<Expr<'_>> {
    let mut parts = Vec::new();
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        match expr.kind() {
            ExprKind::Binary { left, right, .. } => todo.extend([right, left]),
            ExprKind::Paren(inner) => todo.push(inner),
            _ => parts.push(expr),
        }
    }
    parts
}

/// The innermost attribute that a span stands in.
fn attribute_at(body: Body<'_>, span: Span) -> Option<Attr<'_>> {
    let mut todo = vec![body];
    while let Some(body) = todo.pop() {
        for stmt in body.stmts() {
            let around = stmt.span();
            if around.start > span.start || around.end < span.end {
                continue;
            }
            match stmt {
                Stmt::Attr(attr) => return Some(attr),
                Stmt::Block(block) => todo.push(block.body()),
            }
        }
    }
    None
}
