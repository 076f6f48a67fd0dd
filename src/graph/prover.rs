//! A graph with all that was evaluated and proven of it, each part once.

use std::cell::OnceCell;
use std::rc::Rc;

use super::Graph;
use super::component::{ComponentId, Kind};
use super::exporter;
use super::flow::Flow;
use super::schema::{Schema, Version, Words};
use super::targets;
use super::values::{Memo, Values};
use crate::eval::Value;

/// A graph, and what was found out about it so far.
#[derive(Debug)]
pub struct Prover {
    graph: Rc<Graph>,
    memo: Memo,
    flow: OnceCell<Flow>,
}

impl Prover {
    /// Nothing is evaluated yet.
    pub fn new(graph: impl Into<Rc<Graph>>) -> Prover {
        let graph = graph.into();
        Prover { memo: memo(&graph), graph, flow: OnceCell::new() }
    }

    /// The version of Alloy that runs it, told before anything is proven.
    pub fn of_version(&self, version: Version) -> &Prover {
        self.memo.of_version(version);
        self
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What its components are given and export.
    pub fn values(&self) -> Values<'_> {
        Values::new(&self.graph, &self.memo)
    }

    /// Where series and targets go.
    pub fn flow(&self) -> &Flow {
        self.flow.get_or_init(|| Flow::of(&self.values()))
    }
}

/// What evaluation of a graph remembers, with the exports that are targets.
pub(super) fn memo(graph: &Graph) -> Memo {
    Memo::new(export, graph.discovered.clone())
}

/// The exports that are targets; none where an export is none.
fn export(values: &Values<'_>, id: ComponentId, field: &str) -> Option<Value> {
    let component = values.graph().component(id);
    match (&component.kind, component.name.as_str(), field) {
        (Kind::Unknown, _, "targets" | "output") => Some(targets::undiscovered(values, id)),
        (Kind::Builtin, "discovery.relabel", "output") => Some(targets::relabelled(values, id)),
        (Kind::Builtin, name, "targets") if name.starts_with("prometheus.exporter.") => {
            Some(exporter::targets(values, id))
        }
        (Kind::Builtin, name, _) => {
            let known = Schema::latest().component(name)?;
            let words = known.exports()?.field(field)?.value()?;
            let is_list = matches!(
                words.kind(),
                Words::List(inner) if inner.text() == "capsule(discovery.Target)"
            );
            is_list.then(|| targets::undiscovered(values, id))
        }
        _ => None,
    }
}
