//! From a JSON pointer, or a line and column of an expression, to a place in the file.

use alloy_grammar::span::Span;

use crate::checks::lint::dialect;
use crate::source::Source;
use crate::yaml::{Node, Style};

/// The value of a key of a map, the first of several.
pub fn field<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let entries = node.mapping()?;
    entries.iter().find(|(name, _)| dialect::key_text(name) == key).map(|(_, value)| value)
}

/// The key itself, where a map has it.
pub fn key(node: &Node, name: &str) -> Option<Span> {
    let entries = node.mapping()?;
    entries.iter().find(|(key, _)| dialect::key_text(key) == name).map(|(key, _)| key.span)
}

/// What stands at a JSON pointer.
pub fn find<'n>(root: &'n Node, path: &str) -> Option<&'n Node> {
    let mut node = root;
    for part in path.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        node = match node.sequence() {
            Some(items) => items.get(part.parse::<usize>().ok()?)?,
            None => field(node, &part)?,
        };
    }
    Some(node)
}

/// The place at a JSON pointer: a scalar whole, of a list or map the beginning.
pub fn pointer(root: &Node, path: &str) -> Span {
    match find(root, path) {
        Some(node) if node.scalar().is_some() => node.span,
        Some(node) => beginning(node),
        None => root.span,
    }
}

/// Where a list or map begins: its first key, or its first character.
pub fn beginning(node: &Node) -> Span {
    match node.mapping() {
        Some([(key, _), ..]) => key.span,
        _ => Span::new(node.span.start, node.span.end.min(node.span.start + 1)),
    }
}

/// The text of a scalar as it is written.
pub fn written(node: &Node) -> String {
    node.scalar().map_or_else(String::new, |(text, _)| text.to_owned())
}

/// The place of a line and column of an expression that a scalar holds; the whole scalar where
/// folding or escapes make it uncertain.
pub fn in_expression(source: &Source, node: &Node, position: Option<(usize, usize)>) -> Span {
    let (Some((text, style)), Some((line, column))) = (node.scalar(), position) else {
        return node.span;
    };
    let raw = source.text().get(node.span.range()).unwrap_or_default();
    let found = match style {
        Style::Plain if raw.starts_with(text) => start_in(text, line, column),
        Style::Quoted if raw.get(1..).is_some_and(|inner| inner.starts_with(text)) => {
            start_in(text, line, column).map(|offset| offset + 1)
        }
        Style::Literal => {
            let indent = source.at(node.span).map_or(0, |at| at.column as usize - 1);
            in_block(raw, indent, line, column)
        }
        _ => None,
    };
    let Some(offset) = found.filter(|offset| *offset < raw.len()) else { return node.span };
    let start = node.span.start + offset as u32;
    let word = raw[offset..].bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_');
    Span::new(start, start + (word.count() as u32).max(1))
}

/// The byte offset of a line and column in a text.
fn start_in(text: &str, line: usize, column: usize) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text[start..].find('\n')? + 1;
    }
    let (offset, _) = text[start..].char_indices().nth(column.checked_sub(1)?)?;
    Some(start + offset)
}

/// The byte offset of a line and column in a block whose first line stands behind `indent` blanks,
/// as all the others do.
fn in_block(raw: &str, indent: usize, line: usize, column: usize) -> Option<usize> {
    start_in(raw, line, if line == 1 { column } else { column + indent })
}
