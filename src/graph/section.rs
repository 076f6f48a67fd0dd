//! Blocks as evaluated values: the attributes and nested blocks of a component, with places.

use std::collections::BTreeMap;

use alloy_grammar::ast::Block;

use super::component::{ComponentId, Place};
use super::values::Values;
use crate::eval::Value;

/// How deep nested blocks are looked at.
const DEEPEST: usize = 8;

/// An evaluated attribute.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its value; unknown, with the reason, where it cannot be known.
    pub value: Value,
    /// Where the value stands.
    pub place: Place,
}

/// A block with its evaluated attributes and its nested blocks.
#[derive(Clone, Debug)]
pub struct Section {
    /// The block's name.
    pub name: String,
    /// Where its name and label stand.
    pub place: Place,
    /// Its attributes by name, the first of each.
    pub arguments: BTreeMap<String, Argument>,
    /// Its nested blocks, in source order.
    pub sections: Vec<Section>,
}

impl Section {
    /// An attribute that is written and not `null`.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.get(name).filter(|argument| !matches!(argument.value, Value::Null))
    }

    /// The text of an attribute, if it is written and known and may be shown.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.argument(name)?.value.as_str()
    }

    /// The first nested block of that name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}

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
