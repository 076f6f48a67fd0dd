//! The graph as a drawing that needs no script, no font and no style sheet.
//!
//! Colours are the reader's own (`currentColor`) but for Trento's green, which a page may replace
//! by its own through the classes `trento-line` and `trento-fill`. Layers that do not fit beside
//! each other continue below, as lines of a text do.

use std::fmt::Write;

use super::layout::{Layout, layout};
use super::ports::ports;
use crate::graph::drawing::{Drawing, Edge, EdgeKind, Node};
use crate::render::text::markup;

/// Width of a letter of the font, as browsers come by it.
const LETTER: usize = 7;
/// Height of a line of text in a box.
const LINE: usize = 15;
/// Room above and below the text of a box.
const PADDING: usize = 8;
/// Room between rows, and around everything.
const MARGIN: usize = 20;
/// Height of a row in which edges only pass.
const PASSING: usize = 14;
/// Room between layers.
const GAP: usize = 64;
/// Layers go on below where they would become wider.
const WIDEST: usize = 1_500;
/// Room between bands, for the edges that go on below.
const BETWEEN_BANDS: usize = 44;
/// The longest line that is written in a box.
const LONGEST: usize = 38;
/// The most lines in one box that say what is done there.
const MOST_NOTES: usize = 4;
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
         <title>Components of the configuration and what flows between them</title>\n\
         <defs>{2}{3}</defs>\n",
        canvas.width,
        canvas.height,
        arrow("arrow", "", "currentColor"),
        arrow("trento", " class=\"trento-fill\"", GREEN),
    );
    // Trento's line is drawn last, over all others.
    for is_trento in [false, true] {
        for (number, edge) in drawing.edges.iter().enumerate() {
            if edge.is_trento == is_trento {
                canvas.edge(number, edge, &mut out);
            }
        }
    }
    for node in 0..drawing.nodes.len() {
        canvas.node(node, &mut out);
    }
    out.push_str("</svg>");
    out
}

fn arrow(id: &str, class: &str, color: &str) -> String {
    format!(
        "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\" markerUnits=\"userSpaceOnUse\">\
         <path d=\"M0 0 8 4 0 8z\"{class} fill=\"{color}\"/></marker>"
    )
}

/// Cuts a text that is too long to be written.
fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// What is written in a box.
struct Label {
    /// Name and label.
    head: Vec<String>,
    /// What is done there.
    notes: Vec<String>,
}

impl Label {
    fn new(node: &Node, changes: &[String]) -> Label {
        let module =
            if node.module.is_empty() { String::new() } else { format!("{}/", node.module) };
        let mut head = vec![short(&node.name), short(&format!("{module}{}", node.label))];
        head.retain(|line| !line.is_empty());
        let mut all: Vec<&String> = node.notes.iter().collect();
        all.extend(changes.iter().filter(|change| !node.notes.contains(change)));
        let more = all.len().saturating_sub(MOST_NOTES);
        let kept = if more > 0 { MOST_NOTES - 1 } else { all.len() };
        let mut notes: Vec<String> = all.iter().take(kept).map(|note| short(note)).collect();
        if more > 0 {
            notes.push(format!("and {} more", all.len() - kept));
        }
        Label { head, notes }
    }

    fn width(&self) -> usize {
        let longest = |lines: &[String]| lines.iter().map(|line| line.chars().count()).max();
        let head = longest(&self.head).unwrap_or(0) * LETTER;
        let notes = longest(&self.notes).unwrap_or(0) * (LETTER - 1);
        (head.max(notes) + 2 * PADDING + 6).max(110)
    }

    fn height(&self) -> usize {
        (self.head.len() + self.notes.len()) * LINE + 2 * PADDING
    }
}

/// The rows of the layers that stand beside each other.
struct Band {
    /// The top and the height of each row.
    rows: Vec<(usize, usize)>,
    top: usize,
}

struct Canvas<'a> {
    drawing: &'a Drawing,
    layout: &'a Layout,
    labels: Vec<Label>,
    /// How far from the middle of its box each edge arrives.
    ports: Vec<isize>,
    /// Band, left edge and width of each layer's boxes.
    columns: Vec<(usize, usize, usize)>,
    bands: Vec<Band>,
    width: usize,
    height: usize,
}

