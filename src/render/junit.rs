//! JUnit XML: one suite a group, one case a check.

use std::io::{self, Write};

use crate::checks::report::{CheckResult, Outcome, Report};
use crate::render::text::markup;
use crate::render::{Counts, Options, open_findings};

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let counts = Counts::of(report);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="trento-alloy" tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.3}">"#,
        report.check_results.len(),
        counts.critical + counts.warning,
        counts.error,
        counts.skipped,
        options.seconds
    )?;
    let mut groups: Vec<&str> = Vec::new();
    for check in &report.check_results {
        if !groups.contains(&check.group.as_str()) {
            groups.push(&check.group);
        }
    }
    for group in groups {
        let checks: Vec<&CheckResult> =
            report.check_results.iter().filter(|check| check.group == group).collect();
        suite(group, &checks, options, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(
    group: &str,
    checks: &[&CheckResult],
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let count =
        |wanted: &[Outcome]| checks.iter().filter(|check| wanted.contains(&check.result)).count();
    writeln!(
        out,
        r#"  <testsuite name="{}" hostname="{}" tests="{}" failures="{}" errors="{}" skipped="{}">"#,
        markup(group),
        markup(&options.host),
        checks.len(),
        count(&[Outcome::Critical, Outcome::Warning]),
        count(&[Outcome::Error]),
        count(&[Outcome::Skipped])
    )?;
    for check in checks {
        case(check, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn case(check: &CheckResult, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        r#"    <testcase classname="{}" name="{} {}""#,
        markup(&check.group),
        markup(&check.check_id.text()),
        markup(&check.name)
    )?;
    let reason = check.reason.as_deref().unwrap_or_default();
    match check.result {
        Outcome::Passing => return writeln!(out, "/>"),
        Outcome::Skipped => {
            writeln!(out, ">\n      <skipped message=\"{}\"/>", markup(reason))?;
        }
        Outcome::Error => writeln!(out, ">\n      <error message=\"{}\"/>", markup(reason))?,
        Outcome::Warning | Outcome::Critical => {
            let first = open_findings(check).next().map_or("", |finding| &finding.message);
            writeln!(
                out,
                ">\n      <failure type=\"{}\" message=\"{}\">",
                check.result.name(),
                markup(first)
            )?;
            for finding in open_findings(check) {
                let place = finding
                    .at
                    .as_ref()
                    .map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column))
                    .unwrap_or_default();
                writeln!(out, "{}", markup(&format!("{place}{}", finding.message)))?;
                if let Some(help) = &finding.help {
                    writeln!(out, "  {}", markup(help))?;
                }
            }
            writeln!(out, "{}</failure>", markup(check.remediation.trim()))?;
        }
    }
    writeln!(out, "    </testcase>")
}
