//! The graph as a drawing that needs no script, no font and no style sheet.
//!
//! Colours are the reader's own (`currentColor`) but for Trento's green, so that it is readable on
//! light and dark pages.

use std::fmt::Write;

use super::layout::{Layout, layout};
use crate::graph::drawing::{Drawing, Edge, EdgeKind};
use crate::render::text::markup;

/// Width of a letter of the font, as browsers come by it.
const LETTER: usize = 7;
const BOX_HEIGHT: usize = 44;
const ROW: usize = 72;
const MARGIN: usize = 16;
/// Room between layers where nothing is written on the edges.
const GAP: usize = 70;
/// The longest line that is written on an edge or in a box.
const LONGEST: usize = 44;
/// The most lines on one edge.
const MOST_LINES: usize = 3;
const GREEN: &str = "#0c7a43";

/// Draws a graph.
pub fn svg(drawing: &Drawing) -> String {
    let layout = layout(drawing);
    let canvas = Canvas::new(drawing, &layout);
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\" role=\"img\">\n\
         <title>Components of the Alloy configuration and what flows between them</title>\n\
         <defs>{2}{3}</defs>\n",
        canvas.width,
        canvas.height,
        arrow("arrow", "currentColor"),
        arrow("trento", GREEN),
    );
    for (number, edge) in drawing.edges.iter().enumerate() {
        canvas.edge(number, edge, &mut out);
    }
    for node in 0..drawing.nodes.len() {
        canvas.node(node, &mut out);
    }
    for (number, edge) in drawing.edges.iter().enumerate() {
        canvas.changes(number, edge, &mut out);
    }
    out.push_str("</svg>");
    out
}

fn arrow(id: &str, color: &str) -> String {
    format!(
        "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0 8 4 0 8z\" fill=\"{color}\"/></marker>"
    )
}

/// Cuts a text that is too long to be written.
fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

struct Canvas<'a> {
    drawing: &'a Drawing,
    layout: &'a Layout,
    /// The first edge that leaves each node: it carries what the node changed.
    first: Vec<Option<usize>>,
    /// Left edge and width of each layer's boxes.
    columns: Vec<(usize, usize)>,
    width: usize,
    height: usize,
}

