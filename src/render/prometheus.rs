//! Gauges for the textfile collector of Prometheus, in its text format.

use std::io::{self, Write};

use crate::checks::standing::Standing;
use crate::render::Options;
use crate::render::view::Rendering;

/// Writes the report.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (view, options) = (rendering.view(), rendering.options);
    let name = "trento_alloy_check_result";
    let help =
        "Result of a check: 0 passing, 1 warning, 2 critical, 3 skipped, 4 broken, 5 waived.";
    head(out, name, help)?;
    for check in &view.checks {
        let labels = [
            ("check_id", check.id.as_str()),
            ("name", &check.name),
            ("group", &check.group),
            ("severity", check.severity.name()),
        ];
        sample(out, name, &labels, number(check.standing))?;
    }
    let name = "trento_alloy_check_findings";
    head(out, name, "Number of findings of a check that are not waived.")?;
    for check in &view.checks {
        sample(out, name, &[("check_id", &check.id)], check.open_count())?;
    }
    let name = "trento_alloy_check_waived";
    let waived = || view.checks.iter().flat_map(|it| it.waived().map(move |waived| (it, waived)));
    if waived().next().is_some() {
        head(out, name, "Number of findings of a check that are waived, by the reason.")?;
    }
    for (check, (group, reason)) in waived() {
        let at = group.at().map_or_else(String::new, |at| format!("{}:{}", at.file, at.line));
        let labels = [
            ("check_id", check.id.as_str()),
            ("reason", reason),
            ("finding", &group.message),
            ("at", &at),
        ];
        sample(out, name, &labels, group.members.len())?;
    }
    head(out, "trento_alloy_unreadable", "Number of things that there is no permission to read.")?;
    sample(out, "trento_alloy_unreadable", &[], view.denied.len())?;
    about_the_run(options, out)
}

/// When the run took place, how long, and with which checks.
pub(super) fn about_the_run(options: &Options, out: &mut dyn Write) -> io::Result<()> {
    head(out, "trento_alloy_run_duration_seconds", "How long the run took.")?;
    writeln!(out, "trento_alloy_run_duration_seconds {:.6}", options.seconds)?;
    head(out, "trento_alloy_run_timestamp_seconds", "When the run took place, since 1970.")?;
    writeln!(out, "trento_alloy_run_timestamp_seconds {}", options.now)?;
    head(out, "trento_alloy_catalogue_info", "Version of the program and its checks.")?;
    sample(out, "trento_alloy_catalogue_info", &[("version", env!("CARGO_PKG_VERSION"))], 1)
}

/// The number that dashboards and alerts know a standing by. Never changed.
pub(super) fn number(standing: Standing) -> usize {
    match standing {
        Standing::Passing => 0,
        Standing::Warning => 1,
        Standing::Critical => 2,
        Standing::Skipped => 3,
        Standing::Error => 4,
        Standing::Waived => 5,
    }
}

pub(super) fn head(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

pub(super) fn sample(
    out: &mut dyn Write,
    name: &str,
    labels: &[(&str, &str)],
    value: usize,
) -> io::Result<()> {
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", label(value))).collect();
    match labels.as_slice() {
        [] => writeln!(out, "{name} {value}"),
        labels => writeln!(out, "{name}{{{}}} {value}", labels.join(",")),
    }
}

/// A label's value between its quotes. The last thing done to it: nothing may change it after.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
