//! Evaluates blocks: the attributes and nested blocks of a component, with places.

use std::collections::BTreeMap;

use alloy_grammar::ast::Block;

use super::component::ComponentId;
use super::values::Values;
use crate::proof::{Argument, Section};

/// How deep nested blocks are looked at.
const DEEPEST: usize = 8;

impl Values<'_> {
    /// A component's block, evaluated.
    pub fn section(&self, id: ComponentId) -> Section {
        self.section_of(id, self.graph().block(id), 0)
    }

    /// A block inside a component's, evaluated.
    pub fn nested(&self, id: ComponentId, block: Block<'_>) -> Section {
        self.section_of(id, block, 0)
    }

    fn section_of(&self, id: ComponentId, block: Block<'_>, depth: usize) -> Section {
        let graph = self.graph();
        let mut arguments = BTreeMap::new();
        for attr in block.body().attrs() {
            arguments.entry(attr.name().to_owned()).or_insert_with(|| Argument {
                value: self.expr(id, attr.value()),
                place: graph.place(id, attr.value().span()),
            });
        }
        let sections = if depth < DEEPEST {
            block.body().blocks().map(|block| self.section_of(id, block, depth + 1)).collect()
        } else {
            Vec::new()
        };
        let place = graph.place(id, block.header_span());
        Section { name: block.name().to_owned(), place, arguments, sections }
    }
}
