//! Where edges arrive at a box: each at a place of its own, so that they can be told apart.
//!
//! Trento's line arrives in the middle, and so does an edge that comes straight; what comes from
//! above arrives above it, what comes from below, below, in the order in which it comes.

use super::layout::Layout;
use crate::graph::drawing::{Drawing, EdgeKind};

/// Room between the middle and the next place.
const FIRST: usize = 6;
/// Room between places, where the box is high enough.
const STEP: usize = 5;

/// How far from the middle of its box each edge arrives, given half the height of each box.
pub(super) fn ports(drawing: &Drawing, layout: &Layout, half: &[usize]) -> Vec<isize> {
    let mut above: Vec<Vec<(usize, usize)>> = vec![Vec::new(); drawing.nodes.len()];
    let mut below = above.clone();
    for (number, edge) in drawing.edges.iter().enumerate() {
        let (layer, own) = layout.position[edge.to];
        let (from_layer, from_row) = layout.position[edge.from];
        let is_line = edge.is_trento && edge.kind != EdgeKind::Value;
        if is_line || from_layer >= layer {
            continue;
        }
        // The row from which it turns to the box, and that from which it comes.
        let turn = layout.bends[number].last().copied().unwrap_or(from_row);
        match turn.cmp(&own) {
            std::cmp::Ordering::Less => above[edge.to].push((turn, number)),
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => below[edge.to].push((turn, number)),
        }
    }
    let mut offsets = vec![0; drawing.edges.len()];
    for (node, half) in half.iter().enumerate() {
        above[node].sort_by(|a, b| b.cmp(a));
        below[node].sort_unstable();
        let room = half.saturating_sub(FIRST + 4);
        for (side, sign) in [(&above[node], -1), (&below[node], 1)] {
            // The nearest arrives nearest to the middle: so they do not cross on their way.
            for (place, (_, number)) in side.iter().enumerate() {
                let step = (place * STEP).min(place * room / side.len().max(1));
                offsets[*number] = sign * isize::try_from(FIRST + step).unwrap_or(0);
            }
        }
    }
    offsets
}
