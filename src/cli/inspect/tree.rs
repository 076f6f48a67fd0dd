//! `trento-alloy inspect tree`: the syntax tree as JSON.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Show the syntax tree of a file as JSON
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
