//! `trento-alloy facts record`: writes down what a plain copy of a host's files loses.

use std::io::Write;

use camino::Utf8PathBuf;
use serde_json::Value as Json;

use crate::atomic;
use crate::cli::host_args::HostArgs;
use crate::cli::{self, Exit, Io};
use crate::error::{Error, Result};
use crate::facts::snapshot;

/// Record what a copy of this host's files loses, for a check with --root elsewhere
///
/// Prints a `snapshot.json`: owners, modes and times of the files that facts look at, versions,
/// units, Alloy's process and the answers of its HTTP server. Put it beside a copy of the listed
/// files, and `check --root` judges them as on the host. It holds no secret and no file's content.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write it to this file
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    host: HostArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let taken = snapshot::take(&system, args.host.wanted(), args.host.options()?)?;
    for hidden in &taken.hidden {
        io.warn(&format!("not recorded: {}", hidden.reason))?;
    }
    let snapshot = system.secrets().cover_json(Json::Object(taken.snapshot));
    let text = format!("{snapshot:#}\n");
    match &args.output {
        Some(path) => cli::written(
            path,
            atomic::write(path, io.secrets.shown(text.as_bytes()).as_bytes(), 0o644)?,
            io,
        )?,
        None => io.out.write_all(text.as_bytes()).map_err(Error::Output)?,
    }
    Ok(Exit::Clean)
}
