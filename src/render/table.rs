//! The checks as a table.

use std::io::{self, Write};

use comfy_table::{Cell, ContentArrangement, Table, presets};

use crate::checks::standing::Standing;
use crate::render::Options;
use crate::render::view::{Check, Group, Rendering, View};
use crate::visible::{Lines, visible};

/// Columns of a table where nobody says how many there are.
const WIDTH: usize = 80;

/// Writes the table and a closing line.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (view, options) = (rendering.view(), rendering.options);
    checks(view, options, out)?;
    closing_line(view, out)
}

/// Writes the checks that found something or are broken: which, and where.
pub(super) fn overview(view: &View, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(options.width);
    table.set_header(["CHECK", "RESULT", "WHAT", "WHERE"]);
    let mut rows = 0;
    for check in &view.checks {
        if matches!(check.standing, Standing::Passing | Standing::Skipped) {
            continue;
        }
        rows += 1;
        table.add_row([
            Cell::new(&check.id),
            Cell::new(check.standing.name()),
            Cell::new(&check.name),
            Cell::new(places(check)),
        ]);
    }
    if rows > 0 { lines(&table, out) } else { Ok(()) }
}

/// Where a check found something: the first place, and how many more there are.
fn places(check: &Check) -> String {
    let is_waived = check.standing == Standing::Waived;
    let groups = check.findings.iter().filter(|group| group.waived.is_some() == is_waived);
    let mut found = groups.flat_map(Group::places);
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
fn checks(view: &View, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(options.width);
    table.set_header(["CHECK", "RESULT", "WHAT", "DETAILS"]);
    for check in &view.checks {
        table.add_row([
            Cell::new(&check.id),
            Cell::new(check.standing.name()),
            Cell::new(&check.name),
            Cell::new(check.summary()),
        ]);
    }
    if view.checks.is_empty() { Ok(()) } else { lines(&table, out) }
}

fn lines(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes how the run ended, in one line, and what is to be said of it as a whole.
pub(super) fn closing_line(view: &View, out: &mut dyn Write) -> io::Result<()> {
    for notice in &view.notices {
        writeln!(out, "{}: {}", notice.severity.name(), notice.message)?;
    }
    let checks = count(view.checks.len(), "check");
    writeln!(out, "{checks}: {}", view.counts.in_words())
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
