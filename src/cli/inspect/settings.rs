//! `trento-alloy inspect settings`: the agent's settings in force.

use crate::agent::Settings;
use crate::cli::generate::AgentArgs;
use crate::cli::host_args::{self, HostArgs};
use crate::cli::inspect::Format;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::render::settings;

/// Show the Trento agent's settings in force and where each came from, and those of this program
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    agent: AgentArgs,
}

/// Runs the command.
///
/// Without a flag of the agent: as its service reads them. With one: as a command would.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.open(&io.secrets)?;
    host_args::tell(&system, &io.secrets);
    let site = args.host.site(&system);
    let given = args.agent.given();
    let found = match given.is_empty() {
        true => Settings::of_service(&system),
        false => Settings::of_command(&system, &given),
    };
    let mut names = args.host.secret_names()?.knowing(&io.secrets);
    let written = match args.format {
        Format::Human => settings::human(&found, site.as_ref().ok(), &mut names, &mut io.out),
        Format::Json => settings::json(&found, &site, &mut names, &mut io.out),
    };
    written.map_err(Error::Output)?;
    site.map(|_| Exit::Clean)
}
