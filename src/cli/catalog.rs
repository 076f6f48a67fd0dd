//! `trento-alloy catalog`: reads, lints and exports the checks.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Read, lint and export the checks
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
