//! The paths from sources of series to endpoints, and what arrives on each.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::relabel::{self, Subject};
use super::rule::Rules;
use super::scrape::{self, Stream};
use super::state::Reached;
use super::trail::Trail;
use super::variant::{Content, Label, Symbol};
use super::{INTEREST, step};
use crate::eval::Value;
use crate::graph::component::{ComponentId, Kind};
use crate::graph::flow::Flow;
use crate::graph::targets::{self, Target};
use crate::graph::values::Values;

/// How much is looked at before the rest is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most components that are passed, each counted as often as a path passes it.
    pub steps: usize,
    /// The most paths that are told one by one.
    pub paths: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 20_000, paths: 5_000 }
    }
}

/// An endpoint that series can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sink {
    /// The component that writes to it.
    pub component: ComponentId,
    /// Which of its `endpoint` blocks, counted from 0.
    pub endpoint: usize,
}

/// A way that series take, and what arrives.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where the series begin: an exporter, a discovery, a scrape of written-out targets, a
    /// component that receives series.
    pub source: ComponentId,
    /// Every component on the way, source and sink included.
    pub components: Vec<ComponentId>,
    /// Where it ends.
    pub sink: Sink,
    /// What arrives.
    pub reached: Reached,
}

/// Every path to these endpoints, by source.
pub fn paths(values: &Values<'_>, flow: &Flow, sinks: &[Sink], limits: Limits) -> Vec<Path> {
    let mut walk = Walk {
        values,
        flow,
        sinks,
        leads: flow.leading_to(sinks.iter().map(|sink| sink.component)),
        rules: BTreeMap::new(),
        on_path: HashSet::new(),
        steps: limits.steps,
        most_paths: limits.paths,
        found: Vec::new(),
    };
    let starts: Vec<ComponentId> = walk.leads.iter().copied().collect();
    for start in starts {
        for (prefix, streams) in walk.begin(start) {
            walk.follow(start, prefix, streams);
        }
    }
    let mut found = walk.found;
    found.sort_by(|a, b| (a.source, &a.components, a.sink).cmp(&(b.source, &b.components, b.sink)));
    found
}

struct Walk<'v, 'g> {
    values: &'v Values<'g>,
    flow: &'v Flow,
    sinks: &'v [Sink],
    leads: BTreeSet<ComponentId>,
    rules: BTreeMap<(ComponentId, Option<usize>), Rc<Rules>>,
    on_path: HashSet<ComponentId>,
    steps: usize,
    most_paths: usize,
    found: Vec<Path>,
}

enum Todo {
    Enter(ComponentId, Rc<Vec<Stream>>),
    Leave(ComponentId),
}

impl Walk<'_, '_> {
    /// The series that begin at a component, with the way they took as targets.
    fn begin(&self, id: ComponentId) -> Vec<(Vec<ComponentId>, Vec<Stream>)> {
        let component = self.values.graph().component(id);
        match (&component.kind, component.name.as_str()) {
            (Kind::Builtin, "prometheus.scrape") => self.begin_scrape(id),
            (Kind::Builtin, "prometheus.relabel" | "prometheus.remote_write") => Vec::new(),
            (Kind::Builtin, "prometheus.receive_http") => {
                let reason = format!("what is sent to `{}` is not known", component.local_id);
                vec![(Vec::new(), scrape::anything(&reason))]
            }
            _ if self.flow.has_series_from(id) => Vec::new(),
            _ => {
                let reason = format!("what `{}` sends is not known", component.local_id);
                vec![(Vec::new(), scrape::anything(&reason))]
            }
        }
    }

    fn begin_scrape(&self, id: ComponentId) -> Vec<(Vec<ComponentId>, Vec<Stream>)> {
        let mut by_way: BTreeMap<Vec<ComponentId>, Vec<Stream>> = BTreeMap::new();
        for mut target in targets::given(self.values, id) {
            let streams = scrape::streams(self.values, id, &target);
            let Target { path, .. } = &mut target;
            path.retain(|&way| way != id);
            by_way.entry(std::mem::take(path)).or_default().extend(streams);
        }
        by_way.into_iter().collect()
    }

    /// Follows series from where they begin to every endpoint.
    fn follow(&mut self, start: ComponentId, prefix: Vec<ComponentId>, streams: Vec<Stream>) {
        let mut way = prefix;
        self.on_path.clear();
        let mut stack = vec![Todo::Enter(start, Rc::new(streams))];
        while let Some(todo) = stack.pop() {
            let (id, streams) = match todo {
                Todo::Leave(id) => {
                    self.on_path.remove(&id);
                    way.pop();
                    continue;
                }
                Todo::Enter(id, streams) => (id, streams),
            };
            if self.steps == 0 || self.found.len() >= self.most_paths {
                self.give_up(start, &way);
                return;
            }
            self.steps -= 1;
            if !self.on_path.insert(id) {
                continue;
            }
            way.push(id);
            stack.push(Todo::Leave(id));
            let streams = if id == start { streams } else { self.pass(id, &streams) };
            self.arrive(id, &way, &streams);
            for &next in self.flow.series_to(id).iter().rev() {
                if self.leads.contains(&next) && !self.on_path.contains(&next) {
                    stack.push(Todo::Enter(next, streams.clone()));
                }
            }
        }
    }

