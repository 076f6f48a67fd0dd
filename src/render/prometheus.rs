//! Gauges for the textfile collector of Prometheus, in its text format.

use std::io::{self, Write};

use crate::checks::report::{Outcome, Report};
use crate::render::{Options, open_findings};

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let name = "trento_alloy_check_result";
    head(out, name, "Result of a check: 0 passing, 1 warning, 2 critical, 3 skipped, 4 broken.")?;
    for check in &report.check_results {
        let value = match check.result {
            Outcome::Passing => 0,
            Outcome::Warning => 1,
            Outcome::Critical => 2,
            Outcome::Skipped => 3,
            Outcome::Error => 4,
        };
        writeln!(
            out,
            r#"{name}{{check_id="{}",name="{}",group="{}",severity="{}"}} {value}"#,
            label(&check.check_id.text()),
            label(&check.name),
            label(&check.group),
            check.severity.name()
        )?;
    }
    let name = "trento_alloy_check_findings";
    head(out, name, "Number of findings of a check that are not waived.")?;
    for check in &report.check_results {
        let findings = open_findings(check).count();
        writeln!(out, r#"{name}{{check_id="{}"}} {findings}"#, label(&check.check_id.text()))?;
    }
    head(out, "trento_alloy_run_duration_seconds", "How long the run took.")?;
    writeln!(out, "trento_alloy_run_duration_seconds {:.6}", options.seconds)?;
    head(out, "trento_alloy_run_timestamp_seconds", "When the run took place, since 1970.")?;
    writeln!(out, "trento_alloy_run_timestamp_seconds {}", options.now)?;
    head(out, "trento_alloy_catalogue_info", "Version of the program and its checks.")?;
    writeln!(
        out,
        r#"trento_alloy_catalogue_info{{version="{}"}} 1"#,
        label(env!("CARGO_PKG_VERSION"))
    )
}

fn head(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
