//! Bodies as they are compared: arguments by name in their normal form, nested blocks in order.

use std::collections::BTreeMap;
use std::fmt::Write;

use alloy_grammar::ast::Block;
use alloy_grammar::{parser, printer};

use crate::diff::canon::Canon;
use crate::diff::symbols::{Symbols, source_of};
use crate::diff::typed::BodyType;
use crate::graph::{ComponentId, Graph};
use crate::source::At;

/// How deep blocks are looked into; what is deeper is compared by its text.
const DEEPEST: usize = 32;

/// The content of a block.
pub struct Body {
    /// The type.
    pub of: BodyType,
    /// Arguments by name, the first of each.
    pub arguments: BTreeMap<String, Argument>,
    /// Nested blocks, in order.
    pub blocks: Vec<Nested>,
}

/// An argument.
pub struct Argument {
    /// Its value in normal form.
    pub canon: Canon,
    /// Its value as it is written, for showing.
    pub written: Canon,
    /// The source text of its value.
    pub text: String,
    /// Where it stands.
    pub at: Option<At>,
}

/// A block in a block.
pub struct Nested {
    /// Its name.
    pub name: String,
    /// Its label.
    pub label: Option<String>,
    /// Its content.
    pub body: Body,
    /// Where its name and label stand.
    pub at: Option<At>,
    /// What it means, defaults left out: two blocks with the same key are the same. Holds secrets.
    pub key: String,
}

/// Reads the bodies of one side.
pub struct Reader<'s, 'g> {
    /// The side.
    pub graph: &'g Graph,
    /// Its values.
    pub symbols: &'s Symbols<'g>,
}

impl Reader<'_, '_> {
    /// The body of a component.
    pub fn component(&self, id: ComponentId, of: BodyType) -> Body {
        self.body(id, self.graph.block(id), of, 0)
    }

    fn body(&self, id: ComponentId, block: Block<'_>, of: BodyType, depth: usize) -> Body {
        let scope = self.graph.component(id).scope;
        let at = |span| self.graph.at(self.graph.place(id, span));
        let mut arguments = BTreeMap::new();
        for attr in block.body().attrs() {
            arguments.entry(attr.name().to_owned()).or_insert_with(|| {
                let written = self.symbols.canon(scope, attr.value());
                let span = attr.value().span();
                let text = attr.file().source().get(span.range()).unwrap_or_default();
                Argument {
                    canon: of.normal(attr.name(), written.clone()),
                    written,
                    text: text.to_owned(),
                    at: at(attr.span()),
                }
            });
        }
        let nested = |block: Block<'_>| {
            let inner = of.nested(block.name());
            let body = if depth < DEEPEST {
                self.body(id, block, inner, depth + 1)
            } else {
                as_text(block, inner)
            };
            let label = block.label().map(str::to_owned);
            let key = key(&body, block.name(), label.as_deref());
            let at = at(block.header_span());
            Nested { name: block.name().to_owned(), label, body, at, key }
        };
        let blocks = block.body().blocks().map(nested).collect();
        Body { of, arguments, blocks }
    }
}

/// A body that is too deep to be taken apart: its text, formatted, so that its layout is nothing.
fn as_text(block: Block<'_>, of: BodyType) -> Body {
    let text = source_of(block).to_owned();
    let formatted = parser::parse(text.as_bytes()).into_sound().map(|file| printer::print(&file));
    let canon = Canon::Expression(formatted.unwrap_or_else(|_| text.clone()));
    let argument = Argument { written: canon.clone(), canon, text, at: None };
    Body { of, arguments: BTreeMap::from([(String::new(), argument)]), blocks: Vec::new() }
}

impl Body {
    /// The arguments that are not at their default.
    pub fn meant(&self) -> impl Iterator<Item = (&str, &Argument)> {
        self.arguments
            .iter()
            .map(|(name, argument)| (name.as_str(), argument))
            .filter(|(name, argument)| !self.is_default(name, argument))
    }

    /// Whether an argument is what it would be if it were not written.
    pub fn is_default(&self, name: &str, argument: &Argument) -> bool {
        self.of.default(name).is_some_and(|default| default.is_same(&argument.canon))
    }

    /// Whether the body says nothing that would not hold without it.
    pub fn is_empty(&self) -> bool {
        self.meant().next().is_none() && self.blocks.iter().all(|block| block.body.is_empty())
    }

    /// What is said in the body, place by place: to see how much two bodies have in common.
    pub fn leaves(&self) -> Vec<String> {
        let mut leaves = Vec::new();
        self.collect("", &mut leaves);
        leaves.sort();
        leaves
    }

    fn collect(&self, path: &str, leaves: &mut Vec<String>) {
        for (name, argument) in self.meant() {
            match &argument.canon {
                Canon::List(items) if !items.is_empty() => {
                    leaves.extend(items.iter().map(|x| format!("{path}.{name}={}", x.key())));
                }
                other => leaves.push(format!("{path}.{name}={}", other.key())),
            }
        }
        for block in &self.blocks {
            let inner = format!("{path}.{}", block.name);
            block.body.collect(&inner, leaves);
            if block.label.is_some() {
                leaves.push(format!("{inner}={:?}", block.label));
            }
        }
    }
}

/// What blocks of this name have to do with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The order in which they stand means something: relabelling rules, processing stages.
    Matters,
    /// It does not.
    MeansNothing,
}

/// Whether the order of blocks of a name matters.
pub fn order_of(name: &str) -> Order {
    let matters = name == "rule"
        || name == "action"
        || name.contains("relabel")
        || name.starts_with("stage.")
        || name.ends_with("statements");
    if matters { Order::Matters } else { Order::MeansNothing }
}

/// Blocks that are put in order together: stages of all kinds are, other blocks by name.
pub fn group_of(name: &str) -> &str {
    if name.starts_with("stage.") { "stage" } else { name }
}

/// What a block means, defaults left out.
fn key(body: &Body, name: &str, label: Option<&str>) -> String {
    let mut key = String::new();
    // Writing to a string cannot fail.
    let _ = write!(key, "{name} {label:?}{{");
    for (name, argument) in body.meant() {
        let _ = write!(key, "{name}={};", argument.canon.key());
    }
    let mut free: Vec<&str> = Vec::new();
    for block in &body.blocks {
        match order_of(&block.name) {
            Order::Matters => key.push_str(&block.key),
            Order::MeansNothing if block.body.is_empty() && !body.of.may_repeat(&block.name) => {}
            Order::MeansNothing => free.push(&block.key),
        }
    }
    free.sort_unstable();
    free.into_iter().for_each(|block| key.push_str(block));
    key.push('}');
    key
}
