//! `trento-alloy explain`: what a name in brackets means, and what to do about it.

use std::io::Write;

use crate::checks::lint;
use crate::cli::checks_args::ChecksArgs;
use crate::cli::host_args::sender;
use crate::cli::{self, Exit, Io, catalog_list};
use crate::diagnostic::Code;
use crate::error::{Error, Result};
use crate::installation::Sender;
use crate::{load, prometheus, validate};

/// The codes of diagnostics, by where they come from.
pub const SECTIONS: &[(&str, &[Code])] = &[
    ("Files that Alloy loads", &[load::SYNTAX_ERROR, load::WRONG_ENCODING]),
    ("`validate`, and `validate --strict`", validate::CODES),
    ("`validate --sender prometheus-agent`", &[prometheus::NOT_ACCEPTED]),
    ("`catalog lint`", lint::RULES),
];

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy explain A11013
  trento-alloy explain unknown-component";

/// Explain a check or a diagnostic by the name that a report prints in brackets
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A check's id, or a diagnostic's code
    #[arg(value_name = "CODE")]
    code: String,
    /// For which sender a check is worded: alloy, as Trento's web shows it, or prometheus-agent
    #[arg(long, value_name = "NAME", default_value = "alloy", value_parser = sender)]
    sender: Sender,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let checks = ChecksArgs::default();
    if checks.all()?.iter().any(|check| check.file_id.eq_ignore_ascii_case(&args.code)) {
        return catalog_list::show(&catalog_list::ShowArgs::human(&args.code, args.sender), io);
    }
    let all = || SECTIONS.iter().flat_map(|(from, codes)| codes.iter().map(move |it| (from, it)));
    let is_meant = |code: &Code| code.name.eq_ignore_ascii_case(&args.code);
    match all().find(|(_, code)| is_meant(code)) {
        Some((from, code)) => {
            writeln!(io.out, "{}\nreported by: {from}\n\n{}", code.name, code.meaning)
                .map_err(Error::Output)?;
            Ok(Exit::Clean)
        }
        None => {
            let near = cli::did_you_mean(all().map(|(_, code)| code.name), &args.code);
            Err(Error::Usage(format!("there is no check and no diagnostic {}{near}", args.code)))
        }
    }
}
