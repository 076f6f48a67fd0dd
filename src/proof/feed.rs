//! What feeds Trento: its endpoints, every path to them, and the components that take part.

use std::collections::BTreeSet;

use super::endpoint::Endpoint;
use super::path::Path;
use super::place::ComponentId;

/// How Trento's endpoint was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Choice {
    /// Its URL is that of the agent's settings.
    Url,
    /// It is named `trento`.
    Name,
    /// Its name begins with `trento_`.
    Prefix,
    /// There is none.
    None,
}

/// Where the series come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// An exporter of this host that is part of the sender.
    HostExporter,
    /// A scrape of a target outside, such as a node_exporter.
    Outside,
    /// Nowhere: no path.
    Nowhere,
}

/// What leads to Trento's endpoint.
#[derive(Clone, Debug)]
pub struct Feed {
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
    /// The exporters of this host at which paths begin.
    pub host_exporters: BTreeSet<ComponentId>,
    /// The scrapes on paths from them.
    pub host_scrapes: BTreeSet<ComponentId>,
}

impl Feed {
    /// The paths from an exporter of this host.
    pub fn host_paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(|path| self.is_of_host(path))
    }

    /// Whether a path begins at an exporter of this host.
    pub fn is_of_host(&self, path: &Path) -> bool {
        self.host_exporters.contains(&path.source)
    }
}
