//! The checks as a table.

use std::io::{self, Write};

use comfy_table::{Cell, ContentArrangement, Table, presets};

use crate::checks::report::{CheckResult, Outcome, Report};
use crate::render::text::{Lines, visible};
use crate::render::{Counts, Options, open_findings, summary};

/// Columns of a table where nobody says how many there are.
const WIDTH: usize = 80;

/// Writes the table and a closing line.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    checks(report, options, out)?;
    closing_line(report, out)
}

/// Writes the checks that found something or are broken: which, and where.
pub(super) fn overview(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(options.width);
    table.set_header(["CHECK", "RESULT", "WHAT", "WHERE"]);
    let mut rows = 0;
    for check in &report.check_results {
        if matches!(check.result, Outcome::Passing | Outcome::Skipped) {
            continue;
        }
        rows += 1;
        table.add_row([
            Cell::new(visible(&check.check_id.text(), Lines::Fold)),
            Cell::new(check.result.name()),
            Cell::new(visible(&check.name, Lines::Fold)),
            Cell::new(visible(&places(check), Lines::Fold)),
        ]);
    }
    if rows > 0 { lines(&table, out) } else { Ok(()) }
}

/// Where a check found something: the first place, and how many more there are.
fn places(check: &CheckResult) -> String {
    let mut found = open_findings(check).filter_map(|finding| finding.at.as_ref());
    match (found.next(), found.count()) {
        (None, _) => check.reason.clone().unwrap_or_default(),
        (Some(at), 0) => format!("{}:{}", at.file, at.line),
        (Some(at), more) => format!("{}:{} and {more} more", at.file, at.line),
    }
}

/// Text in lines of at most that many columns, broken at blanks.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut table = plain(width);
    table.add_row([text]);
    table.lines().map(|line| line.trim().to_owned()).collect()
}

/// Writes the checks.
fn checks(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(options.width);
    table.set_header(["CHECK", "RESULT", "WHAT", "DETAILS"]);
    let mut rows = 0;
    for check in &report.check_results {
        rows += 1;
        table.add_row([
            Cell::new(visible(&check.check_id.text(), Lines::Fold)),
            Cell::new(check.result.name()),
            Cell::new(visible(&check.name, Lines::Fold)),
            Cell::new(visible(&summary(check), Lines::Fold)),
        ]);
    }
    if rows == 0 {
        return Ok(());
    }
    lines(&table, out)
}

fn lines(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes how the run ended, in one line, and what is to be said of it as a whole.
pub(super) fn closing_line(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for notice in &report.notices {
        writeln!(out, "{}: {}", notice.severity.name(), visible(&notice.message, Lines::Fold))?;
    }
    let checks = count(report.check_results.len(), "check");
    writeln!(out, "{checks}: {}", Counts::of(report).in_words())
}

/// A number of things, in English: `1 check`, `2 checks`.
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A table without lines, for people and for pipes alike.
pub fn plain(width: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
}

/// Writes rows as a table whose columns are as wide as they must be.
pub(super) fn rows<const N: usize>(
    header: [&str; N],
    rows: &[[String; N]],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Disabled);
    fill(table, header, rows, out)
}

/// Writes rows as a table whose last column is folded to what is left of eighty columns.
///
/// # Errors
/// Those of the writer.
pub fn folded<const N: usize>(
    header: [&str; N],
    rows: &[[String; N]],
    out: &mut dyn Write,
) -> io::Result<()> {
    fill(plain(WIDTH), header, rows, out)
}

fn fill<const N: usize>(
    mut table: Table,
    header: [&str; N],
    rows: &[[String; N]],
    out: &mut dyn Write,
) -> io::Result<()> {
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell, Lines::Fold)));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
