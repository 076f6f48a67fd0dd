//! The arguments of one command, read without those of the others: a run needs the flags of its own,
//! and there are some hundred of them.

use std::ffi::OsString;

use clap::{Args, CommandFactory, FromArgMatches, Parser};

use super::{
    Cli, Line, apply, catalog, check, completions, diff, explain, facts, fmt, generate, inspect,
    man, probe, remove, snapshot, validate,
};

/// Gives a command its flags.
type Flags = fn(clap::Command) -> clap::Command;

/// Every command, and what gives it its flags.
const COMMANDS: &[(&str, Flags)] = &[
    ("check", check::Args::augment_args),
    ("generate", generate::Args::augment_args),
    ("diff", diff::Args::augment_args),
    ("apply", apply::Args::augment_args),
    ("remove", remove::Args::augment_args),
    ("probe", probe::Args::augment_args),
    ("validate", validate::Args::augment_args),
    ("fmt", fmt::Args::augment_args),
    ("facts", facts::Args::augment_args),
    ("snapshot", snapshot::Args::augment_args),
    ("catalog", catalog::Args::augment_args),
    ("inspect", inspect::Args::augment_args),
    ("explain", explain::Args::augment_args),
    ("completions", completions::Args::augment_args),
    ("man", man::Args::augment_args),
];

/// Reads the arguments of a process.
///
/// # Errors
/// They are wrong, or ask for help.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let meant = arguments.get(1).and_then(|name| name.to_str()).unwrap_or_default();
    match only(meant) {
        Some(tree) => {
            let matches = tree.try_get_matches_from(arguments)?;
            Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut Cli::command()))
        }
        None => Cli::try_parse_from(arguments),
    }
}

/// The program with one command alone; none where the first argument names none.
fn only(name: &str) -> Option<clap::Command> {
    let (name, flags) = COMMANDS.iter().find(|(known, _)| *known == name)?;
    Some(Line::<()>::command().subcommand(flags(clap::Command::new(*name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(program: &mut clap::Command, name: &str) -> String {
        program.build();
        program.find_subcommand_mut(name).unwrap().render_long_help().to_string()
    }

    #[test]
    fn each_command_is_the_same_alone() {
        let mut program: clap::Command = Cli::command();
        let names: Vec<String> =
            program.get_subcommands().map(|it| it.get_name().to_owned()).collect();
        assert_eq!(names, COMMANDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (name, _) in COMMANDS {
            assert_eq!(help(&mut only(name).unwrap(), name), help(&mut program, name));
        }
    }

    #[test]
    fn errors_read_the_same() {
        for line in [
            "check --wrong",
            "check --format x",
            "catalog",
            "catalog lnt",
            "diff --help",
            "check -V",
            "fmt --color never --check -q x --line",
            "help check",
            "--color x check",
            "chek",
            "",
        ] {
            let words = || {
                let all = ["trento-alloy"].into_iter().chain(line.split_whitespace());
                all.map(OsString::from).collect::<Vec<_>>()
            };
            let read = parse(words()).err().map(|error| error.render().to_string());
            let whole: Option<clap::Error> = Cli::try_parse_from(words()).err();
            assert_eq!(read, whole.map(|error| error.render().to_string()), "{line}");
        }
    }
}
