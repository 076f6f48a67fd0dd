//! `trento-alloy validate`: what `alloy validate` would say.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};

/// Say what `alloy validate` would say, for any version
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _io: &mut Io<'_>) -> Result<Exit> {
    Err(Error::Usage("this command is not there yet".to_owned()))
}