    /// One path that stands for all that were not followed.
    fn give_up(&mut self, start: ComponentId, way: &[ComponentId]) {
        let source = way.first().copied().unwrap_or(start);
        if let Some(&sink) = self.sinks.first() {
            let reached = Reached::unknown("there are more paths than are followed");
            let components = vec![source, sink.component];
            self.found.push(Path { source, components, sink, reached });
        }
    }

    /// What a component on the way makes of the series.
    fn pass(&mut self, id: ComponentId, streams: &Rc<Vec<Stream>>) -> Rc<Vec<Stream>> {
        let component = self.values.graph().component(id);
        match (&component.kind, component.name.as_str()) {
            (Kind::Builtin, "prometheus.relabel") => {
                let rules = self.rules_of(id, None);
                if rules.as_ref().as_ref().is_ok_and(Vec::is_empty) {
                    return streams.clone();
                }
                Rc::new(relabel_all(self.values, &rules, streams))
            }
            (Kind::Builtin, "prometheus.remote_write" | "prometheus.scrape") => streams.clone(),
            _ => {
                let reason: Arc<str> =
                    format!("what `{}` does to series is not known", component.local_id).into();
                Rc::new(relabel_all(self.values, &Err(reason), streams))
            }
        }
    }

    /// The rules of a component, or of one of its endpoints.
    fn rules_of(&mut self, id: ComponentId, endpoint: Option<usize>) -> Rc<Rules> {
        let values = self.values;
        let rules = self.rules.entry((id, endpoint)).or_insert_with(|| {
            let block = values.graph().block(id);
            Rc::new(match endpoint {
                None => targets::rules(values, id, block, "rule"),
                Some(number) => match block.body().blocks_named("endpoint").nth(number) {
                    Some(endpoint) => targets::rules(values, id, endpoint, "write_relabel_config"),
                    None => Ok(Vec::new()),
                },
            })
        });
        rules.clone()
    }

    /// Notes what arrives at the endpoints of a component.
    fn arrive(&mut self, id: ComponentId, way: &[ComponentId], streams: &[Stream]) {
        if !self.sinks.iter().any(|sink| sink.component == id) {
            return;
        }
        let values = self.values;
        let mut labelled = None;
        if values.graph().attr(id, "external_labels").is_some() {
            let mut streams = streams.to_vec();
            add_external(values, id, &mut streams);
            labelled = Some(streams);
        }
        let sent = labelled.as_deref().unwrap_or(streams);
        let sinks = self.sinks;
        for &sink in sinks.iter().filter(|sink| sink.component == id) {
            let rules = self.rules_of(id, Some(sink.endpoint));
            let is_plain = rules.as_ref().as_ref().is_ok_and(Vec::is_empty);
            let reached = if is_plain {
                Reached::of(&values.trails, sent)
            } else {
                Reached::of(&values.trails, &relabel_all(values, &rules, sent))
            };
            let components = way.to_vec();
            self.found.push(Path { source: components[0], components, sink, reached });
        }
    }
}

fn relabel_all(values: &Values<'_>, rules: &Rules, streams: &[Stream]) -> Vec<Stream> {
    streams
        .iter()
        .map(|stream| {
            let result =
                relabel::apply(&values.trails, rules, Subject::Series, stream.variants.clone());
            let mut passed = stream.clone();
            passed.variants = result.variants;
            passed.dropped.extend(result.dropped);
            if let Err(reason) = rules {
                passed.doubt.get_or_insert_with(|| reason.clone());
            }
            passed
        })
        .collect()
}

/// Adds the external labels of a `prometheus.remote_write` where a series has none of that name.
fn add_external(values: &Values<'_>, id: ComponentId, streams: &mut [Stream]) {
    let Some(attr) = values.graph().attr(id, "external_labels") else { return };
    let place = values.graph().place(id, attr.span());
    let value = values.argument(id, "external_labels").unwrap_or(Value::Null);
    let labels: Vec<(String, Content)> = match &value {
        Value::Null => Vec::new(),
        Value::Object(object) => object
            .iter()
            .filter_map(|(name, value)| {
                let name = name.as_str()?.to_owned();
                let content = match (value.as_str(), value.unknown_reason()) {
                    (Some(""), _) => Content::Absent,
                    (Some(text), _) => Content::Known(text.into()),
                    (None, reason) => Content::Unknown(Symbol::new(
                        format!("external/{id:?}/{name}"),
                        reason.unwrap_or("an external label is no text"),
                    )),
                };
                Some((name, content))
            })
            .collect(),
        other => INTEREST
            .iter()
            .map(|&name| {
                let reason = other.unknown_reason().unwrap_or("the external labels are no object");
                let symbol = Symbol::new(format!("external/{id:?}/{name}"), reason);
                (name.to_owned(), Content::Unknown(symbol))
            })
            .collect(),
    };
    for (name, content) in labels {
        let what = format!("gives `{name}` to series that have none: `external_labels`");
        let trail = values.trails.push(Trail::START, step(id, place, what));
        for variant in streams.iter_mut().flat_map(|stream| &mut stream.variants) {
            let own = variant.get(&name);
            match own.content {
                Content::Absent => variant.set(&*name, Label { content: content.clone(), trail }),
                Content::Unknown(symbol) if !symbol.is_present => {
                    let symbol = Symbol::new(format!("{}/external", symbol.id), symbol.reason);
                    let label = Label { content: Content::Unknown(symbol), trail: own.trail };
                    variant.set(&*name, label);
                }
                _ => {}
            }
        }
    }
}
