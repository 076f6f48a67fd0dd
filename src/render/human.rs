//! For people: each finding with an excerpt and its remedy, then a table and one closing line.

use std::io::{self, Write};

use alloy_grammar::span::Span;

use crate::checks::model::Severity;
use crate::checks::standing::Standing;
use crate::diagnostic::{Code, Diagnostic};
use crate::render::view::{Check, Group, Rendering, View};
use crate::render::{Options, place, snippet, table};
use crate::source::{At, Source};

/// A finding is named by its check, not by a code.
const FINDING: Code = Code::new("finding", "A check found something.");

/// So many further places of a finding are drawn; the others are listed.
const MOST_DRAWN: usize = 2;

/// What is written at a further place.
const TOO: &str = "here too";

/// So many further places of a finding are listed.
const MOST_PLACES: usize = 40;

/// Writes the report.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (view, options) = (rendering.view(), rendering.options);
    for check in &view.checks {
        for group in check.open() {
            one(check, group, options, out)?;
            further(group, options, out)?;
            writeln!(out)?;
        }
    }
    let is_sound =
        view.denied.is_empty() && view.checks.iter().all(|it| it.standing != Standing::Error);
    if options.is_quiet && is_sound {
        return Ok(());
    }
    table::overview(view, options, out)?;
    waived(view, options, out)?;
    skipped(view, options, out)?;
    table::closing_line(view, out)
}

/// What is waived: where, why, and until when.
fn waived(view: &View, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for check in &view.checks {
        for (group, why) in check.waived() {
            let places = places(group.places());
            let at = if places.is_empty() { String::new() } else { format!(" at {places}") };
            let text = format!("{} {why}: {}{at}", check.id, group.message);
            paragraph(&text, "", options, out)?;
        }
    }
    Ok(())
}

/// The checks that do not apply, by the reason why.
fn skipped(view: &View, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in view.checks.iter().filter(|it| it.standing == Standing::Skipped) {
        let reason = check.reason.as_deref().unwrap_or("it does not apply");
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ids)) => ids.push(&check.id),
            None => by_reason.push((reason, vec![&check.id])),
        }
    }
    for (reason, ids) in by_reason {
        paragraph(&format!("skipped, {reason}: {}", ids.join(" ")), "", options, out)?;
    }
    Ok(())
}

/// The places of the other findings of a group.
fn further(group: &Group, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let drawn = group.places().skip(1).take(MOST_DRAWN);
    let drawn = drawn.filter(|at| place::span(at, options).is_some()).count();
    let further = places(group.places().skip(1 + drawn));
    if further.is_empty() {
        return Ok(());
    }
    paragraph(&format!("also at {further}"), "  ", options, out)
}

/// Places in a line, those in one file together: `/a:1, 5; /b:2`.
fn places<'a>(all: impl Iterator<Item = &'a At>) -> String {
    let mut text = String::new();
    let mut file = "";
    let mut listed = 0;
    let mut more = 0;
    for at in all {
        if listed == MOST_PLACES {
            more += 1;
            continue;
        }
        listed += 1;
        if at.file == file {
            text.push_str(&format!(", {}", at.line));
        } else {
            let separator = if text.is_empty() { "" } else { "; " };
            text.push_str(&format!("{separator}{}:{}", at.file, at.line));
            file = &at.file;
        }
    }
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Writes a text in lines that are no wider than the writer.
pub(super) fn paragraph(
    text: &str,
    indent: &str,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    for line in table::wrapped(text, options.width.saturating_sub(indent.len())) {
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}

/// Draws the first finding of a group.
pub(super) fn one(
    check: &Check,
    group: &Group,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let nowhere = Source::new("", "");
    let place = group.at().and_then(|at| place::span(at, options));
    let named = group.at().map(|at| Source::new(at.file.as_str(), ""));
    let (source, span) = match (&place, &named) {
        (Some((source, span)), _) => (source, *span),
        (None, Some(named)) => (named, Span::NONE),
        (None, None) => (&nowhere, Span::NONE),
    };
    let mut diagnostic = match group.severity {
        Severity::Critical => Diagnostic::error(FINDING, source, span, &*group.message),
        Severity::Warning => Diagnostic::warning(FINDING, source, span, &*group.message),
    };
    diagnostic.help.clone_from(&group.help);
    let also = group.members.iter().take(1).flat_map(|member| &member.also);
    let too = group.places().skip(1).take(MOST_DRAWN).map(|at| (at, TOO));
    for (at, text) in also.map(|(at, text)| (at, text.as_str())).chain(too) {
        if let Some((source, place)) = place::span(at, options) {
            diagnostic = diagnostic.label(&source, place, text);
        }
    }
    let drawing =
        snippet::Options { color: options.color, width: options.width, ..Default::default() };
    let mut drawn = Vec::new();
    snippet::write_as(&diagnostic, group.severity.name(), &check.id, &drawing, &mut drawn)?;
    match (&options.links, std::str::from_utf8(&drawn)) {
        (Some(links), Ok(text)) => {
            text.lines().try_for_each(|line| writeln!(out, "{}", links.link(line)))
        }
        _ => out.write_all(&drawn),
    }
}
