//! Nodes as they begin: anchors and tags, aliases, scalars, and the openings of lists and maps.

use std::sync::Arc;

use alloy_grammar::span::Span;

use super::parser::{Parsed, Parser, State};
use super::scanner::TokenKind;
use super::tree::Kind;
use super::{Fault, Style};

/// An anchor and a tag, and where the first of them stands.
struct Properties {
    anchor: Option<String>,
    tag: Option<Arc<str>>,
    span: Option<Span>,
}

impl Parser<'_> {
    /// A node: an alias, a scalar, or the beginning of a list or map.
    pub(super) fn node(&mut self, is_block: bool, may_be_indentless: bool) -> Parsed {
        if let TokenKind::Alias(name) = self.kind()?.clone() {
            let span = self.take()?.span;
            let Some(&target) = self.anchors.get(&name) else {
                return Err(Fault::new("unknown anchor referenced", span));
            };
            let kind = Kind::Alias { name: Arc::from(name), target };
            self.leaf(kind, None, None, span);
            return Ok(());
        }
        let properties = self.properties()?;
        let (node, state) = match self.kind()? {
            TokenKind::BlockEntry if may_be_indentless => {
                (Kind::Sequence(Vec::new()), State::IndentlessEntry)
            }
            TokenKind::FlowSequenceStart => {
                (Kind::Sequence(Vec::new()), State::FlowEntry { is_first: true })
            }
            TokenKind::FlowMappingStart => {
                (Kind::Mapping(Vec::new()), State::FlowKey { is_first: true })
            }
            TokenKind::BlockSequenceStart if is_block => {
                (Kind::Sequence(Vec::new()), State::BlockEntry)
            }
            TokenKind::BlockMappingStart if is_block => {
                (Kind::Mapping(Vec::new()), State::BlockKey)
            }
            _ => return self.scalar(properties),
        };
        let span = match state {
            // Its first dash belongs to the first entry.
            State::IndentlessEntry => self.span()?,
            _ => self.take()?.span,
        };
        let span = properties.span.map_or(span, |start| start.to(span));
        self.begin(node, properties.tag, properties.anchor, span);
        self.states.push(state);
        Ok(())
    }

    /// A scalar, or an anchor or tag with nothing behind it.
    fn scalar(&mut self, properties: Properties) -> Parsed {
        let (text, style, span) = if let TokenKind::Scalar { .. } = self.kind()? {
            let token = self.take()?;
            let TokenKind::Scalar { text, style } = token.kind else { return Ok(()) };
            (text, style, properties.span.map_or(token.span, |start| start.to(token.span)))
        } else {
            let Some(span) = properties.span else {
                return self.fail("did not find expected node content");
            };
            (String::new(), Style::Plain, span)
        };
        let kind = Kind::Scalar { text: Arc::from(text), style };
        self.leaf(kind, properties.tag, properties.anchor, span);
        Ok(())
    }

    fn properties(&mut self) -> Parsed<Properties> {
        let mut found = Properties { anchor: None, tag: None, span: None };
        loop {
            let span = match self.kind()?.clone() {
                TokenKind::Anchor(name) if found.anchor.is_none() => {
                    found.anchor = Some(name);
                    self.take()?.span
                }
                TokenKind::Tag { handle, suffix } if found.tag.is_none() => {
                    let span = self.take()?.span;
                    let prefix = match handle.as_str() {
                        "" => "",
                        handle => self.handles.get(handle).map_or("", String::as_str),
                    };
                    if prefix.is_empty() && !handle.is_empty() {
                        return Err(Fault::new("found undefined tag handle", span));
                    }
                    found.tag = Some(Arc::from(format!("{prefix}{suffix}")));
                    span
                }
                _ => return Ok(found),
            };
            found.span = Some(found.span.map_or(span, |start| start.to(span)));
        }
    }
}
