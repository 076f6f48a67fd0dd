//! `trento-alloy generate`: prints the configuration this host needs.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Print the Alloy configuration for this host
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
