//! Where in the text that may be shown a place lies.

use alloy_grammar::span::Span;

use crate::render::Options;
use crate::source::{At, Source};

/// The span of a place, in the text that may be shown; a place on a whole file has none.
pub(super) fn span(at: &At, options: &Options) -> Option<(Source, Span)> {
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
