//! `trento-alloy validate`: validates as `alloy validate` does.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};

use crate::atomic;
use crate::cli::host_args::HostArgs;
use crate::cli::{self, Exit, Io, validate_prometheus};
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::{Error, Result};
use crate::graph::schema::Stability;
use crate::installation::Sender;
use crate::installation::{Installation, Wanted, installed};
use crate::load::{Kind, MergeSet, STDIN};
use crate::render::issue::{Issues, Level};
use crate::render::{snippet, verdict};
use crate::system::System;
use crate::validate::{Fix, Levels, Program, Verdict, soften, strict, validate};

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy validate --strict
  trento-alloy validate --alloy-version 1.12.0 /etc/alloy
  trento-alloy validate --sender prometheus-agent /etc/prometheus/prometheus.yml";

/// Validate as `alloy validate` does, for any version of Alloy
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files and folders that are one program, `-` for standard input; without any, what the host
    /// loads
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Validate for this version of Alloy, such as 1.18.1 [default: the installed one]
    #[arg(long, value_name = "VERSION")]
    alloy_version: Option<String>,
    /// Validate for this version of Prometheus, such as 3.5.3 [default: the newest known]
    #[arg(long, value_name = "VERSION")]
    prometheus_version: Option<String>,
    /// Allow what is at least this stable: generally-available, public-preview or experimental
    /// [default: what the host's Alloy is started with]
    #[arg(long, value_name = "LEVEL", value_parser = stability)]
    stability: Option<Stability>,
    /// Allow community components
    #[arg(long)]
    community: bool,
    /// Also report what Alloy finds only when it runs
    #[arg(long)]
    strict: bool,
    /// Fix what has exactly one right answer: old names of functions, misspelt arguments
    #[arg(long)]
    fix: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Human)]
    format: Format,
    /// What exit code 1 begins with: warning or error
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = FailOn::Warning)]
    fail_on: FailOn,
    #[command(flatten)]
    host: HostArgs,
}

/// What exit code 1 begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Any diagnostic.
    Warning,
    /// What Alloy does not load, or does not start with.
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Diagnostics with excerpts of the configuration
    Human,
    /// One JSON object
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    if args.host.sender == Sender::PrometheusAgent {
        let question = validate_prometheus::Question {
            system: &system,
            paths: &args.paths,
            version: args.prometheus_version.as_deref(),
            is_strict: args.strict,
            as_json: args.format == Format::Json,
        };
        return validate_prometheus::run(&question, io);
    }
    let mut installation = args.load(&system, io)?;
    let levels = args.levels(&installation);
    let is_chosen = args.is_about_a_host() || args.alloy_version.is_some();
    if let Some(note) = installation.installed().note().filter(|_| is_chosen) {
        io.note(&note)?;
    }
    let mut program = Program::of_files(&installation.merge_set().files);
    let mut found = args.judge(&installation, &program, &levels);
    if args.fix && args.repair(&system, &program, &found, io)? {
        installation = args.load(&system, io)?;
        program = Program::of_files(&installation.merge_set().files);
        found = args.judge(&installation, &program, &levels);
    }
    args.write(&found, installation.merge_set(), &levels, io).map_err(Error::Output)?;
    Ok(if found.is_clean(args.fail_on) { Exit::Clean } else { Exit::Findings })
}

/// What Alloy would say, and what it would not.
struct Found {
    verdict: Verdict,
    beyond: Vec<Diagnostic>,
}

impl Found {
    fn is_clean(&self, fail_on: FailOn) -> bool {
        let counts = |it: &Diagnostic| fail_on == FailOn::Warning || it.severity == Severity::Error;
        self.verdict.refused.is_none()
            && !self.verdict.diagnostics.iter().chain(&self.beyond).any(counts)
    }
}

impl Args {
    /// Whether a host is meant rather than the given files alone.
    fn is_about_a_host(&self) -> bool {
        self.paths.is_empty() || self.host.root.is_some()
    }

    fn load<'s>(&self, system: &'s System, io: &mut Io<'_>) -> Result<Installation<'s>> {
        let given = self.alloy_version.as_deref();
        let alloy_version = given.map(installed::given).transpose()?;
        let wanted = Wanted { alloy_version, ..self.host.wanted() };
        let installation = Installation::of_paths(system, wanted, &self.paths, io.stdin)?;
        refuse_what_is_no_program(installation.merge_set())?;
        Ok(installation)
    }

    fn levels(&self, installation: &Installation<'_>) -> Levels {
        let levels = installation.levels();
        Levels {
            stability: self.stability.unwrap_or(levels.stability),
            community: self.community || levels.community,
            ..levels
        }
    }

    fn judge(&self, installation: &Installation<'_>, program: &Program, levels: &Levels) -> Found {
        let mut verdict = validate(program, levels);
        if !self.strict {
            return Found { verdict, beyond: Vec::new() };
        }
        let beyond = strict(program, installation.prover(), levels, &verdict);
        soften(installation.graph(), &mut verdict);
        Found { verdict, beyond }
    }

