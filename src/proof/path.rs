//! The paths from sources of series to endpoints, and what arrives on each.
//!
//! Components are passed in the order of the flow. Where many ways meet in one, those on which the
//! series are alike go on as one, so that diamonds cost what their distinct states cost, and not
//! their number of ways.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::pipeline::{Exit, Pipeline, Sink};
use super::place::ComponentId;
use super::state::Reached;
use super::stream::{Stream, is_like, merge, relabel_all};
use super::trail::Trails;

/// How much is looked at before the rest is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most components that are passed, each counted as often as something passes it.
    pub steps: usize,
    /// The most paths that are told one by one.
    pub paths: usize,
}

/// How many ways to one component are followed one by one, alike or not.
const MOST_WAYS: usize = 16;
/// How many ways on which series are alike go on where there are more than that.
const MOST_ALIKE: usize = 2;
/// The most ways to one component on which series differ.
const MOST_DIFFERENT: usize = 64;

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 50_000, paths: 5_000 }
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
        steps: limits.steps,
        most_paths: limits.paths,
        found: Vec::new(),
    };
    for source in &pipeline.sources {
        walk.follow(source.component, &source.way, source.streams(trails));
    }
    let mut found = walk.found;
    found.sort_by(|a, b| (a.source, &a.components, a.sink).cmp(&(b.source, &b.components, b.sink)));
    found
}

struct Walk<'p> {
    trails: &'p Trails,
    pipeline: &'p Pipeline,
    exits: BTreeMap<ComponentId, Vec<&'p Exit>>,
    steps: usize,
    most_paths: usize,
    found: Vec<Path>,
}

/// Series that have come to a component, and the way they took.
#[derive(Clone)]
struct Coming {
    /// The last step before this component; none where they begin here.
    way: Option<usize>,
    streams: Rc<Vec<Stream>>,
}

/// The ways from one source: each step names the component and the step before.
type Ways = Vec<(ComponentId, Option<usize>)>;

