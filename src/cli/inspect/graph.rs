//! `trento-alloy inspect graph`: the component graph.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Show the component graph
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
