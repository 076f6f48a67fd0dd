//! Annotations of GitHub Actions: one workflow command a finding.

use std::io::{self, Write};

use crate::checks::model::Severity;
use crate::checks::report::Report;
use crate::render::open_findings;

/// Writes the findings.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for check in &report.check_results {
        for finding in open_findings(check) {
            let level = match finding.severity {
                Severity::Critical => "error",
                Severity::Warning => "warning",
            };
            write!(
                out,
                "::{level} title={}",
                property(&format!("{} {}", check.check_id, check.name))
            )?;
            if let Some(at) = &finding.at {
                write!(
                    out,
                    ",file={},line={},col={},endLine={},endColumn={}",
                    property(&at.file),
                    at.line,
                    at.column,
                    at.end_line,
                    at.end_column
                )?;
            }
            let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
            writeln!(out, "::{}", data(&format!("{}{help}", finding.message)))?;
        }
    }
    Ok(())
}

/// Escapes the message of a workflow command.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
