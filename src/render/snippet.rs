//! Diagnostics as a person reads them: the message, the place, the source line and a caret.
//!
//! The excerpt is prepared here, so that whatever a source holds, the caret stands under the right
//! character: tabs become blanks, control characters visible signs, a long line a part of itself.
//! How it is drawn is `annotate-snippets`' business.

use std::io::{self, Write};
use std::ops::Range;

use alloy_grammar::span::Span;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Source;
use crate::visible::{Lines, stand_in, visible};

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to use colours.
    pub color: bool,
    /// How many columns a line may have.
    pub width: usize,
    /// How many diagnostics are drawn; of the others, only the number is said.
    pub limit: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { color: false, width: 100, limit: 20 }
    }
}

/// Marks further apart than this many lines get excerpts of their own.
const MAX_GAP: u32 = 8;

/// A mark over more lines than this is drawn on its first line only.
const MAX_LINES: u32 = 8;

/// How wide a tab is drawn.
const TAB: &str = "    ";

/// Writes diagnostics, in the order given.
pub fn write(diagnostics: &[Diagnostic], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(options.width.max(40)).hyperlink(false);
    for (index, diagnostic) in diagnostics.iter().take(options.limit).enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let title = Title {
            level: match diagnostic.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            },
            id: diagnostic.code.name,
        };
        draw(&renderer, diagnostic, title, options, out)?;
    }
    let more = diagnostics.len().saturating_sub(options.limit);
    match more {
        0 => Ok(()),
        1 => writeln!(out, "\n1 more is not shown"),
        _ => writeln!(out, "\n{more} more are not shown"),
    }
}

fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

/// Draws one diagnostic under another word and name than its own: a finding of a check.
pub(super) fn write_as(
    diagnostic: &Diagnostic,
    word: &'static str,
    id: &str,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(options.width.max(40)).hyperlink(false);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR.with_name(word),
        Severity::Warning => Level::WARNING.with_name(word),
    };
    draw(&renderer, diagnostic, Title { level, id }, options, out)
}

/// What a drawn diagnostic is headed by.
struct Title<'t> {
    level: Level<'t>,
    id: &'t str,
}

fn draw(
    renderer: &Renderer,
    diagnostic: &Diagnostic,
    title: Title<'_>,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let drawn = renderer.render(&[group(diagnostic, title, options)]);
    // An excerpt without a place of its own begins with an empty one; it has been named before.
    for line in drawn.lines().filter(|line| plain(line).trim() != ":::") {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn group<'d>(diagnostic: &'d Diagnostic, title: Title<'d>, options: &Options) -> Group<'d> {
    let title = title.level.primary_title(visible(&diagnostic.message, Lines::Fold)).id(title.id);
    let mut group = Group::with_title(title);
    for (source, marks) in marks_by_source(diagnostic) {
        // What is about no text at all has no place either.
        if marks.is_empty() && !source.path().is_empty() {
            group = group.element(origin(source, Span::NONE));
        }
        for run in runs(source, marks) {
            group = group.element(origin(source, first_of(&run)));
            group = group.element(snippet(source, &run, options));
        }
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(visible(help, Lines::Fold))),
        None => group,
    }
}

/// The line that says where: columns count bytes, as everywhere.
fn origin<'d>(source: &'d Source, span: Span) -> Origin<'d> {
    let origin = Origin::path(visible(source.path(), Lines::Fold));
    match source.at(span) {
        Some(at) => origin.line(at.line as usize).char_column(at.column as usize),
        None => origin,
    }
}

#[derive(Clone)]
struct Mark<'d> {
    span: Span,
    /// Its lines, counted from 1, the end exclusive.
    lines: Range<u32>,
    label: &'d str,
    is_primary: bool,
}

