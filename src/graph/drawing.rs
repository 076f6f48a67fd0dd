//! A graph made ready to be shown: nodes and edges as plain texts, Trento's pipeline marked, and
//! on each edge what changed to the labels of interest before it.
//!
//! Knows no format: `render` draws it.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{ComponentId, Kind};
use super::flow::Flow;
use super::prover::Prover;
use super::reference::{Fault, Target};
use super::values::Values;
use crate::proof::{Feed, LabelState, Step};
use crate::secret::Vault;
use crate::source::At;

/// A graph to be shown.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    /// The components, in the graph's order.
    pub nodes: Vec<Node>,
    /// The edges, by source and sink.
    pub edges: Vec<Edge>,
    /// The circles of references, by index of node.
    pub cycles: Vec<Vec<usize>>,
    /// Names that lead nowhere: who uses them, and what they are.
    pub unresolved: Vec<(usize, String, Option<At>)>,
}

/// A component to be shown.
#[derive(Clone, Debug)]
pub struct Node {
    /// The full id.
    pub id: String,
    /// The component's name: `prometheus.scrape`.
    pub name: String,
    /// The label.
    pub label: String,
    /// The module it stands in; empty at the top.
    pub module: String,
    /// Whether it belongs to Trento's pipeline.
    pub is_trento: bool,
    /// Whether Trento's endpoint is in it.
    pub is_endpoint: bool,
    /// Where its block stands.
    pub at: Option<At>,
    /// What is to be said of it: what it does to labels where no edge follows, faults.
    pub notes: Vec<String>,
}

/// What flows along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// Targets to scrape.
    Targets,
    /// Series.
    Series,
    /// A value, such as the content of a file.
    Value,
}

impl EdgeKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            EdgeKind::Targets => "targets",
            EdgeKind::Series => "series",
            EdgeKind::Value => "value",
        }
    }
}

/// An edge to be shown.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index of the node it leaves.
    pub from: usize,
    /// Index of the node it enters.
    pub to: usize,
    /// What flows.
    pub kind: EdgeKind,
    /// Whether both ends are on one path of Trento's pipeline.
    pub is_trento: bool,
    /// What changed to the labels of interest before it.
    pub changes: Vec<String>,
}

impl Drawing {
    /// Makes a graph ready to be shown.
    pub fn of(prover: &Prover, pipeline: &Feed) -> Drawing {
        let (values, flow) = (&prover.values(), prover.flow());
        let mut drawing = Drawing::default();
        let index = drawing.add_nodes(values, pipeline);
        let changes = changes(pipeline);
        drawing.add_edges(values, flow, pipeline, &index, &changes);
        drawing.add_notes(values, &index, &changes, pipeline);
        drawing.cover(values.graph().context().files.secrets());
        drawing
    }

    /// Covers what is secret before a renderer cuts texts short.
    fn cover(&mut self, secrets: &Vault) {
        let cover = |text: &mut String| *text = secrets.cover(text);
        for node in &mut self.nodes {
            [&mut node.id, &mut node.name, &mut node.label, &mut node.module]
                .into_iter()
                .chain(&mut node.notes)
                .for_each(cover);
        }
        self.edges.iter_mut().flat_map(|edge| &mut edge.changes).for_each(cover);
        self.unresolved.iter_mut().for_each(|(_, name, _)| cover(name));
    }

    fn add_nodes(&mut self, values: &Values<'_>, pipeline: &Feed) -> BTreeMap<ComponentId, usize> {
        let graph = values.graph();
        let mut index = BTreeMap::new();
        for (id, component) in graph.components() {
            let scope = graph.scope(component.scope);
            // What a `declare` opened is shown by what stands inside.
            let is_seen_through = matches!(component.kind, Kind::Custom { declare: Ok(_) });
            if scope.is_idle
                || component.duplicate_of.is_some()
                || !component.is_component()
                || is_seen_through
            {
                continue;
            }
            index.insert(id, self.nodes.len());
            self.nodes.push(Node {
                id: graph.full_id(id),
                name: component.name.to_string(),
                label: component.label.as_deref().unwrap_or_default().to_owned(),
                module: scope.path.clone(),
                is_trento: pipeline.members.contains(&id),
                is_endpoint: pipeline
                    .endpoints
                    .iter()
                    .any(|endpoint| endpoint.sink.component == id),
                at: graph.at(graph.header(id)),
                notes: Vec::new(),
            });
        }
        index
    }

