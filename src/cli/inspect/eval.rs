//! `trento-alloy inspect eval`: the value of an expression.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Evaluate an Alloy expression
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
