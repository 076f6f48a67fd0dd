//! `trento-alloy fmt`: formats configuration files as `alloy fmt` does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::io::Write;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use alloy_grammar::parser::{self, SyntaxError};
use alloy_grammar::printer;
use alloy_grammar::span::LineIndex;
use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use crate::atomic::{self, Written};
use crate::cli::{self, Exit, Io};
use crate::diff::lines;
use crate::error::{Error, Result};
use crate::render::issue::{Issues, Level};
use crate::secret::lines::Kind;
use crate::secret::{self, Vault, tree};
use crate::source::{At, Source};
use crate::system::given;
use crate::visible::{Lines, stand_in, visible};

/// The name of standard input.
const STDIN: &str = "<stdin>";

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy fmt /etc/alloy
  trento-alloy fmt --check --diff .";

/// Format configuration files as `alloy fmt` does
///
/// Files are rewritten in place, whole or not at all, and keep owner and mode. A file that does not
/// parse is left alone. Of folders, all `*.alloy` files in them and below are formatted; symbolic
/// links there are passed over.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files and folders; `-`, or nothing, for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Write nothing, list what is not formatted and exit with 1 if there is such a file
    #[arg(long)]
    check: bool,
    /// Write nothing, show what would change and exit with 1 if anything would
    #[arg(long)]
    diff: bool,
    /// Output format of --check
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Form::Human, requires = "check")]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// One line a file
    Human,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// A file that formatting would change.
