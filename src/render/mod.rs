//! From a report or a diagnostic to bytes: the only module that knows what output looks like.

pub mod catalogue;
pub mod changes;
pub mod component;
mod github;
pub mod graph;
mod html;
mod human;
mod junit;
pub mod nagios;
pub mod probing;
mod prometheus;
pub mod publish;
mod sarif;
pub mod settings;
pub mod snippet;
pub mod sources;
pub mod table;
pub mod text;
pub mod upgrade;
pub mod verdict;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::checks::report::{CheckResult, Finding, Outcome, Report};
use crate::source::Source;

/// A form a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Snippets with carets, then a table and a closing line.
    Human,
    /// A table of the checks.
    Table,
    /// The result as the Trento server stores it, with findings.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for CI servers.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// One status line with performance data, for Nagios and Icinga.
    Nagios,
    /// Gauges for the textfile collector.
    Prometheus,
    /// One self-contained page.
    Html,
}

impl Format {
    /// Every format, by the name the command line knows.
    pub const ALL: &[(&str, Format)] = &[
        ("human", Format::Human),
        ("table", Format::Table),
        ("json", Format::Json),
        ("sarif", Format::Sarif),
        ("junit", Format::Junit),
        ("github", Format::Github),
        ("nagios", Format::Nagios),
        ("prometheus", Format::Prometheus),
        ("html", Format::Html),
    ];

    /// The format of a name.
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }
}

/// What a rendering needs beside the report.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the writer takes colour.
    pub color: bool,
    /// How many columns a line may have.
    pub width: usize,
    /// The texts that findings point into, secrets already masked, by their paths.
    pub sources: BTreeMap<String, Source>,
    /// The host's name, as a heading.
    pub host: String,
    /// Seconds since 1970, for the formats that carry a time by their nature.
    pub now: i64,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The component graph as SVG, for the page.
    pub graph: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            color: false,
            width: 80,
            sources: BTreeMap::new(),
            host: String::new(),
            now: 0,
            seconds: 0.0,
            graph: None,
        }
    }
}

/// Writes a report in one of the formats.
///
/// # Errors
/// Those of the writer.
pub fn report(
    report: &Report,
    format: Format,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, options, out),
        Format::Table => table::write(report, options, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, report)?;
            writeln!(out)
        }
        Format::Sarif => sarif::write(report, options, out),
        Format::Junit => junit::write(report, options, out),
        Format::Github => github::write(report, out),
        Format::Nagios => nagios::write(report, options, out),
        Format::Prometheus => prometheus::write(report, options, out),
        Format::Html => html::write(report, options, out),
    }
}

/// How many checks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Checks that found something critical.
    pub critical: usize,
    /// Checks that found something to be looked at.
    pub warning: usize,
    /// Checks that passed.
    pub passing: usize,
    /// Checks that do not apply.
    pub skipped: usize,
    /// Checks that could not be evaluated.
    pub error: usize,
}

impl Counts {
    /// Counts the checks of a report.
    pub fn of(report: &Report) -> Counts {
        let mut counts = Counts::default();
        for check in &report.check_results {
            *match check.result {
                Outcome::Critical => &mut counts.critical,
                Outcome::Warning => &mut counts.warning,
                Outcome::Passing => &mut counts.passing,
                Outcome::Skipped => &mut counts.skipped,
                Outcome::Error => &mut counts.error,
            } += 1;
        }
        counts
    }

    /// The counts in words: `1 critical, 2 warnings, 30 passing, 9 skipped`.
    pub fn in_words(&self) -> String {
        let mut words = Vec::new();
        let mut say = |number: usize, one: &str, many: &str| {
            if number > 0 {
                words.push(format!("{number} {}", if number == 1 { one } else { many }));
            }
        };
        say(self.critical, "critical", "critical");
        say(self.warning, "warning", "warnings");
        say(self.error, "broken check", "broken checks");
        say(self.passing, "passing", "passing");
        say(self.skipped, "skipped", "skipped");
        if words.is_empty() { "no checks".to_owned() } else { words.join(", ") }
    }
}

/// The findings of a check that count.
fn open_findings(check: &CheckResult) -> impl Iterator<Item = &Finding> {
    check.findings.iter().filter(|finding| finding.waived.is_none())
}

/// What there is to say of a check in one line: its findings, or why there is no verdict.
fn summary(check: &CheckResult) -> String {
    if let Some(reason) = &check.reason {
        return reason.clone();
    }
    let mut findings = open_findings(check);
    match (findings.next(), findings.count()) {
        (None, _) if check.findings.is_empty() => String::new(),
        (None, _) => "waived".to_owned(),
        (Some(first), 0) => first.message.clone(),
        (Some(first), more) => format!("{} (and {more} more)", first.message),
    }
}
