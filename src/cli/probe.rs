//! `trento-alloy probe`: tests a remote-write endpoint for what Trento needs.

use crate::agent::{Origin, Setting, Settings};
use crate::cli::generate::AgentArgs;
use crate::cli::host_args::HostArgs;
use crate::cli::length::positive;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::facts::Host;
use crate::probe::{
    Endpoint, Expected, Limits, NotAsked, Outcome, Report, Severity, Step, Verdict, Writer, probe,
};
use crate::proof::Feed;
use crate::render::probing;
use crate::system::System;

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy probe
  trento-alloy probe https://trento.example/prometheus/api/v1/write --until tls";

/// Test a remote-write endpoint for what Trento needs
///
/// Tests whether it accepts an empty write, refuses the same write without credentials, accepts one
/// as large as a batch, and has the series of this host. Nothing is stored or changed there.
///
/// Without a URL, the endpoints of the deployed Trento pipeline are tested with their own
/// credentials; without such a pipeline, the one that the agent's settings name. With a URL, that
/// one, with the credentials of the flags, or with those that the host has for exactly that URL.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The endpoint, such as https://trento.example/prometheus/api/v1/write
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Timeout for the whole probe
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = positive)]
    timeout: std::time::Duration,
    /// The last step
    #[arg(long, value_name = "STEP", value_enum, default_value_t = Last::Edge)]
    until: Last,
    /// Allow sending credentials over plain http to another machine
    #[arg(long)]
    allow_plain: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    agent: AgentArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// The last step that a probe takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Last {
    /// Resolve the name
    Dns,
    /// Connect to the port
    Tcp,
    /// TLS handshake
    Tls,
    /// Send an empty remote write
    Write,
    /// Test a write without credentials, a whole batch, and query this host's series
    Edge,
}

