//! The command line: one file a subcommand, and the exit codes.

mod apply;
mod apply_prometheus;
mod catalog;
mod catalog_components;
mod catalog_export;
mod catalog_lint;
mod catalog_list;
mod check;
mod checks_args;
mod completions;
mod deployment;
mod diff;
mod diff_prometheus;
mod diff_side;
mod diff_upgrade;
#[cfg(test)]
mod documented;
pub mod explain;
mod facts;
mod fmt;
mod generate;
mod host_args;
mod inspect;
mod length;
mod man;
mod plugin;
mod probe;
mod remove;
mod report_args;
mod snapshot;
mod styled;
mod tree;
mod validate;
mod validate_prometheus;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use camino::Utf8Path;
use clap::{Parser, Subcommand};

use crate::atomic::Written;
use crate::cli::styled::Styled;
use crate::error::{Error, Result};
use crate::render::nagios::{self, State};
use crate::secret::{Outlet, Vault};
use crate::visible::{Lines, visible};

/// Checks whether a host's Grafana Alloy configuration gives SUSE Trento the metrics it needs
#[derive(Debug, Parser)]
#[command(name = "trento-alloy", version, propagate_version = true, max_term_width = 100)]
pub struct Line<C: Subcommand> {
    #[command(subcommand)]
    command: C,
    /// Color the output: on a terminal unless NO_COLOR is set, always, or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    #[arg(help_heading = "Output", hide_possible_values = true)]
    color: Color,
    /// Print findings and errors only: no notes, no warnings about the run, no summary
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
}

/// What somebody asks of the program.
pub type Cli = Line<Command>;

/// When output is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(Box<check::Args>),
    Generate(Box<generate::Args>),
    Diff(Box<diff::Args>),
    Apply(Box<apply::Args>),
    Remove(remove::Args),
    Probe(Box<probe::Args>),
    Validate(validate::Args),
    Fmt(fmt::Args),
    Facts(facts::Args),
    Snapshot(snapshot::Args),
    Catalog(catalog::Args),
    Inspect(inspect::Args),
    Explain(explain::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Whether the answer on stdout is a configuration, or parts of one.
    fn writes_configurations(&self) -> bool {
        matches!(self, Command::Fmt(_) | Command::Generate(_) | Command::Inspect(_))
    }
}

/// How a command ended when nothing stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to report: 0.
    Clean,
    /// Findings, drift or an unformatted file: 1.
    Findings,
    /// Something could not be done, and what could was reported: 2.
    Failed,
    /// A state as monitoring systems know it, with codes of its own.
    Nagios(State),
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Failed => 2,
            Exit::Nagios(state) => state.code(),
        }
    }
}

/// The streams a command talks through.
pub struct Io<'a> {
    /// Standard input.
    pub stdin: &'a mut dyn Read,
    /// Standard output: the answer, nothing else; secrets covered.
    pub out: Outlet<'a>,
    /// Standard error: warnings and errors, secrets covered.
    pub err: Outlet<'a>,
    /// What must not be shown, as far as it is known.
    pub secrets: Vault,
    /// Whether only findings and errors are wanted.
    pub is_quiet: bool,
}

impl Io<'_> {
    /// Prints a note on standard error, unless the run is quiet.
    pub fn note(&mut self, text: &str) -> Result<()> {
        self.aside("note", text)
    }

    /// Prints a warning about the run on standard error, unless the run is quiet.
    pub fn warn(&mut self, text: &str) -> Result<()> {
        self.aside("warning", text)
    }

    fn aside(&mut self, kind: &str, text: &str) -> Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        writeln!(self.err, "{kind}: {}", visible(text, Lines::Fold)).map_err(Error::Output)
    }
}

impl Color {
    /// Makes it the choice of all streams. `Auto` also follows NO_COLOR, CLICOLOR_FORCE and TERM.
    fn set(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    if let Some(ended) = plugin::begin() {
        return ended;
    }
    std::panic::set_hook(Box::new(panicked));
    let cli = match tree::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(usage) => {
            let _ = usage.print();
            return match usage.use_stderr() {
                true => failed(&usage.to_string(), &mut anstream::stdout()),
                false => ExitCode::SUCCESS,
            };
        }
    };
    cli.color.set();
    let mut stdin = io::stdin().lock();
    // A configuration is passed on as it is, even where it holds what would colour a terminal.
    let stdout: Box<dyn Write> = if cli.command.writes_configurations() {
        Box::new(io::stdout().lock())
    } else {
        Box::new(Styled::stdout())
    };
    let secrets = Vault::new();
    let mut io = Io {
        stdin: &mut stdin,
        out: Outlet::new(secrets.clone(), stdout),
        err: Outlet::new(secrets.clone(), anstream::stderr().lock()).by_line(),
        secrets,
        is_quiet: cli.quiet,
    };
    let ended =
        cli.run(&mut io).and_then(|exit| io.out.flush().map(|()| exit).map_err(Error::Output));
    match ended {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(Error::Output(source)) if source.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            // What was found out before it went wrong is shown all the same.
            let _ = io.out.flush();
            let _ = report(&error, &mut io.err);
            let _ = io.err.flush();
            failed(&error.in_full(), &mut io.out)
        }
    }
}

