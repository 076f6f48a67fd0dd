//! For people: each finding with its place and remedy, then a table and one closing line.

use std::io::{self, Write};

use crate::checks::report::{CheckResult, Finding, Outcome, Report};
use crate::render::text::{Lines, visible};
use crate::render::{Options, open_findings, table};

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for check in &report.check_results {
        for finding in open_findings(check) {
            one(check, finding, out)?;
            writeln!(out)?;
        }
    }
    table::checks(report, options, out, |result| result != Outcome::Passing)?;
    table::closing_line(report, out)
}

fn one(check: &CheckResult, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}[{}]: {}",
        finding.severity.name(),
        check.check_id,
        visible(&finding.message, Lines::Fold)
    )?;
    if let Some(at) = &finding.at {
        writeln!(out, " --> {}:{}:{}", visible(&at.file, Lines::Fold), at.line, at.column)?;
    }
    if let Some(help) = &finding.help {
        writeln!(out, "  = help: {}", visible(help, Lines::Fold))?;
    }
    Ok(())
}