impl Last {
    /// The step it means.
    pub(super) fn step(self) -> Step {
        match self {
            Last::Dns => Step::Dns,
            Last::Tcp => Step::Tcp,
            Last::Tls => Step::Tls,
            Last::Write => Step::Write,
            Last::Edge => Step::Edge,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let settings = Settings::of_command(&system, &args.agent.given());
    let mut endpoints = args.endpoints(&system, &settings, io)?;
    if args.host.installation(&system).is_of_prometheus() {
        let of_settings = endpoints.iter_mut().filter(|it| it.writer == Writer::ALLOY);
        of_settings.for_each(|endpoint| endpoint.writer = Writer::PROMETHEUS);
    }
    let last_step = args.until.step();
    let limits = Limits { timeout: args.timeout, last_step, allow_plain: args.allow_plain };
    let expected = args.expected(&system, &settings, &endpoints)?;
    // Whoever asks for a probe has this machine ask, of whichever host the settings are.
    let network = System::live().network().ok_or_else(|| Error::Usage("no network".to_owned()))?;
    let reports = probe(network, &endpoints, limits, expected.as_ref())?;
    let exit = exit(&reports);
    match args.format {
        Format::Human => probing::human(&reports, &mut io.out),
        Format::Json => probing::json(&reports, exit == Exit::Clean, &mut io.out),
    }
    .map_err(Error::Output)?;
    Ok(exit)
}

impl Args {
    fn endpoints(
        &self,
        system: &System,
        settings: &Settings,
        io: &mut Io<'_>,
    ) -> Result<Vec<Endpoint>> {
        let own = settings.get("prometheus-url").map(|url| url.value.expose()).unwrap_or_default();
        let Some(url) = &self.url else {
            let deployed =
                if self.names_settings() { Vec::new() } else { self.deployed(system, own)? };
            if !deployed.is_empty() {
                return Ok(deployed);
            }
            if own.is_empty() {
                return Err(Error::Usage(
                    "no endpoint is known: no Trento pipeline is deployed and prometheus-url is \
                     not set; give a URL"
                        .to_owned(),
                ));
            }
            return Ok(vec![Endpoint::of_settings(&system.files, settings, own, |_| true)?]);
        };
        if Endpoint::parse(own).is_ok_and(|own| own.writes_to(url)) {
            return Ok(vec![Endpoint::of_settings(&system.files, settings, url, |_| true)?]);
        }
        let deployed = if self.names_settings() { Vec::new() } else { self.deployed(system, url)? };
        let same: Vec<Endpoint> =
            deployed.into_iter().filter(|endpoint| endpoint.writes_to(url)).collect();
        if !same.is_empty() {
            return Ok(same);
        }
        // What stands in agent.yaml belongs to the URL that stands there, and to no other.
        let given = |setting: &Setting| setting.origin == Origin::Flag;
        let kept_back = settings.iter().any(|setting| {
            setting.key.name.starts_with("prometheus-auth-")
                && !setting.value.is_empty()
                && !given(setting)
        });
        if kept_back {
            io.note("the host's credentials belong to another URL and are not sent")?;
        }
        Ok(vec![Endpoint::of_settings(&system.files, settings, url, given)?])
    }

    /// Whose series to ask for: the named agent's, or this host's where the endpoint is its own.
    fn expected(
        &self,
        system: &System,
        settings: &Settings,
        endpoints: &[Endpoint],
    ) -> Result<Option<Expected>> {
        let is_named = self.agent.given().flags.contains_key("force-agent-id");
        let own = settings.get("prometheus-url").map(|url| url.value.expose()).unwrap_or_default();
        let is_own = self.url.is_none() || endpoints.iter().any(|endpoint| endpoint.writes_to(own));
        let Ok(agent_id) = &settings.agent_id else { return Ok(None) };
        if !is_named && !is_own {
            return Ok(None);
        }
        let is_settled = if is_named {
            Some(true)
        } else if self.names_settings() || self.until != Last::Edge {
            None
        } else {
            Host::new(self.host.installation(system), self.host.options()?).is_settled()
        };
        Ok(Some(Expected {
            agent_id: agent_id.id.clone(),
            exporter_name: settings.exporter_name().to_owned(),
            pushes: settings.value("prometheus-mode") == "push",
            is_settled,
        }))
    }

    /// Whether flags say what to ask with, so that what is deployed does not matter.
    fn names_settings(&self) -> bool {
        let given = self.agent.given();
        given.config.is_some() || !given.flags.is_empty()
    }

    /// The endpoints of the deployed Trento pipeline, as their components describe them.
    fn deployed(&self, system: &System, url: &str) -> Result<Vec<Endpoint>> {
        let installation = self.host.installation(system);
        let url = Some(url).filter(|url| !url.is_empty());
        let read = |writer, feed: &Feed, context| -> Result<Vec<Endpoint>> {
            let one = |endpoint| {
                Endpoint::of_component(writer, endpoint, context)
                    .map_err(|why| Error::Invalid(format!("the deployed endpoint: {why}")))
            };
            feed.endpoints.iter().map(one).collect()
        };
        if installation.is_of_prometheus() {
            let found = installation.prometheus();
            let feed = found.and_then(|found| Some((found.feed(url)?, found.context())));
            return match feed {
                Some((feed, context)) => read(Writer::PROMETHEUS, &feed, context),
                None => Ok(Vec::new()),
            };
        }
        let prover = installation.prover();
        read(Writer::ALLOY, &prover.feed(url), prover.graph().context())
    }
}

/// Clean if every endpoint takes writes and nothing is wrong beyond, or passed as far as was
/// asked.
fn exit(reports: &[Report]) -> Exit {
    let worst = reports.iter().map(|report| match &report.outcome {
        Outcome::NotAsked(NotAsked::Limited(_)) => Exit::Clean,
        Outcome::NotAsked(_) => Exit::Failed,
        outcome if is_taken(outcome) && !has_findings(report) => Exit::Clean,
        _ => Exit::Findings,
    });
    worst
        .max_by_key(|exit| match exit {
            Exit::Findings => 2,
            Exit::Failed => 1,
            _ => 0,
        })
        .unwrap_or(Exit::Clean)
}

/// Whether the write arrives, be it after a redirect.
fn is_taken(outcome: &Outcome) -> bool {
    matches!(outcome.verdict(), Verdict::Accepted | Verdict::Redirected)
}

fn has_findings(report: &Report) -> bool {
    report.findings.iter().any(|finding| finding.severity > Severity::Unproven)
}
