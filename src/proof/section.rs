//! Blocks as evaluated values: the arguments and nested blocks of what is configured, with places.

use std::collections::BTreeMap;

use super::place::Place;
use crate::eval::Value;

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
