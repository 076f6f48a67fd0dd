//! `trento-alloy facts`: lists and gathers the facts that checks see.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// List or gather the facts that checks see
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
