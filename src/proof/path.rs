//! The paths from sources of series to endpoints, and what arrives on each.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::pipeline::{Exit, Pipeline, Sink};
use super::place::ComponentId;
use super::state::Reached;
use super::stream::{Stream, relabel_all};
use super::trail::Trails;

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

/// Every path of a pipeline, by source.
pub fn paths(trails: &Trails, pipeline: &Pipeline, limits: Limits) -> Vec<Path> {
    let mut exits: BTreeMap<ComponentId, Vec<&Exit>> = BTreeMap::new();
    for exit in &pipeline.exits {
        exits.entry(exit.sink.component).or_default().push(exit);
    }
    let mut walk = Walk {
        trails,
        pipeline,
        exits,
        on_path: HashSet::new(),
        steps: limits.steps,
        most_paths: limits.paths,
        found: Vec::new(),
    };
    for source in &pipeline.sources {
        walk.follow(source.component, source.way.clone(), source.streams(trails));
    }
    let mut found = walk.found;
    found.sort_by(|a, b| (a.source, &a.components, a.sink).cmp(&(b.source, &b.components, b.sink)));
    found
}

struct Walk<'p> {
    trails: &'p Trails,
    pipeline: &'p Pipeline,
    exits: BTreeMap<ComponentId, Vec<&'p Exit>>,
    on_path: HashSet<ComponentId>,
    steps: usize,
    most_paths: usize,
    found: Vec<Path>,
}

enum Todo {
    Enter(ComponentId, Rc<Vec<Stream>>),
    Leave(ComponentId),
}

impl Walk<'_> {
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
            let Some(hop) = self.pipeline.hops.get(&id) else { continue };
            for &next in hop.to.iter().rev() {
                if !self.on_path.contains(&next) {
                    stack.push(Todo::Enter(next, streams.clone()));
                }
            }
        }
    }

    /// One path that stands for all that were not followed.
    fn give_up(&mut self, start: ComponentId, way: &[ComponentId]) {
        let source = way.first().copied().unwrap_or(start);
        if let Some(exit) = self.pipeline.exits.first() {
            let sink = exit.sink;
            let reached = Reached::unknown("there are more paths than are followed");
            let components = vec![source, sink.component];
            self.found.push(Path { source, components, sink, reached });
        }
    }

    /// What a component on the way makes of the series.
    fn pass(&mut self, id: ComponentId, streams: &Rc<Vec<Stream>>) -> Rc<Vec<Stream>> {
        match self.pipeline.hops.get(&id) {
            Some(hop) if !hop.rules.as_ref().as_ref().is_ok_and(Vec::is_empty) => {
                Rc::new(relabel_all(self.trails, &hop.rules, streams))
            }
            _ => streams.clone(),
        }
    }

    /// Notes what arrives at the endpoints of a component.
    fn arrive(&mut self, id: ComponentId, way: &[ComponentId], streams: &[Stream]) {
        let Some(exits) = self.exits.get(&id) else { return };
        let mut labelled = None;
        // What a component adds is the same for all its endpoints.
        if let Some(first) = exits.first().filter(|exit| !exit.external.is_empty()) {
            let mut streams = streams.to_vec();
            for external in first.external.iter() {
                external.add(&mut streams);
            }
            labelled = Some(streams);
        }
        let sent = labelled.as_deref().unwrap_or(streams);
        for exit in exits {
            let is_plain = exit.rules.as_ref().as_ref().is_ok_and(Vec::is_empty);
            let reached = if is_plain {
                Reached::of(self.trails, sent)
            } else {
                Reached::of(self.trails, &relabel_all(self.trails, &exit.rules, sent))
            };
            let components = way.to_vec();
            let found = Path { source: components[0], components, sink: exit.sink, reached };
            self.found.push(found);
        }
    }
}
