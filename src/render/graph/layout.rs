//! Places nodes in layers from left to right, so that edges lead rightwards and cross little.
//!
//! Trento's pipeline is the first row, a straight line. Each other node stands right of all that
//! feed it, as near to their rows as the order of its layer allows; an edge that skips layers gets
//! a place in each, so that no box covers it. Edges back into a circle are drawn as they come.

use std::collections::VecDeque;

use crate::graph::drawing::{Drawing, EdgeKind};

/// How often the layers are put in order again.
const SWEEPS: usize = 12;
/// The most places that skipping edges may take; beyond, edges are drawn straight.
const MOST_BENDS: usize = 20_000;
/// Layers with more places, and places with more edges, are ordered by the sweeps alone.
const MOST_SWAPPED: usize = 60;

/// Where everything stands: layers from left to right, rows from top to bottom.
#[derive(Debug)]
pub(super) struct Layout {
    /// For each node its layer and row.
    pub position: Vec<(usize, usize)>,
    /// For each edge, the rows it passes in the layers between its ends.
    pub bends: Vec<Vec<usize>>,
    /// For each edge the layer that it leaves.
    pub starts: Vec<usize>,
    /// How many layers there are.
    pub depth: usize,
}

/// Lays a graph out.
pub(super) fn layout(drawing: &Drawing) -> Layout {
    let layer = layers_of(drawing);
    let mut ranked = Ranked::new(drawing, &layer);
    for sweep in 0..SWEEPS {
        ranked.sweep(sweep % 2 == 0);
    }
    ranked.swap();
    let rows = ranked.rows();
    let nodes = drawing.nodes.len();
    let mut bends = vec![Vec::new(); drawing.edges.len()];
    for (place, edge) in ranked.bend_of.iter().enumerate() {
        bends[*edge].push(rows[nodes + place]);
    }
    let starts = drawing.edges.iter().map(|edge| layer[edge.from]).collect();
    let position = layer.iter().copied().zip(rows).collect();
    Layout { position, bends, starts, depth: ranked.layers.len() }
}

