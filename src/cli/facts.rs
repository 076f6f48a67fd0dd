//! `trento-alloy facts`: lists and gathers the facts that checks see.

mod record;

use std::io::Write;

use camino::Utf8PathBuf;
use serde_json::{Value as Json, json};

use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::facts::{self, GATHERER, GATHERERS, Gatherer, Host, Options};
use crate::installation::{Installation, Wanted};
use crate::prometheus::Version;
use crate::render::json::pretty;
use crate::render::table;

/// List or gather the facts that checks see
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the facts, each with its argument and what it describes
    List {
        /// How to show the list: human or json
        #[arg(long, value_name = "NAME", default_value = "human", value_parser = ["human", "json"])]
        format: String,
    },
    /// Gather a fact and print its value as JSON
    Gather(Gather),
    Record(record::Args),
}

#[derive(Debug, clap::Args)]
struct Gather {
    /// Which fact; `trento-alloy facts list` lists them
    #[arg(long, value_name = "NAME")]
    argument: String,
    /// Read only these files and folders, as one configuration
    #[arg(value_name = "PATH", conflicts_with = "root")]
    paths: Vec<Utf8PathBuf>,
    /// With `series`: the paths to the endpoints of this URL, not to Trento's
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Check against this version of Prometheus, such as 3.5.3
    #[arg(long, value_name = "VERSION")]
    prometheus_version: Option<String>,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    host: HostArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    match &args.what {
        What::List { format } => list(format == "json", &mut io.out),
        What::Gather(args) => gather(args, io),
        What::Record(args) => record::run(args, io),
    }
}

fn list(as_json: bool, out: &mut dyn Write) -> Result<Exit> {
    if as_json {
        let facts: Vec<Json> = GATHERERS
            .iter()
            .map(|gatherer| gatherer.about())
            .map(|about| {
                json!({
                    "gatherer": GATHERER,
                    "argument": about.argument,
                    "meaning": about.meaning,
                    "shape": about.shape,
                    "live": about.live,
                })
            })
            .collect();
        pretty(&facts, out).map_err(Error::Output)?;
        return Ok(Exit::Clean);
    }
    let row = |gatherer: &&dyn Gatherer| {
        [gatherer.about().argument.to_owned(), gatherer.about().meaning.to_owned()]
    };
    let rows: Vec<[String; 2]> = GATHERERS.iter().map(row).collect();
    table::folded(["FACT", "DESCRIPTION"], &rows, out).map_err(Error::Output)?;
    Ok(Exit::Clean)
}

fn gather(args: &Gather, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let options = Options { url: args.url.clone(), offline: args.offline, ..args.host.options()? };
    let given = args.prometheus_version.as_deref();
    let prometheus_version = given.map(Version::parse).transpose()?;
    let wanted = Wanted { prometheus_version, ..args.host.wanted() };
    let installation = Installation::of_paths(&system, wanted, &args.paths, io.stdin)?;
    let host = Host::new(installation, options);
    match facts::look_at(&host, &args.argument) {
        Ok(found) => {
            if let Some(reason) = found.not_applicable {
                io.note(&format!("not applicable, so that checks skip it: {reason}"))?;
            }
            pretty(&found.value, &mut io.out).map_err(Error::Output)?;
            Ok(Exit::Clean)
        }
        Err(error) => Err(Error::Invalid(error.message)),
    }
}
