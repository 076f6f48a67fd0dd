//! YAML as a tree with marks: scalar style, duplicate keys and positions, which serde cannot see.
//!
//! Says what is written, not what it means: whether `0123` is a number is decided by a dialect,
//! such as [`wanda`]. Depth and the growth by aliases are bounded; how large a file may be is the
//! caller's decision.

pub mod go;
pub mod go2;
pub mod wanda;

use std::collections::HashMap;
use std::sync::Arc;

use alloy_grammar::span::Span;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// How deep lists and maps may stand in each other.
pub const MAX_DEPTH: usize = 100;

/// How much a tree may weigh: a node is 1, and 64 bytes of text are 1 more. Aliases count as what
/// they stand for, so that a file cannot grow out of proportion.
pub const MAX_WEIGHT: usize = 250_000;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The tag in full, such as `tag:yaml.org,2002:str`, if one is written.
    pub tag: Option<Arc<str>>,
    /// Where it stands: for a list or map from its first to its last entry, for an alias where the
    /// alias stands.
    pub span: Span,
}

/// The three kinds of node.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text, whatever it means.
    Scalar {
        /// The text, with escapes and folding done.
        text: Arc<str>,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A map in the order of the file; keys may repeat.
    Mapping(Vec<(Node, Node)>),
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: a dialect may read it as something else than text.
    Plain,
    /// In quotes.
    Quoted,
    /// As a block behind `|`.
    Literal,
    /// As a block behind `>`.
    Folded,
}

/// Why a text is not YAML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl Node {
    /// The text of a scalar.
    pub fn scalar(&self) -> Option<(&str, Style)> {
        match &self.kind {
            Kind::Scalar { text, style } => Some((text, *style)),
            _ => None,
        }
    }

    /// The entries of a map in the order of the file.
    pub fn mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The name of a tag of the YAML core schema, such as `str` or `int`.
    pub fn core_tag(&self) -> Option<&str> {
        self.tag.as_deref()?.strip_prefix("tag:yaml.org,2002:")
    }
}

/// Reads all documents of a text.
///
/// # Errors
/// The text is not YAML, nests deeper than [`MAX_DEPTH`] or weighs more than [`MAX_WEIGHT`].
pub fn parse(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(&text[builder.offsets.bom..]) {
        let (event, marks) = event.map_err(|error| SyntaxError {
            message: error.info().to_owned(),
            span: builder.offsets.span(error.marker().index(), error.marker().index()),
        })?;
        let span = builder.offsets.span(marks.start.index(), marks.end.index());
        builder.event(event, span)?;
    }
    Ok(builder.documents)
}

/// Reads the first document of a text; what follows it is not even looked at.
///
/// # Errors
/// As [`parse`].
pub fn parse_first(text: &str) -> Result<Option<Node>, SyntaxError> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(&text[builder.offsets.bom..]) {
        let (event, marks) = event.map_err(|error| SyntaxError {
            message: error.info().to_owned(),
            span: builder.offsets.span(error.marker().index(), error.marker().index()),
        })?;
        let is_end = matches!(event, Event::DocumentEnd);
        let span = builder.offsets.span(marks.start.index(), marks.end.index());
        builder.event(event, span)?;
        if is_end {
            break;
        }
    }
    Ok(builder.documents.pop())
}

/// Puts events together to trees, without recursion.
struct Builder<'s> {
    offsets: Offsets<'s>,
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    weight: usize,
}

/// A list or map that has begun and not ended.
struct Open {
    node: Node,
    key: Option<Node>,
    anchor: usize,
    weight_before: usize,
}

/// What an anchor stands for; nothing while its node is still open.
struct Anchor(Option<(Node, usize)>);

