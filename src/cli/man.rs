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
    let mut page = Vec::new();
    Man::new(command.clone().disable_help_subcommand(true))
        .title(name.to_uppercase())
        .source(concat!("trento-alloy ", env!("CARGO_PKG_VERSION")))
        .manual("Trento and Grafana Alloy")
        .render(&mut page)
        .and_then(|()| page.write_all(CLOSING.as_bytes()))
        .map_err(Error::Output)?;
    Ok(page)
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
        assert!(written("trento-alloy-inspect-tree.1").contains("inspect tree"));
    }
}
