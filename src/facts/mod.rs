//! Facts: what gatherers say of a host. They describe and never judge.
//!
//! One file a gatherer, one argument each. A fact is a list or a map that a person can read; an
//! element that stands somewhere carries `at`, what there is to say of it `message`. Thresholds
//! are the checks' business. Whether a fact applies to a host (the rules on who speaks when
//! several things are wrong) is told apart from its value: a check that does not apply gets no
//! fact, but a person may always look at it.

mod access;
mod advisories;
mod agent_files;
mod agent_id;
mod alloy_release;
mod applies;
mod authentication;
mod batches;
mod certificates;
mod clock;
mod collectors;
mod credentials;
mod cycles;
mod declarations;
mod delivery;
mod deployment;
mod drift;
mod endpoint;
mod endpoints;
mod exporter_name;
mod faults;
mod folder_entries;
mod host;
mod host_exporters;
mod host_metrics;
mod http_server;
mod long;
mod modules;
mod other_components;
mod permission;
mod pipeline;
mod pipeline_files;
mod place;
mod platform;
mod process;
mod prometheus;
mod pull_target;
mod reachability;
mod remarks;
mod remote_write;
mod running;
mod running_components;
mod running_configuration;
mod same_agent_id;
mod scrape_interval;
mod scrapes;
mod secret_files;
mod secrets;
mod series;
mod server_series;
mod server_tls;
mod servers;
mod services;
mod settings;
mod settings_file;
mod settings_surprises;
pub mod snapshot;
mod start_faults;
mod strangers;
mod syntax_errors;
mod template;
#[cfg(test)]
mod tests;
mod tls_files;
mod tls_settings;
mod unresolved_references;
mod urls;
mod validation;

use std::sync::Arc;

use serde_json::Value as Json;

pub use host::{Host, Options};
pub use same_agent_id::SAME_AGENT_ID;

use crate::unit::NotKnown;

/// The gatherer's name, as checks and the Trento agent know it.
pub const GATHERER: &str = "alloy@v1";

/// Every gatherer. The order is the order of `docs/facts.md`.
pub const GATHERERS: &[&dyn Gatherer] = &[
    &syntax_errors::SyntaxErrors,
    &folder_entries::FolderEntries,
    &declarations::Declarations,
    &unresolved_references::UnresolvedReferences,
    &cycles::Cycles,
    &modules::Modules,
    &validation::Validation,
    &start_faults::StartFaults,
    &advisories::Advisories,
    &pipeline_files::PipelineFiles,
    &host_metrics::HostMetrics,
    &pipeline::Pipeline,
    &other_components::OtherComponents,
    &series::Series,
    &series::HostSeries,
    &collectors::Collectors,
    &host_exporters::HostExporters,
    &scrapes::Scrapes,
    &endpoints::Endpoints,
    &urls::Urls,
    &authentication::Authentication,
    &credentials::Credentials,
    &tls_settings::TlsSettings,
    &drift::Drift,
    &tls_files::TlsFiles,
    &certificates::Certificates,
    &settings_file::SettingsFile,
    &settings::Settings,
    &settings_surprises::SettingsSurprises,
    &agent_id::AgentId,
    &exporter_name::ExporterName,
    &scrape_interval::ScrapeInterval,
    &platform::Platform,
    &pull_target::PullTarget,
    &agent_files::AgentFiles,
    &secret_files::SecretFiles,
    &access::Access,
    &http_server::HttpServer,
    &services::Services,
    &process::Process,
    &running_configuration::RunningConfiguration,
    &running_components::RunningComponents,
    &delivery::Delivery,
    &reachability::Reachability,
    &server_tls::ServerTls,
    &remote_write::RemoteWrite,
    &clock::Clock,
    &strangers::Strangers,
    &server_series::ServerSeries,
    &batches::Batches,
    &same_agent_id::SameAgentId,
    &servers::Servers,
    &template::Template,
    &alloy_release::AlloyRelease,
    &prometheus::flags::Flags,
    &prometheus::agent_mode::AgentMode,
    &prometheus::start::Start,
    &prometheus::exporter::Exporter,
    &prometheus::other_series::OtherSeries,
    &prometheus::variables::Variables,
    &prometheus::storage::Storage,
];

/// One fact.
pub trait Gatherer: Sync {
    /// What it says of itself.
    fn about(&self) -> &'static About;

