//! `trento-alloy inspect graph`: the component graph.

use camino::Utf8PathBuf;

use crate::agent::Settings;
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::facts::Host;
use crate::graph::drawing::Drawing;
use crate::installation::Installation;
use crate::render::graph::{self, Form};

/// Show the component graph, with Trento's pipeline marked
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Text)]
    format: Format,
    /// The URL of Trento's endpoint, if not that of the agent's settings
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Files and folders to show instead of what Alloy loads; `-` is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    #[command(flatten)]
    host: HostArgs,
}

/// The formats, by the names the command line knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Dot,
    Mermaid,
    Json,
    Svg,
}

impl Format {
    fn form(self) -> Form {
        match self {
            Format::Text => Form::Text,
            Format::Dot => Form::Dot,
            Format::Mermaid => Form::Mermaid,
            Format::Json => Form::Json,
            Format::Svg => Form::Svg,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let installation = Installation::of_paths(&system, args.host.wanted(), &args.paths, io.stdin)?;
    if installation.is_of_prometheus() {
        let drawing = Host::new(installation, args.host.options()?).drawing();
        graph::write(&drawing, args.format.form(), &mut io.out).map_err(Error::Output)?;
        return Ok(Exit::Clean);
    }
    for file in installation.merge_set().files.iter().filter(|file| !file.is_sound()) {
        let line = format!("{} does not parse and is left out", file.path);
        io.warn(&line)?;
    }
    let graph = installation.graph();
    for why in graph.incomplete() {
        io.warn(why)?;
    }
    let prover = installation.prover();
    let settings = Settings::of_service(&system);
    let url = args.url.as_deref().or(Some(settings.value("prometheus-url")));
    let feed = prover.feed(url.filter(|url| !url.is_empty()));
    let drawing = Drawing::of(prover, &feed);
    graph::write(&drawing, args.format.form(), &mut io.out).map_err(Error::Output)?;
    Ok(Exit::Clean)
}
