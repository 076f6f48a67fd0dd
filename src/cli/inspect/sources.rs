//! `trento-alloy inspect sources`: what Alloy loads on this host, and its hash.

use crate::cli::host_args::HostArgs;
use crate::cli::inspect::Format;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::load::MergeSet;
use crate::render::sources;

/// Show what Alloy loads on this host, and why other files are not loaded
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    host: HostArgs,
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let world = args.host.world()?;
    let set = MergeSet::read(&world, &args.host.unit, args.host.alloy_config.as_deref());
    let written = match args.format {
        Format::Human => sources::human(&set, io.out),
        Format::Json => sources::json(&set, io.out),
    };
    written.map_err(Error::Output)?;
    Ok(Exit::Clean)
}
