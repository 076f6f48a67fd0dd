//! The graph for Mermaid, which Markdown pages draw.

use std::io::{self, Write};

use super::{by_module, caption};
use crate::graph::drawing::{Drawing, EdgeKind};
use crate::visible::{Lines, visible};

/// Writes a flowchart; modules are subgraphs, Trento's pipeline has its own class.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (number, (module, nodes)) in by_module(drawing).into_iter().enumerate() {
        if !module.is_empty() {
            writeln!(out, "  subgraph m{number}[{}]", quoted(module))?;
        }
        for at in nodes {
            let node = &drawing.nodes[at];
            let class = if node.is_trento { ":::trento" } else { "" };
            let text = quoted(&caption(node));
            if node.is_endpoint {
                writeln!(out, "  n{at}([{text}]){class}")?;
            } else {
                writeln!(out, "  n{at}[{text}]{class}")?;
            }
        }
        if !module.is_empty() {
            writeln!(out, "  end")?;
        }
    }
    for edge in &drawing.edges {
        let arrow = match (edge.kind, edge.is_trento) {
            (EdgeKind::Value, _) => "-.->",
            (_, true) => "==>",
            (_, false) => "-->",
        };
        let label = if edge.changes.is_empty() {
            String::new()
        } else {
            format!("|{}|", quoted(&edge.changes.join("\n")))
        };
        writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to)?;
    }
    writeln!(out, "  classDef trento stroke:#0c7a43,stroke-width:3px")
}

/// A text in quotes, with what Mermaid or HTML would take for its own as entities.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in visible(text, Lines::Keep).chars() {
        match c {
            '\n' => out.push_str("<br/>"),
            '"' | '&' | '<' | '>' | '#' | '`' | '\\' => {
                out.push_str(&format!("#{};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