    fn add_edges(
        &mut self,
        values: &Values<'_>,
        flow: &Flow,
        pipeline: &Feed,
        index: &BTreeMap<ComponentId, usize>,
        changes: &Changes,
    ) {
        let graph = values.graph();
        let on_path: BTreeSet<(ComponentId, ComponentId)> = pipeline
            .paths
            .iter()
            .filter(|path| pipeline.members.contains(&path.source))
            .flat_map(|path| path.components.windows(2).map(|pair| (pair[0], pair[1])))
            .collect();
        let mut kinds: BTreeMap<(ComponentId, ComponentId), EdgeKind> = BTreeMap::new();
        for (from, to) in flow.target_edges() {
            kinds.insert((from, to), EdgeKind::Targets);
        }
        for (from, to) in flow.series_edges() {
            kinds.insert((from, to), EdgeKind::Series);
        }
        for reference in graph.references() {
            if let Target::Component { id, .. } = reference.target
                && !kinds.contains_key(&(id, reference.from))
                && !kinds.contains_key(&(reference.from, id))
                && id != reference.from
            {
                kinds.insert((id, reference.from), EdgeKind::Value);
            }
        }
        for ((from, to), kind) in kinds {
            let (Some(&a), Some(&b)) = (index.get(&from), index.get(&to)) else { continue };
            let is_flow = kind != EdgeKind::Value;
            self.edges.push(Edge {
                from: a,
                to: b,
                kind,
                is_trento: on_path.contains(&(from, to))
                    || (!is_flow
                        && pipeline.members.contains(&from)
                        && pipeline.members.contains(&to)),
                changes: match changes.get(&from) {
                    Some(changes) if is_flow => changes.iter().cloned().collect(),
                    _ => Vec::new(),
                },
            });
        }
    }

    fn add_notes(
        &mut self,
        values: &Values<'_>,
        index: &BTreeMap<ComponentId, usize>,
        changes: &Changes,
        pipeline: &Feed,
    ) {
        let graph = values.graph();
        for endpoint in &pipeline.endpoints {
            let Some(&node) = index.get(&endpoint.sink.component) else { continue };
            self.nodes[node].notes.extend(endpoint.shown_url());
            if let Some(changes) = changes.get(&endpoint.sink.component) {
                self.nodes[node].notes.extend(changes.iter().cloned());
            }
        }
        for (second, first) in graph.duplicates() {
            if let Some(&node) = index.get(&first) {
                let at = graph.at(graph.header(second));
                let place =
                    at.map_or_else(String::new, |at| format!(" at {}:{}", at.file, at.line));
                self.nodes[node].notes.push(format!("declared again{place}"));
            }
        }
        for (id, component) in graph.components() {
            if let Some(&node) = index.get(&id) {
                match &component.kind {
                    Kind::Custom { declare: Err(why) } => self.nodes[node].notes.push(why.clone()),
                    Kind::Unknown => {
                        self.nodes[node].notes.push("no such component is known".to_owned());
                    }
                    _ => {}
                }
            }
        }
        for reference in graph.unresolved() {
            if let Some(&node) = index.get(&reference.from)
                && let Target::Nothing(fault) = &reference.target
            {
                let text = format!("`{}`: {}", reference.path, fault_text(fault));
                self.unresolved.push((node, text, graph.at(reference.place)));
            }
        }
        for cycle in graph.cycles() {
            let nodes: Vec<usize> = cycle.iter().filter_map(|id| index.get(id).copied()).collect();
            if !nodes.is_empty() {
                self.cycles.push(nodes);
            }
        }
    }
}

/// What a fault is, in a few words.
fn fault_text(fault: &Fault) -> &'static str {
    match fault {
        Fault::Component => "no such component",
        Fault::Export { .. } => "no such export",
        Fault::Argument { .. } => "no such argument",
        Fault::Function => "no such function",
    }
}

/// What each component did to the labels of interest, on whatever path.
type Changes = BTreeMap<ComponentId, BTreeSet<String>>;

fn changes(pipeline: &Feed) -> Changes {
    let mut changes = Changes::new();
    let mut note = |steps: &[Step]| {
        for step in steps {
            changes.entry(step.component).or_default().insert(step.what.to_string());
        }
    };
    for state in pipeline.paths.iter().flat_map(|path| path.reached.labels.values()) {
        match state {
            LabelState::Absent { steps } | LabelState::Constant { steps, .. } => note(steps),
            LabelState::OneOf(listed) => listed.iter().for_each(|(_, steps)| note(steps)),
            LabelState::Unknown { steps, others, .. } => {
                note(steps);
                others.iter().for_each(|(_, steps)| note(steps));
            }
        }
    }
    changes
}
