//! Secrets in configurations, by what their syntax tree says: values of arguments that are
//! secrets, what stands in their place, and what they are evaluated from.
//!
//! A value is followed backwards through the program: a module's argument to those who give it, a
//! `foreach` variable to its collection, an export to its value, `sys.env` to the variable, a file
//! to its content. What evaluating gives is not looked at.

use std::collections::BTreeSet;
use std::ops::Range;

use alloy_grammar::ast::{Block, Body, Expr, File, Stmt};

use super::expression::{Leaf, Names};
use super::flows::{Flows, text_of};
use super::lines::Kind;
use super::{Vault, lines, names, vault};

/// How often flows are followed one step further.
const ROUNDS: usize = 8;

/// What stands around a program.
pub trait Around {
    /// The value of a variable that `sys.env` sees.
    fn variable(&self, name: &str) -> Option<String>;
    /// The content of a file that the program names.
    fn file(&self, path: &str) -> Option<String>;
}

/// Nothing around it is known.
pub struct Nothing;

impl Around for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &str) -> Option<String> {
        None
    }
}

/// Registers the secrets of the files of a program, and of what they are read from.
pub fn register(files: &[&File], around: &dyn Around, vault: &Vault) {
    let mut walk = Walk::new(files);
    for (file, leaves) in files.iter().zip(walk.follow()) {
        for leaf in leaves {
            register_leaf(&leaf, around, vault);
        }
        for comment in file.comments() {
            lines::register(&file.comment_text(*comment), Kind::Comment, vault);
        }
    }
    for path in &walk.flows.files {
        if let Some(content) = around.file(path) {
            vault.register_content(&content);
        }
    }
}

/// The leaves of a file that hold a secret or lead to one.
pub(super) fn leaves(file: &File) -> Vec<Leaf<'_>> {
    Walk::new(&[file]).follow().into_iter().flatten().collect()
}

/// Where secrets stand in the text of a file, by its tree: in order, none in another.
pub fn places(file: &File) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for leaf in Walk::new(&[file]).follow().into_iter().flatten() {
        if !matches!(leaf, Leaf::Variable { .. } | Leaf::File { .. }) {
            places.extend(leaf.places());
        }
    }
    for comment in file.comments() {
        let start = comment.span.range().start;
        let text = file.source().get(comment.span.range()).unwrap_or_default();
        let found = lines::places(text, Kind::Comment).into_iter();
        places.extend(found.map(|place| start + place.start..start + place.end));
    }
    vault::merged(places)
}

/// Whether a configuration holds a secret: in the place of one, or as the password of a URL.
pub fn holds_a_secret(file: &File) -> bool {
    Walk::new(&[file]).follow().into_iter().flatten().any(|leaf| leaf.holds_a_secret())
}

fn register_leaf(leaf: &Leaf<'_>, around: &dyn Around, vault: &Vault) {
    match leaf {
        Leaf::Text { text, .. } => {
            vault.register(text);
            vault.register_url(text);
        }
        Leaf::Word { text, .. } => vault.register(text),
        Leaf::Info { text, .. } => vault.register_credentials(text),
        Leaf::Open { text, .. } => {
            vault.register_url(text);
            if text.contains(['\n', ':', '=']) {
                lines::register(text, Kind::Settings, vault);
            }
        }
        Leaf::Variable { name } => {
            if let Some(value) = around.variable(name) {
                vault.register(&value);
            }
        }
        Leaf::File { path } => {
            if let Some(content) = around.file(path) {
                vault.register_content(&content);
            }
        }
    }
}

/// A walk over all blocks of a program.
struct Walk<'p> {
    files: Vec<&'p File>,
    flows: Flows,
    /// Names that references may begin with, beside those of the language.
    roots: BTreeSet<&'p str>,
}

/// Where a body stands.
#[derive(Clone)]
struct Place<'p> {
    block: &'p str,
    label: Option<&'p str>,
    /// The module around it.
    declare: Option<&'p str>,
    /// Variable and label of each `foreach` around it.
    variables: Vec<(String, String)>,
    /// Whether everything in it stands in the place of a secret.
    is_secret: bool,
}

impl<'p> Walk<'p> {
    fn new(files: &[&'p File]) -> Walk<'p> {
        let mut roots = BTreeSet::new();
        for file in files {
            for block in file.body().blocks() {
                roots.extend(block.label());
                roots.extend(block.name().split('.').next());
            }
        }
        Walk { files: files.to_vec(), flows: Flows::default(), roots }
    }

    /// The leaves of each file, values followed backwards until nothing new is found.
    fn follow(&mut self) -> Vec<Vec<Leaf<'p>>> {
        let mut leaves = self.leaves();
        for _ in 0..ROUNDS {
            let before = self.flows.clone();
            if self.flows == Flows::default() {
                break;
            }
            leaves = self.leaves();
            if self.flows == before {
                break;
            }
        }
        leaves
    }

    fn leaves(&mut self) -> Vec<Vec<Leaf<'p>>> {
        self.files.clone().into_iter().map(|file| self.leaves_of(file)).collect()
    }