    /// Whether the checks that ask for it apply to this host.
    ///
    /// # Errors
    /// The reason why not, for people.
    fn applies(&self, host: &Host<'_>) -> Result<(), String>;

    /// Describes the host.
    ///
    /// # Errors
    /// The fact should exist but could not be gathered.
    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError>;
}

/// What a gatherer says of itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The argument it answers to: a noun in lower case.
    pub argument: &'static str,
    /// What it tells, in one or two sentences.
    pub meaning: &'static str,
    /// Its shape, by example.
    pub shape: &'static str,
    /// Whether it needs a running host.
    pub live: bool,
}

/// What a gathering for a check gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Gathered {
    /// The fact.
    Value(Arc<Json>),
    /// It does not apply to this host; the reason is for people.
    NotApplicable(String),
    /// It should exist but could not be gathered.
    Error(GatherError),
}

/// Why a fact could not be gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatherError {
    /// The kind of error, such as `alloy-unknown-argument`.
    pub kind: &'static str,
    /// What happened, in one clause.
    pub message: String,
    /// Whether a lack of permission is what stood in the way.
    pub is_permission: bool,
}

impl GatherError {
    /// An error of a kind.
    pub fn new(kind: &'static str, message: impl Into<String>) -> GatherError {
        GatherError { kind, message: message.into(), is_permission: false }
    }

    fn scrubbed(self, host: &Host<'_>) -> GatherError {
        GatherError { message: host.scrubbed_text(&self.message), ..self }
    }

    /// Something may not be read by us.
    pub fn permission(message: impl Into<String>) -> GatherError {
        GatherError { is_permission: true, ..GatherError::new("alloy-permission", message) }
    }
}

/// Gathers a fact for a check: its value, or why it does not apply, or why it cannot be had.
pub fn gather(host: &Host<'_>, argument: &str) -> Gathered {
    let Some(gatherer) = find(host, argument) else { return Gathered::Error(unknown(argument)) };
    let (applies, looked) = host.watching(|| gatherer.applies(host));
    if let Err(reason) = applies {
        return host
            .unknown(looked)
            .map_or(Gathered::NotApplicable(host.scrubbed_text(&reason)), untold);
    }
    let (gathered, looked) = host.watching(|| gatherer.gather(host));
    match (gathered, host.unknown(looked)) {
        (_, Some(unknown)) => untold(unknown),
        (Ok(value), None) => Gathered::Value(Arc::new(host.scrubbed(value))),
        (Err(error), None) => Gathered::Error(error.scrubbed(host)),
    }
}

/// What a fact is that depends on something unknown.
fn untold(NotKnown { reason, is_denied }: NotKnown) -> Gathered {
    match is_denied {
        true => Gathered::Error(GatherError::permission(reason)),
        false => Gathered::NotApplicable(reason),
    }
}

/// Gathers a fact for a person, whether or not checks would look at it.
///
/// # Errors
/// There is no such fact, it could not be gathered, or it depends on what we may not read.
pub fn look_at(host: &Host<'_>, argument: &str) -> Result<LookedAt, GatherError> {
    let gatherer = find(host, argument).ok_or_else(|| unknown(argument))?;
    let (value, looked) = host.watching(|| gatherer.gather(host));
    if let Some(NotKnown { reason, is_denied: true }) = host.unknown(looked) {
        return Err(GatherError::permission(reason));
    }
    let not_applicable = match gather(host, argument) {
        Gathered::NotApplicable(reason) => Some(reason),
        Gathered::Value(_) | Gathered::Error(_) => None,
    };
    let value = value.map_err(|error| error.scrubbed(host))?;
    Ok(LookedAt { value: host.scrubbed(value), not_applicable })
}

/// A fact as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct LookedAt {
    /// Its value.
    pub value: Json,
    /// Why checks do not see it, if they do not.
    pub not_applicable: Option<String>,
}

/// The gatherer of an argument, for the program that pushes from this host.
fn find(host: &Host<'_>, argument: &str) -> Option<&'static dyn Gatherer> {
    let of = |gatherers: &[&'static dyn Gatherer]| {
        gatherers.iter().copied().find(|gatherer| gatherer.about().argument == argument)
    };
    let own = if host.installation().is_of_prometheus() { of(prometheus::GATHERERS) } else { None };
    own.or_else(|| of(GATHERERS))
}

/// Every gatherer, each as it is for the program that pushes from this host.
fn all<'h>(host: &'h Host<'_>) -> impl Iterator<Item = &'static dyn Gatherer> + 'h {
    GATHERERS.iter().filter_map(|gatherer| find(host, gatherer.about().argument))
}

fn unknown(argument: &str) -> GatherError {
    GatherError::new(
        "alloy-unknown-argument",
        format!("there is no fact `{argument}`; `trento-alloy facts list` lists them"),
    )
}
