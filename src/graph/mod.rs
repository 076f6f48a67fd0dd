//! The component graph over a program: components, scopes, references, cycles and data flow; and
//! Alloy as a sender, whose pipeline the proof follows.
//!
//! [`Graph::build`] takes any parsed files, expands `declare`, `foreach` and local imports, and
//! says for every name what it leads to. A [`Prover`] holds all that is found out about it, once:
//! [`Values`] evaluates arguments and exports, [`Flow`] says where series and targets go, a
//! [`Feed`](crate::proof::Feed) which part of that is Trento's and what arrives there. A graph
//! judges nothing: faults are values that `facts` shows and checks judge.
//!
//! Every step is bounded and none recurses by what the configuration nests: what exceeds a bound
//! is unknown, with the reason.

#[cfg(test)]
mod arrived;
mod build;
mod component;
mod content;
pub mod cycle;
mod discovered;
pub mod drawing;
mod elsewhere;
mod endpoint;
pub mod exporter;
mod feed;
mod flow;
mod import;
mod program;
mod prover;
mod reference;
pub mod schema;
mod section;
mod sender;
mod targets;
#[cfg(test)]
mod tests;
mod textfile;
mod traversal;
mod values;
mod withheld;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use alloy_grammar::ast::{self, Attr, Block};
use alloy_grammar::span::Span;

pub use crate::proof::{ComponentId, FileId, Place};
pub use component::{Component, Kind, Name, Scope, ScopeId, ScopeKind};
pub use elsewhere::Elsewhere;
#[cfg(test)]
pub use endpoint::endpoints;
pub use flow::Flow;
pub use import::{Import, Outcome};
pub use program::{Context, Program, ProgramFile};
pub use prover::Prover;
pub use reference::{Fault, Reference, Target};
pub use values::Values;

use crate::eval::Value;
use crate::proof::{Names, Path};
use crate::source::{At, Source};

/// A program's components and what they refer to.
#[derive(Debug)]
pub struct Graph {
    files: Vec<Loaded>,
    program_files: usize,
    scopes: Vec<Scope>,
    names: Vec<Scoped>,
    components: Vec<Component>,
    references: Vec<Reference>,
    /// Where the references of each component begin; one more than there are components.
    references_from: Vec<usize>,
    imports: Vec<Import>,
    cycles: Vec<Vec<ComponentId>>,
    incomplete: Vec<String>,
    /// The targets that values hold by number.
    discovered: Rc<discovered::Discovered>,
    module_path: String,
    context: Context,
}

/// A file of the program or of an import.
#[derive(Clone, Debug)]
struct Loaded {
    source: Source,
    tree: Arc<ast::File>,
}

/// What the names in a scope mean.
#[derive(Clone, Debug, Default)]
struct Scoped {
    /// The scope whose components are seen too, behind its own: around a `foreach`.
    around: Option<ScopeId>,
    /// The scope whose declares and imports are seen too: where the module was written.
    written_in: Option<ScopeId>,
    components: HashMap<Name, ComponentId>,
    declares: HashMap<Box<str>, ComponentId>,
    imports: HashMap<Box<str>, ComponentId>,
    /// The variable of a `foreach`, and its value in this turn.
    variable: Option<(String, Value)>,
    /// The most parts an id of the scope has, so that longer names are not looked up.
    longest: usize,
}

impl Graph {
    /// The components of every scope, in the order in which they were found: a scope's own in
    /// load order, those inside a module behind them.
    pub fn components(&self) -> impl ExactSizeIterator<Item = (ComponentId, &Component)> + Clone {
        self.components.iter().enumerate().map(|(id, found)| (ComponentId::new(id), found))
    }

    /// One component.
    pub fn component(&self, id: ComponentId) -> &Component {
        &self.components[id.index()]
    }

    /// The scopes; the first is the program's.
    pub fn scopes(&self) -> impl ExactSizeIterator<Item = (ScopeId, &Scope)> + Clone {
        self.scopes.iter().enumerate().map(|(id, scope)| (ScopeId(id as u32), scope))
    }

