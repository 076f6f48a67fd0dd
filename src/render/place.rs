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
    let span = source.span_of(at)?;
    Some((source.clone(), Span::new(boundary(source, span.start), boundary(source, span.end))))
}

/// The character that an offset stands in, from its first byte.
fn boundary(source: &Source, offset: u32) -> u32 {
    let mut at = offset.min(source.text().len() as u32);
    while !source.text().is_char_boundary(at as usize) {
        at -= 1;
    }
    at
}
