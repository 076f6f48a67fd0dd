//! The graph as JSON: nodes, edges, circles and names that lead nowhere.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::graph::drawing::Drawing;
use crate::render::json::{Versioned, pretty};

/// Writes one object.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> io::Result<()> {
    let id = |node: usize| drawing.nodes[node].id.as_str();
    let nodes: Vec<Value> = drawing
        .nodes
        .iter()
        .map(|node| {
            json!({
                "id": node.id,
                "name": node.name,
                "label": node.label,
                "module": node.module,
                "trento": node.is_trento,
                "endpoint": node.is_endpoint,
                "at": node.at,
                "notes": node.notes,
            })
        })
        .collect();
    let edges: Vec<Value> = drawing
        .edges
        .iter()
        .map(|edge| {
            json!({
                "from": id(edge.from),
                "to": id(edge.to),
                "kind": edge.kind.name(),
                "trento": edge.is_trento,
                "changes": edge.changes,
            })
        })
        .collect();
    let cycles: Vec<Vec<&str>> =
        drawing.cycles.iter().map(|cycle| cycle.iter().map(|&node| id(node)).collect()).collect();
    let unresolved: Vec<Value> = drawing
        .unresolved
        .iter()
        .map(|(node, text, at)| json!({"component": id(*node), "message": text, "at": at}))
        .collect();
    let whole = json!({"nodes": nodes, "edges": edges, "cycles": cycles, "unresolved": unresolved});
    pretty(&Versioned::new(whole), out)
}
