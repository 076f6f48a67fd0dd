//! `trento-alloy catalog components`: what a component of Alloy takes.

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::graph::schema::{Component, Schema};
use crate::installation::installed;
use crate::render::component;

/// Show the arguments of a component of Alloy, or list all components
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The component, configuration block or service, such as prometheus.scrape
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// For this version of Alloy, such as 1.18.1 [default: the newest known]
    #[arg(long, value_name = "VERSION")]
    alloy_version: Option<String>,
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let installed = match &args.alloy_version {
        Some(version) => installed::given(version)?,
        None => installed::newest(),
    };
    let schema = Schema::for_version(installed.version());
    let written = match &args.name {
        Some(name) => {
            let found = find(schema, name)?;
            match args.format {
                Format::Human => component::human(found, &mut io.out),
                Format::Json => component::json(found, &mut io.out),
            }
        }
        None => {
            let all: Vec<Component> = all(schema).collect();
            match args.format {
                Format::Human => component::list_human(&all, &mut io.out),
                Format::Json => component::list_json(&all, &mut io.out),
            }
        }
    };
    written.map_err(Error::Output)?;
    Ok(Exit::Clean)
}

fn all(schema: Schema) -> impl Iterator<Item = Component> {
    schema.components().chain(schema.config_blocks()).chain(schema.services())
}

fn find(schema: Schema, name: &str) -> Result<Component> {
    let found = all(schema).find(|component| component.name() == name);
    found.ok_or_else(|| {
        let nearest = all(schema)
            .map(|component| (strsim::damerau_levenshtein(name, component.name()), component))
            .min_by_key(|(distance, _)| *distance)
            .filter(|(distance, _)| *distance <= 3);
        let advice = match nearest {
            Some((_, nearest)) => format!("did you mean `{}`?", nearest.name()),
            None => "`trento-alloy catalog components` lists them all".to_owned(),
        };
        Error::Usage(format!("Alloy {} has no component `{name}`; {advice}", schema.version()))
    })
}