impl<'s> Builder<'s> {
    fn new(text: &'s str) -> Builder<'s> {
        Builder {
            offsets: Offsets::new(text),
            documents: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            weight: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let before = self.weight;
                self.grow(1 + text.len() / 64, span)?;
                let kind = Kind::Scalar { text: Arc::from(&*text), style: style.into() };
                let node = Node { kind, tag: full_tag(tag.as_deref()), span };
                self.finish(node, anchor, before)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(Kind::Sequence(Vec::new()), anchor, full_tag(tag.as_deref()), span)
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(Kind::Mapping(Vec::new()), anchor, full_tag(tag.as_deref()), span)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(mut open) => {
                    open.node.span = closed(&open.node, span);
                    self.finish(open.node, open.anchor, open.weight_before)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(
        &mut self,
        kind: Kind,
        anchor: usize,
        tag: Option<Arc<str>>,
        span: Span,
    ) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("lists and maps stand in each other more than {MAX_DEPTH} deep");
            return Err(SyntaxError { message, span });
        }
        let weight_before = self.weight;
        self.grow(1, span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor(None));
        }
        self.open.push(Open { node: Node { kind, tag, span }, key: None, anchor, weight_before });
        Ok(())
    }

    fn finish(
        &mut self,
        node: Node,
        anchor: usize,
        weight_before: usize,
    ) -> Result<(), SyntaxError> {
        if anchor != 0 {
            // The anchor keeps a copy, which weighs as much again.
            let weight = self.weight - weight_before;
            self.grow(weight, node.span)?;
            self.anchors.insert(anchor, Anchor(Some((node.clone(), weight))));
        }
        self.place(node);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        let (node, weight) = match self.anchors.get(&anchor) {
            Some(Anchor(Some((node, weight)))) => (node.clone(), *weight),
            Some(Anchor(None)) => {
                let message = "an alias stands inside the node it refers to".to_owned();
                return Err(SyntaxError { message, span });
            }
            None => {
                let message = "an alias refers to no anchor".to_owned();
                return Err(SyntaxError { message, span });
            }
        };
        self.grow(weight, span)?;
        self.place(Node { span, ..node });
        Ok(())
    }

    fn place(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match (&mut open.node.kind, open.key.take()) {
            (Kind::Mapping(entries), Some(key)) => entries.push((key, node)),
            (Kind::Mapping(_), None) => open.key = Some(node),
            (Kind::Sequence(items), _) => items.push(node),
            (Kind::Scalar { .. }, _) => {}
        }
    }

    fn grow(&mut self, weight: usize, span: Span) -> Result<(), SyntaxError> {
        self.weight += weight;
        if self.weight > MAX_WEIGHT {
            let message = "the document is too large, or its aliases make it so".to_owned();
            return Err(SyntaxError { message, span });
        }
        Ok(())
    }
}

/// Where a list or map ends: behind its last entry, or with its own closing bracket.
fn closed(node: &Node, end: Span) -> Span {
    let last = match &node.kind {
        Kind::Sequence(items) => items.last().map(|item| item.span),
        Kind::Mapping(entries) => entries.last().map(|(key, value)| key.span.to(value.span)),
        Kind::Scalar { .. } => None,
    };
    match last {
        // A block collection ends at the start of the next token, which may be lines below.
        Some(last) if end.is_empty() => Span::new(node.span.start, last.end.max(node.span.end)),
        _ => Span::new(node.span.start, end.end.max(node.span.end)),
    }
}

fn full_tag(tag: Option<&saphyr_parser::Tag>) -> Option<Arc<str>> {
    tag.map(|tag| Arc::from(format!("{}{}", tag.handle, tag.suffix)))
}

impl From<ScalarStyle> for Style {
    fn from(style: ScalarStyle) -> Style {
        match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        }
    }
}

/// Makes byte offsets of the scanner's character offsets.
struct Offsets<'s> {
    text: &'s str,
    /// Length of the byte order mark, which the scanner does not see.
    bom: usize,
    /// Byte offset of every [`Offsets::STEP`]th character; empty if all are one byte long.
    steps: Vec<u32>,
}

impl<'s> Offsets<'s> {
    const STEP: usize = 128;

    fn new(text: &'s str) -> Offsets<'s> {
        let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let steps = if text[bom..].is_ascii() {
            Vec::new()
        } else {
            text[bom..]
                .char_indices()
                .step_by(Offsets::STEP)
                .map(|(offset, _)| (bom + offset) as u32)
                .collect()
        };
        Offsets { text, bom, steps }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let start = self.byte(start);
        Span::new(start, self.byte(end).max(start))
    }

    fn byte(&self, index: usize) -> u32 {
        let length = self.text.len();
        if self.steps.is_empty() {
            return (self.bom + index).min(length) as u32;
        }
        let Some(&near) = self.steps.get(index / Offsets::STEP) else {
            return length as u32;
        };
        let rest = &self.text[near as usize..];
        rest.char_indices()
            .nth(index % Offsets::STEP)
            .map_or(length as u32, |(offset, _)| near + offset as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Node {
        let mut documents = parse(text).unwrap();
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    #[test]
    fn a_map_keeps_its_order_its_duplicates_and_its_places() {
        let text = "\u{feff}ä: 1\nb: 'x'\nä: 2\n";
        let node = only(text);
        let entries = node.mapping().unwrap();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0].0.scalar(), Some(("ä", Style::Plain)));
        assert_eq!(entries[1].1.scalar(), Some(("x", Style::Quoted)));
        assert_eq!(&text[entries[2].0.span.range()], "ä");
        assert_eq!(&text[entries[2].1.span.range()], "2");
    }

    #[test]
    fn an_alias_stands_for_a_copy_where_the_alias_stands() {
        let text = "a: &x [1, 2]\nb: *x\n";
        let node = only(text);
        let entries = node.mapping().unwrap();
        assert_eq!(entries[0].1.sequence(), entries[1].1.sequence());
        assert_eq!(&text[entries[1].1.span.range()], "*x");
        assert!(text[entries[0].1.span.range()].ends_with("[1, 2]"));
    }

    #[test]
    fn a_cyclic_anchor_is_refused() {
        assert!(parse("&a [*a]").unwrap_err().message.contains("inside the node"));
        assert!(parse("a: *nothing").is_err());
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", ")));
        }
        assert!(parse(&text).unwrap_err().message.contains("too large"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let flow = "[".repeat(100_000);
        assert!(parse(&flow).is_err());
        let block: String = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(parse(&block).is_err());
    }

    #[test]
    fn several_documents_are_all_read() {
        assert_eq!(parse("a\n---\nb\n").unwrap().len(), 2);
        assert_eq!(parse("# nothing\n").unwrap().len(), 0);
        assert_eq!(parse("").unwrap().len(), 0);
    }
}
