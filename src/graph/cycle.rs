//! Strongly connected parts of a directed graph, without recursion.

/// The strongly connected parts (Tarjan's), each part's nodes in ascending order. A part comes
/// before every part that leads to it, so the order is that in which values can be computed when
/// an edge means "needs".
pub fn components(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let mut index = vec![UNSEEN; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let mut stack: Vec<u32> = Vec::new();
    let mut calls: Vec<(u32, usize)> = Vec::new();
    let mut parts = Vec::new();
    let mut next = 0;
    for root in 0..edges.len() as u32 {
        if index[root as usize] != UNSEEN {
            continue;
        }
        calls.push((root, 0));
        while let Some((node, edge)) = calls.pop() {
            let at = node as usize;
            if edge == 0 {
                index[at] = next;
                low[at] = next;
                next += 1;
                stack.push(node);
                on_stack[at] = true;
            }
            if let Some(&to) = edges[at].get(edge) {
                calls.push((node, edge + 1));
                if index[to as usize] == UNSEEN {
                    calls.push((to, 0));
                } else if on_stack[to as usize] {
                    low[at] = low[at].min(index[to as usize]);
                }
                continue;
            }
            if low[at] == index[at] {
                let from = stack.iter().rposition(|&on| on == node).unwrap_or(0);
                let mut part = stack.split_off(from);
                for &member in &part {
                    on_stack[member as usize] = false;
                }
                part.sort_unstable();
                parts.push(part);
            }
            if let Some(&(parent, _)) = calls.last() {
                low[parent as usize] = low[parent as usize].min(low[at]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_comes_after_what_it_needs() {
        let edges = vec![vec![1], vec![2], vec![1, 3], vec![]];
        assert_eq!(components(&edges), [vec![3], vec![1, 2], vec![0]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<Vec<u32>> =
            (0..200_000).map(|at| if at == 199_999 { vec![0] } else { vec![at + 1] }).collect();
        assert_eq!(components(&edges).len(), 1);
    }
}