/// Ends a command that could not do its work. A monitoring system reads standard output alone, and
/// would take the usual code for CRITICAL.
fn failed(reason: &str, out: &mut dyn Write) -> ExitCode {
    if !answers_nagios(std::env::args()) {
        return ExitCode::from(2);
    }
    let reason = reason.lines().next().unwrap_or_default();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
    let _ = nagios::unknown(reason, out).and_then(|()| out.flush());
    ExitCode::from(State::Unknown.code())
}

/// Whether arguments, sound or not, ask for Nagios' format.
fn answers_nagios(args: impl Iterator<Item = String>) -> bool {
    let args: Vec<String> = args.take_while(|arg| arg != "--").collect();
    args.iter().any(|arg| arg == "--format=nagios")
        || args.windows(2).any(|pair| pair == ["--format", "nagios"])
}

/// Says where a panic was, and nothing of what it says: that could hold a secret.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(
        anstream::stderr(),
        "error: trento-alloy stopped over a defect of its own at {place}; what it worked on is \
         left out here, as it may hold secrets"
    );
}

/// How many columns the terminal has; eighty where standard output is none.
fn terminal_width() -> usize {
    let columns = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col);
    if columns == 0 { 80 } else { usize::from(columns).clamp(40, 160) }
}

impl Cli {
    fn run(&self, io: &mut Io<'_>) -> Result<Exit> {
        match &self.command {
            Command::Check(args) => check::run(args, io),
            Command::Generate(args) => generate::run(args, io),
            Command::Diff(args) => diff::run(args, io),
            Command::Apply(args) => apply::run(args, io),
            Command::Remove(args) => remove::run(args, io),
            Command::Probe(args) => probe::run(args, io),
            Command::Validate(args) => validate::run(args, io),
            Command::Fmt(args) => fmt::run(args, io),
            Command::Facts(args) => facts::run(args, io),
            Command::Snapshot(args) => snapshot::run(args, io),
            Command::Catalog(args) => catalog::run(args, io),
            Command::Inspect(args) => inspect::run(args, io),
            Command::Explain(args) => explain::run(args, io),
            Command::Completions(args) => completions::run(args, io),
            Command::Man(args) => man::run(args, io),
        }
    }
}

/// Prints an error and what caused it, one clause after another. Names and texts in it come from
/// files and arguments, so nothing of it reaches the terminal raw.
fn report(error: &Error, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "error: {}", visible(&error.in_full(), Lines::Keep))
}

/// What to add to an error about a name that is none: the nearest that is one.
fn did_you_mean<'n>(names: impl Iterator<Item = &'n str>, wanted: &str) -> String {
    let near = names.min_by_key(|name| strsim::damerau_levenshtein(name, wanted));
    near.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// Names what a write could not keep.
fn written(path: &Utf8Path, written: Written, io: &mut Io<'_>) -> Result<()> {
    if written.other_names == 0 {
        return Ok(());
    }
    let other = match written.other_names {
        1 => "another name (hard link), which keeps".to_owned(),
        many => format!("{many} other names (hard links), which keep"),
    };
    io.note(&format!("{path} had {other} the old content"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nagios_is_recognized_in_arguments_that_are_wrong_too() {
        let asks = |args: &str| answers_nagios(args.split(' ').map(str::to_owned));
        assert!(asks("trento-alloy check --wrong --format nagios"));
        assert!(asks("trento-alloy check --format=nagios --root /"));
        assert!(!asks("trento-alloy check --format json -o nagios=x"));
        assert!(!asks("trento-alloy check -- --format nagios"));
    }

    #[test]
    fn an_error_shows_control_characters_as_escapes() {
        let mut said = Vec::new();
        let source = io::Error::other("no\u{7}");
        report(&Error::Read { path: "a\u{1b}]2;b".into(), source }, &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(said, "error: cannot read a\\u{1b}]2;b: no\\u{7}\n");
    }
}
