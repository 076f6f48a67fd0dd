//! `trento-alloy diff`: compares configurations by meaning.

use camino::Utf8PathBuf;

use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io, diff_upgrade};
use crate::error::{Error, Result};

/// Compare deployed and generated configuration, or any two
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to compare
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    #[command(flatten)]
    host: HostArgs,
    /// Say what an upgrade of Alloy changes for the configuration, such as 1.16.3..1.18.1; without
    /// the first version from the installed one, without the second to the newest known
    #[arg(long, value_name = "FROM..TO")]
    upgrade: Option<String>,
    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    if let Some(range) = &args.upgrade {
        let is_json = args.format == Format::Json;
        return diff_upgrade::run(range, &args.host, &args.paths, is_json, io);
    }
    Err(Error::Usage("this command is not there yet".to_owned()))
}