    /// Writes the files that can be repaired; whether there was one.
    fn repair(
        &self,
        system: &System,
        program: &Program,
        found: &Found,
        io: &mut Io<'_>,
    ) -> Result<bool> {
        let mut is_changed = false;
        for file in program.files() {
            let Some(text) = Fix::apply(&found.verdict.fixes, &file.source) else { continue };
            if file.source.path() == STDIN {
                return Err(Error::Usage("standard input cannot be repaired; give a file".into()));
            }
            // Under a root, links are followed inside it: what was read is what is written.
            let path = Utf8Path::new(file.source.path());
            let failed = |source| Error::Write { path: path.to_owned(), source };
            let outer = system.outer(&system.files.resolve(path).map_err(failed)?)?;
            let written = atomic::replace(&outer, file.source.text().as_bytes(), text.as_bytes())?;
            cli::written(path, written, io)?;
            writeln!(io.err, "repaired {path}").map_err(Error::Output)?;
            is_changed = true;
        }
        Ok(is_changed)
    }

    /// Writes the diagnostics as code hosts annotate them.
    fn annotate(&self, found: &Found, set: &MergeSet, io: &mut Io<'_>) -> std::io::Result<()> {
        let mut issues = Issues::default();
        if let Some(refused) = &found.verdict.refused {
            issues.push(REFUSED, Level::Error, refused, None);
        }
        for diagnostics in [&found.verdict.diagnostics, &found.beyond] {
            issues.push_diagnostics(&set.covered(diagnostics, &io.secrets));
        }
        if self.format == Format::Github {
            return issues.write_github(&mut io.out);
        }
        issues.write_sarif(&set.shown_sources(&io.secrets), &mut io.out)
    }

    fn write(
        &self,
        found: &Found,
        set: &MergeSet,
        levels: &Levels,
        io: &mut Io<'_>,
    ) -> std::io::Result<()> {
        let Found { verdict: Verdict { refused, diagnostics, .. }, beyond } = found;
        let refused = refused.as_deref();
        if self.format == Format::Json {
            return verdict::json(refused, diagnostics, beyond, &mut io.out);
        }
        if matches!(self.format, Format::Github | Format::Sarif) {
            return self.annotate(found, set, io);
        }
        if let Some(refused) = refused {
            writeln!(io.out, "error: {refused}")?;
        }
        let options = snippet::Options { color: true, ..snippet::Options::default() };
        for diagnostics in [diagnostics, beyond] {
            let shown = set.covered(diagnostics, &io.secrets);
            snippet::write(&shown, &options, &mut io.out)?;
            if !diagnostics.is_empty() {
                writeln!(io.out)?;
            }
        }
        let count = diagnostics.len() + beyond.len() + usize::from(refused.is_some());
        let verdict = match count {
            0 => "is valid".to_owned(),
            1 => "is not valid: 1 diagnostic".to_owned(),
            count => format!("is not valid: {count} diagnostics"),
        };
        let version = levels.schema.version();
        writeln!(io.out, "The configuration {verdict} (Alloy {version}, {}).", levels.stability)
    }
}

/// What Alloy refuses without a place.
const REFUSED: (&str, &str) = ("refused", "Alloy does not parse the program at all.");

fn stability(name: &str) -> Result<Stability, String> {
    Stability::parse(name)
        .ok_or_else(|| "write generally-available, public-preview or experimental".to_owned())
}

/// Says clearly what cannot be validated, rather than giving a verdict that would be wrong.
fn refuse_what_is_no_program(set: &MergeSet) -> Result<()> {
    if let Kind::Absent(reason) = &set.kind {
        return Err(Error::Invalid(format!("there is nothing to validate: {reason}")));
    }
    if let Some(unreadable) = set.unreadable.first() {
        return Err(Error::Invalid(format!(
            "cannot read {}: {}",
            unreadable.path,
            unreadable.why.text()
        )));
    }
    if set.start.unit.as_ref().is_ok_and(|unit| is_otel(&unit.exec_start)) {
        return Err(Error::Invalid(
            "this host's Alloy runs in OpenTelemetry mode (`alloy otel`), which takes no Alloy \
             configuration; give the files to validate as PATHs"
                .to_owned(),
        ));
    }
    let format = set.start.args.config_format();
    if format != "alloy" {
        return Err(Error::Invalid(format!(
            "this host's Alloy is started with --config.format={format}; only Alloy's own language \
             can be validated: convert it with `alloy convert` first"
        )));
    }
    for file in &set.files {
        if is_yaml(&file.path) && !file.is_sound() {
            return Err(Error::Invalid(format!(
                "{} is YAML, perhaps a configuration for Alloy's OpenTelemetry mode or for another \
                 program; only Alloy's own language can be validated",
                file.path
            )));
        }
    }
    Ok(())
}

fn is_otel(exec_start: &[String]) -> bool {
    let mut words = exec_start.iter();
    let alloy = |word: &String| Utf8Path::new(word).file_name() == Some("alloy");
    words.any(alloy) && words.next().is_some_and(|word| word == "otel")
}

fn is_yaml(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("yaml" | "yml"))
}