/// The layer of each node: one more than the furthest of those that feed it. What nothing feeds
/// stands just before the first that it feeds.
fn layers_of(drawing: &Drawing) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); drawing.nodes.len()];
    let mut waits = vec![0_usize; drawing.nodes.len()];
    for edge in &drawing.edges {
        if edge.from != edge.to {
            next[edge.from].push(edge.to);
            waits[edge.to] += 1;
        }
    }
    let sources: Vec<usize> = (0..waits.len()).filter(|&node| waits[node] == 0).collect();
    let mut layer = vec![0_usize; drawing.nodes.len()];
    let mut done = vec![false; drawing.nodes.len()];
    let mut ready: VecDeque<usize> = sources.iter().copied().collect();
    let mut first_open = 0;
    loop {
        let Some(node) = ready.pop_front() else {
            // Only circles are left: the first of them begins.
            while first_open < done.len() && done[first_open] {
                first_open += 1;
            }
            if first_open == done.len() {
                break;
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
    for source in sources {
        let nearest = next[source].iter().map(|&fed| layer[fed]).min();
        layer[source] = nearest.map_or(0, |fed| fed.saturating_sub(1));
    }
    layer
}

/// Places in layers: the nodes, then the bends of edges that skip layers.
struct Ranked {
    /// The places of each layer, from top to bottom.
    layers: Vec<Vec<usize>>,
    /// Which edge each bend belongs to.
    bend_of: Vec<usize>,
    /// What a place is joined to on its left and on its right.
    joined: [Vec<Vec<usize>>; 2],
    /// The rank of each place: Trento's line before its other parts before everything else.
    rank: Vec<u8>,
    /// The index of each place in its layer.
    index: Vec<usize>,
}

const LEFT: usize = 0;
const RIGHT: usize = 1;

impl Ranked {
    fn new(drawing: &Drawing, layer: &[usize]) -> Ranked {
        let depth = layer.iter().max().map_or(0, |last| last + 1);
        let nodes = drawing.nodes.len();
        let mut ranked = Ranked {
            layers: vec![Vec::new(); depth],
            bend_of: Vec::new(),
            joined: [vec![Vec::new(); nodes], vec![Vec::new(); nodes]],
            rank: drawing.nodes.iter().map(|node| if node.is_trento { 1 } else { 2 }).collect(),
            index: vec![0; nodes],
        };
        for (node, &at) in layer.iter().enumerate() {
            ranked.layers[at].push(node);
        }
        for (number, edge) in drawing.edges.iter().enumerate() {
            let is_line = edge.is_trento && edge.kind != EdgeKind::Value;
            if is_line {
                ranked.rank[edge.from] = 0;
                ranked.rank[edge.to] = 0;
            }
            let (from, to) = (layer[edge.from], layer[edge.to]);
            if from >= to {
                continue;
            }
            let mut last = edge.from;
            if ranked.bend_of.len() + (to - from - 1) <= MOST_BENDS {
                for at in from + 1..to {
                    let bend = ranked.push_bend(at, number, if is_line { 1 } else { 2 });
                    ranked.join(last, bend);
                    last = bend;
                }
            }
            ranked.join(last, edge.to);
        }
        ranked.order();
        ranked
    }

    fn push_bend(&mut self, layer: usize, edge: usize, rank: u8) -> usize {
        let place = self.rank.len();
        self.layers[layer].push(place);
        self.bend_of.push(edge);
        self.rank.push(rank);
        self.index.push(0);
        self.joined[LEFT].push(Vec::new());
        self.joined[RIGHT].push(Vec::new());
        place
    }

    fn join(&mut self, left: usize, right: usize) {
        self.joined[RIGHT][left].push(right);
        self.joined[LEFT][right].push(left);
    }

    /// Puts the ranks of each layer in order and notes where everything stands.
    fn order(&mut self) {
        for layer in &mut self.layers {
            layer.sort_by_key(|&place| self.rank[place]);
            for (index, &place) in layer.iter().enumerate() {
                self.index[place] = index;
            }
        }
    }

    /// Puts each layer in the order of the middle of what it is joined to on one side.
    fn sweep(&mut self, is_rightwards: bool) {
        let side = if is_rightwards { LEFT } else { RIGHT };
        let count = self.layers.len();
        for step in 0..count {
            let at = if is_rightwards { step } else { count - 1 - step };
            let mut layer = std::mem::take(&mut self.layers[at]);
            let key = |place: &usize| {
                let joined = &self.joined[side][*place];
                let sum: usize = joined.iter().map(|&other| self.index[other]).sum();
                let middle = (sum * 1_000).checked_div(joined.len());
                (self.rank[*place], middle.unwrap_or(self.index[*place] * 1_000))
            };
            layer.sort_by_cached_key(key);
            for (index, &place) in layer.iter().enumerate() {
                self.index[place] = index;
            }
            self.layers[at] = layer;
        }
    }

    /// Exchanges neighbours where that makes fewer edges cross.
    fn swap(&mut self) {
        for at in 0..self.layers.len() {
            if self.layers[at].len() > MOST_SWAPPED {
                continue;
            }
            for _ in 0..self.layers[at].len() {
                let mut is_changed = false;
                for index in 1..self.layers[at].len() {
                    let (a, b) = (self.layers[at][index - 1], self.layers[at][index]);
                    let is_simple = self.degree(a).max(self.degree(b)) <= MOST_SWAPPED;
                    if is_simple
                        && self.rank[a] == self.rank[b]
                        && self.crossings(b, a) < self.crossings(a, b)
                    {
                        self.layers[at].swap(index - 1, index);
                        (self.index[a], self.index[b]) = (index, index - 1);
                        is_changed = true;
                    }
                }
                if !is_changed {
                    break;
                }
            }
        }
    }

    fn degree(&self, place: usize) -> usize {
        self.joined.iter().map(|joined| joined[place].len()).sum()
    }

    /// How many edges of two neighbours cross when one stands above the other.
    fn crossings(&self, above: usize, below: usize) -> usize {
        let side = |joined: &Vec<Vec<usize>>| -> usize {
            let crossed = |&from: &usize| {
                let is_higher = |&&to: &&usize| self.index[to] < self.index[from];
                joined[below].iter().filter(is_higher).count()
            };
            joined[above].iter().map(crossed).sum()
        };
        self.joined.iter().map(side).sum()
    }

    /// The row of each place: that of what it is joined to, as far as the order allows.
    fn rows(&self) -> Vec<usize> {
        let mut rows = vec![0; self.rank.len()];
        for layer in &self.layers {
            let mut free = 0;
            for &place in layer {
                let wanted =
                    if self.rank[place] == 0 { 0 } else { self.wanted(place, LEFT, &rows) };
                rows[place] = wanted.max(free);
                free = rows[place] + 1;
            }
        }
        for layer in self.layers.iter().rev() {
            for (index, &place) in layer.iter().enumerate().rev() {
                if self.rank[place] == 0 || self.joined[RIGHT][place].is_empty() {
                    continue;
                }
                let least = index.checked_sub(1).map_or(0, |above| rows[layer[above]] + 1);
                let most = layer.get(index + 1).map_or(usize::MAX, |&below| rows[below] - 1);
                rows[place] = self.wanted(place, RIGHT, &rows).clamp(least, most.max(least));
            }
        }
        rows
    }

    fn wanted(&self, place: usize, side: usize, rows: &[usize]) -> usize {
        let joined = &self.joined[side][place];
        let sum: usize = joined.iter().map(|&other| rows[other]).sum();
        sum.checked_div(joined.len()).unwrap_or(0)
    }
}
