//! `trento-alloy inspect settings`: the agent's settings in force.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Show the Trento agent's settings in force and where each came from
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
