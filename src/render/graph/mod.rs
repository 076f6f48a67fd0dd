//! The component graph as text, dot, mermaid, JSON and SVG.

mod dot;
mod json;
mod layout;
mod mermaid;
mod ports;
mod svg;
#[cfg(test)]
mod tests;
mod tree;

use std::io::{self, Write};

pub use svg::svg;

use crate::graph::drawing::{Drawing, Node};

/// A form a graph can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// A tree from each source, for a terminal.
    Text,
    /// Graphviz.
    Dot,
    /// Mermaid, for Markdown pages.
    Mermaid,
    /// Nodes and edges.
    Json,
    /// A drawing.
    Svg,
}

/// Writes a graph.
///
/// # Errors
/// Those of the writer.
pub fn write(drawing: &Drawing, form: Form, out: &mut dyn Write) -> io::Result<()> {
    match form {
        Form::Text => tree::write(drawing, out),
        Form::Dot => dot::write(drawing, out),
        Form::Mermaid => mermaid::write(drawing, out),
        Form::Json => json::write(drawing, out),
        Form::Svg => writeln!(out, "{}", svg(drawing)),
    }
}

/// The nodes of each module, the top level first.
fn by_module(drawing: &Drawing) -> std::collections::BTreeMap<&str, Vec<usize>> {
    let mut modules: std::collections::BTreeMap<&str, Vec<usize>> = Default::default();
    for (at, node) in drawing.nodes.iter().enumerate() {
        modules.entry(&node.module).or_default().push(at);
    }
    modules
}

/// What a node says: its name and label, and a line for each note.
fn caption(node: &Node) -> String {
    let mut text = format!("{}\n{}", node.name, node.label);
    for note in &node.notes {
        text.push('\n');
        text.push_str(note);
    }
    text.truncate(text.trim_end().len());
    text
}
