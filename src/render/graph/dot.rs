//! The graph for Graphviz.

use std::io::{self, Write};

use super::{by_module, caption};
use crate::graph::drawing::{Drawing, EdgeKind};
use crate::visible::{Lines, visible};

/// Writes a digraph; modules are clusters, Trento's pipeline is bold.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph alloy {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];")?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    for (number, (module, nodes)) in by_module(drawing).into_iter().enumerate() {
        if !module.is_empty() {
            writeln!(out, "  subgraph cluster_{number} {{\n  label={};", quoted(module))?;
        }
        for at in nodes {
            let node = &drawing.nodes[at];
            let style = if node.is_trento { ", penwidth=3, color=\"#0c7a43\"" } else { "" };
            let ends = if node.is_endpoint { ", peripheries=2" } else { "" };
            writeln!(out, "  n{at} [label={}{style}{ends}];", quoted(&caption(node)))?;
        }
        if !module.is_empty() {
            writeln!(out, "  }}")?;
        }
    }
    for edge in &drawing.edges {
        let style = match (edge.kind, edge.is_trento) {
            (EdgeKind::Value, _) => ", style=dotted",
            (_, true) => ", penwidth=3, color=\"#0c7a43\"",
            (_, false) => "",
        };
        let label = quoted(&edge.changes.join("\n"));
        writeln!(out, "  n{} -> n{} [label={label}{style}];", edge.from, edge.to)?;
    }
    writeln!(out, "}}")
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in visible(text, Lines::Keep).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