impl<'a> Canvas<'a> {
    fn new(drawing: &'a Drawing, layout: &'a Layout) -> Canvas<'a> {
        let mut changes: Vec<&[String]> = vec![&[]; drawing.nodes.len()];
        for edge in &drawing.edges {
            // Edges of one component carry the same: what it did.
            if changes[edge.from].is_empty() {
                changes[edge.from] = &edge.changes;
            }
        }
        let labels: Vec<Label> =
            drawing.nodes.iter().zip(changes).map(|(node, it)| Label::new(node, it)).collect();
        let half: Vec<usize> = labels.iter().map(|label| label.height() / 2).collect();
        let ports = ports(drawing, layout, &half);
        let columns = columns(layout, &labels);
        let bands = bands(layout, &labels, &columns);
        let width = columns.iter().map(|(_, left, width)| left + width).max().unwrap_or(0) + MARGIN;
        let bottom = |band: &Band| band.rows.last().map_or(band.top, |(top, height)| top + height);
        let height = bands.last().map_or(0, bottom) + MARGIN;
        Canvas { drawing, layout, labels, ports, columns, bands, width, height }
    }

    /// Left edge, middle and right edge of a row in a layer.
    fn at(&self, layer: usize, row: usize) -> (usize, usize, usize) {
        let (band, left, width) = self.columns[layer];
        let (top, height) = self.bands[band].rows.get(row).copied().unwrap_or_default();
        (left, top + height / 2, left + width)
    }

    fn node(&self, node: usize, out: &mut String) {
        let (found, label) = (&self.drawing.nodes[node], &self.labels[node]);
        let (layer, row) = self.layout.position[node];
        let (left, middle, right) = self.at(layer, row);
        let (class, color, stroke) = match found.is_trento {
            true => (" class=\"trento-line\"", GREEN, 2.5),
            false => ("", "currentColor", 1.0),
        };
        let height = label.height();
        let radius = radius(found, height);
        let title = [found.id.clone()].into_iter().chain(found.notes.iter().cloned());
        let title: Vec<String> = title.collect();
        let _ = write!(
            out,
            "<g><title>{}</title><rect x=\"{left}\" y=\"{}\" width=\"{}\" height=\"{height}\" rx=\"{radius}\"{class} \
             fill=\"currentColor\" fill-opacity=\"0.05\" stroke=\"{color}\" stroke-width=\"{stroke}\"/>",
            markup(&title.join("\n")),
            middle - height / 2,
            right - left,
        );
        let mut baseline = middle - height / 2 + PADDING + LINE - 4;
        for (number, line) in label.head.iter().chain(&label.notes).enumerate() {
            let style = match number {
                1 if label.head.len() == 2 => " font-weight=\"bold\"",
                _ if number >= label.head.len() => " font-size=\"10\"",
                _ => "",
            };
            let _ = write!(
                out,
                "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"middle\"{style}>{}</text>",
                (left + right) / 2,
                markup(line),
            );
            baseline += LINE;
        }
        out.push_str("</g>\n");
    }

    fn edge(&self, number: usize, edge: &Edge, out: &mut String) {
        let (mut layer, row) = self.layout.position[edge.from];
        let (_, mut y, mut x) = self.at(layer, row);
        let mut path = format!("M{x} {y}");
        let bends = &self.layout.bends[number];
        for (step, &row) in bends.iter().enumerate() {
            let (left, middle, right) = self.at(layer + 1 + step, row);
            self.lead(&mut path, number, (layer + step, x, y), (layer + 1 + step, left, middle));
            let _ = write!(path, "H{right}");
            (x, y) = (right, middle);
        }
        layer += bends.len();
        let (to, row) = self.layout.position[edge.to];
        let (left, middle, _) = self.at(to, row);
        let offset = self.ports[number];
        let arrives = left.saturating_sub(2) + self.indent(edge.to, offset.unsigned_abs());
        let middle = middle.saturating_add_signed(offset);
        self.lead(&mut path, number, (layer, x, y), (to, arrives, middle));
        let (class, color, marker, width) = match edge.is_trento {
            true => (" class=\"trento-line\"", GREEN, "trento", 2.5),
            false => ("", "currentColor", "arrow", 1.0),
        };
        let dash = if edge.kind == EdgeKind::Value { " stroke-dasharray=\"4 3\"" } else { "" };
        let _ = writeln!(
            out,
            "<path d=\"{path}\"{class} fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"{dash} \
             marker-end=\"url(#{marker})\"/>"
        );
    }

    /// How far the round end of a box recedes, so far from its middle.
    fn indent(&self, node: usize, offset: usize) -> usize {
        let height = self.labels[node].height();
        let radius = radius(&self.drawing.nodes[node], height);
        let into = (offset + radius).saturating_sub(height / 2).min(radius) as f64;
        let radius = radius as f64;
        (radius - (radius * radius - into * into).sqrt()) as usize
    }

    /// Leads an edge from a layer to a later one, around the end of the band where it goes on
    /// below.
    fn lead(
        &self,
        path: &mut String,
        edge: usize,
        from: (usize, usize, usize),
        to: (usize, usize, usize),
    ) {
        let (band, next) = (self.columns[from.0].0, self.columns[to.0].0);
        if band == next || to.0 <= from.0 {
            curve(path, (from.1, from.2), (to.1, to.2));
            return;
        }
        // Edges side by side, so that each can be followed.
        let beside = edge % 6 * 2;
        let (right, left) = (self.width - 4 - beside, 4 + beside);
        let above = self.bands[next].top - BETWEEN_BANDS / 2 + beside * 2;
        let _ = write!(path, "H{right}V{above}H{left}V{}H{}", to.2, to.1);
    }
}

