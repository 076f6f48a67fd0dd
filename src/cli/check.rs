//! `trento-alloy check`: gathers facts, runs the catalogue, reports.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Check a host's Alloy configuration for Trento
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
