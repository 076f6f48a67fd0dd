//! `trento-alloy catalog`: reads, lints and exports the checks.

use crate::cli::{Exit, Io, catalog_components, catalog_export, catalog_lint, catalog_list};
use crate::error::Result;

/// Read, lint and export the checks; show the arguments of Alloy's components
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    List(catalog_list::Args),
    Show(catalog_list::ShowArgs),
    Lint(catalog_lint::Args),
    Components(catalog_components::Args),
    Export(catalog_export::Args),
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    match &args.what {
        What::List(args) => catalog_list::run(args, io),
        What::Show(args) => catalog_list::show(args, io),
        What::Lint(args) => catalog_lint::run(args, io),
        What::Components(args) => catalog_components::run(args, io),
        What::Export(args) => catalog_export::run(args, io),
    }
}