/// How round the corners of a box are: an endpoint has round ends.
fn radius(node: &Node, height: usize) -> usize {
    if node.is_endpoint { height.min(44) / 2 } else { 6 }
}

/// Puts the layers beside each other, and on below where they do not fit.
fn columns(layout: &Layout, labels: &[Label]) -> Vec<(usize, usize, usize)> {
    let mut widths = vec![0; layout.depth];
    for (label, (layer, _)) in labels.iter().zip(&layout.position) {
        widths[*layer] = label.width().max(widths[*layer]);
    }
    let (mut band, mut left) = (0, MARGIN);
    let column = |width: usize| {
        if left > MARGIN && left + width > WIDEST {
            band += 1;
            left = MARGIN;
        }
        let column = (band, left, width);
        left += width + GAP;
        column
    };
    widths.into_iter().map(column).collect()
}

/// The rows of each band: as high as the boxes in them.
fn bands(layout: &Layout, labels: &[Label], columns: &[(usize, usize, usize)]) -> Vec<Band> {
    let count = columns.last().map_or(0, |(band, ..)| band + 1);
    let mut heights: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut need = |layer: usize, row: usize, height: usize| {
        let rows = &mut heights[columns[layer].0];
        if rows.len() <= row {
            rows.resize(row + 1, 0);
        }
        rows[row] = rows[row].max(height);
    };
    for (label, &(layer, row)) in labels.iter().zip(&layout.position) {
        need(layer, row, label.height());
    }
    for (bends, first) in layout.bends.iter().zip(&layout.starts) {
        for (step, &row) in bends.iter().enumerate() {
            need(first + 1 + step, row, PASSING);
        }
    }
    let mut bands = Vec::new();
    let mut top = MARGIN;
    for heights in heights {
        let band_top = top;
        let mut rows = Vec::new();
        for height in heights {
            rows.push((top, height));
            // A row that only other bands use takes no room.
            top += if height == 0 { 0 } else { height + MARGIN };
        }
        bands.push(Band { rows, top: band_top });
        top += BETWEEN_BANDS;
    }
    bands
}

fn curve(path: &mut String, from: (usize, usize), to: (usize, usize)) {
    if from.1 == to.1 && from.0 <= to.0 {
        let _ = write!(path, "H{}", to.0);
        return;
    }
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
