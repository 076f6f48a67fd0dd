//! The tree of a document: nodes by number, so that an alias refers to what it stands for
//! instead of copying it, and nothing here recurses.

use std::sync::Arc;

use alloy_grammar::span::Span;

use super::Style;

/// A node's number in its tree.
pub type NodeId = u32;

/// What is written in a document.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    root: NodeId,
}

/// A node and where it stands.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The tag in full, if one is written.
    pub tag: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of node.
#[derive(Debug)]
pub enum Kind {
    /// A text, whatever it means.
    Scalar {
        /// The text, with escapes and folding done.
        text: Arc<str>,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<NodeId>),
    /// A map in the order of the file.
    Mapping(Vec<(NodeId, NodeId)>),
    /// Another node by the name of its anchor.
    Alias {
        /// The anchor.
        name: Arc<str>,
        /// What it stands for.
        target: NodeId,
    },
}

impl Tree {
    /// The root.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    pub(super) fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        (self.nodes.len() - 1) as NodeId
    }

    pub(super) fn set_root(&mut self, root: NodeId) {
        self.root = root;
    }

    /// Sets where a list or map ends: with its bracket, or behind its last entry.
    pub(super) fn close(&mut self, id: NodeId, bracket: Option<Span>) {
        let last = match &self.node(id).kind {
            Kind::Sequence(items) => items.last().copied(),
            Kind::Mapping(entries) => entries.last().map(|&(_, value)| value),
            Kind::Scalar { .. } | Kind::Alias { .. } => None,
        };
        let end = bracket.or_else(|| last.map(|last| self.node(last).span));
        let node = self.node_mut(id);
        node.span.end = end.map_or(node.span.end, |end| end.end.max(node.span.end));
    }
}
