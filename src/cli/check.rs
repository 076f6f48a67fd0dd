//! `trento-alloy check`: gathers facts, runs the catalogue, reports.

mod facts;
mod fleet;
mod host;

use std::time::Duration;

use camino::Utf8PathBuf;

use crate::checks::export::RESULTS_FOLDER;
use crate::cli::checks_args::ChecksArgs;
use crate::cli::host_args::HostArgs;
use crate::cli::length::length;
use crate::cli::probe::Last;
use crate::cli::report_args::ReportArgs;
use crate::cli::{Exit, Io};
use crate::error::Result;
use crate::facts::Options;
use crate::host::alloy_http::Patience;
use crate::installation::{Wanted, installed};
use crate::prometheus::Version;

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy check
  trento-alloy check --root /mnt/snapshot --format table
  trento-alloy check --select 'A1102*' -o sarif=alloy.sarif
  trento-alloy check --hosts /srv/hosts -o html=fleet.html";

/// Check a host's Alloy configuration for Trento
///
/// Gathers facts about this host (or the host whose files are in --root), runs the catalogue of
/// checks on them and reports what is wrong, where, and how to repair it. With PATHs only these
/// files are looked at, as one configuration; `-` is standard input.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Check only these files and folders, as one configuration
    #[arg(value_name = "PATH", conflicts_with_all = ["root", "facts"])]
    paths: Vec<Utf8PathBuf>,
    /// Check many hosts: folders with a host's files, archives of them, folders of both; `-` reads
    /// paths from standard input
    #[arg(
        long,
        value_name = "PATH",
        num_args = 1..,
        conflicts_with_all = ["paths", "root", "facts", "publish", "watch"]
    )]
    hosts: Vec<Utf8PathBuf>,
    /// With --hosts: report what changed since an earlier report in the format json or jsonl
    #[arg(long, value_name = "REPORT", requires = "hosts")]
    since: Option<Utf8PathBuf>,
    /// With --since: the exit code depends on what is new
    #[arg(long, requires = "since")]
    fail_on_new: bool,
    /// Evaluate the checks of --checks on the facts of this JSON file instead of a host
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    facts: Option<Utf8PathBuf>,
    /// Check against this version of Alloy [default: the installed one]
    #[arg(long, value_name = "VERSION")]
    alloy_version: Option<String>,
    /// Check against this version of Prometheus [default: the installed one]
    #[arg(long, value_name = "VERSION")]
    prometheus_version: Option<String>,
    /// Do not use the network
    #[arg(long, help_heading = "Network")]
    offline: bool,
    /// The last step of the probe of each endpoint
    #[arg(
        long,
        value_name = "STEP",
        value_enum,
        default_value_t = Last::Edge,
        help_heading = "Network",
        conflicts_with = "offline"
    )]
    probe: Last,
    /// Timeout for all requests to the network together
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = length)]
    #[arg(help_heading = "Network")]
    timeout: Duration,
    /// Measure the delivery of samples over this time
    #[arg(long, value_name = "DURATION", value_parser = length, help_heading = "Network")]
    watch: Option<Duration>,
    /// Also publish the results where trento-agent finds them: as names of empty files in this
    /// folder [default: /run/trento-alloy/results]
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = false,
        default_missing_value = RESULTS_FOLDER,
        conflicts_with = "facts"
    )]
    publish: Option<Utf8PathBuf>,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    checks: ChecksArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    match &args.facts {
        Some(path) => facts::run(args, path, io),
        None if !args.hosts.is_empty() => fleet::run(args, io),
        None => host::run(args, io),
    }
}

impl Args {
    fn wanted(&self) -> Result<Wanted> {
        let given = self.alloy_version.as_deref();
        let prometheus = self.prometheus_version.as_deref();
        Ok(Wanted {
            prometheus_version: prometheus.map(Version::parse).transpose()?,
            alloy_version: given.map(installed::given).transpose()?,
            patience: Patience { timeout: self.timeout, watch: self.watch },
            ..self.host.wanted()
        })
    }

    fn options(&self) -> Result<Options> {
        Ok(Options {
            offline: self.offline,
            timeout: self.timeout,
            last_step: self.probe.step(),
            ..self.host.options()?
        })
    }
}
