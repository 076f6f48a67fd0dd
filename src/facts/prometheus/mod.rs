//! The facts of a host from which Prometheus pushes: those that are not told as Alloy's are, and
//! those that only Prometheus has.
//!
//! Where a fact here has the argument of one of Alloy's, it has its shape and its meaning too.

mod accepted;
mod advisories;
pub(super) mod agent_mode;
mod collectors;
mod drift;
pub(super) mod exporter;
mod files;
pub(super) mod flags;
mod jobs;
mod live;
mod meaningless;
pub(super) mod other_series;
mod picture;
mod server;
pub(super) mod start;
pub(super) mod storage;
pub(super) mod variables;

use serde_json::{Value as Json, json};

pub(super) use picture::drawing;

use crate::facts::place::place;
use crate::facts::{Gatherer, Host};
use crate::installation::Prometheus;
use crate::prometheus::{Configuration, Finding};
use crate::proof::{Feed, Path};

/// The gatherers that stand in the place of Alloy's.
pub(super) const GATHERERS: &[&dyn Gatherer] = &[
    &accepted::SyntaxErrors,
    &accepted::Validation,
    &accepted::Declarations,
    &accepted::Modules,
    &accepted::FolderEntries,
    &meaningless::UNRESOLVED_REFERENCES,
    &meaningless::CYCLES,
    &drift::Drift,
    &meaningless::START_FAULTS,
    &meaningless::TEMPLATE,
    &meaningless::ALLOY_RELEASE,
    &advisories::Advisories,
    &files::PipelineFiles,
    &files::SecretFiles,
    &files::Access,
    &jobs::HostMetrics,
    &jobs::Pipeline,
    &jobs::OtherComponents,
    &jobs::HostSeries,
    &jobs::HostExporters,
    &jobs::Scrapes,
    &collectors::Collectors,
    &server::HttpServer,
    &live::RunningConfiguration,
    &live::RunningComponents,
    &live::Delivery,
];

impl Host<'_> {
    /// The Prometheus that pushes from this host.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn has_prometheus(&self) -> Result<&Prometheus, String> {
        match self.prometheus() {
            Some(found) => Ok(found),
            None if self.installation().is_of_prometheus() => {
                Err("Prometheus is not set up here: it has no unit".to_owned())
            }
            None => Err("Alloy pushes from this host, not Prometheus".to_owned()),
        }
    }

    /// What Prometheus loads.
    ///
    /// # Errors
    /// There is no Prometheus, or it does not load its file.
    pub(super) fn has_configuration(&self) -> Result<&Configuration, String> {
        let prometheus = self.has_prometheus()?;
        let config = &prometheus.config;
        match (&prometheus.configuration, &prometheus.bytes) {
            (_, Err(why)) => Err(format!("{config} cannot be read: {why}")),
            (Err(_), _) => Err(format!("Prometheus does not load {config}")),
            (Ok(configuration), _) => Ok(configuration),
        }
    }

    /// A pipeline may be asked for: push mode, or one lies here all the same.
    pub(super) fn expects_jobs(&self) -> Result<(), String> {
        self.has_configuration()?;
        if self.has_deployment() {
            return Ok(());
        }
        if self.is_files_only() {
            return Err("the file holds no remote write for Trento".to_owned());
        }
        match self.settings_were_read() {
            Ok(()) => self.pushes(),
            Err(reason) => Err(format!("there is no pipeline, and {reason}")),
        }
    }

    /// The feed of a deployment that is Prometheus'.
    fn feed(&self) -> Option<&Feed> {
        self.deployment().map(|found| &found.pipeline)
    }
}

/// A finding of Prometheus' own as an element of a fact.
fn fault(host: &Host<'_>, finding: &Finding) -> Json {
    json!({
        "path": finding.source.path(),
        "message": finding.message,
        "more": 0,
        "at": host.at(&finding.source, finding.span),
        "help": "`trento-alloy validate --sender prometheus-agent --strict FILE` tells the whole",
    })
}

/// Whether something arrives on a path.
fn arrives(path: &Path) -> bool {
    path.reached.is_something()
}

/// A place of a configuration.
fn at(configuration: &Configuration, at: crate::proof::Place) -> Json {
    use crate::proof::Names;
    place(configuration.at(at))
}
