//! For people: each finding with a snippet and its remedy, then a table and one closing line.

use std::io::{self, Write};

use alloy_grammar::span::Span;

use crate::checks::model::Severity;
use crate::checks::report::{CheckResult, Finding, Outcome, Report};
use crate::diagnostic::{Code, Diagnostic};
use crate::render::text::{Lines, visible};
use crate::render::{Options, open_findings, snippet, table};
use crate::source::{At, Source};

/// A finding is named by its check, not by a code.
const FINDING: Code = Code::new("finding", "A check found something.");

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let drawing =
        snippet::Options { color: options.color, width: options.width, ..Default::default() };
    for check in &report.check_results {
        for finding in open_findings(check) {
            one(check, finding, options, &drawing, out)?;
            writeln!(out)?;
        }
    }
    table::overview(report, options, out)?;
    skipped(report, options, out)?;
    table::closing_line(report, out)
}

/// The checks that do not apply, by the reason why.
fn skipped(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for check in report.check_results.iter().filter(|it| it.result == Outcome::Skipped) {
        let reason = check.reason.as_deref().unwrap_or("it does not apply");
        let id = check.check_id.to_string();
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ids)) => ids.push(id),
            None => by_reason.push((reason, vec![id])),
        }
    }
    for (reason, ids) in by_reason {
        let text = format!("skipped, {reason}: {}", ids.join(" "));
        for line in table::wrapped(&visible(&text, Lines::Fold), options.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn one(
    check: &CheckResult,
    finding: &Finding,
    options: &Options,
    drawing: &snippet::Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let nowhere = Source::new("", "");
    let place = finding.at.as_ref().and_then(|at| span(at, options));
    let named = finding.at.as_ref().map(|at| Source::new(at.file.as_str(), ""));
    let (source, span) = match (&place, &named) {
        (Some((source, span)), _) => (source, *span),
        (None, Some(named)) => (named, Span::NONE),
        (None, None) => (&nowhere, Span::NONE),
    };
    let mut diagnostic = match finding.severity {
        Severity::Critical => Diagnostic::error(FINDING, source, span, &*finding.message),
        Severity::Warning => Diagnostic::warning(FINDING, source, span, &*finding.message),
    };
    diagnostic.help.clone_from(&finding.help);
    for also in &finding.also {
        if let Some((source, place)) = self::span(&also.at, options) {
            diagnostic = diagnostic.label(&source, place, &*also.text);
        }
    }
    snippet::write_as(&diagnostic, finding.severity.name(), &check.check_id.text(), drawing, out)
}

/// The span of a place, in the text that may be shown; a place on a whole file has none.
fn span(at: &At, options: &Options) -> Option<(Source, Span)> {
    let source = options.sources.get(&at.file)?;
    let is_whole = (at.line, at.column, at.end_line, at.end_column) == (1, 1, 1, 1);
    if is_whole {
        return Some((source.clone(), Span::NONE));
    }
    let offset = |line: u32, column: u32| -> Option<u32> {
        let at = source.lines().line_start(line)? + column.saturating_sub(1);
        let mut at = at.min(source.text().len() as u32);
        while !source.text().is_char_boundary(at as usize) {
            at -= 1;
        }
        Some(at)
    };
    let start = offset(at.line, at.column)?;
    let end = offset(at.end_line, at.end_column + 1)?.max(start);
    Some((source.clone(), Span::new(start, end)))
}
