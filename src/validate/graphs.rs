//! The blocks of a program as nodes of nested graphs, with what is wrong with each as a block.
//!
//! A graph is the root, the body of a `declare` or the template of a `foreach`. Looks at names,
//! labels and places of blocks only; their bodies are `body`'s and `references`' work.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use alloy_grammar::ast::{Block, Body, ExprKind, LiteralKind, Stmt};
use alloy_grammar::literal::unquote;
use alloy_grammar::span::Span;

use super::node::{Node, Place, Sort, sort};
use super::{Levels, Program, codes};
use crate::diagnostic::Diagnostic;
use crate::graph::schema::Component;
use crate::source::Source;

/// The root, a declare's body or a foreach's template.
pub(super) struct Graph<'p> {
    pub(super) parent: Option<usize>,
    kind: GraphKind,
    /// Whether it is inside of a declare, at any depth.
    in_module: bool,
    /// In the order of the walk.
    pub(super) nodes: Vec<usize>,
    by_id: HashMap<Rc<str>, usize>,
    /// What the first part of a component's name means here.
    custom: HashMap<&'p str, Custom<'p>>,
    /// The variable of a foreach.
    pub(super) variable: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum GraphKind {
    Root,
    Declare,
    Template,
}

/// A name that a program gives to components of its own.
pub(super) enum Custom<'p> {
    /// A declare, by the arguments that it takes.
    Declared(Declared<'p>),
    /// An import: whatever is in it.
    Imported,
}

/// What a declare takes.
pub(super) struct Declared<'p> {
    pub(super) arguments: Vec<Argument<'p>>,
}

/// An argument of a declare.
pub(super) struct Argument<'p> {
    pub(super) name: &'p str,
    pub(super) is_required: bool,
}

/// All graphs of a program.
pub(super) struct Graphs<'p> {
    pub(super) nodes: Vec<Node<'p>>,
    pub(super) graphs: Vec<Graph<'p>>,
    /// How many names the longest id has.
    pub(super) longest_id: usize,
    /// The variables; Alloy shares them among all scopes.
    variables: HashSet<String>,
}

/// A body that is still to be taken apart, and the graph it makes.
struct Pending<'p> {
    bodies: Vec<(&'p Source, Body<'p>)>,
    graph: usize,
    owner: Option<usize>,
}

/// A block with its sort and what the schema says of it.
type Found<'p> = (Sort, Option<Component>, &'p Source, Block<'p>);

impl<'p> Graphs<'p> {
    /// Takes a program apart.
    pub(super) fn of(program: &'p Program, levels: &Levels) -> Graphs<'p> {
        let mut graphs = Graphs {
            nodes: Vec::new(),
            graphs: Vec::new(),
            longest_id: 0,
            variables: HashSet::from(["module_path".to_owned()]),
        };
        let bodies = program.files().iter().map(|file| (&file.source, file.tree.body())).collect();
        let root = graphs.add_graph(None, GraphKind::Root);
        let mut pending = vec![Pending { bodies, graph: root, owner: None }];
        while let Some(next) = pending.pop() {
            graphs.fill(next, levels, &mut pending);
        }
        graphs
    }

    /// Whether an expression may begin with that name without meaning a node.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// The node of that id in a graph.
    pub(super) fn node(&self, graph: usize, id: &str) -> Option<usize> {
        self.graphs[graph].by_id.get(id).copied()
    }

    /// A graph and those around it whose nodes it sees, from the inside.
    pub(super) fn visible(&self, graph: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(graph), |&at| {
            let inner = &self.graphs[at];
            inner.parent.filter(|_| inner.kind == GraphKind::Template)
        })
    }

