//! Sources: texts with a path, so that a span can be shown to a person.
//!
//! Reads nothing itself: whoever reads a file makes a [`Source`] of it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use alloy_grammar::span::{LineIndex, Span};
use serde::Serialize;

/// A text and the name it goes by. Cheap to clone; its `Debug` shows no text, which may hold
/// secrets.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    path: String,
    text: String,
    lines: OnceLock<LineIndex>,
}

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
        Source(Arc::new(Inner { path: path.into(), text: text.into(), lines: OnceLock::new() }))
    }

    /// The path on the host, `<stdin>` or another name a person knows it by.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The text; bytes that were not UTF-8 are shown as `?`.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The line starts.
    pub fn lines(&self) -> &LineIndex {
        self.0.lines.get_or_init(|| LineIndex::new(self.0.text.as_bytes()))
    }

    /// The place of a span; none for a span that stands in no source.
    pub fn at(&self, span: Span) -> Option<At> {
        if span.is_none() {
            return None;
        }
        let first = self.lines().position(span.start);
        let last = self.lines().position(span.end.saturating_sub(1).max(span.start));
        Some(At {
            file: self.path().to_owned(),
            line: first.line,
            column: first.column,
            end_line: last.line,
            end_column: last.column,
        })
    }
}
