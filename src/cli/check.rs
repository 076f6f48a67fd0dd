//! `trento-alloy check`: gathers facts, runs the catalogue, reports.

mod facts;

use camino::Utf8PathBuf;

use crate::cli::checks_args::ChecksArgs;
use crate::cli::report_args::ReportArgs;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

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
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    if let Some(path) = &args.facts {
        return facts::run(args, path, io);
    }
    Err(Error::Usage("this command is not there yet".to_owned()))
}