const NOT_FORMATTED: (&str, &str) = ("not-formatted", "The file is not formatted.");
/// A file that does not parse.
const SYNTAX_ERROR: (&str, &str) = ("syntax-error", "The file does not parse.");

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let mut exit = Exit::Clean;
    let mut files = Vec::new();
    let mut issues = (args.format != Form::Human).then(Issues::default);
    let only_stdin = [Utf8PathBuf::from("-")];
    let paths = if args.paths.is_empty() { &only_stdin[..] } else { &args.paths };
    for path in paths {
        if path == "-" {
            exit = worse(exit, stdin(args, &mut issues, io)?);
        } else if path.is_dir() {
            for error in collect(path, &mut files) {
                cli::report(&error, &mut io.err).map_err(Error::Output)?;
                exit = Exit::Failed;
            }
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = BTreeSet::new();
    files.retain(|path| seen.insert(path.clone()));
    for (path, outcome) in files.iter().zip(format_all(&files, args)) {
        exit = worse(exit, tell(path, outcome, args, &mut issues, io)?);
    }
    if let Some(issues) = issues {
        match args.format {
            Form::Sarif => issues.write_sarif(&BTreeMap::new(), &mut io.out),
            Form::Human | Form::Github => issues.write_github(&mut io.out),
        }
        .map_err(Error::Output)?;
    }
    Ok(exit)
}

/// What came of a file.
enum Outcome {
    Formatted,
    /// It is, or would be, changed.
    Changed(Change),
    /// It was changed, and something is to be said of how it was written.
    Replaced(Written),
    Invalid(Vec<Mistake>),
    Failed(Error),
}

/// What formatting changes in a file.
struct Change {
    /// The difference, if it was asked for.
    diff: String,
    /// The first line that is different.
    line: u32,
}

/// A syntax error.
struct Mistake {
    line: u32,
    column: u32,
    message: String,
}

/// The exit of two parts of the work.
fn worse(one: Exit, other: Exit) -> Exit {
    if one.code() >= other.code() { one } else { other }
}

fn stdin(args: &Args, issues: &mut Option<Issues>, io: &mut Io<'_>) -> Result<Exit> {
    let source = given::read(Utf8Path::new("-"), io.stdin, given::LARGEST_INPUT)
        .map_err(|source| Error::Read { path: STDIN.into(), source })?;
    let text = match format(&source) {
        Ok(text) => text,
        Err(errors) => {
            let outcome = Outcome::Invalid(mistakes(&source, &errors));
            return tell(Utf8Path::new(STDIN), outcome, args, issues, io);
        }
    };
    if !args.check && !args.diff {
        let out = io.out.as_it_is().map_err(Error::Output)?;
        out.write_all(text.as_bytes()).map_err(Error::Output)?;
        return Ok(Exit::Clean);
    }
    let outcome = compare(STDIN, &source, &text, args);
    tell(Utf8Path::new(STDIN), outcome, args, issues, io)
}

/// Says what came of a file.
fn tell(
    path: &Utf8Path,
    outcome: Outcome,
    args: &Args,
    issues: &mut Option<Issues>,
    io: &mut Io<'_>,
) -> Result<Exit> {
    let shown = visible(path.as_str(), Lines::Fold);
    match outcome {
        Outcome::Changed(Change { line, .. }) if issues.is_some() => {
            let rule = NOT_FORMATTED;
            let message = "`trento-alloy fmt` would change the file from here on";
            push(issues, rule, Level::Warning, path, (line, 1), message);
            Ok(Exit::Findings)
        }
        Outcome::Invalid(mistakes) if issues.is_some() => {
            for Mistake { line, column, message } in &mistakes {
                push(issues, SYNTAX_ERROR, Level::Error, path, (*line, *column), message);
            }
            Ok(Exit::Failed)
        }
        Outcome::Formatted => Ok(Exit::Clean),
        Outcome::Changed(Change { diff, .. }) => {
            let said = match (args.diff, args.check) {
                (true, _) => write!(io.out, "{diff}"),
                (false, true) => writeln!(io.out, "not formatted: {shown}"),
                (false, false) => writeln!(io.out, "formatted: {shown}"),
            };
            said.map_err(Error::Output)?;
            Ok(if args.diff || args.check { Exit::Findings } else { Exit::Clean })
        }
        Outcome::Replaced(written) => {
            writeln!(io.out, "formatted: {shown}").map_err(Error::Output)?;
            cli::written(path, written, io)?;
            Ok(Exit::Clean)
        }
        Outcome::Invalid(mistakes) => {
            for Mistake { line, column, message } in &mistakes {
                writeln!(io.err, "{shown}:{line}:{column}: {message}").map_err(Error::Output)?;
            }
            Ok(Exit::Failed)
        }
        Outcome::Failed(error) => {
            cli::report(&error, &mut io.err).map_err(Error::Output)?;
            Ok(Exit::Failed)
        }
    }
}

/// Notes an issue at a place of a file, where issues are collected.
fn push(
    issues: &mut Option<Issues>,
    rule: (&str, &str),
    level: Level,
    path: &Utf8Path,
    (line, column): (u32, u32),
    message: &str,
) {
    let file = path.as_str().to_owned();
    let at = At { file, line, column, end_line: line, end_column: column };
    if let Some(issues) = issues {
        issues.push(rule, level, message, Some(at));
    }
}

/// Formats files, several at a time; the outcomes come in their order.
fn format_all(files: &[Utf8PathBuf], args: &Args) -> Vec<Outcome> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(files.len());
    if workers <= 1 {
        return files.iter().map(|path| format_file(path, args)).collect();
    }
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(files.len()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(path) = files.get(index)
                {
                    let outcome = format_file(path, args);
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.push((index, outcome));
                    }
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_default();
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn format_file(path: &Utf8Path, args: &Args) -> Outcome {
    let source = match given::read_file(path, given::LARGEST_INPUT) {
        Ok(source) => source,
        Err(source) => return Outcome::Failed(Error::Read { path: path.to_owned(), source }),
    };
    let text = match format(&source) {
        Ok(text) => text,
        Err(errors) => return Outcome::Invalid(mistakes(&source, &errors)),
    };
    let outcome = compare(path.as_str(), &source, &text, args);
    if matches!(outcome, Outcome::Changed(_)) && !args.check && !args.diff {
        match atomic::replace(path, &source, text.as_bytes()) {
            Ok(written) if written != Written::default() => return Outcome::Replaced(written),
            Ok(_) => {}
            Err(error) => return Outcome::Failed(error),
        }
    }
    outcome
}

fn format(source: &[u8]) -> Result<String, Vec<SyntaxError>> {
    parser::parse(source).into_sound().map(|file| printer::print(&file))
}

fn compare(name: &str, source: &[u8], text: &str, args: &Args) -> Outcome {
    if source == text.as_bytes() {
        return Outcome::Formatted;
    }
    let same =
        source.split(|&byte| byte == b'\n').zip(text.as_bytes().split(|&byte| byte == b'\n'));
    let line = same.take_while(|(before, after)| before == after).count() as u32 + 1;
    if !args.diff {
        return Outcome::Changed(Change { diff: String::new(), line });
    }
    let vault = Vault::new();
    let (before, after) = (covered(name, source, &vault), covered(name, text.as_bytes(), &vault));
    let diff = lines::unified(before.text(), after.text(), name, &format!("{name} (formatted)"));
    let diff = if io::stdout().is_terminal() { on_terminal(&diff) } else { diff };
    Outcome::Changed(Change { diff, line })
}

/// A configuration as it may be shown, its secrets covered.
fn covered(name: &str, source: &[u8], vault: &Vault) -> Source {
    let parsed = parser::parse(source);
    tree::register(&[&parsed.file], &tree::Nothing, vault);
    let tree = parsed.errors.is_empty().then_some(&parsed.file);
    secret::covered(&Source::new(name, parsed.file.source()), tree, Kind::Configuration, vault)
}

fn on_terminal(diff: &str) -> String {
    diff.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { stand_in(c) }).collect()
}

/// The syntax errors with their places.
fn mistakes(source: &[u8], errors: &[SyntaxError]) -> Vec<Mistake> {
    let lines = LineIndex::new(source);
    let vault = Vault::new();
    covered("", source, &vault);
    let mistake = |error: &SyntaxError| {
        let at = lines.position(error.span.start);
        let message = vault.cover(&visible(&error.message, Lines::Fold));
        Mistake { line: at.line, column: at.column, message }
    };
    errors.iter().map(mistake).collect()
}

/// Adds all configuration files of a folder and of those below it, by name, and gives what could
/// not be read.
fn collect(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Vec<Error> {
    let mut errors = Vec::new();
    let first = files.len();
    for entry in WalkDir::new(folder) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let path = Utf8PathBuf::try_from(entry.into_path());
                files.extend(path.ok().filter(|path| path.extension() == Some("alloy")));
            }
            Ok(_) => {}
            Err(error) => errors.push(unreadable(folder, error)),
        }
    }
    files[first..].sort();
    errors
}

