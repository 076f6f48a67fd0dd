//! The graph as a tree in plain text: each source with what it feeds below it.

use std::io::{self, Write};

use crate::graph::drawing::{Drawing, EdgeKind};
use crate::visible::{Lines, visible};

/// How deep lines are indented; what is deeper stays in that column.
const DEEPEST: usize = 40;

/// Writes the tree. Trento's pipeline is marked with a star.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> io::Result<()> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); drawing.nodes.len()];
    let mut is_fed = vec![false; drawing.nodes.len()];
    for (at, edge) in drawing.edges.iter().enumerate() {
        next[edge.from].push(at);
        is_fed[edge.to] = true;
    }
    let mut told = vec![false; drawing.nodes.len()];
    let sources = (0..drawing.nodes.len()).filter(|&node| !is_fed[node]);
    // In a circle nobody is first; whoever was not told of yet begins then.
    for source in sources.chain(0..drawing.nodes.len()) {
        if !told[source] {
            branch(drawing, &next, source, &mut told, out)?;
        }
    }
    if drawing.nodes.iter().any(|node| node.is_trento) {
        writeln!(out, "\n* belongs to Trento's pipeline")?;
    }
    for cycle in &drawing.cycles {
        let names: Vec<&str> = cycle.iter().map(|&node| drawing.nodes[node].id.as_str()).collect();
        line(out, &format!("circle: {}", names.join(", ")))?;
    }
    for (node, text, at) in &drawing.unresolved {
        let at = at.as_ref().map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
        let at = at.unwrap_or_default();
        line(out, &format!("unresolved: {at}{text}, in {}", drawing.nodes[*node].id))?;
    }
    Ok(())
}

fn branch(
    drawing: &Drawing,
    next: &[Vec<usize>],
    source: usize,
    told: &mut [bool],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut stack: Vec<(usize, usize, Option<usize>)> = vec![(source, 0, None)];
    while let Some((node, depth, edge)) = stack.pop() {
        let found = &drawing.nodes[node];
        let indent = "   ".repeat(depth.min(DEEPEST));
        let star = if found.is_trento { "*" } else { " " };
        if let Some(edge) = edge {
            for change in &drawing.edges[edge].changes {
                line(out, &format!("  {indent}| {change}"))?;
            }
        }
        let arrow = match edge.map(|edge| drawing.edges[edge].kind) {
            None => "",
            Some(EdgeKind::Value) => "-value-> ",
            Some(EdgeKind::Targets) => "-targets-> ",
            Some(EdgeKind::Series) => "-series-> ",
        };
        let again = if told[node] && !next[node].is_empty() { " (see above)" } else { "" };
        line(out, &format!("{star} {indent}{arrow}{}{again}", found.id))?;
        if std::mem::replace(&mut told[node], true) {
            continue;
        }
        for note in &found.notes {
            line(out, &format!("  {indent}  {note}"))?;
        }
        for &edge in next[node].iter().rev() {
            stack.push((drawing.edges[edge].to, depth + 1, Some(edge)));
        }
    }
    Ok(())
}

fn line(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "{}", visible(text.trim_end(), Lines::Fold))
}
