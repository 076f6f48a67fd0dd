//! Nodes of one graph that need each other in a circle, or themselves.

use super::codes;
use super::findings::Findings;
use super::graphs::Graphs;
use crate::diagnostic::{Code, Diagnostic};

/// Reports the cycles among nodes, then the nodes that need themselves.
///
/// `needs` says what each node needs, by the numbers of the nodes.
pub(super) fn check(
    graphs: &Graphs<'_>,
    nodes: &[usize],
    needs: &[Vec<usize>],
    out: &mut Findings,
) {
    for mut group in groups(nodes, needs) {
        group.sort_by(|&a, &b| graphs.nodes[a].id.cmp(&graphs.nodes[b].id));
        let ids: Vec<&str> = group.iter().map(|&node| graphs.nodes[node].id.as_str()).collect();
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

/// What Tarjan's algorithm knows of a node.
#[derive(Clone, Copy)]
struct Mark {
    order: u32,
    lowest: u32,
    is_open: bool,
}

/// The strongly connected components of more than one node, by Tarjan's algorithm on a stack of
/// our own.
fn groups(nodes: &[usize], needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut marks: Vec<Option<Mark>> = vec![None; needs.len()];
    let mut next_order = 0;
    let mut open: Vec<usize> = Vec::new();
    let mut groups = Vec::new();
    for &root in nodes {
        if marks[root].is_some() {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some(&mut (node, ref mut edge)) = path.last_mut() {
            if *edge == 0 && marks[node].is_none() {
                marks[node] = Some(Mark { order: next_order, lowest: next_order, is_open: true });
                next_order += 1;
                open.push(node);
            }
            if let Some(&next) = needs[node].get(*edge) {
                *edge += 1;
                match marks[next] {
                    None => path.push((next, 0)),
                    Some(mark) if mark.is_open => lower(&mut marks, node, mark.order),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            let Some(own) = marks[node] else { continue };
            if let Some(&(parent, _)) = path.last() {
                lower(&mut marks, parent, own.lowest);
            }
            if own.lowest == own.order {
                let start = open.iter().rposition(|&member| member == node).unwrap_or(0);
                let group = open.split_off(start);
                for &member in &group {
                    if let Some(mark) = &mut marks[member] {
                        mark.is_open = false;
                    }
                }
                if group.len() > 1 {
                    groups.push(group);
                }
            }
        }
    }
    groups
}

fn lower(marks: &mut [Option<Mark>], node: usize, to: u32) {
    if let Some(mark) = &mut marks[node] {
        mark.lowest = mark.lowest.min(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_circles_are_two_groups_and_a_tail_is_in_none() {
        let needs = vec![vec![1], vec![0], vec![3, 0], vec![4], vec![3], vec![5]];
        let mut found = groups(&[0, 1, 2, 3, 4, 5], &needs);
        for group in &mut found {
            group.sort_unstable();
        }
        assert_eq!(found, [vec![0, 1], vec![3, 4]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let last = 200_000;
        let needs: Vec<Vec<usize>> =
            (0..=last).map(|node| vec![if node == last { 0 } else { node + 1 }]).collect();
        let nodes: Vec<usize> = (0..=last).collect();
        assert_eq!(groups(&nodes, &needs).len(), 1);
    }
}
