//! Tokens put together to the tree of the first document.
//!
//! Without recursion: what is still to come stands on a stack of [`State`]s.

use std::collections::HashMap;
use std::sync::Arc;

use alloy_grammar::span::Span;

use super::scanner::{Scanner, Token, TokenKind};
use super::text::Text;
use super::tree::{Kind, Node, NodeId, Tree};
use super::{Fault, Style};

pub(super) type Parsed<T = ()> = Result<T, Fault>;

/// What comes next.
#[derive(Clone, Copy)]
pub(super) enum State {
    BlockEntry,
    IndentlessEntry,
    BlockKey,
    BlockValue,
    FlowEntry { is_first: bool },
    PairKey,
    PairValue,
    PairEnd,
    FlowKey { is_first: bool },
    FlowValue { is_empty: bool },
}

/// Reads the first document; none where there is no document.
pub(super) fn parse(text: &Text) -> Parsed<Option<Tree>> {
    let mut parser = Parser {
        scanner: Scanner::new(text),
        states: Vec::new(),
        handles: HashMap::new(),
        tree: Tree::default(),
        open: Vec::new(),
        anchors: HashMap::new(),
    };
    parser.document()
}

pub(super) struct Parser<'t> {
    scanner: Scanner<'t>,
    pub(super) states: Vec<State>,
    /// What the handles of tags stand for.
    pub(super) handles: HashMap<String, String>,
    tree: Tree,
    /// Lists and maps that have begun and not ended, the map's with a key that waits.
    open: Vec<(NodeId, Option<NodeId>)>,
    pub(super) anchors: HashMap<String, NodeId>,
}

