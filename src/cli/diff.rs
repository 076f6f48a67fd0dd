//! `trento-alloy diff`: compares configurations by meaning.

use std::io::Write;

use camino::Utf8PathBuf;
use serde_json::json;

use crate::cli::diff_prometheus::{self, Question};
use crate::cli::diff_side::{Host, Loaded, Text, is_root};
use crate::cli::generate::{AgentArgs, template};
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io, diff_upgrade};
use crate::diff::{Change, compare_with, lines, three_way};
use crate::error::{Error, Result};
use crate::generate::Template;
use crate::graph::schema::Schema;
use crate::installation::installed;
use crate::prometheus::Version;
use crate::render::changes;
use crate::render::json::{Versioned, compact};
use crate::secret::SecretNames;
use crate::visible::{Lines, visible};

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy diff --text
  trento-alloy diff old.alloy new.alloy
  trento-agent generate alloy | trento-alloy diff - agent-3.1
  trento-alloy diff --upgrade v1.9.0..v1.18.1
  trento-alloy diff --sender prometheus-agent --upgrade 2.53.3..3.5.3";

/// Compare deployed and generated configuration, or any two
///
/// Each side is a file, a folder of *.alloy files, a folder with a host's files, `-` for standard
/// input, or the name of a template (agent-3.1, rfc-0003). Without B it is what this host needs;
/// without A it is what Alloy loads. Of a host only Trento's pipeline counts against a template.
/// Where Prometheus in agent mode is the sender, a side is its file or a folder with a host's files.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The two sides
    #[arg(value_name = "SIDE", num_args = 0..)]
    paths: Vec<Utf8PathBuf>,
    /// Which configuration this host needs: agent-3.1 or rfc-0003
    #[arg(long, value_name = "NAME", default_value = "agent-3.1", value_parser = template)]
    template: Template,
    /// What A and B both come from, such as the old template: separates changes by the upgrade,
    /// local edits, and edits that would be lost
    #[arg(long, value_name = "SIDE")]
    base: Option<Utf8PathBuf>,
    /// Report what an upgrade of the sender changes for the configuration, such as 1.16.3..1.18.1;
    /// without the first version from the installed one, without the second to the newest known
    #[arg(long, value_name = "FROM..TO", conflicts_with_all = ["base", "text", "all"])]
    upgrade: Option<String>,
    /// The version of Alloy whose defaults count; without it the host's own, or the newest known
    #[arg(long, value_name = "V", conflicts_with = "upgrade")]
    alloy_version: Option<String>,
    /// The version of Prometheus that counts where it is the sender; without it the host's own, or
    /// the newest known
    #[arg(long, value_name = "V", conflicts_with_all = ["upgrade", "alloy_version"])]
    prometheus_version: Option<String>,
    /// Compare all that a host runs, not only what is Trento's
    #[arg(long)]
    all: bool,
    /// Show the changed lines too
    #[arg(long)]
    text: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    agent: AgentArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    if diff_prometheus::is_meant(&args.host, &args.paths, io)? {
        return of_prometheus(args, io);
    }
    if let Some(range) = &args.upgrade {
        let is_json = args.format == Format::Json;
        return diff_upgrade::run(range, &args.host, &args.paths, is_json, io);
    }
    let mut secrets = args.host.secret_names()?.knowing(&io.secrets);
    let (a, b) = sides(args, io)?;
    let host = host(args, io);
    let only = |one: &Loaded, other: &Loaded| {
        (one.is_host && !other.is_host && !args.all).then(|| host.pipeline(one))
    };
    let (only_a, only_b) = (only(&a, &b), only(&b, &a));
    let (side_a, side_b) = (a.side(only_a.as_ref()), b.side(only_b.as_ref()));
    let schema = schema(args, &a, &b)?;
    for loaded in [&a, &b] {
        notes(loaded, io)?;
    }
    let changes = compare_with(&side_a, &side_b, schema, &mut secrets);
    let base = match &args.base {
        Some(path) => Some(host.named(path, io.stdin)?),
        None => None,
    };
    let upgrade = base
        .map(|base| three_way::compare(&base.side(None), &side_a, &side_b, schema, &mut secrets));
    let text = match args.text {
        true => hunks(&a.texts(only_a.as_ref()), &b.texts(only_b.as_ref()), &mut secrets),
        false => String::new(),
    };
    match (args.format, &upgrade) {
        (Format::Json, _) => {
            let mut found = json!({"changes": changes});
            if let Some(upgrade) = &upgrade {
                found["three_way"] = json!(upgrade);
            }
            if args.text {
                found["text"] = json!(text);
            }
            compact(&Versioned::new(found), &mut io.out)
        }
        (Format::Human, Some(upgrade)) => changes::three_way(upgrade, &mut io.out),
        (Format::Human, None) => changes::human(&changes, &mut io.out),
    }
    .map_err(Error::Output)?;
    if args.format == Format::Human && !text.is_empty() {
        write!(io.out, "\n{}", visible(&text, Lines::Keep)).map_err(Error::Output)?;
    }
    Ok(exit(&changes))
}

