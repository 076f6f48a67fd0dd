//! `trento-alloy inspect sources`: what Alloy loads on this host, and its hash.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Show what Alloy loads on this host, and why other files are not loaded
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
