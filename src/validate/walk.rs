//! The order of a verdict: graph by graph, node by node, as the real command walks them.

use super::findings::{Findings, did_you_mean};
use super::graphs::{Custom, Graphs};
use super::node::{Node, Sort, unstable_message};
use super::{Levels, body, codes, cycles, references};
use crate::diagnostic::Diagnostic;
use crate::graph::schema::Component;

/// What is still to be done; the stack is ours, so that nesting is no matter.
enum Step {
    Node(usize),
    References(usize),
    Cycles(usize),
}

/// Everything that is wrong with a program, in Alloy's order.
pub(super) fn walk(graphs: &Graphs<'_>, levels: &Levels) -> Findings {
    let mut out = Findings::default();
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); graphs.nodes.len()];
    let mut open = Vec::new();
    enter(graphs, 0, &mut open);
    while let Some(step) = open.pop() {
        match step {
            Step::Node(number) => {
                if visit(graphs, number, levels, &mut out) {
                    open.push(Step::References(number));
                }
                if let Some(inner) = graphs.nodes[number].inner {
                    enter(graphs, inner, &mut open);
                }
            }
            Step::References(number) => {
                needs[number] = references::check(graphs, number, levels, &mut out);
            }
            Step::Cycles(graph) => {
                cycles::check(graphs, &graphs.graphs[graph].nodes, &needs, &mut out);
            }
        }
    }
    out
}

fn enter(graphs: &Graphs<'_>, graph: usize, open: &mut Vec<Step>) {
    open.push(Step::Cycles(graph));
    open.extend(graphs.graphs[graph].nodes.iter().rev().map(|&node| Step::Node(node)));
}

/// Reports a node's own faults and its body's; whether its references are to be checked.
fn visit(graphs: &Graphs<'_>, number: usize, levels: &Levels, out: &mut Findings) -> bool {
    let node = &graphs.nodes[number];
    out.diagnostics.extend(node.findings.iter().cloned());
    match node.sort {
        Sort::Declare => false,
        Sort::Config | Sort::Service => {
            if let Some(arguments) = node.definition.and_then(Component::arguments) {
                let skipped = if node.block.name() == "foreach" { "template" } else { "" };
                let shape = body::Shape::Known(arguments);
                body::check(node.source, node.block, shape, skipped, levels, out);
            }
            true
        }
        Sort::Component => component(graphs, node, levels, out),
    }
}

fn component(graphs: &Graphs<'_>, node: &Node<'_>, levels: &Levels, out: &mut Findings) -> bool {
    let shape = match graphs.custom(node.graph, node.block.name()) {
        Some(Custom::Imported) => return false,
        Some(Custom::Declared(declared)) => body::Shape::Declared(&declared.arguments),
        None => {
            let known = levels.schema.component(node.block.name());
            let arguments = known.and_then(Component::arguments);
            match (refusal(node, known, levels), arguments) {
                (None, Some(arguments)) => body::Shape::Known(arguments),
                (refusal, _) => {
                    let names = levels.schema.components().map(Component::name);
                    let meant = match known {
                        None => out.suggest(node.block.name(), names),
                        Some(_) => Vec::new(),
                    };
                    let help = (!meant.is_empty()).then(|| did_you_mean(&meant));
                    out.diagnostics.extend(refusal.map(|found| Diagnostic { help, ..found }));
                    return false;
                }
            }
        }
    };
    body::check(node.source, node.block, shape, "", levels, out);
    true
}

/// Why a component may not be used at all.
fn refusal(node: &Node<'_>, known: Option<Component>, levels: &Levels) -> Option<Diagnostic> {
    let name = node.block.name();
    let error = |code, message: String| {
        Some(Diagnostic::error(code, node.source, node.name_span(), message))
    };
    let Some(known) = known else {
        let message = format!("cannot find the definition of component name \"{name}\"");
        return error(codes::UNKNOWN_COMPONENT, message);
    };
    match known.stability() {
        None if !levels.community => {
            let message = format!(
                "the component \"{name}\" is a community component. Use the \
                 --feature.community-components.enabled command-line flag to enable community \
                 components"
            );
            error(codes::COMMUNITY, message)
        }
        Some(own) if own < levels.stability => {
            let what = format!("component \"{name}\"");
            error(codes::UNSTABLE, unstable_message(&what, own, levels.stability))
        }
        _ => None,
    }
}