/// Compares where Prometheus in agent mode is the sender.
fn of_prometheus(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    if args.base.is_some() {
        let why =
            "--base is for configurations of Alloy; compare two files of Prometheus at a time";
        return Err(Error::Usage(why.to_owned()));
    }
    let question = Question {
        host: &args.host,
        given: args.agent.given(),
        paths: &args.paths,
        version: args.prometheus_version.as_deref().map(Version::parse).transpose()?,
        is_all: args.all,
        as_text: args.text,
        as_json: args.format == Format::Json,
    };
    match &args.upgrade {
        Some(range) => diff_prometheus::upgraded(range, &question, io),
        None => diff_prometheus::run(&question, io),
    }
}

/// What the version takes whose defaults count: the given one, that of a host, the newest.
fn schema(args: &Args, a: &Loaded, b: &Loaded) -> Result<Schema> {
    if let Some(given) = &args.alloy_version {
        return Ok(Schema::for_version(installed::given(given)?.version()));
    }
    let own = [a, b].into_iter().find_map(|loaded| loaded.version);
    Ok(own.map_or_else(Schema::latest, Schema::for_version))
}

fn exit(changes: &[Change]) -> Exit {
    if changes.is_empty() { Exit::Clean } else { Exit::Findings }
}

fn host<'a>(args: &'a Args, io: &Io<'_>) -> Host<'a> {
    let secrets = io.secrets.clone();
    Host { args: &args.host, given: args.agent.given(), template: args.template, secrets }
}

fn sides(args: &Args, io: &mut Io<'_>) -> Result<(Loaded, Loaded)> {
    let host = host(args, io);
    match args.paths.as_slice() {
        [] => Ok((host.deployed()?, host.generated(args.template)?)),
        [a] if is_root(a) => {
            // A host is compared with what its own settings ask for.
            let flags = HostArgs { root: Some(a.clone()), ..args.host.clone() };
            let own = Host { args: &flags, ..host };
            Ok((own.deployed()?, own.generated(args.template)?))
        }
        [a] => Ok((host.named(a, io.stdin)?, host.generated(args.template)?)),
        [a, b] if a == "-" && b == "-" => {
            Err(Error::Usage("only one side can be standard input".to_owned()))
        }
        [a, b] => Ok((host.named(a, io.stdin)?, host.named(b, io.stdin)?)),
        more => Err(Error::Usage(format!("diff compares two sides; {} were given", more.len()))),
    }
}

/// What could not be looked into, so that nobody takes silence for equality.
fn notes(loaded: &Loaded, io: &mut Io<'_>) -> Result<()> {
    let imports =
        loaded.prover.graph().imports().iter().filter_map(|import| import.outcome.reason());
    for reason in imports.chain(loaded.prover.graph().incomplete().iter().cloned()) {
        io.note(&format!("not compared in full: {reason}"))?;
    }
    Ok(())
}

/// The changed lines file by file: files of the same name belong together, single files anyway.
fn hunks(a: &[Text], b: &[Text], secrets: &mut SecretNames) -> String {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut text = String::new();
    let mut hunk = |old: Option<&Text>, new: Option<&Text>| {
        let label =
            |side: Option<&Text>| side.map_or("/dev/null".to_owned(), |(path, _)| path.clone());
        let shown = |side: Option<&Text>, secrets: &mut SecretNames| {
            side.map_or(String::new(), |(_, text)| secrets.configuration(text))
        };
        let (before, after) = (shown(old, secrets), shown(new, secrets));
        text.push_str(&lines::unified(&before, &after, &label(old), &label(new)));
    };
    if let ([old], [new]) = (a, b) {
        hunk(Some(old), Some(new));
        return text;
    }
    let partner = |file: &Text, files: &[Text]| {
        files.iter().position(|other| name(&other.0) == name(&file.0))
    };
    for old in a {
        hunk(Some(old), partner(old, b).map(|at| &b[at]));
    }
    for new in b.iter().filter(|new| partner(new, a).is_none()) {
        hunk(None, Some(new));
    }
    text
}