    /// One scope.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.index()]
    }

    /// The id Alloy gives a component: its module's path, if any, a slash, and its local id.
    pub fn full_id(&self, id: ComponentId) -> String {
        let component = self.component(id);
        let path = &self.scope(component.scope).path;
        if path.is_empty() {
            component.local_id.to_string()
        } else {
            format!("{path}/{}", component.local_id)
        }
    }

    /// The component of that full id that Alloy would run.
    pub fn find(&self, full_id: &str) -> Option<ComponentId> {
        let (path, local) = full_id.rsplit_once('/').unwrap_or(("", full_id));
        self.scopes()
            .filter(|(_, scope)| scope.path == path && !scope.is_idle)
            .find_map(|(scope, _)| self.names[scope.index()].components.get(local).copied())
    }

    /// The block of a component.
    pub fn block(&self, id: ComponentId) -> Block<'_> {
        let component = self.component(id);
        self.tree(component.file)
            .stmt(component.stmt)
            .as_block()
            .expect("components are made of blocks only")
    }

    /// An attribute of a component.
    pub fn attr(&self, id: ComponentId, name: &str) -> Option<Attr<'_>> {
        self.block(id).body().attr(name)
    }

    /// Where a component's name and label stand.
    pub fn header(&self, id: ComponentId) -> Place {
        Place { file: self.component(id).file, span: self.block(id).header_span() }
    }

    /// A span of the file a component stands in.
    pub fn place(&self, id: ComponentId, span: Span) -> Place {
        Place { file: self.component(id).file, span }
    }

    /// A place as file, line and column.
    pub fn at(&self, place: Place) -> Option<At> {
        self.source(place.file).at(place.span)
    }

    /// The text of a file.
    pub fn source(&self, file: FileId) -> &Source {
        &self.files[file.index()].source
    }

    /// The tree of a file.
    pub fn tree(&self, file: FileId) -> &ast::File {
        &self.files[file.index()].tree
    }

    /// The files of the program, then those of its imports.
    pub fn files(&self) -> impl ExactSizeIterator<Item = FileId> + Clone {
        (0..self.files.len()).map(FileId::new)
    }

    /// Whether a file belongs to the program itself and not to an import.
    pub fn is_program_file(&self, file: FileId) -> bool {
        file.index() < self.program_files
    }

    /// The blocks whose id an earlier block of the same scope has. What stands inside a module
    /// that is used several times is told once.
    pub fn duplicates(&self) -> Vec<(ComponentId, ComponentId)> {
        let mut told = std::collections::BTreeSet::new();
        self.components()
            .filter_map(|(id, component)| Some((id, component.duplicate_of?)))
            .filter(|&(id, _)| told.insert(self.header(id)))
            .collect()
    }

    /// All references, by component.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The references in a component's block, in source order.
    pub fn references_of(&self, id: ComponentId) -> &[Reference] {
        &self.references[self.references_from[id.index()]..self.references_from[id.index() + 1]]
    }

    /// The references that lead nowhere; one inside a module is told once.
    pub fn unresolved(&self) -> Vec<&Reference> {
        let mut told = std::collections::BTreeSet::new();
        self.references
            .iter()
            .filter(|reference| matches!(reference.target, Target::Nothing(_)))
            .filter(|reference| told.insert(reference.place))
            .collect()
    }

    /// The components that refer to each other in a circle, each circle sorted by id; one inside
    /// a module is told once.
    pub fn cycles(&self) -> &[Vec<ComponentId>] {
        &self.cycles
    }

    /// The `import.*` blocks and what became of them.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// Why the graph is not whole, if it is not: bounds that were reached.
    pub fn incomplete(&self) -> &[String] {
        &self.incomplete
    }

    /// What the program sees of its host.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The value of `module_path` in a scope: the folder of what was imported, or the program's.
    fn module_path(&self, scope: ScopeId) -> String {
        let mut at = scope;
        loop {
            let of = match self.scope(at).kind {
                ScopeKind::Root => return self.module_path.clone(),
                ScopeKind::Instance { declare, .. } => declare,
                ScopeKind::Item { of, .. } | ScopeKind::Definition { of } => of,
                ScopeKind::Module { of } => {
                    let import = self.imports.iter().find(|import| import.component == of);
                    if let Some(path) = import.and_then(|import| import.path.as_deref()) {
                        return import::folder_of(&self.context, path);
                    }
                    of
                }
            };
            at = self.component(of).scope;
        }
    }
}

impl Names for Graph {
    fn full_id(&self, id: ComponentId) -> String {
        Graph::full_id(self, id)
    }

    fn header(&self, id: ComponentId) -> Place {
        Graph::header(self, id)
    }

    fn setter(&self, path: &Path) -> Place {
        let named = |name: &str| {
            path.components.iter().copied().find(|&id| self.component(id).name == name)
        };
        let setter = named("discovery.relabel").or_else(|| named("prometheus.scrape"));
        Graph::header(self, setter.unwrap_or(path.source))
    }

    fn at(&self, place: Place) -> Option<At> {
        Graph::at(self, place)
    }
}