impl<'d> Mark<'d> {
    /// A mark, if the span stands in a source.
    fn new(source: &Source, span: Span, label: &'d str, is_primary: bool) -> Option<Mark<'d>> {
        if span.is_none() {
            return None;
        }
        let first = source.lines().position(span.start).line;
        let last = source.lines().position(span.end.saturating_sub(1).max(span.start)).line;
        let lines = if last - first >= MAX_LINES { first..first + 1 } else { first..last + 1 };
        Some(Mark { span, lines, label, is_primary })
    }
}

/// What is to be marked, the source of the diagnostic first, then those of its labels.
fn marks_by_source(diagnostic: &Diagnostic) -> Vec<(&Source, Vec<Mark<'_>>)> {
    let source = &diagnostic.source;
    let mut all = vec![(source, Vec::from_iter(Mark::new(source, diagnostic.span, "", true)))];
    for label in &diagnostic.labels {
        let mark = Mark::new(&label.source, label.span, &label.text, false);
        match all.iter_mut().find(|(source, _)| source.path() == label.source.path()) {
            Some((_, marks)) => marks.extend(mark),
            None => all.push((&label.source, Vec::from_iter(mark))),
        }
    }
    all
}

/// Marks that stand near each other, to be shown in one excerpt; the primary one's come first.
fn runs<'d>(source: &Source, mut marks: Vec<Mark<'d>>) -> Vec<Vec<Mark<'d>>> {
    marks.retain(|mark| mark.span.start as usize <= source.text().len());
    marks.sort_by_key(|mark| (mark.lines.start, !mark.is_primary));
    let mut runs: Vec<Vec<Mark<'d>>> = Vec::new();
    for mark in marks {
        let is_near = |near: &Mark<'_>| mark.lines.start <= near.lines.end + MAX_GAP;
        match runs.last_mut().filter(|run| run.iter().any(is_near)) {
            Some(run) => run.push(mark),
            None => runs.push(vec![mark]),
        }
    }
    runs.sort_by_key(|run| !run.iter().any(|mark| mark.is_primary));
    runs
}

