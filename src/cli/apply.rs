//! `trento-alloy apply`: writes the generated file, reloads, verifies, rolls back.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Write the generated configuration safely and reload Alloy
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
