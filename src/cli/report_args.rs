//! The flags that say how a report is shown and what exit code it gives.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::atomic;
use crate::checks::report::{Report, Verdict};
use crate::checks::waivers::{self, Waivers};
use crate::cli::{self, Exit, Io, terminal_width};
use crate::error::{Error, Result};
use crate::render::{self, Format, Options};
use crate::system::{HostFiles, given};

/// How a report is shown.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ReportArgs {
    /// How to show the report: human, table, json, sarif, junit, github, nagios, prometheus, html
    #[arg(long, value_name = "NAME", value_parser = format, default_value = "human")]
    pub format: Option<Format>,
    /// Also write the report to a file in another format; may be given several times
    #[arg(short, long, value_name = "NAME=FILE", value_parser = output)]
    pub output: Vec<(Format, Utf8PathBuf)>,
    /// What exit code 1 begins with: warning, critical or never
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    pub fail_on: FailOn,
    /// Findings that do not count, with reasons [default: the host's
    /// /etc/trento-alloy/waivers.yaml]
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<Utf8PathBuf>,
}

/// What exit code 1 begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Any finding.
    #[default]
    Warning,
    /// Critical findings.
    Critical,
    /// Nothing.
    Never,
}

impl ReportArgs {
    /// Shows a report everywhere it is wanted, and says what exit code it gives.
    pub fn show(&self, report: &Report, options: &Options, io: &mut Io<'_>) -> Result<Exit> {
        for (format, path) in &self.output {
            let plain = Options { color: false, ..options.clone() };
            let mut content = Vec::new();
            render::report(report, *format, &plain, &mut content).map_err(Error::Output)?;
            cli::written(path, atomic::write(path, &content, 0o644)?, io)?;
        }
        let format = self.format.unwrap_or(Format::Human);
        render::report(report, format, options, io.out).map_err(Error::Output)?;
        if format == Format::Nagios {
            return Ok(Exit::Nagios(render::nagios::state(report)));
        }
        Ok(self.exit(report))
    }

    /// Marks what is waived, by the file that was given or the one that the host has. `now` is in
    /// seconds since 1970.
    pub fn waive(&self, report: &mut Report, host: Option<&HostFiles>, now: i64) -> Result<()> {
        let (path, text) = match (&self.waivers, host) {
            (Some(path), _) => (path.as_str(), given::read_text(path, given::LARGEST_SETTINGS)),
            (None, Some(files)) => (
                waivers::PATH,
                files.read_text(Utf8Path::new(waivers::PATH), given::LARGEST_SETTINGS),
            ),
            (None, None) => return Ok(()),
        };
        let text = match text {
            Ok(text) => text,
            Err(error) if self.waivers.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(source) => return Err(Error::Read { path: Utf8PathBuf::from(path), source }),
        };
        Waivers::parse(path, &text)?.apply(report, now);
        Ok(())
    }

    /// Whether any of the outputs shows the component graph.
    pub fn wants_graph(&self) -> bool {
        self.formats().any(|format| format == Format::Html)
    }

    /// Whether any of the outputs shows the texts that findings point into.
    pub fn wants_sources(&self) -> bool {
        self.formats().any(|it| matches!(it, Format::Human | Format::Sarif | Format::Html))
    }

    fn formats(&self) -> impl Iterator<Item = Format> {
        let shown = self.format.unwrap_or(Format::Human);
        std::iter::once(shown).chain(self.output.iter().map(|(format, _)| *format))
    }

    /// How wide and how colourful the output is.
    pub fn options(&self) -> Options {
        Options { color: true, width: terminal_width(), ..Options::default() }
    }

    /// The exit code a report gives.
    pub fn exit(&self, report: &Report) -> Exit {
        match (report.has_errors(), self.fail_on.is_reached(report.worst())) {
            (true, _) => Exit::Failed,
            (false, true) => Exit::Findings,
            (false, false) => Exit::Clean,
        }
    }
}

impl FailOn {
    /// Whether a verdict is bad enough for exit code 1.
    pub fn is_reached(self, verdict: Verdict) -> bool {
        match self {
            FailOn::Warning => verdict >= Verdict::Warning,
            FailOn::Critical => verdict >= Verdict::Critical,
            FailOn::Never => false,
        }
    }
}

/// The format of a name.
///
/// # Errors
/// There is none of that name.
pub fn format(name: &str) -> std::result::Result<Format, String> {
    let names = || Format::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    Format::named(name).ok_or_else(|| format!("the formats are {}", names()))
}

fn output(text: &str) -> std::result::Result<(Format, Utf8PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or_else(|| "write NAME=FILE, such as sarif=out.sarif".to_owned())?;
    Ok((format(name)?, Utf8PathBuf::from(path)))
}
