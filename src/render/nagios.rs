//! Nagios and Icinga: a status line with performance data, then a line a finding.

use std::io::{self, Write};

use crate::checks::report::Report;
use crate::render::text::{Lines, visible};
use crate::render::{Counts, Options, open_findings};

/// The state of a service as its plugins give it: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
pub fn state(report: &Report) -> u8 {
    let counts = Counts::of(report);
    if counts.critical > 0 {
        2
    } else if counts.warning > 0 {
        1
    } else if counts.error > 0 || counts.passing == 0 {
        3
    } else {
        0
    }
}

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let counts = Counts::of(report);
    let word = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::from(state(report))];
    let total = report.check_results.len();
    writeln!(
        out,
        "TRENTO ALLOY {word} - {} | critical={};;1;0;{total} warning={};1;;0;{total} \
         passing={};;;0;{total} skipped={};;;0;{total} time={:.3}s;;;0",
        counts.in_words(),
        counts.critical,
        counts.warning,
        counts.passing,
        counts.skipped,
        options.seconds
    )?;
    for check in &report.check_results {
        for finding in open_findings(check) {
            let place = finding
                .at
                .as_ref()
                .map(|at| format!(" {}:{}:{}", at.file, at.line, at.column))
                .unwrap_or_default();
            // A pipe sign would begin performance data.
            let message = visible(&finding.message, Lines::Fold).replace('|', "/");
            writeln!(
                out,
                "{} {}{}: {message}",
                finding.severity.name().to_uppercase(),
                check.check_id,
                visible(&place, Lines::Fold).replace('|', "/")
            )?;
        }
    }
    Ok(())
}
