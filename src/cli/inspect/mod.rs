//! `trento-alloy inspect`: shows why: sources, graph, tree, settings, or a value.

mod eval;
mod graph;
mod settings;
mod sources;
mod tree;

use crate::cli::{Exit, Io};
use crate::error::Result;

/// Show sources, graph, syntax tree, settings or a value
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Sources(sources::Args),
    Graph(graph::Args),
    Tree(tree::Args),
    Settings(Box<settings::Args>),
    Eval(eval::Args),
}

/// How an inspection is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    match &args.what {
        What::Sources(args) => sources::run(args, io),
        What::Graph(args) => graph::run(args, io),
        What::Tree(args) => tree::run(args, io),
        What::Settings(args) => settings::run(args, io),
        What::Eval(args) => eval::run(args, io),
    }
}