impl Parser<'_> {
    fn document(&mut self) -> Parsed<Option<Tree>> {
        self.kind()?;
        self.take()?;
        let is_explicit = match self.kind()? {
            TokenKind::StreamEnd => return Ok(None),
            TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart => true,
            _ => false,
        };
        self.directives()?;
        if is_explicit {
            if *self.kind()? != TokenKind::DocumentStart {
                return self.fail("did not find expected <document start>");
            }
            self.take()?;
        }
        match self.kind()? {
            TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd
                if is_explicit =>
            {
                self.empty()?;
            }
            _ => self.node(true, false)?,
        }
        while let Some(state) = self.states.pop() {
            self.step(state)?;
        }
        self.kind()?;
        Ok(Some(std::mem::take(&mut self.tree)))
    }

    fn directives(&mut self) -> Parsed {
        let mut has_version = false;
        loop {
            match self.kind()?.clone() {
                TokenKind::VersionDirective { .. } if has_version => {
                    return self.fail("found duplicate %YAML directive");
                }
                TokenKind::VersionDirective { is_known: false } => {
                    return self.fail("found incompatible YAML document");
                }
                TokenKind::VersionDirective { .. } => has_version = true,
                TokenKind::TagDirective { handle, prefix } => {
                    if self.handles.insert(handle, prefix).is_some() {
                        return self.fail("found duplicate %TAG directive");
                    }
                }
                _ => break,
            }
            self.take()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            self.handles.entry(handle.to_owned()).or_insert_with(|| prefix.to_owned());
        }
        Ok(())
    }

    fn step(&mut self, state: State) -> Parsed {
        match state {
            State::BlockEntry => self.block_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowEntry { is_first } => self.flow_entry(is_first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => {
                self.end(None);
                self.states.push(State::FlowEntry { is_first: false });
                Ok(())
            }
            State::FlowKey { is_first } => self.flow_key(is_first),
            State::FlowValue { is_empty } => self.flow_value(is_empty),
        }
    }

    fn block_entry(&mut self) -> Parsed {
        match self.kind()? {
            TokenKind::BlockEntry => {
                self.take()?;
                self.states.push(State::BlockEntry);
                match self.kind()? {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(),
                    _ => self.node(true, false),
                }
            }
            TokenKind::BlockEnd => self.end_here(),
            _ => self.fail("did not find expected '-' indicator"),
        }
    }

    fn indentless_entry(&mut self) -> Parsed {
        if *self.kind()? != TokenKind::BlockEntry {
            self.end(None);
            return Ok(());
        }
        self.take()?;
        self.states.push(State::IndentlessEntry);
        match self.kind()? {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty()
            }
            _ => self.node(true, false),
        }
    }

    fn block_key(&mut self) -> Parsed {
        match self.kind()? {
            TokenKind::Key => {
                self.take()?;
                self.states.push(State::BlockValue);
                self.block_node()
            }
            TokenKind::BlockEnd => self.end_here(),
            _ => self.fail("did not find expected key"),
        }
    }

    fn block_value(&mut self) -> Parsed {
        self.states.push(State::BlockKey);
        if *self.kind()? != TokenKind::Value {
            return self.empty();
        }
        self.take()?;
        self.block_node()
    }

    fn block_node(&mut self) -> Parsed {
        match self.kind()? {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(),
            _ => self.node(true, true),
        }
    }

    fn flow_entry(&mut self, is_first: bool) -> Parsed {
        if *self.kind()? != TokenKind::FlowSequenceEnd {
            if !is_first {
                if *self.kind()? != TokenKind::FlowEntry {
                    return self.fail("did not find expected ',' or ']'");
                }
                self.take()?;
            }
            match self.kind()? {
                TokenKind::Key => {
                    let span = self.take()?.span;
                    self.begin(Kind::Mapping(Vec::new()), None, None, span);
                    self.states.push(State::PairKey);
                    return Ok(());
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowEntry { is_first: false });
                    return self.node(false, false);
                }
            }
        }
        self.end_here()
    }

    fn pair_key(&mut self) -> Parsed {
        self.states.push(State::PairValue);
        match self.kind()? {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // yaml.v3 goes over this token, whatever it is.
                self.take()?;
                self.empty()
            }
            _ => self.node(false, false),
        }
    }

    fn pair_value(&mut self) -> Parsed {
        self.states.push(State::PairEnd);
        if *self.kind()? == TokenKind::Value {
            self.take()?;
            if !matches!(self.kind()?, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.node(false, false);
            }
        }
        self.empty()
    }

    fn flow_key(&mut self, is_first: bool) -> Parsed {
        if *self.kind()? != TokenKind::FlowMappingEnd {
            if !is_first {
                if *self.kind()? != TokenKind::FlowEntry {
                    return self.fail("did not find expected ',' or '}'");
                }
                self.take()?;
            }
            match self.kind()? {
                TokenKind::Key => {
                    self.take()?;
                    self.states.push(State::FlowValue { is_empty: false });
                    return match self.kind()? {
                        TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                            self.empty()
                        }
                        _ => self.node(false, false),
                    };
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowValue { is_empty: true });
                    return self.node(false, false);
                }
            }
        }
        self.end_here()
    }

    fn flow_value(&mut self, is_empty: bool) -> Parsed {
        self.states.push(State::FlowKey { is_first: false });
        if !is_empty && *self.kind()? == TokenKind::Value {
            self.take()?;
            if !matches!(self.kind()?, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.node(false, false);
            }
        }
        self.empty()
    }

    /// An empty scalar where the next token stands.
    pub(super) fn empty(&mut self) -> Parsed {
        let at = self.span()?.start;
        let kind = Kind::Scalar { text: Arc::from(""), style: Style::Plain };
        self.leaf(kind, None, None, Span::new(at, at));
        Ok(())
    }

    pub(super) fn leaf(
        &mut self,
        kind: Kind,
        tag: Option<Arc<str>>,
        anchor: Option<String>,
        span: Span,
    ) {
        let id = self.tree.add(Node { kind, tag, span });
        self.anchors.extend(anchor.map(|name| (name, id)));
        self.place(id);
    }

    pub(super) fn begin(
        &mut self,
        kind: Kind,
        tag: Option<Arc<str>>,
        anchor: Option<String>,
        span: Span,
    ) {
        let id = self.tree.add(Node { kind, tag, span });
        self.anchors.extend(anchor.map(|name| (name, id)));
        self.open.push((id, None));
    }

    fn end_here(&mut self) -> Parsed {
        let token = self.take()?;
        self.end((token.kind != TokenKind::BlockEnd).then_some(token.span));
        Ok(())
    }

    /// Ends a list or map, with its own bracket or behind its last entry.
    fn end(&mut self, bracket: Option<Span>) {
        if let Some((id, _)) = self.open.pop() {
            self.tree.close(id, bracket);
            self.place(id);
        }
    }

    fn place(&mut self, id: NodeId) {
        let Some((parent, key)) = self.open.last_mut() else { return self.tree.set_root(id) };
        match (&mut self.tree.node_mut(*parent).kind, key.take()) {
            (Kind::Sequence(items), _) => items.push(id),
            (Kind::Mapping(entries), Some(key)) => entries.push((key, id)),
            (Kind::Mapping(_), None) => *key = Some(id),
            (Kind::Scalar { .. } | Kind::Alias { .. }, _) => {}
        }
    }

    pub(super) fn kind(&mut self) -> Parsed<&TokenKind> {
        Ok(&self.scanner.peek()?.kind)
    }

    pub(super) fn span(&mut self) -> Parsed<Span> {
        Ok(self.scanner.peek()?.span)
    }

    pub(super) fn take(&mut self) -> Parsed<Token> {
        self.scanner.peek()?;
        self.scanner.take().ok_or_else(|| Fault::new("there are no more tokens", Span::new(0, 0)))
    }

    pub(super) fn fail<T>(&mut self, message: &'static str) -> Parsed<T> {
        Err(Fault::new(message, self.span()?))
    }
}
