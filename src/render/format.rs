//! The forms a report can take, one row each: what it prints, what it needs, which codes it ends
//! with. A new form is a row here and a file beside it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::fleet::{self, Fleet, Keep, Streamed};
use super::{Options, github, html, human, json, junit, nagios, prometheus, sarif, table};
use crate::checks::report::Report;
use crate::render::issue::Issues;
use crate::render::view::Rendering;
use crate::source::Source;

/// A form a report can take.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it prints, in a clause.
    pub prints: &'static str,
    /// Which texts beside the report it shows.
    pub needs: Needs,
    /// What exit codes mean when it is the primary form.
    pub codes: Codes,
    /// How much of each of several hosts it shows.
    pub keeps: Keep,
    /// How a report of several hosts is written while the run goes on.
    pub streamed: Streamed,
    write: fn(&Rendering<'_>, &mut dyn Write) -> io::Result<()>,
    write_fleet: fn(&fleet::Rendering<'_>, &mut dyn Write) -> io::Result<()>,
}

/// What a form shows beside the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// The texts that findings point into.
    Sources,
    /// Those, and the component graph.
    SourcesAndGraph,
}

/// What exit codes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// 0 clean, 1 findings, 2 could not be done.
    Usual,
    /// 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    Nagios,
}

/// Every form. The order is the order of the documentation.
pub const FORMATS: &[Format] = &[
    HUMAN,
    Format {
        name: "table",
        prints: "one line a check: what it stands at, and why",
        needs: Needs::Nothing,
        codes: Codes::Usual,
        keeps: Keep::Findings,
        streamed: Streamed::No,
        write: table::write,
        write_fleet: fleet::table::write,
    },
    JSON,
    Format {
        name: "jsonl",
        prints: "the same in one line; of several hosts a line each, as soon as it is known",
        needs: Needs::Nothing,
        codes: Codes::Usual,
        keeps: Keep::Totals,
        streamed: Streamed::Lines,
        write: json::write_line,
        write_fleet: fleet::stream::written,
    },
    Format {
        name: "sarif",
        prints: "SARIF 2.1.0, for code scanning",
        needs: Needs::Sources,
        codes: Codes::Usual,
        keeps: Keep::Places,
        streamed: Streamed::No,
        write: sarif::write,
        write_fleet: fleet::issues::sarif,
    },
    Format {
        name: "junit",
        prints: "JUnit XML, for CI servers",
        needs: Needs::Nothing,
        codes: Codes::Usual,
        keeps: Keep::Places,
        streamed: Streamed::No,
        write: junit::write,
        write_fleet: fleet::junit::write,
    },
    Format {
        name: "github",
        prints: "annotations of GitHub Actions",
        needs: Needs::Nothing,
        codes: Codes::Usual,
        keeps: Keep::Findings,
        streamed: Streamed::No,
        write: github::write,
        write_fleet: fleet::issues::github,
    },
    Format {
        name: "nagios",
        prints: "a status line with performance data, for Nagios and Icinga",
        needs: Needs::Nothing,
        codes: Codes::Nagios,
        keeps: Keep::Findings,
        streamed: Streamed::No,
        write: nagios::write,
        write_fleet: fleet::nagios::write,
    },
    Format {
        name: "prometheus",
        prints: "gauges for the textfile collector",
        needs: Needs::Nothing,
        codes: Codes::Usual,
        keeps: Keep::Findings,
        streamed: Streamed::No,
        write: prometheus::write,
        write_fleet: fleet::prometheus::write,
    },
    Format {
        name: "html",
        prints: "one self-contained page with the component graph",
        needs: Needs::SourcesAndGraph,
        codes: Codes::Usual,
        keeps: Keep::Findings,
        streamed: Streamed::No,
        write: html::write,
        write_fleet: fleet::html::write,
    },
];

const HUMAN: Format = Format {
    name: "human",
    prints: "findings with excerpts of the configuration, then a table",
    needs: Needs::Sources,
    codes: Codes::Usual,
    keeps: Keep::Findings,
    streamed: Streamed::No,
    write: human::write,
    write_fleet: fleet::human::write,
};

const JSON: Format = Format {
    name: "json",
    prints: "results as a Trento server holds them, with findings",
    needs: Needs::Nothing,
    codes: Codes::Usual,
    keeps: Keep::Findings,
    streamed: Streamed::Document,
    write: json::write,
    write_fleet: fleet::stream::written,
};

impl Format {
    /// The form for people.
    pub const HUMAN: &'static Format = &HUMAN;
    /// The form for programs.
    pub const JSON: &'static Format = &JSON;

    /// The form of a name.
    pub fn named(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Writes a report in this form.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        (self.write)(&Rendering::new(report, options), out)
    }

    /// Writes a report of several hosts in this form, unless it is written while the run goes on.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_fleet(
        &self,
        fleet: &Fleet,
        options: &Options,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        (self.write_fleet)(&fleet::Rendering { fleet, options }, out)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

/// Issues of configurations take the forms that machines of a repository read.
impl Issues {
    /// Writes annotations of GitHub Actions.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_github(&self, out: &mut dyn Write) -> io::Result<()> {
        github::annotate(self, out)
    }

    /// Writes a SARIF log; `sources` are the texts that the places point into.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_sarif(
        &self,
        sources: &BTreeMap<String, Source>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        sarif::log(self, sources, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_a_name_of_its_own() {
        for format in FORMATS {
            assert_eq!(Format::named(format.name), Some(format));
            assert_eq!(FORMATS.iter().filter(|it| it.name == format.name).count(), 1);
        }
        assert_eq!(Format::named("xml"), None);
    }
}
