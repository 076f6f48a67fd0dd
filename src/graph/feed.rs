//! Trento's part of what Alloy does: which endpoint is Trento's, what leads to it, and which
//! components it uses.

use std::collections::BTreeSet;

use super::component::ComponentId;
use super::endpoint::{Found, endpoints};
use super::exporter;
use super::prover::Prover;
use super::reference::Target;
use super::sender;
use super::values::Values;
use crate::proof::{self, Choice, Endpoint, Feed, Limits, Origin, Path, Sink};

impl Prover {
    /// What feeds Trento; `url` is what the agent's settings say, if they do.
    pub fn feed(&self, url: Option<&str>) -> Feed {
        let (choice, endpoints) = choose(&self.values(), url);
        self.feed_to(choice, endpoints)
    }

    /// What feeds the endpoints of exactly that URL.
    pub fn feed_of_url(&self, url: &str) -> Feed {
        let found = writing_to(&self.values(), url);
        let choice = if found.is_empty() { Choice::None } else { Choice::Url };
        self.feed_to(choice, found)
    }

    /// Every path to these endpoints, by source.
    pub(super) fn paths(&self, sinks: &[Sink], limits: Limits) -> Vec<Path> {
        let values = self.values();
        let pipeline = sender::pipeline(&values, self.flow(), sinks);
        proof::paths(&values.discovered().trails, &pipeline, limits)
    }

    fn feed_to(&self, choice: Choice, endpoints: Vec<Endpoint>) -> Feed {
        let values = self.values();
        let sinks: Vec<Sink> = endpoints.iter().map(|endpoint| endpoint.sink).collect();
        let paths = self.paths(&sinks, Limits::default());
        let is_host = |path: &&Path| exporter::is_host_exporter(&values, path.source);
        let of_host: Vec<&Path> = paths.iter().filter(is_host).collect();
        let host_exporters = of_host.iter().map(|path| path.source).collect();
        let host_scrapes = of_host
            .iter()
            .flat_map(|path| path.components.iter().copied())
            .filter(|&id| values.graph().component(id).name == "prometheus.scrape")
            .collect();
        let (origin, main) = if of_host.is_empty() {
            let is_outside = |path: &&Path| is_outside_target(&values, path);
            let outside: Vec<&Path> = paths.iter().filter(is_outside).collect();
            let origin = if outside.is_empty() { Origin::Nowhere } else { Origin::Outside };
            (origin, outside)
        } else {
            (Origin::HostExporter, of_host)
        };
        let mut members: BTreeSet<ComponentId> =
            main.iter().flat_map(|path| path.components.iter().copied()).collect();
        let users = users(&values);
        add_what_only_they_use(&values, &users, &mut members);
        let exclusive = members
            .iter()
            .copied()
            .filter(|id| users[id.index()].iter().all(|user| members.contains(user)))
            .collect();
        let mut leading = self.flow().leading_to(sinks.iter().map(|sink| sink.component));
        leading.extend(paths.iter().flat_map(|path| path.components.iter().copied()));
        Feed {
            choice,
            endpoints,
            paths,
            origin,
            members,
            exclusive,
            leading,
            host_exporters,
            host_scrapes,
        }
    }
}

fn choose(values: &Values<'_>, url: Option<&str>) -> (Choice, Vec<Endpoint>) {
    if let Some(url) = url {
        let found = writing_to(values, url);
        if !found.is_empty() {
            return (Choice::Url, found);
        }
    }
    let label = |endpoint: &Found<'_>| {
        values.graph().component(endpoint.sink.component).label.as_deref().unwrap_or_default()
    };
    if let Some(found) = endpoints(values).find(|endpoint| label(endpoint) == "trento") {
        return (Choice::Name, vec![found.evaluated(values)]);
    }
    match endpoints(values).find(|endpoint| label(endpoint).starts_with("trento_")) {
        Some(found) => (Choice::Prefix, vec![found.evaluated(values)]),
        None => (Choice::None, Vec::new()),
    }
}

/// The endpoints that certainly write to a URL.
fn writing_to(values: &Values<'_>, url: &str) -> Vec<Endpoint> {
    let found = endpoints(values).filter(|endpoint| endpoint.writes_to(values, url));
    found.map(|endpoint| endpoint.evaluated(values)).collect()
}

/// Whether a path begins at a target that is not one of Alloy's own exporters.
fn is_outside_target(values: &Values<'_>, path: &Path) -> bool {
    let name = values.graph().component(path.source).name.as_str();
    path.components.iter().any(|&id| values.graph().component(id).name == "prometheus.scrape")
        && !name.starts_with("prometheus.exporter.")
}

/// For each component, those that mention it.
fn users(values: &Values<'_>) -> Vec<BTreeSet<ComponentId>> {
    let graph = values.graph();
    let mut users = vec![BTreeSet::new(); graph.components().len()];
    for reference in graph.references() {
        if let Target::Component { id, .. } = reference.target
            && !graph.scope(graph.component(reference.from).scope).is_idle
            && id != reference.from
        {
            users[id.index()].insert(reference.from);
        }
    }
    users
}

/// Adds components that only the pipeline mentions, such as a `local.file` with its token.
fn add_what_only_they_use(
    values: &Values<'_>,
    users: &[BTreeSet<ComponentId>],
    members: &mut BTreeSet<ComponentId>,
) {
    let graph = values.graph();
    let mut todo: Vec<ComponentId> = members.iter().copied().collect();
    while let Some(id) = todo.pop() {
        for reference in graph.references_of(id) {
            if let Target::Component { id: used, .. } = reference.target
                && graph.component(used).is_component()
                && !members.contains(&used)
                && users[used.index()].iter().all(|user| members.contains(user))
            {
                members.insert(used);
                todo.push(used);
            }
        }
    }
}
