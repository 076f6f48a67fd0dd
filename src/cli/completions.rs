//! `trento-alloy completions`: prints shell completions.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, Exit, Io};
use crate::error::{Error, Result};

/// Print shell completions
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trento-alloy", &mut script);
    io.out.write_all(&script).map_err(Error::Output)?;
    Ok(Exit::Clean)
}