impl<'a> Canvas<'a> {
    fn new(drawing: &'a Drawing, layout: &'a Layout) -> Canvas<'a> {
        let mut widths = vec![120; layout.layers.len()];
        for (node, found) in drawing.nodes.iter().enumerate() {
            let longest = lines_of(found).iter().map(|line| line.chars().count()).max();
            let width = longest.unwrap_or(0) * LETTER + 2 * MARGIN;
            let layer = layout.position[node].0;
            widths[layer] = widths[layer].max(width);
        }
        let mut gaps = vec![GAP; layout.layers.len()];
        for edge in &drawing.edges {
            let longest = edge.changes.iter().map(|text| short(text).chars().count()).max();
            let layer = layout.position[edge.from].0;
            gaps[layer] = gaps[layer].max(longest.unwrap_or(0) * 6 + 40);
        }
        let mut left = MARGIN;
        let mut columns = Vec::new();
        for (width, gap) in widths.iter().zip(&gaps) {
            columns.push((left, *width));
            left += width + gap;
        }
        let width = columns.last().map_or(0, |(left, width)| left + width) + MARGIN;
        let rows = layout.layers.iter().map(Vec::len).max().unwrap_or(0);
        let mut first = vec![None; drawing.nodes.len()];
        for (number, edge) in drawing.edges.iter().enumerate() {
            first[edge.from].get_or_insert(number);
        }
        Canvas { drawing, layout, first, columns, width, height: rows * ROW + 2 * MARGIN }
    }

    /// Left edge, middle and right edge of a row in a layer; short layers stand in the middle.
    fn at(&self, layer: usize, row: usize) -> (usize, usize, usize) {
        let rows = self.layout.layers[layer].len();
        let most = (self.height - 2 * MARGIN) / ROW;
        let offset = (most - rows.min(most)) * ROW / 2;
        let (left, width) = self.columns[layer];
        (left, MARGIN + offset + row * ROW + ROW / 2, left + width)
    }

    fn node(&self, node: usize, out: &mut String) {
        let found = &self.drawing.nodes[node];
        let (layer, row) = self.layout.position[node];
        let (left, middle, right) = self.at(layer, row);
        let (color, stroke) = if found.is_trento { (GREEN, 2.5) } else { ("currentColor", 1.0) };
        let radius = if found.is_endpoint { BOX_HEIGHT / 2 } else { 6 };
        let lines = lines_of(found);
        let height = BOX_HEIGHT.max(lines.len() * 16 + 10).min(ROW - 6);
        let title = [found.id.clone()].into_iter().chain(found.notes.iter().cloned());
        let title: Vec<String> = title.collect();
        let _ = write!(
            out,
            "<g><title>{}</title><rect x=\"{left}\" y=\"{}\" width=\"{}\" height=\"{height}\" rx=\"{radius}\" \
             fill=\"{color}\" fill-opacity=\"0.08\" stroke=\"{color}\" stroke-width=\"{stroke}\"/>",
            markup(&title.join("\n")),
            middle - height / 2,
            right - left,
        );
        let first = middle + 4 - (lines.len().min(4) - 1) * 8;
        for (number, line) in lines.iter().take(4).enumerate() {
            let weight = if number == 1 { " font-weight=\"bold\"" } else { "" };
            let _ = write!(
                out,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{weight}>{}</text>",
                (left + right) / 2,
                first + number * 16,
                markup(line),
            );
        }
        out.push_str("</g>\n");
    }

    fn edge(&self, number: usize, edge: &Edge, out: &mut String) {
        let (layer, row) = self.layout.position[edge.from];
        let (_, mut y, mut x) = self.at(layer, row);
        let mut path = format!("M{x} {y}");
        for (step, &row) in self.layout.bends[number].iter().enumerate() {
            let (left, middle, right) = self.at(layer + 1 + step, row);
            curve(&mut path, (x, y), (left, middle));
            let _ = write!(path, "H{right}");
            (x, y) = (right, middle);
        }
        let (layer, row) = self.layout.position[edge.to];
        let (left, middle, _) = self.at(layer, row);
        curve(&mut path, (x, y), (left.saturating_sub(2), middle));
        let (color, marker, width) =
            if edge.is_trento { (GREEN, "trento", 2.5) } else { ("currentColor", "arrow", 1.0) };
        let dash = if edge.kind == EdgeKind::Value { " stroke-dasharray=\"4 3\"" } else { "" };
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"{dash} \
             marker-end=\"url(#{marker})\"/>"
        );
    }

    /// Writes what changed, behind the box where it changed.
    fn changes(&self, number: usize, edge: &Edge, out: &mut String) {
        // Edges of one component carry the same: it is written once, on the first.
        if edge.changes.is_empty() || self.first[edge.from] != Some(number) {
            return;
        }
        let (layer, row) = self.layout.position[edge.from];
        let (_, middle, right) = self.at(layer, row);
        let lines = edge.changes.len().min(MOST_LINES);
        for (number, text) in edge.changes.iter().take(MOST_LINES).enumerate() {
            let _ = write!(
                out,
                "<text x=\"{}\" y=\"{}\" font-size=\"10\">{}</text>",
                right + 10,
                (middle + number * 12).saturating_sub(lines * 12 - 6),
                markup(&short(text)),
            );
        }
        out.push('\n');
    }
}

fn curve(path: &mut String, from: (usize, usize), to: (usize, usize)) {
    let reach = (to.0.abs_diff(from.0) / 2).max(30);
    let _ = write!(
        path,
        "C{} {} {} {} {} {}",
        from.0 + reach,
        from.1,
        to.0.saturating_sub(reach),
        to.1,
        to.0,
        to.1
    );
}

/// The lines in a node's box: name, label, and its first notes.
fn lines_of(node: &crate::graph::drawing::Node) -> Vec<String> {
    let module = if node.module.is_empty() { String::new() } else { format!("{}/", node.module) };
    let mut lines = vec![short(&node.name), short(&format!("{module}{}", node.label))];
    lines.extend(node.notes.iter().take(1).map(|note| short(note)));
    lines.retain(|line| !line.is_empty());
    lines
}
