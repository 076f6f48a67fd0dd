//! Where series and targets go: the edges from each component to those it feeds.
//!
//! `forward_to` is evaluated, so that an edge goes from component to component through arguments,
//! exports and arrays. Components that are not known feed whatever receiver they mention.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{ComponentId, Kind, Place};
use super::reference::Target;
use super::targets;
use super::values::Values;
use crate::eval::Value;

/// The edges of a graph along which series or targets flow.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    series: BTreeMap<ComponentId, Vec<ComponentId>>,
    series_from: BTreeMap<ComponentId, Vec<ComponentId>>,
    targets: BTreeMap<ComponentId, Vec<ComponentId>>,
    targets_from: BTreeMap<ComponentId, Vec<ComponentId>>,
    /// Where a component feeds something that cannot be known, and why.
    unknown: Vec<(ComponentId, Place, String)>,
}

impl Flow {
    /// Evaluates what every component that runs feeds.
    pub fn of(values: &Values<'_>) -> Flow {
        let mut flow = Flow::default();
        for (id, component) in values.graph().components() {
            let is_idle = values.graph().scope(component.scope).is_idle;
            if is_idle
                || component.duplicate_of.is_some()
                || !matches!(component.kind, Kind::Builtin | Kind::Unknown)
            {
                continue;
            }
            flow.add_series(values, id);
            flow.add_targets(values, id);
        }
        for (from, to) in
            [(&flow.series, &mut flow.series_from), (&flow.targets, &mut flow.targets_from)]
        {
            for (&id, feeds) in from {
                for &fed in feeds {
                    to.entry(fed).or_default().push(id);
                }
            }
        }
        flow
    }

    /// The components that get a component's series.
    pub fn series_to(&self, id: ComponentId) -> &[ComponentId] {
        self.series.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The components whose series a component gets.
    pub fn series_from(&self, id: ComponentId) -> &[ComponentId] {
        self.series_from.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether a component gets series of another.
    pub fn has_series_from(&self, id: ComponentId) -> bool {
        self.series_from.contains_key(&id)
    }

    /// The components that get a component's targets.
    pub fn targets_to(&self, id: ComponentId) -> &[ComponentId] {
        self.targets.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The components whose targets a component gets.
    pub fn targets_from(&self, id: ComponentId) -> &[ComponentId] {
        self.targets_from.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Where series go to something that cannot be known, and why.
    pub fn unknown(&self) -> &[(ComponentId, Place, String)] {
        &self.unknown
    }

    /// Who gives targets to whom.
    pub fn target_edges(&self) -> impl Iterator<Item = (ComponentId, ComponentId)> + '_ {
        self.targets.iter().flat_map(|(&from, to)| to.iter().map(move |&to| (from, to)))
    }

    /// Who gives series to whom.
    pub fn series_edges(&self) -> impl Iterator<Item = (ComponentId, ComponentId)> + '_ {
        self.series.iter().flat_map(|(&from, to)| to.iter().map(move |&to| (from, to)))
    }

    /// The components whose series can come to one of these, those included.
    pub fn leading_to(&self, ends: impl Iterator<Item = ComponentId>) -> BTreeSet<ComponentId> {
        let mut found: BTreeSet<ComponentId> = ends.collect();
        let mut todo: Vec<ComponentId> = found.iter().copied().collect();
        while let Some(id) = todo.pop() {
            for &from in self.series_from(id) {
                if found.insert(from) {
                    todo.push(from);
                }
            }
        }
        found
    }

    fn add_series(&mut self, values: &Values<'_>, id: ComponentId) {
        let graph = values.graph();
        let mut fed = BTreeSet::new();
        let forward = graph.attr(id, "forward_to");
        let is_modelled = matches!(
            graph.component(id).name.as_str(),
            "prometheus.scrape" | "prometheus.relabel" | "prometheus.receive_http"
        );
        if let Some(attr) = forward {
            let value = values.argument(id, "forward_to").unwrap_or(Value::Null);
            if let Some(unknown) = value.unknown_within() {
                let place = graph.place(id, attr.value().span());
                self.unknown.push((id, place, unknown.reason().to_owned()));
            }
            owners(values, &value, &mut fed);
        }
        if !is_modelled {
            for reference in graph.references_of(id) {
                if let Target::Component { id: named, field: Some(field) } = &reference.target {
                    owners(values, &values.export(*named, field), &mut fed);
                }
            }
        }
        fed.remove(&id);
        if !fed.is_empty() {
            self.series.insert(id, fed.into_iter().collect());
        }
    }

    fn add_targets(&mut self, values: &Values<'_>, id: ComponentId) {
        for target in targets::given(values, id) {
            let Some(&from) = target.path.last() else { continue };
            if from != id {
                let fed = self.targets.entry(from).or_default();
                if fed.last() != Some(&id) {
                    fed.push(id);
                }
            }
        }
    }
}

/// The components whose receivers a value holds.
fn owners(values: &Values<'_>, value: &Value, found: &mut BTreeSet<ComponentId>) {
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        match value {
            Value::Array(array) => todo.extend(array.items()),
            // The capsules of targets are numbers of another kind.
            Value::Capsule(capsule) if &*capsule.sort != "target" => {
                found.extend(values.owner(value));
            }
            _ => {}
        }
    }
}
