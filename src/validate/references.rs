//! What the expressions of a body refer to, and whether it exists.

use alloy_grammar::ast::{Block, Expr, ExprKind, Stmt};
use alloy_grammar::span::Span;

use super::findings::Findings;
use super::graphs::Graphs;
use super::node::{Node, Sort, unstable_message};
use super::{Levels, codes};
use crate::diagnostic::Diagnostic;
use crate::eval;

/// A name and the fields asked of it: `prometheus.remote_write.trento.receiver`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Traversal<'p> {
    /// The names.
    pub(super) parts: Vec<&'p str>,
    /// Where the first name stands.
    pub(super) first: Span,
    /// From the first to the last name.
    pub(super) span: Span,
}

/// What is still to be walked; the stack is ours, so that depth is no matter.
enum Step<'p> {
    Stmt(Stmt<'p>),
    Expr(Expr<'p>),
    Access(&'p str, Span),
    /// An index or a call ends a traversal.
    End,
}

/// All traversals of a block's body, in the order of the text. Of a foreach, the templates are
/// not part of it.
pub(super) fn traversals(block: Block<'_>, sort: Sort) -> Vec<Traversal<'_>> {
    let mut open: Vec<Step<'_>> = own_stmts(block, sort).rev().map(Step::Stmt).collect();
    let mut found: Vec<Traversal<'_>> = Vec::new();
    let mut is_growing = false;
    while let Some(step) = open.pop() {
        match step {
            Step::Stmt(Stmt::Block(block)) => {
                open.extend(block.body().stmts().rev().map(Step::Stmt));
            }
            Step::Stmt(Stmt::Attr(attr)) => open.push(Step::Expr(attr.value())),
            Step::Expr(expr) => {
                if let ExprKind::Ident(name) = expr.kind() {
                    let span = expr.span();
                    found.push(Traversal { parts: vec![name], first: span, span });
                    is_growing = true;
                }
                descend(expr, &mut open);
            }
            Step::Access(name, span) => {
                if let Some(last) = found.last_mut().filter(|_| is_growing) {
                    last.parts.push(name);
                    last.span = last.span.to(span);
                }
            }
            Step::End => is_growing = false,
        }
    }
    found
}

/// The statements of a node's body that are its own: of a foreach, all but the templates.
pub(super) fn own_stmts(block: Block<'_>, sort: Sort) -> impl DoubleEndedIterator<Item = Stmt<'_>> {
    let is_foreach = sort == Sort::Config && block.name() == "foreach";
    block.body().stmts().filter(move |stmt| {
        !is_foreach || stmt.as_block().is_none_or(|block| block.name() != "template")
    })
}

/// Pushes the parts of an expression, the first one last.
fn descend<'p>(expr: Expr<'p>, open: &mut Vec<Step<'p>>) {
    match expr.kind() {
        ExprKind::Literal(..) | ExprKind::Ident(_) => {}
        ExprKind::Array(items) => open.extend(items.iter().rev().map(Step::Expr)),
        ExprKind::Object(fields) => {
            open.extend(fields.iter().rev().map(|field| Step::Expr(field.value())));
        }
        ExprKind::Access { target, name, name_span } => {
            open.extend([Step::Access(name, name_span), Step::Expr(target)]);
        }
        ExprKind::Index { target, index } => {
            open.extend([Step::Expr(index), Step::End, Step::Expr(target)]);
        }
        ExprKind::Call { target, args } => {
            open.extend(args.iter().rev().map(Step::Expr));
            open.extend([Step::End, Step::Expr(target)]);
        }
        ExprKind::Unary { operand, .. } => open.push(Step::Expr(operand)),
        ExprKind::Binary { left, right, .. } => {
            open.extend([Step::Expr(right), Step::Expr(left)]);
        }
        ExprKind::Paren(inner) => open.push(Step::Expr(inner)),
    }
}

/// Checks what a node's body refers to; gives the nodes of its own graph that it needs.
pub(super) fn check(
    graphs: &Graphs<'_>,
    number: usize,
    levels: &Levels,
    out: &mut Findings,
) -> Vec<usize> {
    let node = &graphs.nodes[number];
    let mut needs = Vec::new();
    for traversal in traversals(node.block, node.sort) {
        let first = traversal.parts[0];
        let function =
            levels.schema.function(first).filter(|function| !function.name().contains('.'));
        let found = lookup(graphs, node.graph, &traversal);
        if let Some((found, is_own)) = found {
            if function.is_some() {
                out.push(Diagnostic::warning(
                    codes::SHADOWED_FUNCTION,
                    node.source,
                    traversal.first,
                    "a component is shadowing an existing stdlib name",
                ));
            }
            if is_own {
                needs.push(found);
            }
            continue;
        }
        let is_variable = graphs.is_variable(first);
        if function.is_none() && !is_variable {
            let name = traversal.parts.join(".");
            let message = format!("component \"{name}\" does not exist or is out of scope");
            let code = codes::UNKNOWN_REFERENCE;
            out.push(Diagnostic::error(code, node.source, traversal.span, message));
        } else if function.is_some_and(|function| function.is_deprecated()) && !is_variable {
            deprecated(node, &traversal, levels, out);
        } else if let Some(message) = experimental(&traversal, levels) {
            out.push(Diagnostic::error(codes::UNSTABLE, node.source, traversal.span, message));
        }
    }
    needs
}

/// Warns of a deprecated function, and offers the name that it has now.
fn deprecated(node: &Node<'_>, traversal: &Traversal<'_>, levels: &Levels, out: &mut Findings) {
    let message = "this stdlib function is deprecated; please refer to the documentation for \
                   updated usage and alternatives";
    let code = codes::DEPRECATED_FUNCTION;
    let found = Diagnostic::warning(code, node.source, traversal.span, message);
    let successor = successor(traversal.parts[0], levels);
    if let Some(successor) = successor {
        out.fix(node.source, traversal.first, successor);
    }
    out.push(Diagnostic { help: successor.map(|name| format!("write `{name}`")), ..found });
}

/// The node that a traversal means, and whether it is of that very graph: the one whose id is the
/// shortest beginning. A template sees the graphs around it, up to the declare or the root.
pub(super) fn lookup(
    graphs: &Graphs<'_>,
    graph: usize,
    traversal: &Traversal<'_>,
) -> Option<(usize, bool)> {
    graphs.visible(graph).find_map(|at| {
        let mut id = String::new();
        traversal.parts.iter().take(graphs.longest_id).find_map(|part| {
            if !id.is_empty() {
                id.push('.');
            }
            id.push_str(part);
            graphs.node(at, &id).map(|node| (node, at == graph))
        })
    })
}

fn experimental(traversal: &Traversal<'_>, levels: &Levels) -> Option<String> {
    use crate::graph::schema::Stability::Experimental;

    let name = traversal.parts.join(".");
    let function = levels.schema.function(&name)?;
    (function.is_experimental() && levels.stability > Experimental)
        .then(|| unstable_message(&name, Experimental, levels.stability))
}

/// The name that a deprecated function has now, if this version knows it.
fn successor(name: &str, levels: &Levels) -> Option<&'static str> {
    let (_, successor) = eval::renamed_function(name)?;
    levels.schema.function(successor).map(|_| successor)
}