    fn leaves_of(&mut self, file: &'p File) -> Vec<Leaf<'p>> {
        let mut leaves = Vec::new();
        let top = Place {
            block: "",
            label: None,
            declare: None,
            variables: Vec::new(),
            is_secret: false,
        };
        let mut todo: Vec<(Body<'p>, Place<'p>)> = vec![(file.body(), top)];
        while let Some((body, place)) = todo.pop() {
            for stmt in body.stmts() {
                match stmt {
                    Stmt::Block(block) => {
                        let inner = self.inner(block, &place, &mut leaves);
                        todo.push((block.body(), inner));
                    }
                    Stmt::Attr(attr) => {
                        self.attribute(&place, attr.name(), attr.value(), &mut leaves)
                    }
                }
            }
        }
        leaves
    }

    fn inner(
        &mut self,
        block: Block<'p>,
        place: &Place<'p>,
        leaves: &mut Vec<Leaf<'p>>,
    ) -> Place<'p> {
        let name = block.name();
        // A block where an argument belongs; some are blocks by right.
        let stands_for_a_secret = !name.contains('.')
            && !matches!(name, "authorization" | "cookies" | "ssh_key" | "sticky_key")
            && !place.block.is_empty()
            && names::is_secret_name(name);
        if stands_for_a_secret && let Some(label) = block.label() {
            leaves.push(Leaf::Word { place: block.label_span().range(), text: label });
        }
        let mut inner = Place {
            block: name,
            label: block.label(),
            is_secret: place.is_secret || stands_for_a_secret,
            ..place.clone()
        };
        if name == "declare" {
            inner.declare = block.label();
        }
        if name == "foreach"
            && let Some(variable) = block.body().attr("var").and_then(|attr| text_of(attr.value()))
        {
            let label = block.label().unwrap_or_default().to_owned();
            inner.variables.push((variable, label));
        }
        if name == "local.file"
            && block.label().is_some_and(|label| self.flows.local_files.contains(label))
            && let Some(path) = block.body().attr("filename").and_then(|attr| text_of(attr.value()))
        {
            leaves.push(Leaf::File { path });
        }
        inner
    }

    fn attribute(
        &mut self,
        place: &Place<'p>,
        name: &'p str,
        value: Expr<'p>,
        leaves: &mut Vec<Leaf<'p>>,
    ) {
        if names::names_a_secret_file(name) {
            self.flows.files.extend(text_of(value));
        }
        let collection = (place.block == "foreach" && name == "collection").then(|| {
            let label = place.label.unwrap_or_default();
            self.flows.collections.iter().filter(move |(of, _)| of == label)
        });
        let fields: Vec<Option<String>> =
            collection.into_iter().flatten().map(|(_, field)| field.clone()).collect();
        let is_secret = place.is_secret
            || names::is_secret_argument(place.block, name)
            || self.is_given_to_a_module(place, name)
            || fields.contains(&None);
        let variables = place.variables.clone();
        let mut names = Names {
            flows: &mut self.flows,
            roots: &self.roots,
            variables: &variables,
            declare: place.declare,
            leaves,
        };
        if is_secret {
            names.secret(value);
        } else if place.block == "authorization" && name == "type" {
            names.scheme(value);
        } else if names::is_header_map(name) || name == "endpoint_params" {
            names.headers(value, name == "endpoint_params");
        } else {
            let fields: Vec<String> = fields.into_iter().flatten().collect();
            names.open(name, value, &fields);
        }
    }

    fn is_given_to_a_module(&self, place: &Place<'p>, name: &str) -> bool {
        let owner = place.declare.unwrap_or_default();
        let known = |set: &BTreeSet<(String, String)>, of: &str, name: &str| {
            !set.is_empty() && set.contains(&(of.to_owned(), name.to_owned()))
        };
        let label = place.label.unwrap_or_default();
        match (place.block, name) {
            ("argument", "default") => known(&self.flows.arguments, owner, label),
            ("export", "value") => known(&self.flows.exports, owner, label),
            // A module may be used under the name of its import: `imported.d "x" { … }`.
            (block, _) => {
                let module = block.rsplit('.').next().unwrap_or(block);
                known(&self.flows.arguments, module, name)
            }
        }
    }
}
