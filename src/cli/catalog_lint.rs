//! `trento-alloy catalog lint`: what is wrong with check files.

use std::io::Write;

use camino::Utf8PathBuf;

use crate::checks::lint::{self, Finding};
use crate::checks::{catalogue, load};
use crate::cli::report_args::{FailOn, formats};
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::render::table::count;
use crate::render::{self, Format};

/// Find mistakes in check files before they run
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check files, and folders of them; without any, the checks of the catalogue
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Output format
    #[arg(long, value_name = "NAME", value_parser = formats(), default_value = "human")]
    format: Option<&'static Format>,
    /// Also report what no verdict depends on, such as facts that are gathered and not used
    #[arg(long)]
    strict: bool,
    /// What exit code 1 begins with: warning, critical or never
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    fail_on: FailOn,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let mut checks = Vec::new();
    for path in &args.paths {
        checks.extend(load::path(path)?);
    }
    if args.paths.is_empty() {
        checks = catalogue::load_with_places();
    }
    let mut findings: Vec<Finding> = lint::lint(&checks);
    findings.retain(|finding| args.strict || !finding.pedantic);
    let format = args.format.unwrap_or(Format::HUMAN);
    render::catalogue::lint(&findings, format, true, &mut io.out).map_err(Error::Output)?;
    if format == Format::HUMAN {
        let found = match findings.len() {
            0 => "nothing is wrong".to_owned(),
            some => format!("\n{}", count(some, "finding")),
        };
        let checks = count(checks.len(), "check");
        writeln!(io.out, "{found} in {checks}").map_err(Error::Output)?;
    }
    let worst = findings.iter().map(|finding| finding.severity.into()).max();
    Ok(if worst.is_some_and(|worst| args.fail_on.is_reached(worst)) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}