    /// What the program itself says that a component's name means.
    pub(super) fn custom(&self, graph: usize, name: &str) -> Option<&Custom<'p>> {
        let namespace = name.split('.').next().unwrap_or(name);
        let mut at = Some(graph);
        while let Some(graph) = at {
            if let Some(custom) = self.graphs[graph].custom.get(namespace) {
                return Some(custom);
            }
            at = self.graphs[graph].parent;
        }
        None
    }

    /// Whether a node is a component that the program itself defines.
    pub(super) fn is_custom(&self, node: &Node<'_>) -> bool {
        node.sort == Sort::Component && self.custom(node.graph, node.block.name()).is_some()
    }

    fn add_graph(&mut self, parent: Option<usize>, kind: GraphKind) -> usize {
        let in_module = kind == GraphKind::Declare
            || parent.is_some_and(|parent| self.graphs[parent].in_module);
        self.graphs.push(Graph {
            parent,
            kind,
            in_module,
            nodes: Vec::new(),
            by_id: HashMap::new(),
            custom: HashMap::new(),
            variable: None,
        });
        self.graphs.len() - 1
    }

    fn fill(&mut self, next: Pending<'p>, levels: &Levels, pending: &mut Vec<Pending<'p>>) {
        let blocks = self.blocks(&next, levels);
        let mut first_of: HashMap<(Sort, Rc<str>), (&'p Source, Span)> = HashMap::new();
        for (sort, definition, source, block) in blocks {
            let id = match block.label() {
                Some(label) => format!("{}.{label}", block.name()),
                None => block.name().to_owned(),
            };
            self.longest_id = self.longest_id.max(id.split('.').count());
            let id: Rc<str> = id.into();
            let node = Node {
                block,
                source,
                sort,
                id,
                graph: next.graph,
                definition,
                findings: Vec::new(),
                inner: None,
            };
            let number = self.nodes.len();
            let key = (sort, node.id.clone());
            let first = first_of.get(&key).copied();
            if first.is_none() {
                first_of.insert(key, (source, block.name_span()));
            }
            self.nodes.push(node);
            self.graphs[next.graph].nodes.push(number);
            self.register(number, first, levels, pending);
        }
    }

    /// The blocks of a graph by their sort; an attribute among them is a finding of its owner.
    fn blocks(&mut self, next: &Pending<'p>, levels: &Levels) -> Vec<Found<'p>> {
        let mut blocks: Vec<Found<'p>> = Vec::new();
        for &(source, body) in &next.bodies {
            for stmt in body.stmts() {
                match stmt {
                    Stmt::Block(block) => {
                        let (sort, definition) = sort(block, levels);
                        blocks.push((sort, definition, source, block));
                    }
                    Stmt::Attr(attr) => {
                        if let Some(owner) = next.owner {
                            let message = "unsupported statement type *ast.AttributeStmt";
                            self.nodes[owner].findings.push(Diagnostic::error(
                                codes::UNEXPECTED_ATTRIBUTE,
                                source,
                                attr.span(),
                                message,
                            ));
                        }
                    }
                }
            }
        }
        blocks.sort_by_key(|(sort, ..)| *sort);
        blocks
    }

    /// Checks a node as a block, and makes it known by its id and its name.
    fn register(
        &mut self,
        number: usize,
        first: Option<(&'p Source, Span)>,
        levels: &Levels,
        pending: &mut Vec<Pending<'p>>,
    ) {
        let graph = self.nodes[number].graph;
        let block = self.nodes[number].block;
        let place = Place {
            is_root: self.graphs[graph].kind == GraphKind::Root,
            in_module: self.graphs[graph].in_module,
        };
        let mut findings = self.nodes[number].checked(first, place, levels);
        let id = self.nodes[number].id.clone();
        if first.is_none() {
            let clash = *self.graphs[graph].by_id.entry(id).or_insert(number);
            if clash != number {
                findings.push(self.nodes[number].crash(
                    block.header_span(),
                    format!("Alloy crashes on two blocks with the id {}", self.nodes[clash].id),
                ));
            }
        }
        self.nodes[number].findings.extend(findings);
        match (self.nodes[number].sort, block.name(), block.label()) {
            (Sort::Declare, _, label) => self.declare(number, label, pending),
            (Sort::Config, "foreach", _) => self.foreach(number, pending),
            (Sort::Config, name, Some(label)) if name.starts_with("import.") && first.is_none() => {
                self.graphs[graph].custom.insert(label, Custom::Imported);
            }
            _ => {}
        }
    }

    fn declare(&mut self, number: usize, label: Option<&'p str>, pending: &mut Vec<Pending<'p>>) {
        let Node { graph, block, source, .. } = self.nodes[number];
        let inner = self.add_graph(Some(graph), GraphKind::Declare);
        self.nodes[number].inner = Some(inner);
        let bodies = vec![(source, block.body())];
        pending.push(Pending { bodies, graph: inner, owner: Some(number) });
        if let Some(label) = label {
            self.variables.insert("argument".to_owned());
            let arguments = self.arguments(number);
            let declared = Declared { arguments };
            self.graphs[graph].custom.insert(label, Custom::Declared(declared));
        }
    }

    /// The arguments of a declare, which Alloy makes a Go struct of.
    fn arguments(&mut self, number: usize) -> Vec<Argument<'p>> {
        let mut arguments: Vec<Argument<'p>> = Vec::new();
        let mut names: HashSet<&str> = HashSet::new();
        let mut go_names: HashSet<String> = HashSet::new();
        let block = self.nodes[number].block;
        for argument in block.body().blocks().filter(|block| block.name() == "argument") {
            let Some(name) = argument.label() else { continue };
            if !names.insert(name) {
                continue;
            }
            arguments.push(Argument { name, is_required: !is_optional(argument) });
            let fault = match go_name(name) {
                None => "is no exported name in Go",
                Some(go_name) if go_names.contains(&go_name) => "differs from another only in case",
                Some(go_name) => {
                    go_names.insert(go_name);
                    continue;
                }
            };
            let finding = self.nodes[number].crash(
                argument.header_span(),
                format!("`alloy validate` crashes on the argument \"{name}\", which {fault}"),
            );
            self.nodes[number].findings.push(finding);
        }
        arguments
    }

    fn foreach(&mut self, number: usize, pending: &mut Vec<Pending<'p>>) {
        let Node { graph, block, source, .. } = self.nodes[number];
        let Some(template) = block.body().blocks_named("template").next_back() else { return };
        let inner = self.add_graph(Some(graph), GraphKind::Template);
        if let Some(variable) = variable(block) {
            self.graphs[inner].variable = Some(variable.clone());
            self.variables.insert(variable);
        }
        self.nodes[number].inner = Some(inner);
        let bodies = vec![(source, template.body())];
        pending.push(Pending { bodies, graph: inner, owner: Some(number) });
    }
}

/// Whether an argument block says `optional = true`, at any depth; the last word counts.
fn is_optional(argument: Block<'_>) -> bool {
    let mut is_optional = false;
    let mut open: Vec<Stmt<'_>> = argument.body().stmts().rev().collect();
    while let Some(stmt) = open.pop() {
        match stmt {
            Stmt::Block(block) => open.extend(block.body().stmts().rev()),
            Stmt::Attr(attr) if attr.name() == "optional" => {
                if let ExprKind::Literal(LiteralKind::Bool, text) = attr.value().kind() {
                    is_optional = text == "true";
                }
            }
            Stmt::Attr(_) => {}
        }
    }
    is_optional
}

/// The variable that a foreach defines: the last `var` that is a string.
fn variable(foreach: Block<'_>) -> Option<String> {
    let last = foreach.body().attrs().rfind(|attr| attr.name() == "var")?;
    match last.value().kind() {
        ExprKind::Literal(LiteralKind::String, text) => unquote(text).map(|name| name.into_owned()),
        _ => None,
    }
}

/// The Go field that an argument becomes; none if Go would not export it.
fn go_name(label: &str) -> Option<String> {
    let mut rest = label.chars();
    let first = rest.next().filter(|first| *first != '_')?;
    Some(first.to_uppercase().chain(rest.as_str().to_lowercase().chars()).collect())
}
