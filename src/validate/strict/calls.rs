//! Functions of the standard library: whether they exist, and take as many arguments.

use alloy_grammar::ast::{Expr, ExprKind};
use alloy_grammar::span::Span;
use alloy_grammar::visit::{self, Reference};

use super::{Levels, codes};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::schema::{Function, FunctionKind};
use crate::validate::findings::{Findings, did_you_mean};
use crate::validate::graphs::Graphs;
use crate::validate::node::{Node, Sort};
use crate::validate::references::{Traversal, lookup, own_stmts, traversals};

pub(super) fn check(
    graphs: &Graphs<'_>,
    number: usize,
    levels: &Levels,
    out: &mut Vec<Diagnostic>,
) {
    let node = &graphs.nodes[number];
    if node.sort == Sort::Declare {
        return;
    }
    let error = |code: Code, span: Span, message: String| {
        Diagnostic::error(code, node.source, span, message)
    };
    for traversal in traversals(node.block, node.sort) {
        if !is_library(graphs, node.graph, &traversal, levels) {
            continue;
        }
        let name = traversal.parts.iter().take(2).copied().collect::<Vec<&str>>().join(".");
        if traversal.parts.len() > 1 && levels.schema.function(&name).is_none() {
            let message = format!("there is no function `{name}`: Alloy will not start");
            let found = error(codes::UNKNOWN_FUNCTION, traversal.span, message);
            let names = levels.schema.functions().map(Function::name);
            let meant = Findings::default().suggest(&name, names);
            let help = (!meant.is_empty()).then(|| did_you_mean(&meant));
            out.push(Diagnostic { help, ..found });
        }
    }
    for call in calls(node) {
        let ExprKind::Call { target, args } = call.kind() else { continue };
        let Some(reference) = Reference::of(target) else { continue };
        let parts: Vec<&str> = reference.parts.iter().map(|(name, _)| *name).collect();
        let traversal = Traversal { parts, first: reference.parts[0].1, span: reference.span() };
        if !is_library(graphs, node.graph, &traversal, levels) {
            continue;
        }
        let Some(function) = levels.schema.function(&reference.text()) else { continue };
        if let Some(message) = misuse(function, args.len()) {
            out.push(error(codes::WRONG_CALL, call.span(), message));
        }
    }
}

/// Whether a traversal means the standard library, and nothing of the program's own.
fn is_library(
    graphs: &Graphs<'_>,
    graph: usize,
    traversal: &Traversal<'_>,
    levels: &Levels,
) -> bool {
    let first = traversal.parts[0];
    levels.schema.function(first).is_some()
        && !graphs.is_variable(first)
        && lookup(graphs, graph, traversal).is_none()
}

/// All calls of a node's own, at any depth, in the order of the text.
fn calls<'p>(node: &Node<'p>) -> impl Iterator<Item = Expr<'p>> {
    let attrs = own_stmts(node.block, node.sort).flat_map(|stmt| {
        let inner = stmt.as_block().into_iter().flat_map(|block| visit::statements(block.body()));
        stmt.as_attr().into_iter().chain(inner.filter_map(|(_, stmt)| stmt.as_attr()))
    });
    attrs
        .flat_map(|attr| visit::expressions(attr.value()))
        .filter(|expr| matches!(expr.kind(), ExprKind::Call { .. }))
}

fn misuse(function: Function, given: usize) -> Option<String> {
    let name = function.name();
    if function.kind() != FunctionKind::Function {
        return Some(format!("`{name}` is no function: Alloy will not start"));
    }
    let required = function
        .arguments()
        .filter(|words| !words.ends_with('?') && !words.ends_with("..."))
        .count();
    let is_open = function.arguments().any(|words| words.ends_with("..."));
    let most = function.arguments().count();
    if given >= required && (is_open || given <= most) {
        return None;
    }
    let wanted = match (is_open, required == most) {
        (true, _) => format!("at least {required}"),
        (false, true) => required.to_string(),
        (false, false) => format!("{required} to {most}"),
    };
    let arguments = if wanted == "1" { "argument" } else { "arguments" };
    Some(format!("`{name}` takes {wanted} {arguments}, not {given}: Alloy will not start"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::raised;

    fn of(value: &str) -> Vec<&'static str> {
        raised(&format!("local.file \"f\" {{\n filename = {value}\n}}"))
    }

    #[test]
    fn members_of_the_library_must_exist() {
        assert_eq!(of("string.nope"), ["unknown-function"]);
        assert_eq!(of("sys.getenv(\"A\")"), ["unknown-function"]);
        assert!(of("constants.hostname").is_empty());
        assert!(of("encoding.from_json(\"{}\")[\"a\"].b").is_empty());
    }

    #[test]
    fn a_call_needs_its_arguments() {
        assert_eq!(of("sys.env()"), ["wrong-call"]);
        assert_eq!(of("string.replace(\"a\", \"b\")"), ["wrong-call"]);
        assert_eq!(of("string(\"a\")"), ["wrong-call"]);
        assert!(of("string.format(\"%s\", \"b\")").is_empty());
        assert!(of("file.path_join(\"a\", \"b\", \"c\")").is_empty());
    }
}
