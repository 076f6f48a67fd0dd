//! `trento-alloy man`: the manual pages, made from the same text as `--help`.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::{Cli, Exit, Io};
use crate::error::{Error, Result};

/// What every page ends with.
const CLOSING: &str = r#".SH "EXIT STATUS"
.TP
.B 0
Nothing was found, or there was nothing to do.
.TP
.B 1
Findings, drift or an unformatted file.
.TP
.B 2
It could not be done: bad usage, unreadable input or a broken check.
.PP
With \fB\-\-format nagios\fR the codes are those of a monitoring plugin.
.SH "SEE ALSO"
\fBalloy\fR(1), \fBtrento\-agent\fR(1), \fBsystemd.timer\fR(5)
"#;

/// Print a manual page, or write all of them
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The subcommand whose page is printed; the page of the program if none is named
    subcommand: Vec<String>,
    /// Write a page for the program and each subcommand into this folder
    #[arg(short, long, value_name = "DIR", conflicts_with = "subcommand")]
    output: Option<Utf8PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let mut program = Cli::command();
    program.build();
    if let Some(folder) = &args.output {
        fs::create_dir_all(folder)
            .map_err(|source| Error::Write { path: folder.clone(), source })?;
        return write_pages(&program, folder).map(|()| Exit::Clean);
    }
    let mut command = &program;
    for name in &args.subcommand {
        command = command.find_subcommand(name).ok_or_else(|| {
            Error::Usage(format!("there is no subcommand `{name}`: see `trento-alloy --help`"))
        })?;
    }
    let page = page(command)?;
    io.out.write_all(&page).map_err(Error::Output)?;
    Ok(Exit::Clean)
}

/// Writes the page of a command and of what it can do further.
fn write_pages(command: &Command, folder: &Utf8Path) -> Result<()> {
    let path = folder.join(format!("{}.1", display_name(command)));
    fs::write(&path, page(command)?).map_err(|source| Error::Write { path, source })?;
    command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help" && !subcommand.is_hide_set())
        .try_for_each(|subcommand| write_pages(subcommand, folder))
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let name = display_name(command).to_owned();
    let mut body = Vec::new();
    let man = Man::new(command.clone().disable_help_subcommand(true))
        .title(name.to_uppercase())
        .source(concat!("trento-alloy ", env!("CARGO_PKG_VERSION")))
        .manual("Trento and Grafana Alloy");
    let mut page = Vec::new();
    man.render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| page.write_all(synopsis(command).as_bytes()))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| man.render_subcommands_section(&mut body))
        .map_err(Error::Output)?;
    if command.has_subcommands() {
        page.extend(without_help(&String::from_utf8_lossy(&body)).bytes());
    }
    page.extend(examples(command).bytes());
    page.extend(CLOSING.bytes());
    Ok(page)
}

/// How it is called: every option with what it takes.
fn synopsis(command: &Command) -> String {
    let mut lines =
        vec![r#".SH SYNOPSIS"#.to_owned(), format!(".B {}", roff(&command_name(command)))];
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let names = match (arg.get_short(), arg.get_long()) {
            (Some(short), Some(long)) => format!(r"\fB\-{short}\fR|\fB\-\-{}\fR", roff(long)),
            (Some(short), None) => format!(r"\fB\-{short}\fR"),
            (None, Some(long)) => format!(r"\fB\-\-{}\fR", roff(long)),
            (None, None) => String::new(),
        };
        let takes = arg.get_num_args().is_some_and(|range| range.takes_values());
        let value = match arg.get_value_names() {
            Some([value, ..]) if takes => format!(r"\fI{}\fR", roff(value)),
            _ => String::new(),
        };
        let parts = [names, value].into_iter().filter(|part| !part.is_empty());
        let part = parts.collect::<Vec<_>>().join(" ");
        lines.push(if arg.is_required_set() { part } else { format!("[{part}]") });
    }
    if command.has_subcommands() {
        lines.push(r"\fICOMMAND\fR".to_owned());
    }
    lines.join("\n") + "\n"
}

/// The list of subcommands but for `help`, which has no page.
fn without_help(section: &str) -> String {
    let entries = section.split(".TP\n");
    let kept: Vec<&str> = entries.filter(|it| !it.contains(r"\-help(1)")).collect();
    kept.join(".TP\n")
}

/// What stands below the options on the screen, line by line.
fn examples(command: &Command) -> String {
    let Some(text) = command.get_after_help().map(ToString::to_string) else {
        return String::new();
    };
    let lines = text.lines().filter(|line| *line != "Examples:").map(|line| roff(line.trim()));
    format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", lines.collect::<Vec<_>>().join("\n"))
}

/// A text with what roff would take for its own written out.
fn roff(text: &str) -> String {
    let text = text.replace('\\', r"\e").replace('-', r"\-").replace('\'', r"\(aq");
    if text.starts_with('.') { format!(r"\&{text}") } else { text }
}

fn command_name(command: &Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn display_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let mut program = Cli::command();
        program.build();
        write_pages(&program, &path).unwrap();
        let written = |name: &str| fs::read_to_string(path.join(name)).unwrap();
        for subcommand in program.get_subcommands().filter(|command| command.get_name() != "help") {
            let name = format!("trento-alloy-{}", subcommand.get_name());
            let page = written(&format!("{name}.1"));
            assert!(page.contains(".SH SYNOPSIS") && page.contains("EXIT STATUS"), "{name}");
        }
        assert!(written("trento-alloy.1").contains("TRENTO-ALLOY"));
        assert!(!written("trento-alloy.1").contains(r"trento\-alloy\-help(1)"));
        let page = written("trento-alloy-check.1");
        assert!(page.contains(r"[\fB\-\-root\fR \fIDIR\fR]"), "{page}");
        assert!(page.contains(".SH EXAMPLES\n.nf\ntrento\\-alloy check\n"), "{page}");
        assert!(written("trento-alloy-inspect-tree.1").contains("inspect tree"));
    }
}