fn unreadable(folder: &Utf8Path, error: walkdir::Error) -> Error {
    let path = error.path().and_then(Utf8Path::from_path).unwrap_or(folder).to_owned();
    let source = error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links"));
    Error::Read { path, source }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::secret::Outlet;

    /// Runs the command and gives exit code, stdout and stderr.
    fn fmt(paths: &[&str], check: bool, diff: bool, stdin: &[u8]) -> (u8, String, String) {
        let paths = paths.iter().map(Utf8PathBuf::from).collect();
        let args = Args { paths, check, diff, format: Form::Human };
        let (mut input, mut out, mut err) = (stdin, Vec::new(), Vec::new());
        let secrets = Vault::new();
        let mut io = Io {
            stdin: &mut input,
            out: Outlet::new(secrets.clone(), &mut out),
            err: Outlet::new(secrets.clone(), &mut err),
            secrets,
            is_quiet: false,
        };
        let exit = run(&args, &mut io).unwrap();
        io.out.flush().unwrap();
        io.err.flush().unwrap();
        drop(io);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (exit.code(), text(out), text(err))
    }

    #[test]
    fn standard_input_is_formatted_or_its_errors_are_told() {
        assert_eq!(fmt(&["-"], false, false, b"a=1"), (0, "a = 1\n".into(), String::new()));
        assert_eq!(fmt(&[], false, false, b""), (0, "\n".into(), String::new()));
        let (code, out, err) = fmt(&["-"], false, false, b"a = 1\nb = $\n");
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.starts_with("<stdin>:2:5: illegal character U+0024 '$'\n"), "{err}");
        assert_eq!(fmt(&["-"], true, false, b"a=1").0, 1);
        assert_eq!(fmt(&["-"], true, false, b"a = 1\n"), (0, String::new(), String::new()));
    }

    #[test]
    fn a_folder_is_formatted_with_all_below_it_but_links() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        for (name, text) in
            [("b.alloy", "b=1"), ("sub/a.alloy", "a=1"), ("ok.alloy", "c = 1\n"), ("x.txt", "x=1")]
        {
            fs::write(at(name), text).unwrap();
        }
        fs::write(at("bad.alloy"), "a = = 1").unwrap();
        fs::set_permissions(at("b.alloy"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("x.txt", at("link.alloy")).unwrap();
        let path = folder.path().to_str().unwrap();

        let (code, out, err) = fmt(&[path], true, false, b"");
        assert_eq!(code, 2);
        assert_eq!(
            out,
            format!("not formatted: {path}/b.alloy\nnot formatted: {path}/sub/a.alloy\n")
        );
        assert_eq!(err, format!("{path}/bad.alloy:1:5: expected expression, got =\n"));
        assert_eq!(fs::read_to_string(at("b.alloy")).unwrap(), "b=1");

        let (code, out, _) = fmt(&[path, &format!("{path}/b.alloy")], false, false, b"");
        assert_eq!(code, 2);
        assert_eq!(out, format!("formatted: {path}/b.alloy\nformatted: {path}/sub/a.alloy\n"));
        assert_eq!(fs::read_to_string(at("b.alloy")).unwrap(), "b = 1\n");
        assert_eq!(fs::metadata(at("b.alloy")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(at("bad.alloy")).unwrap(), "a = = 1");
        assert_eq!(fs::read_to_string(at("x.txt")).unwrap(), "x=1");
        fs::remove_file(at("bad.alloy")).unwrap();
        assert_eq!(fmt(&[path], true, false, b""), (0, String::new(), String::new()));
    }

    #[test]
    fn a_difference_is_shown_and_nothing_written() {
        let (code, out, err) = fmt(&["-"], false, true, b"b {\na=1\n}\n");
        assert_eq!((code, err.as_str()), (1, ""));
        assert!(out.contains("\n-a=1\n+\ta = 1\n"), "{out}");
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_done() {
        let (code, _, err) = fmt(&["/does/not/exist.alloy"], false, false, b"");
        assert_eq!(code, 2);
        assert!(err.starts_with("error: cannot read /does/not/exist.alloy: "), "{err}");
    }
}
