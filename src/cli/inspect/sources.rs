//! `trento-alloy inspect sources`: what Alloy loads on this host, and its hash.

use crate::cli::host_args::HostArgs;
use crate::cli::inspect::Format;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::graph::{Elsewhere, Graph};
use crate::render::sources::{self, Remote, of_prometheus};

/// Show what Alloy loads on this host, and why other files are not loaded
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let installation = args.host.installation(&system);
    if let Some(prometheus) = installation.prometheus() {
        let candidates = prometheus.candidates(&system, None);
        let written = match args.format {
            Format::Human => of_prometheus::human(prometheus, &candidates, &mut io.out),
            Format::Json => of_prometheus::json(prometheus, &candidates, &mut io.out),
        };
        written.map_err(Error::Output)?;
        return Ok(Exit::Clean);
    }
    let (set, graph) = (installation.merge_set(), installation.graph());
    let elsewhere: Vec<Remote> =
        graph.elsewhere().into_iter().map(|it| remote(graph, it)).collect();
    let written = match args.format {
        Format::Human => sources::human(set, &elsewhere, &mut io.out),
        Format::Json => sources::json(set, &elsewhere, &mut io.out),
    };
    written.map_err(Error::Output)?;
    Ok(Exit::Clean)
}

fn remote(graph: &Graph, found: Elsewhere) -> Remote {
    Remote { block: found.block, reason: found.reason, at: graph.at(found.place) }
}
