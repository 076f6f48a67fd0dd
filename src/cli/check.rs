//! `trento-alloy check`: gathers facts, runs the catalogue, reports.

mod facts;

use camino::Utf8PathBuf;

use crate::checks::export::RESULTS_FOLDER;
use crate::checks::report::Report;
use crate::cli::checks_args::ChecksArgs;
use crate::cli::report_args::ReportArgs;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::render::Options;
use crate::render::publish::{self, Publication};

/// Check a host's Alloy configuration for Trento
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    checks: ChecksArgs,
    /// Evaluate the checks of --checks on the facts of this JSON file instead of a host
    #[arg(long, value_name = "FILE")]
    facts: Option<Utf8PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
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
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    if let Some(path) = &args.facts {
        return facts::run(args, path, io);
    }
    // Dropped by whatever stops the run, it takes the old results away.
    let publication = args.publish.as_deref().map(Publication::begin).transpose()?;
    let report = host_report(args)?;
    if let Some(publication) = publication {
        publication.finish(&publish::results(&report))?;
    }
    args.report.show(&report, &Options::default(), io)
}

/// What the checks say of a host.
fn host_report(_args: &Args) -> Result<Report> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
