//! `trento-alloy catalog list` and `show`: which checks there are, and what one says.

use std::io::Write;

use crate::checks::load::Loaded;
use crate::checks::model::Check;
use crate::checks::wording::Wording;
use crate::cli::checks_args::ChecksArgs;
use crate::cli::host_args::sender;
use crate::cli::{self, Exit, Io};
use crate::error::{Error, Result};
use crate::installation::Sender;
use crate::render::catalogue;

/// List the checks
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to show them
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    checks: ChecksArgs,
}

/// Show what a check looks at, expects and advises
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The check's id
    #[arg(value_name = "ID")]
    id: String,
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ShowFormat::Human)]
    format: ShowFormat,
    /// For which sender it is worded: alloy, as Trento's web shows it, or prometheus-agent
    #[arg(long, value_name = "NAME", default_value = "alloy", value_parser = sender)]
    sender: Sender,
    #[command(flatten)]
    checks: ChecksArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ShowFormat {
    Human,
    Json,
}

impl ShowArgs {
    /// A check of the catalogue, for people.
    pub(super) fn human(id: &str, sender: Sender) -> ShowArgs {
        let (id, checks) = (id.to_owned(), ChecksArgs::default());
        ShowArgs { id, checks, format: ShowFormat::Human, sender }
    }
}

/// Runs `list`.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let loaded = args.checks.all()?;
    let checks: Vec<&Check> = loaded.iter().filter_map(|it| it.check.as_deref().ok()).collect();
    match args.format {
        Format::Table => catalogue::list(&checks, 100, &mut io.out),
        Format::Json => catalogue::list_json(&checks, &mut io.out),
    }
    .map_err(Error::Output)?;
    tell_unreadable(&loaded, io)
}

/// Runs `show`.
pub fn show(args: &ShowArgs, io: &mut Io<'_>) -> Result<Exit> {
    let loaded = args.checks.all()?;
    let is_meant = |loaded: &&Loaded| loaded.file_id.eq_ignore_ascii_case(&args.id);
    let Some(found) = loaded.iter().find(is_meant) else {
        let near = cli::did_you_mean(loaded.iter().map(|it| it.file_id.as_str()), &args.id);
        return Err(Error::Usage(format!("there is no check {}{near}", args.id)));
    };
    let Ok(check) = &found.check else {
        return tell_unreadable(std::slice::from_ref(found), io);
    };
    let worded =
        (args.sender == Sender::PrometheusAgent).then(|| Wording::of_prometheus().check(check));
    let check = worded.as_ref().unwrap_or(check);
    match args.format {
        ShowFormat::Human => catalogue::show(check, &mut io.out),
        ShowFormat::Json => catalogue::show_json(check, &mut io.out),
    }
    .map_err(Error::Output)?;
    Ok(Exit::Clean)
}

/// Says which files hold no check.
fn tell_unreadable(loaded: &[Loaded], io: &mut Io<'_>) -> Result<Exit> {
    let mut exit = Exit::Clean;
    for file in loaded {
        if let Err(error) = &file.check {
            exit = Exit::Failed;
            writeln!(io.err, "error: {}: {error}", file.source.path()).map_err(Error::Output)?;
        }
    }
    Ok(exit)
}
