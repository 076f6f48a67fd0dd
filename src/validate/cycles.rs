//! Nodes of one graph that need each other in a circle, or themselves.

use super::codes;
use super::findings::Findings;
use super::graphs::Graphs;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::cycle;

/// Reports the cycles among nodes, then the nodes that need themselves.
///
/// `needs` says what each node needs, by the numbers of the nodes.
pub(super) fn check(
    graphs: &Graphs<'_>,
    nodes: &[usize],
    needs: &[Vec<usize>],
    out: &mut Findings,
) {
    // The nodes of a graph stand in a row.
    let first = nodes.first().copied().unwrap_or_default();
    let edges: Vec<Vec<u32>> = nodes
        .iter()
        .map(|&node| needs[node].iter().map(|&needed| (needed - first) as u32).collect())
        .collect();
    for part in cycle::components(&edges).into_iter().filter(|part| part.len() > 1) {
        let mut group: Vec<usize> = part.into_iter().map(|node| first + node as usize).collect();
        group.sort_by(|&a, &b| graphs.nodes[a].id.cmp(&graphs.nodes[b].id));
        let ids: Vec<&str> = group.iter().map(|&node| graphs.nodes[node].id.as_ref()).collect();
        let message = format!("cycle detected: {}", ids.join(", "));
        out.diagnostics
            .extend(group.iter().map(|&node| at_header(graphs, node, codes::CYCLE, &message)));
    }
    for &node in nodes.iter().filter(|&&node| needs[node].contains(&node)) {
        out.push(at_header(graphs, node, codes::SELF_REFERENCE, "cannot reference self"));
    }
}

fn at_header(graphs: &Graphs<'_>, node: usize, code: Code, message: &str) -> Diagnostic {
    let node = &graphs.nodes[node];
    let span = node.block.name_span().to(node.block.open_span());
    Diagnostic::error(code, node.source, span, message)
}
