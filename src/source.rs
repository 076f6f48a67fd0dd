//! Sources: texts with a path, so that a span can be shown to a person.
//!
//! Reads nothing itself: whoever reads a file makes a [`Source`] of it.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use alloy_grammar::ast;
use alloy_grammar::span::{LineIndex, Span};
use serde::Serialize;

/// A text and the name it goes by. Cheap to clone; its `Debug` shows no text, which may hold
/// secrets.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    path: String,
    text: Text,
    lines: OnceLock<LineIndex>,
    /// What the text was made of by covering parts of it.
    original: Option<Original>,
}

enum Text {
    Own(String),
    Embedded(&'static str),
    /// That of a tree, which has it anyway.
    OfTree(Arc<ast::File>),
}

/// The text that a covered one was made of.
struct Original {
    source: Source,
    parts: Vec<Part>,
}

/// Where a covered part stands in the covered text, and where in the original one.
type Part = (Range<usize>, Range<usize>);

/// A place in a source, as findings, facts and diagnostics give it.
///
/// As JSON: `{"file": "/etc/alloy/trento.alloy", "line": 3, "column": 5, "end_line": 3,
/// "end_column": 9}`; lines and columns from 1, columns in bytes, the end inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct At {
    /// The path on the host.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// First column in bytes, from 1.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Last column, inclusive.
    pub end_column: u32,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.0.path).finish()
    }
}

impl Source {
    /// Names a text. `path` is the path on the host (under `--root`, without the root).
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        Source::of(path.into(), Text::Own(text.into()))
    }

    /// Names a text that is part of the program, and is left where it is.
    pub fn embedded(path: String, text: &'static str) -> Source {
        Source::of(path, Text::Embedded(text))
    }

    /// Names the text that a tree was parsed from.
    pub fn of_tree(path: impl Into<String>, tree: &Arc<ast::File>) -> Source {
        Source::of(path.into(), Text::OfTree(tree.clone()))
    }

    fn of(path: String, text: Text) -> Source {
        Source(Arc::new(Inner { path, text, lines: OnceLock::new(), original: None }))
    }

    /// The same text with each of these ranges replaced by `cover`, line breaks kept. Places in it
    /// go by the lines and columns that they had. The ranges are in order and do not touch.
    pub(crate) fn covered(&self, ranges: &[Range<usize>], cover: &str) -> Source {
        if ranges.is_empty() {
            return self.clone();
        }
        let (mut text, mut parts, mut done) = (String::new(), Vec::new(), 0);
        for range in ranges {
            let (Some(plain), Some(secret)) =
                (self.text().get(done..range.start), self.text().get(range.clone()))
            else {
                continue;
            };
            text.push_str(plain);
            let start = text.len();
            text.push_str(cover);
            text.extend(secret.chars().filter(|c| *c == '\n'));
            parts.push((start..text.len(), range.clone()));
            done = range.end;
        }
        text.push_str(self.text().get(done..).unwrap_or_default());
        Source(Arc::new(Inner {
            path: self.0.path.clone(),
            text: Text::Own(text),
            lines: OnceLock::new(),
            original: Some(Original { source: self.clone(), parts }),
        }))
    }

    /// Where a span of the original text stands in a covered one. What begins or ends within a
    /// covered part begins or ends with it.
    pub fn shown_span(&self, span: Span) -> Span {
        let Some(original) = self.0.original.as_ref().filter(|_| !span.is_none()) else {
            return span;
        };
        let parts = &original.parts;
        let place = |offset, is_end| moved(parts, |(to, from)| (from, to), offset, is_end);
        Span::new(place(span.start, false), place(span.end, true))
    }

    /// The span that a place of the original text has in this one; none if it is not in it.
    pub fn span_of(&self, at: &At) -> Option<Span> {
        let original = self.original();
        let offset = |line: u32, column: u32| {
            let start = original.lines().line_start(line)? as usize;
            let offset = start + column.saturating_sub(1) as usize;
            (offset <= original.text().len()).then_some(offset as u32)
        };
        let start = offset(at.line, at.column)?;
        let end = offset(at.end_line, at.end_column).map_or(start, |last| last + 1);
        Some(self.shown_span(Span::new(start, end.max(start))))
    }

    /// The text that this one was made of by covering parts of it; itself if none were. Its lines
    /// may be counted, never shown.
    pub(crate) fn original(&self) -> &Source {
        self.0.original.as_ref().map_or(self, |original| &original.source)
    }

    /// The place that an offset of a covered text had in the original one.
    fn original_offset(&self, offset: u32, is_end: bool) -> u32 {
        let Some(original) = &self.0.original else { return offset };
        moved(&original.parts, |(to, from)| (to, from), offset, is_end)
    }

    /// The path on the host, `<stdin>` or another name a person knows it by.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The text; bytes that were not UTF-8 are shown as `?`.
    pub fn text(&self) -> &str {
        match &self.0.text {
            Text::Own(text) => text,
            Text::Embedded(text) => text,
            Text::OfTree(tree) => tree.source(),
        }
    }

    /// The line starts.
    pub fn lines(&self) -> &LineIndex {
        self.0.lines.get_or_init(|| LineIndex::new(self.text().as_bytes()))
    }

    /// The place of a span; none for a span that stands in no source.
    pub fn at(&self, span: Span) -> Option<At> {
        if span.is_none() {
            return None;
        }
        let original = self.original();
        let start = self.original_offset(span.start, false);
        let end = self.original_offset(span.end, true);
        let first = original.lines().position(start);
        let last = original.lines().position(end.saturating_sub(1).max(start));
        Some(At {
            file: self.path().to_owned(),
            line: first.line,
            column: first.column,
            end_line: last.line,
            end_column: last.column,
        })
    }
}

/// Where an offset stands in the other one of two texts, of which `parts` differ: each as it is in
/// both, which `order` gives as the offset's own text first. Within a part it is the part's edge.
fn moved(
    parts: &[Part],
    order: fn(&Part) -> (&Range<usize>, &Range<usize>),
    offset: u32,
    is_end: bool,
) -> u32 {
    let at = offset as usize;
    let behind = parts.partition_point(|part| order(part).0.start < at);
    let Some((from, to)) = behind.checked_sub(1).map(|index| order(&parts[index])) else {
        return offset;
    };
    let there = match (at < from.end, is_end) {
        (true, true) => to.end,
        (true, false) => to.start,
        (false, _) => to.end + (at - from.end),
    };
    there as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_covered_text_go_by_the_columns_they_had() {
        let source = Source::new("a", "x = \"hunter2\" + y\nz = 1\n");
        let covered = source.covered(std::slice::from_ref(&(4..13)), "***");
        assert_eq!(covered.text(), "x = *** + y\nz = 1\n");
        for (from, to) in [(0, 1), (16, 17), (18, 19)] {
            let span = covered.shown_span(Span::new(from, to));
            assert_eq!(covered.at(span), source.at(Span::new(from, to)));
            let at = source.at(Span::new(from, to)).unwrap();
            assert_eq!(covered.span_of(&at), Some(span));
        }
        // A mark on the secret, or on a part of it, ends with the stars.
        let inside = covered.shown_span(Span::new(6, 9));
        assert_eq!(&covered.text()[inside.range()], "***");
    }
}
