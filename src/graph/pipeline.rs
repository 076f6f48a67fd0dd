//! Trento's pipeline: which endpoint is Trento's, what leads to it, and which components it uses.

use std::collections::BTreeSet;

use super::component::ComponentId;
use super::endpoint::Endpoint;
use super::exporter;
use super::flow::Flow;
use super::proof::{self, Limits, Path, Sink};
use super::reference::Target;
use super::values::Values;

/// How Trento's endpoint was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Choice {
    /// Its URL is that of the agent's settings.
    Url,
    /// It belongs to `prometheus.remote_write "trento"`.
    Name,
    /// It belongs to a `prometheus.remote_write` labelled `trento_…`.
    Prefix,
    /// There is none.
    None,
}

/// Where the series of the pipeline come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// `prometheus.exporter.unix` of this host.
    HostExporter,
    /// A scrape of a target outside Alloy, such as a node_exporter.
    Outside,
    /// Nowhere: no path.
    Nowhere,
}

/// What leads to Trento's endpoint.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// How the endpoint was found.
    pub choice: Choice,
    /// Trento's endpoints; more than one only if several write to the URL.
    pub endpoints: Vec<Endpoint>,
    /// Every path to them, with what arrives.
    pub paths: Vec<Path>,
    /// Where the series come from that make it a pipeline.
    pub origin: Origin,
    /// The pipeline: the components on a path from there, and what only they use.
    pub members: BTreeSet<ComponentId>,
    /// Those of the pipeline that nothing else uses.
    pub exclusive: BTreeSet<ComponentId>,
    /// The components on any path to the endpoints.
    pub leading: BTreeSet<ComponentId>,
}

impl Pipeline {
    /// Finds Trento's pipeline; `url` is what the agent's settings say, if they do.
    pub fn find(values: &Values<'_>, flow: &Flow, url: Option<&str>) -> Pipeline {
        let (choice, endpoints) = choose(values, url);
        Pipeline::to(values, flow, choice, endpoints)
    }

    /// The pipeline to the endpoints of exactly that URL.
    pub fn to_url(values: &Values<'_>, flow: &Flow, url: &str) -> Pipeline {
        let endpoints: Vec<Endpoint> =
            Endpoint::all(values).into_iter().filter(|endpoint| endpoint.writes_to(url)).collect();
        let choice = if endpoints.is_empty() { Choice::None } else { Choice::Url };
        Pipeline::to(values, flow, choice, endpoints)
    }

    fn to(values: &Values<'_>, flow: &Flow, choice: Choice, endpoints: Vec<Endpoint>) -> Pipeline {
        let sinks: Vec<Sink> = endpoints.iter().map(|endpoint| endpoint.sink).collect();
        let paths = proof::paths(values, flow, &sinks, Limits::default());
        let is_host = |path: &&Path| exporter::is_host_exporter(values, path.source);
        let is_outside = |path: &&Path| is_outside_target(values, path);
        let of_host: Vec<&Path> = paths.iter().filter(is_host).collect();
        let (origin, main) = if of_host.is_empty() {
            let outside: Vec<&Path> = paths.iter().filter(is_outside).collect();
            let origin = if outside.is_empty() { Origin::Nowhere } else { Origin::Outside };
            (origin, outside)
        } else {
            (Origin::HostExporter, of_host)
        };
        let mut members: BTreeSet<ComponentId> =
            main.iter().flat_map(|path| path.components.iter().copied()).collect();
        let users = users(values);
        add_what_only_they_use(values, &users, &mut members);
        let exclusive = members
            .iter()
            .copied()
            .filter(|id| users[id.index()].iter().all(|user| members.contains(user)))
            .collect();
        let mut leading = flow.leading_to(sinks.iter().map(|sink| sink.component));
        leading.extend(paths.iter().flat_map(|path| path.components.iter().copied()));
        Pipeline { choice, endpoints, paths, origin, members, exclusive, leading }
    }

    /// The paths from an exporter of this host.
    pub fn host_paths(&self, values: &Values<'_>) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(|path| exporter::is_host_exporter(values, path.source))
    }

    /// The scrapes on paths from an exporter of this host.
    pub fn host_scrapes(&self, values: &Values<'_>) -> BTreeSet<ComponentId> {
        self.host_paths(values)
            .flat_map(|path| path.components.iter().copied())
            .filter(|&id| values.graph().component(id).name == "prometheus.scrape")
            .collect()
    }
}

fn choose(values: &Values<'_>, url: Option<&str>) -> (Choice, Vec<Endpoint>) {
    let all = Endpoint::all(values);
    if let Some(url) = url {
        let found: Vec<Endpoint> =
            all.iter().filter(|endpoint| endpoint.writes_to(url)).cloned().collect();
        if !found.is_empty() {
            return (Choice::Url, found);
        }
    }
    let label = |endpoint: &&Endpoint| {
        values.graph().component(endpoint.sink.component).label.as_deref().unwrap_or_default()
    };
    if let Some(found) = all.iter().find(|endpoint| label(endpoint) == "trento") {
        return (Choice::Name, vec![found.clone()]);
    }
    match all.iter().find(|endpoint| label(endpoint).starts_with("trento_")) {
        Some(found) => (Choice::Prefix, vec![found.clone()]),
        None => (Choice::None, Vec::new()),
    }
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