impl Walk<'_> {
    /// Follows series from where they begin to every endpoint.
    fn follow(&mut self, start: ComponentId, prefix: &[ComponentId], streams: Vec<Stream>) {
        let source = prefix.first().copied().unwrap_or(start);
        let order = self.order(start);
        let place: HashMap<ComponentId, usize> =
            order.iter().enumerate().map(|(at, &id)| (id, at)).collect();
        let mut ways: Ways = Vec::new();
        let mut last = None;
        for &id in prefix {
            ways.push((id, last));
            last = Some(ways.len() - 1);
        }
        let mut coming: Vec<Vec<Coming>> = vec![Vec::new(); order.len()];
        coming[0].push(Coming { way: last, streams: Rc::new(streams) });
        let mut is_whole = true;
        for (at, &id) in order.iter().enumerate() {
            let mut here = std::mem::take(&mut coming[at]);
            is_whole &= meet(&mut here);
            for Coming { way, streams } in here {
                if self.steps == 0 || self.found.len() >= self.most_paths {
                    self.give_up(source);
                    return;
                }
                self.steps -= 1;
                ways.push((id, way));
                let step = ways.len() - 1;
                let streams = if at == 0 { streams } else { self.pass(id, &streams) };
                self.arrive(id, &ways, step, &streams);
                let Some(hop) = self.pipeline.hops.get(&id) else { continue };
                for next in &hop.to {
                    match place.get(next) {
                        Some(&place) if place > at => {
                            coming[place]
                                .push(Coming { way: Some(step), streams: streams.clone() });
                        }
                        // Back to where it came from: Alloy refuses circles.
                        Some(_) if on_way(&ways, step, *next) => {}
                        _ => is_whole = false,
                    }
                }
            }
        }
        if !is_whole {
            self.give_up(source);
        }
    }

    /// The components that series from one can come to, each behind those that feed it; the first
    /// is that one.
    fn order(&self, start: ComponentId) -> Vec<ComponentId> {
        let mut seen = HashSet::from([start]);
        let mut order = Vec::new();
        let mut stack = vec![(start, 0)];
        while let Some((id, next)) = stack.pop() {
            let to = self.pipeline.hops.get(&id).map_or(&[][..], |hop| hop.to.as_slice());
            match to.get(next) {
                Some(&fed) => {
                    stack.push((id, next + 1));
                    if seen.insert(fed) {
                        stack.push((fed, 0));
                    }
                }
                None => order.push(id),
            }
        }
        order.reverse();
        order
    }

    /// One path that stands for all that were not followed.
    fn give_up(&mut self, source: ComponentId) {
        if let Some(exit) = self.pipeline.exits.first() {
            let sink = exit.sink;
            let reached = Reached::unknown("there are more paths than are followed");
            let components = vec![source, sink.component];
            self.found.push(Path { source, components, sink, reached });
        }
    }

    /// What a component on the way makes of the series.
    fn pass(&self, id: ComponentId, streams: &Rc<Vec<Stream>>) -> Rc<Vec<Stream>> {
        match self.pipeline.hops.get(&id) {
            Some(hop) if !hop.rules.as_ref().as_ref().is_ok_and(Vec::is_empty) => {
                Rc::new(relabel_all(self.trails, &hop.rules, streams))
            }
            _ => streams.clone(),
        }
    }

    /// Notes what arrives at the endpoints of a component.
    fn arrive(&mut self, id: ComponentId, ways: &Ways, step: usize, streams: &[Stream]) {
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
        let components = components(ways, step);
        for exit in exits {
            let is_plain = exit.rules.as_ref().as_ref().is_ok_and(Vec::is_empty);
            let reached = if is_plain {
                Reached::of(self.trails, sent)
            } else {
                Reached::of(self.trails, &relabel_all(self.trails, &exit.rules, sent))
            };
            let components = components.clone();
            self.found.push(Path { source: components[0], components, sink: exit.sink, reached });
        }
    }
}

/// Lets ways that meet go on together where their series are alike. Whether none was lost.
fn meet(coming: &mut Vec<Coming>) -> bool {
    if coming.len() <= MOST_WAYS {
        return true;
    }
    let mut kinds: Vec<(Coming, Vec<Coming>)> = Vec::new();
    let mut is_whole = true;
    let mut different = Vec::new();
    for one in coming.drain(..) {
        let kind = kinds.iter_mut().find(|(first, _)| {
            Rc::ptr_eq(&first.streams, &one.streams) || is_like(&first.streams, &one.streams)
        });
        match kind {
            Some((first, others)) => {
                if !Rc::ptr_eq(&first.streams, &one.streams) {
                    merge(Rc::<Vec<Stream>>::make_mut(&mut first.streams), &one.streams);
                }
                if others.len() + 1 < MOST_ALIKE {
                    others.push(one);
                }
            }
            None => different.push(one),
        }
        let room = kinds.len() < MOST_DIFFERENT;
        is_whole &= room || different.is_empty();
        kinds.extend(different.drain(..).filter(|_| room).map(|one| (one, Vec::new())));
    }
    for (first, others) in kinds {
        let streams = first.streams.clone();
        coming.push(first);
        coming.extend(others.into_iter().map(|one| Coming { streams: streams.clone(), ..one }));
    }
    is_whole
}

/// The components of a way, first to last.
fn components(ways: &Ways, step: usize) -> Vec<ComponentId> {
    let mut found = Vec::new();
    let mut at = Some(step);
    while let Some(step) = at {
        let (id, before) = ways[step];
        found.push(id);
        at = before;
    }
    found.reverse();
    found
}

fn on_way(ways: &Ways, step: usize, id: ComponentId) -> bool {
    let mut at = Some(step);
    while let Some(step) = at {
        let (found, before) = ways[step];
        if found == id {
            return true;
        }
        at = before;
    }
    false
}
