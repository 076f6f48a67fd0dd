//! The flags that say how a report is shown and what exit code it gives.

use camino::{Utf8Path, Utf8PathBuf};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::atomic;
use crate::checks::report::Report;
use crate::checks::standing::Verdict;
use crate::checks::waivers::{self, Waivers};
use crate::cli::{self, Exit, Io, terminal_width};
use crate::error::{Error, Result};
use crate::render::format::{Codes, FORMATS, Needs};
use crate::render::nagios::State;
use crate::render::{Format, Links, Options};
use crate::site::{Level, Site};
use crate::system::{HostFiles, given};

/// How a report is shown.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct ReportArgs {
    /// Output format
    #[arg(long, value_name = "NAME", value_parser = formats(), default_value = "human")]
    pub format: Option<&'static Format>,
    /// Also write the report to a file in another format; may be given several times
    #[arg(short, long, value_name = "NAME=FILE", value_parser = output)]
    pub output: Vec<(&'static Format, Utf8PathBuf)>,
    /// Exit with 1 from this level on: warning, critical or never [default: as the host's
    /// config.yaml says, or else warning]
    #[arg(long, value_name = "LEVEL", hide_possible_values = true)]
    pub fail_on: Option<FailOn>,
    /// Findings that do not count, with reasons [default: the file that the host's config.yaml
    /// names, or else its /etc/trento-alloy/waivers.yaml]
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
    pub fn show(
        &self,
        report: &Report,
        fail_on: FailOn,
        options: &Options,
        io: &mut Io<'_>,
    ) -> Result<Exit> {
        for (format, path) in &self.output {
            let plain = Options { color: false, links: None, ..options.clone() };
            let mut content = Vec::new();
            format.write(report, &plain, &mut content).map_err(Error::Output)?;
            cli::written(
                path,
                atomic::write(path, io.secrets.shown(&content).as_bytes(), 0o644)?,
                io,
            )?;
        }
        self.format().write(report, options, &mut io.out).map_err(Error::Output)?;
        Ok(match self.format().codes {
            Codes::Nagios => Exit::Nagios(State::of(report)),
            Codes::Usual => exit(report, fail_on),
        })
    }

    /// The primary format.
    pub fn format(&self) -> &'static Format {
        self.format.unwrap_or(Format::HUMAN)
    }

    /// Marks what is waived, by the file that was given or the one that the host has. `now` is in
    /// seconds since 1970.
    pub fn waive(
        &self,
        report: &mut Report,
        host: Option<(&HostFiles, &Site)>,
        now: i64,
    ) -> Result<()> {
        match (self.given_waivers()?, host) {
            (Some(given), _) => given.apply(report, now),
            (None, Some((files, site))) => waivers::apply_of_host(report, files, site, now)?,
            (None, None) => {}
        }
        Ok(())
    }

    /// What exit code 1 begins with: as the command line says, or else the host.
    pub fn fail_on(&self, site: &Site) -> FailOn {
        let of_site = || site.fail_on.as_ref().map(|it| FailOn::from(it.value));
        self.fail_on.or_else(of_site).unwrap_or_default()
    }

    /// The waivers of the file that was given, if one was.
    pub fn given_waivers(&self) -> Result<Option<Waivers>> {
        let Some(path) = &self.waivers else { return Ok(None) };
        let text = given::read_text(path, given::LARGEST_SETTINGS)
            .map_err(|source| Error::Read { path: path.clone(), source })?;
        Waivers::parse(path.as_str(), &text).map(Some)
    }

    /// Whether any of the outputs shows the component graph.
    pub fn wants_graph(&self) -> bool {
        self.needs() >= Needs::SourcesAndGraph
    }

    /// Whether any of the outputs shows the texts that findings point into.
    pub fn wants_sources(&self) -> bool {
        self.needs() >= Needs::Sources
    }

    fn needs(&self) -> Needs {
        let further = self.output.iter().map(|(format, _)| format.needs);
        further.fold(self.format().needs, Needs::max)
    }

    /// How wide and how colourful the output is, and where links lead; `root` is the folder that
    /// the host's files lie in.
    pub fn options(&self, root: Option<&Utf8Path>) -> Options {
        Options { color: true, width: terminal_width(), links: links(root), ..Options::default() }
    }
}

/// The exit code a report gives. What could not be read is no success.
pub fn exit(report: &Report, fail_on: FailOn) -> Exit {
    if report.has_errors() {
        Exit::Failed
    } else if fail_on.is_reached(report.worst()) {
        Exit::Findings
    } else if report.denied.is_empty() {
        Exit::Clean
    } else {
        Exit::Failed
    }
}

/// Links to files, where standard output is a terminal that takes them.
fn links(root: Option<&Utf8Path>) -> Option<Links> {
    if !supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout) {
        return None;
    }
    let folder = Utf8PathBuf::from_path_buf(std::env::current_dir().ok()?).ok()?;
    Some(Links { root: root.map(Utf8Path::to_owned), folder })
}

impl From<Level> for FailOn {
    fn from(level: Level) -> FailOn {
        match level {
            Level::Warning => FailOn::Warning,
            Level::Critical => FailOn::Critical,
            Level::Never => FailOn::Never,
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

/// Takes the name of a format, and knows what each prints.
pub fn formats() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.iter().map(|it| PossibleValue::new(it.name).help(it.prints));
    PossibleValuesParser::new(names)
        .try_map(|name| Format::named(&name).ok_or_else(|| format!("there is no format `{name}`")))
}

fn output(text: &str) -> std::result::Result<(&'static Format, Utf8PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or_else(|| "write NAME=FILE, such as sarif=out.sarif".to_owned())?;
    let names = || FORMATS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let format = Format::named(name).ok_or_else(|| format!("the formats are {}", names()))?;
    Ok((format, Utf8PathBuf::from(path)))
}
