//! Places nodes in layers from left to right, so that edges lead rightwards and cross little.
//!
//! Each node stands right of all that feed it, edges back into a circle aside; an edge that skips
//! layers gets a place in each, so that no box covers it. Linear but for the sorting of layers.

use std::collections::VecDeque;

use crate::graph::drawing::Drawing;

/// How often the layers are put in order again.
const SWEEPS: usize = 8;
/// The most places that skipping edges may take; beyond, edges are drawn straight.
const MOST_BENDS: usize = 20_000;

/// Where everything stands: layers from left to right, rows from top to bottom.
#[derive(Debug)]
pub(super) struct Layout {
    /// The layer of each node and the places of each layer, top to bottom.
    pub layers: Vec<Vec<Place>>,
    /// For each edge, the rows it passes in the layers between its ends.
    pub bends: Vec<Vec<usize>>,
    /// For each node its layer and row.
    pub position: Vec<(usize, usize)>,
}

/// What stands in a row of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A node.
    Node(usize),
    /// An edge that passes; which one, and how many layers behind its first.
    Bend(usize, usize),
}

/// Lays a graph out.
pub(super) fn layout(drawing: &Drawing) -> Layout {
    let layer = layers_of(drawing);
    let depth = layer.iter().max().map_or(0, |last| last + 1);
    let mut layers: Vec<Vec<Place>> = vec![Vec::new(); depth];
    for (node, &at) in layer.iter().enumerate() {
        layers[at].push(Place::Node(node));
    }
    let mut bends: Vec<Vec<usize>> = vec![Vec::new(); drawing.edges.len()];
    let mut used = 0;
    for (edge, found) in drawing.edges.iter().enumerate() {
        let (from, to) = (layer[found.from], layer[found.to]);
        let between = to.saturating_sub(from + 1);
        if between == 0 || used + between > MOST_BENDS {
            continue;
        }
        used += between;
        bends[edge] = vec![0; between];
        for step in 0..between {
            layers[from + 1 + step].push(Place::Bend(edge, step));
        }
    }
    let mut layout = Layout { layers, bends, position: vec![(0, 0); drawing.nodes.len()] };
    layout.number();
    for sweep in 0..SWEEPS {
        layout.sweep(drawing, sweep % 2 == 0);
    }
    layout
}

/// The layer of each node: one more than the furthest of those that feed it.
fn layers_of(drawing: &Drawing) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); drawing.nodes.len()];
    let mut waits = vec![0_usize; drawing.nodes.len()];
    for edge in &drawing.edges {
        if edge.from != edge.to {
            next[edge.from].push(edge.to);
            waits[edge.to] += 1;
        }
    }
    let mut layer = vec![0; drawing.nodes.len()];
    let mut done = vec![false; drawing.nodes.len()];
    let mut ready: VecDeque<usize> =
        (0..drawing.nodes.len()).filter(|&node| waits[node] == 0).collect();
    let mut first_open = 0;
    loop {
        let Some(node) = ready.pop_front() else {
            // Only circles are left: the first of them begins.
            while first_open < done.len() && done[first_open] {
                first_open += 1;
            }
            if first_open == done.len() {
                return layer;
            }
            ready.push_back(first_open);
            continue;
        };
        if std::mem::replace(&mut done[node], true) {
            continue;
        }
        for &fed in &next[node] {
            if done[fed] {
                continue;
            }
            layer[fed] = layer[fed].max(layer[node] + 1);
            waits[fed] = waits[fed].saturating_sub(1);
            if waits[fed] == 0 {
                ready.push_back(fed);
            }
        }
    }
}

impl Layout {
    /// Notes the row of everything.
    fn number(&mut self) {
        for (at, layer) in self.layers.iter().enumerate() {
            for (row, place) in layer.iter().enumerate() {
                match *place {
                    Place::Node(node) => self.position[node] = (at, row),
                    Place::Bend(edge, step) => self.bends[edge][step] = row,
                }
            }
        }
    }

    /// Puts each layer in the order of the middle of what it is joined to.
    fn sweep(&mut self, drawing: &Drawing, rightwards: bool) {
        let mut sums: Vec<(usize, usize)> = vec![(0, 0); drawing.nodes.len()];
        for (edge, found) in drawing.edges.iter().enumerate() {
            let (here, there) =
                if rightwards { (found.to, found.from) } else { (found.from, found.to) };
            let bends = &self.bends[edge];
            let bend = if rightwards { bends.last() } else { bends.first() };
            let row = bend.copied().unwrap_or(self.position[there].1);
            sums[here] = (sums[here].0 + row, sums[here].1 + 1);
        }
        for at in 0..self.layers.len() {
            let mut layer = std::mem::take(&mut self.layers[at]);
            let key = |place: &Place, row: usize| match *place {
                Place::Node(node) if sums[node].1 > 0 => sums[node].0 * 1_000 / sums[node].1,
                Place::Node(_) => row * 1_000,
                Place::Bend(edge, step) => {
                    let found = &drawing.edges[edge];
                    let bends = &self.bends[edge];
                    let neighbour = if rightwards {
                        step.checked_sub(1).map_or(self.position[found.from].1, |at| bends[at])
                    } else {
                        bends.get(step + 1).copied().unwrap_or(self.position[found.to].1)
                    };
                    neighbour * 1_000
                }
            };
            let mut keyed: Vec<(usize, usize, Place)> = layer
                .drain(..)
                .enumerate()
                .map(|(row, place)| (key(&place, row), row, place))
                .collect();
            keyed.sort_by_key(|&(key, row, _)| (key, row));
            self.layers[at] = keyed.into_iter().map(|(.., place)| place).collect();
        }
        self.number();
    }
}