/// The span that names a run: the primary one, or the first.
fn first_of(run: &[Mark<'_>]) -> Span {
    let named = run.iter().find(|mark| mark.is_primary).or(run.first());
    named.map_or(Span::NONE, |mark| mark.span)
}

fn snippet<'d>(
    source: &'d Source,
    run: &[Mark<'d>],
    options: &Options,
) -> Snippet<'d, annotate_snippets::Annotation<'d>> {
    let first = run.iter().map(|mark| mark.lines.start).min().unwrap_or(1);
    let end = run.iter().map(|mark| mark.lines.end).max().unwrap_or(first + 1);
    let mut excerpt = Excerpt { text: String::new(), pieces: Vec::new() };
    for line in first..end {
        let begins = run.iter().filter(|mark| mark.lines.start == line);
        let around = begins.map(|mark| mark.span.start).min();
        excerpt.push_line(source, line, around, options.width);
    }
    let mut annotations = Vec::new();
    for mark in run {
        let last = source.lines().line_start(mark.lines.end).map_or(u32::MAX, |next| next - 1);
        let start = excerpt.place(mark.span.start);
        let to = excerpt.place(mark.span.end.min(last)).max(start);
        let kind = if mark.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(start..to);
        annotations.push(match mark.label {
            "" => annotation,
            label => annotation.label(visible(label, Lines::Fold)),
        });
    }
    Snippet::source(excerpt.text).line_start(first as usize).annotations(annotations)
}

/// Lines of a source as they are shown, and where their characters went.
struct Excerpt {
    text: String,
    /// For each shown character or what stands for it: its offset in the source and in `text`.
    pieces: Vec<(u32, usize)>,
}

impl Excerpt {
    /// Adds a line, or the part of it around an offset if it is too long.
    fn push_line(&mut self, source: &Source, line: u32, around: Option<u32>, width: usize) {
        if !self.text.is_empty() || !self.pieces.is_empty() {
            self.text.push('\n');
        }
        let all = source.text();
        let start = source.lines().line_start(line).map_or(all.len(), |start| start as usize);
        let end = source.lines().line_start(line + 1).map_or(all.len(), |next| next as usize - 1);
        let end = if all[start..end].ends_with('\r') { end - 1 } else { end };
        let room = width.max(40) - 12;
        let mut from = start;
        if let Some(around) = around
            && end - start > room
        {
            from = (around as usize).saturating_sub(room / 2).max(start);
            while !all.is_char_boundary(from) {
                from -= 1;
            }
        }
        if from > start {
            self.text.push('…');
        }
        let mut columns = 0;
        for (offset, c) in all[from..end].char_indices() {
            if columns >= room {
                self.pieces.push(((from + offset) as u32, self.text.len()));
                self.text.push('…');
                return;
            }
            self.pieces.push(((from + offset) as u32, self.text.len()));
            if c == '\t' {
                self.text.push_str(TAB);
                columns += TAB.len();
            } else {
                self.text.push(stand_in(c));
                columns += if c.is_ascii() { 1 } else { 2 };
            }
        }
        self.pieces.push((end as u32, self.text.len()));
    }

    /// Where an offset of the source is in the excerpt, or the nearest shown place.
    fn place(&self, offset: u32) -> usize {
        let index = self.pieces.partition_point(|&(from, _)| from < offset);
        let piece = self.pieces.get(index).or(self.pieces.last());
        piece.map_or(0, |&(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    const CODE: Code = Code::new("test", "A test.");

    fn rendered(text: &str, start: u32, end: u32) -> String {
        let source = Source::new("a.alloy", text);
        let diagnostic = Diagnostic::error(CODE, &source, Span::new(start, end), "it is wrong");
        show(&[diagnostic])
    }

    fn show(diagnostics: &[Diagnostic]) -> String {
        let mut out = Vec::new();
        write(diagnostics, &Options { width: 60, ..Options::default() }, &mut out)
            .expect("writing to memory works");
        String::from_utf8(out).expect("the text is UTF-8")
    }

    #[test]
    fn a_caret_stands_under_what_is_wrong() {
        insta::assert_snapshot!(rendered("a = 1\nb = x.y\n", 10, 13), @r"
        error[test]: it is wrong
         --> a.alloy:2:5
          |
        2 | b = x.y
          |     ^^^
        ");
    }

    #[test]
    fn a_tab_is_as_wide_as_it_is_drawn() {
        insta::assert_snapshot!(rendered("b {\n\t\ta = $\n}\n", 10, 11), @r"
        error[test]: it is wrong
         --> a.alloy:2:7
          |
        2 |         a = $
          |             ^
        ");
    }

    #[test]
    fn wide_and_combining_characters_take_the_room_they_take() {
        insta::assert_snapshot!(rendered("s = \"日本e\u{301}\" + $", 18, 19), @r#"
        error[test]: it is wrong
         --> a.alloy:1:19
          |
        1 | s = "日本é" + $
          |               ^
        "#);
    }

    #[test]
    fn carriage_returns_are_not_shown_at_line_ends_but_elsewhere() {
        insta::assert_snapshot!(rendered("a = 1\r\nb = \"\r\x1b[2J\" $\r\nc = 2\r\n", 19, 20), @r#"
        error[test]: it is wrong
         --> a.alloy:2:13
          |
        2 | b = "␍␛[2J" $
          |             ^
        "#);
    }

    #[test]
    fn of_a_long_line_the_part_around_the_mark_is_shown() {
        let text = format!("a = [{}$, {}]", "1, ".repeat(50_000), "2, ".repeat(50_000));
        insta::assert_snapshot!(rendered(&text, 150_005, 150_006), @r"
        error[test]: it is wrong
         --> a.alloy:1:150006
          |
        1 | …1, 1, 1, 1, 1, 1, 1, 1, $, 2, 2, 2, 2, 2, 2, 2, …
          |                          ^
        ");
    }

    #[test]
    fn the_end_of_the_file_can_be_marked() {
        insta::assert_snapshot!(rendered("b {\n", 4, 4), @r"
        error[test]: it is wrong
         --> a.alloy:2:1
          |
        2 |
          | ^
        ");
        insta::assert_snapshot!(rendered("b {", 3, 3), @r"
        error[test]: it is wrong
         --> a.alloy:1:4
          |
        1 | b {
          |    ^
        ");
        insta::assert_snapshot!(rendered("", 0, 0), @r"
        error[test]: it is wrong
         --> a.alloy:1:1
          |
        1 |
          | ^
        ");
    }

    #[test]
    fn a_mark_over_many_lines_is_drawn_on_the_first() {
        let text = format!("a = b {{\n{}}}\n", "\tc = 1\n".repeat(30));
        insta::assert_snapshot!(rendered(&text, 4, text.len() as u32 - 1), @r"
        error[test]: it is wrong
         --> a.alloy:1:5
          |
        1 | a = b {
          |     ^^^
        ");
    }

    #[test]
    fn further_places_and_help_are_shown() {
        let text = format!("a = 1\n{}a = 2\n", "x = 0\n".repeat(50));
        let source = Source::new("a.alloy", text);
        let other = Source::new("b.alloy", "z = 1\n");
        let diagnostic = Diagnostic::warning(CODE, &source, Span::new(306, 307), "it is twice")
            .label(&source, Span::new(0, 1), "the first")
            .label(&other, Span::new(0, 1), "and this")
            .help("remove one");
        insta::assert_snapshot!(show(&[diagnostic]), @r"
        warning[test]: it is twice
          --> a.alloy:52:1
           |
        52 | a = 2
           | ^
          ::: a.alloy:1:1
           |
         1 | a = 1
           | - the first
          ::: b.alloy:1:1
           |
         1 | z = 1
           | - and this
           |
           = help: remove one
        ");
    }

    #[test]
    fn of_many_diagnostics_the_first_are_shown_and_the_others_counted() {
        let source = Source::new("a.alloy", "a\n");
        let one = Diagnostic::error(CODE, &source, Span::NONE, "it is wrong");
        let shown = show(&vec![one; 23]);
        assert_eq!(shown.matches("it is wrong").count(), 20);
        assert!(shown.ends_with("\n3 more are not shown\n"), "{shown}");
    }
}
