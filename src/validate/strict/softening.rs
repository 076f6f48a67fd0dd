//! What only keeps the real command from its work, and not Alloy from starting.
//!
//! Alloy starts where a fault lies in a `declare` that nothing uses, where a block of a module
//! lacks its label, and with names of arguments on which `alloy validate` crashes.

use std::collections::BTreeSet;

use alloy_grammar::span::Span;

use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::{Graph, Kind, ScopeKind};
use crate::validate::{Verdict, codes};

/// Makes warnings of the diagnostics with which Alloy starts.
pub fn soften(graph: &Graph, verdict: &mut Verdict) {
    let unused = unused(graph);
    let unlabelled: BTreeSet<(&str, u32)> = graph
        .components()
        .filter(|(_, one)| one.label.is_none())
        .filter(|(_, one)| matches!(one.kind, Kind::Custom { .. } | Kind::Foreach | Kind::Import))
        .map(|(id, one)| (graph.source(one.file).path(), graph.header(id).span.start))
        .collect();
    for one in &mut verdict.diagnostics {
        let at = (one.source.path(), one.span.start);
        let is_label = one.code == codes::MISSING_LABEL && unlabelled.contains(&at);
        if is_label || is_of_validate_only(one) || is_inside(&unused, one) {
            one.severity = Severity::Warning;
            one.help = Some("`alloy validate` refuses it, but Alloy starts with it".to_owned());
        }
    }
}

/// Whether only `alloy validate` stumbles: over the name of an argument, or over a service that
/// the command of this version does not know.
pub fn is_of_validate_only(one: &Diagnostic) -> bool {
    one.code == codes::VALIDATE_ONLY
        || one.code == codes::CRASH && one.message.starts_with("`alloy validate` crashes")
}

/// The `declare` blocks that nothing uses and that stand in no other, by file and place.
fn unused(graph: &Graph) -> Vec<(&str, Span)> {
    let mut found: Vec<(&str, Span)> = graph
        .scopes()
        .filter_map(|(_, scope)| match scope.kind {
            ScopeKind::Definition { of } => {
                Some((graph.source(graph.component(of).file).path(), graph.block(of).span()))
            }
            _ => None,
        })
        .collect();
    found.sort_unstable();
    let mut outer: Vec<(&str, Span)> = Vec::new();
    for (path, span) in found {
        let is_inner =
            outer.last().is_some_and(|(last, around)| *last == path && span.end <= around.end);
        if !is_inner {
            outer.push((path, span));
        }
    }
    outer
}

fn is_inside(unused: &[(&str, Span)], one: &Diagnostic) -> bool {
    let at = (one.source.path(), one.span.start);
    let before = unused.partition_point(|(path, span)| (*path, span.start) < at);
    before > 0 && unused[before - 1].0 == at.0 && one.span.end <= unused[before - 1].1.end
}
