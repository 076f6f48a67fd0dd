//! Builds a graph: opens the scopes of a program, of what it declares, repeats and imports.
//!
//! The program's own size is its own choice; what `declare`, `foreach` and imports multiply is
//! bounded. Work waits in a queue, so nesting costs no stack.

mod modules;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use alloy_grammar::ast::{Block, ExprKind, LiteralKind, StmtId};

use super::component::{
    Component, ComponentId, FileId, Kind, Name, Place, Scope, ScopeId, ScopeKind,
};
use super::program::{Context, Program};
use super::schema::{Schema, Version};
use super::values::Values;
use super::{Graph, Loaded, Scoped, prover, reference};
use crate::eval::Value;

/// The most components that `declare` and `foreach` may multiply a program into.
const MOST_EXPANDED: usize = 20_000;
/// The most scopes around a component.
const DEEPEST: u32 = 32;

impl Graph {
    /// Builds the graph of a program.
    pub fn build(program: &Program, context: Context) -> Graph {
        let mut builder = Builder::new(program, context);
        let blocks = builder.blocks_of(0..program.files.len());
        let root = Scope {
            kind: ScopeKind::Root,
            path: String::new(),
            components: Vec::new(),
            depth: 0,
            is_idle: false,
        };
        builder.open(root, Scoped::default(), blocks);
        builder.expand();
        builder.look_into_unused();
        reference::collect(&mut builder.graph);
        builder.graph
    }

    /// The name of a `foreach`'s variable; none where it cannot be used.
    pub(super) fn variable_of(&self, foreach: ComponentId) -> Option<String> {
        let name = self.block(foreach).body().attrs().rfind(|attr| attr.name() == "var")?;
        match name.value().kind() {
            ExprKind::Literal(LiteralKind::String, text) => {
                let text = text.get(1..text.len().saturating_sub(1))?;
                (!text.contains('\\')).then(|| text.to_owned())
            }
            _ => None,
        }
    }
}

struct Builder {
    graph: Graph,
    pending: VecDeque<ComponentId>,
    /// `foreach` waits until all else is there: its collection may come from anywhere.
    repeated: VecDeque<ComponentId>,
    expanded: usize,
    /// The `declare` blocks that are used.
    used: BTreeSet<Place>,
    /// The names of blocks, each held once.
    block_names: HashSet<Name>,
}

impl Builder {
    fn new(program: &Program, context: Context) -> Builder {
        let files = program
            .files
            .iter()
            .map(|file| Loaded { source: file.source.clone(), tree: file.tree.clone() })
            .collect();
        Builder {
            graph: Graph {
                files,
                program_files: program.files.len(),
                scopes: Vec::new(),
                names: Vec::new(),
                components: Vec::new(),
                references: Vec::new(),
                references_from: Vec::new(),
                imports: Vec::new(),
                cycles: Vec::new(),
                incomplete: Vec::new(),
                discovered: Rc::default(),
                module_path: program.module_path.to_string(),
                context,
            },
            pending: VecDeque::new(),
            repeated: VecDeque::new(),
            expanded: 0,
            used: BTreeSet::new(),
            block_names: HashSet::new(),
        }
    }

    fn blocks_of(&self, files: impl IntoIterator<Item = usize>) -> Vec<(FileId, StmtId)> {
        files
            .into_iter()
            .flat_map(|file| {
                let blocks = self.graph.files[file].tree.body().blocks();
                blocks.map(move |block| (FileId::new(file), block.id()))
            })
            .collect()
    }

    /// Opens a scope with these blocks.
    fn open(&mut self, scope: Scope, names: Scoped, blocks: Vec<(FileId, StmtId)>) -> ScopeId {
        let id = ScopeId(self.graph.scopes.len() as u32);
        let is_idle = scope.is_idle;
        self.graph.scopes.push(scope);
        self.graph.names.push(names);
        let mut first_of: HashMap<(u8, Name), ComponentId> = HashMap::new();
        for (file, stmt) in blocks {
            self.add(id, file, stmt, &mut first_of);
        }
        let components = self.graph.scopes[id.index()].components.clone();
        for &component in &components {
            if self.graph.component(component).kind == Kind::Import {
                self.load(component);
            }
        }
        for component in components {
            self.find_declare(id, component);
            let found = self.graph.component(component);
            if found.duplicate_of.is_some() {
                continue;
            }
            match found.kind {
                Kind::Custom { declare: Ok(_) } if !is_idle => self.pending.push_back(component),
                Kind::Foreach => self.repeated.push_back(component),
                _ => {}
            }
        }
        id
    }

    fn add(
        &mut self,
        scope: ScopeId,
        file: FileId,
        stmt: StmtId,
        first_of: &mut HashMap<(u8, Name), ComponentId>,
    ) {
        let id = ComponentId::new(self.graph.components.len());
        let Some(block) = self.graph.tree(file).stmt(stmt).as_block() else { return };
        let (list, kind) = classify(block);
        let label: Option<Box<str>> = block.label().map(Into::into);
        let (name, local_id) = (block.name(), label.as_ref());
        let local_id = local_id.map(|label| Name::from(&*format!("{name}.{label}")));
        let known = self.block_names.get(name).cloned();
        let name = known.unwrap_or_else(|| {
            let name = Name::from(name);
            self.block_names.insert(name.clone());
            name
        });
        let local_id = local_id.unwrap_or_else(|| name.clone());
        let duplicate_of = first_of.get(&(list, local_id.clone())).copied();
        if duplicate_of.is_none() {
            first_of.insert((list, local_id.clone()), id);
            let names = &mut self.graph.names[scope.index()];
            names.longest = names.longest.max(local_id.split('.').count());
            names.components.entry(local_id.clone()).or_insert(id);
            if let Some(label) = &label {
                match kind {
                    Kind::Declare => drop(names.declares.insert(label.clone(), id)),
                    Kind::Import => drop(names.imports.insert(label.clone(), id)),
                    _ => {}
                }
            }
        }
        self.graph.scopes[scope.index()].components.push(id);
        self.graph.components.push(Component {
            name,
            label,
            local_id,
            scope,
            file,
            stmt,
            kind,
            duplicate_of,
            inside: Vec::new(),
        });
    }

    /// Sees whether a component is the use of a `declare`, by the first part of its name.
    fn find_declare(&mut self, scope: ScopeId, id: ComponentId) {
        let component = self.graph.component(id);
        if component.kind != Kind::Unknown {
            return;
        }
        let mut parts = component.name.split('.');
        let first = parts.next().unwrap_or_default();
        let second = parts.next();
        let mut at = Some(scope);
        while let Some(scope) = at {
            let names = &self.graph.names[scope.index()];
            let found = if let Some(&declare) = names.declares.get(first) {
                match second {
                    None => Some(Ok(declare)),
                    Some(_) => Some(Err(format!("`{first}` declares nothing inside"))),
                }
            } else {
                names.imports.get(first).map(|&import| self.declared_in(import, second))
            };
            if let Some(declare) = found {
                self.graph.components[id.index()].kind = Kind::Custom { declare };
                return;
            }
            at = names.around.or(names.written_in);
        }
        if is_known(&self.graph.component(id).name) {
            self.graph.components[id.index()].kind = Kind::Builtin;
        }
    }

    fn depth_in(&self, component: ComponentId) -> u32 {
        self.graph.scope(self.graph.component(component).scope).depth + 1
    }

    /// Opens what `declare` and `foreach` multiply.
    fn expand(&mut self) {
        loop {
            if let Some(component) = self.pending.pop_front() {
                self.instantiate(component);
            } else if let Some(component) = self.repeated.pop_front() {
                self.repeat(component);
            } else {
                return;
            }
        }
    }

    fn instantiate(&mut self, component: ComponentId) {
        let Kind::Custom { declare: Ok(declare) } = self.graph.component(component).kind else {
            return;
        };
        if let Err(why) = self.may_open(component, declare) {
            self.graph.components[component.index()].kind = Kind::Custom { declare: Err(why) };
            return;
        }
        self.used.insert(self.graph.header(declare));
        let scope = Scope {
            kind: ScopeKind::Instance { of: component, declare },
            path: self.graph.full_id(component),
            components: Vec::new(),
            depth: self.depth_in(component),
            is_idle: false,
        };
        let written_in = Some(self.graph.component(declare).scope);
        let blocks = self.blocks_in(declare, self.graph.block(declare));
        self.expanded += blocks.len();
        let id = self.open(scope, Scoped { written_in, ..Scoped::default() }, blocks);
        self.graph.components[component.index()].inside.push(id);
    }

    fn may_open(&mut self, component: ComponentId, declare: ComponentId) -> Result<(), String> {
        let place = self.graph.header(declare);
        let mut at = Some(self.graph.component(component).scope);
        while let Some(scope) = at {
            at = match self.graph.scope(scope).kind {
                ScopeKind::Instance { declare: outer, .. } if self.graph.header(outer) == place => {
                    return Err("the `declare` uses itself".to_owned());
                }
                ScopeKind::Instance { of, .. } | ScopeKind::Item { of, .. } => {
                    Some(self.graph.component(of).scope)
                }
                _ => None,
            };
        }
        if self.depth_in(component) > DEEPEST {
            return Err(format!("modules nest deeper than {DEEPEST} levels"));
        }
        if self.expanded > MOST_EXPANDED {
            let why = format!("`declare` and `foreach` make more than {MOST_EXPANDED} components");
            if !self.graph.incomplete.contains(&why) {
                self.graph.incomplete.push(why.clone());
            }
            return Err(why);
        }
        Ok(())
    }

    fn blocks_in(&self, holder: ComponentId, block: Block<'_>) -> Vec<(FileId, StmtId)> {
        let file = self.graph.component(holder).file;
        block.body().blocks().map(|block| (file, block.id())).collect()
    }

    fn repeat(&mut self, foreach: ComponentId) {
        let found = self.graph.component(foreach);
        let (outer, file) = (found.scope, found.file);
        let Some(template) = self.graph.block(foreach).body().blocks_named("template").next_back()
        else {
            return;
        };
        let blocks: Vec<_> = template.body().blocks().map(|block| (file, block.id())).collect();
        let is_idle = self.graph.scope(outer).is_idle;
        let collection = if is_idle {
            Value::unknown("nothing uses the module")
        } else {
            Values::new(&self.graph, &prover::memo(&self.graph))
                .argument(foreach, "collection")
                .unwrap_or(Value::Null)
        };
        let variable = self.graph.variable_of(foreach);
        let items: Vec<(Option<usize>, Value)> = match &collection {
            Value::Array(array) => array
                .items()
                .iter()
                .cloned()
                .enumerate()
                .map(|(at, item)| (Some(at), item))
                .collect(),
            Value::Unknown(_) => vec![(None, collection)],
            _ => Vec::new(),
        };
        let path = self.graph.full_id(foreach);
        for (index, item) in items {
            if self.depth_in(foreach) > DEEPEST || self.expanded > MOST_EXPANDED {
                self.graph.incomplete.push(format!("`{path}` was not repeated to its end"));
                return;
            }
            self.expanded += blocks.len().max(1);
            let scope = Scope {
                kind: ScopeKind::Item { of: foreach, index },
                path: format!("{path}/{}", index.map_or(1, |index| index + 1)),
                components: Vec::new(),
                depth: self.depth_in(foreach),
                is_idle,
            };
            let names = Scoped {
                around: Some(outer),
                variable: variable.clone().map(|name| (name, item)),
                ..Scoped::default()
            };
            let id = self.open(scope, names, blocks.clone());
            self.graph.components[foreach.index()].inside.push(id);
        }
    }

    /// Opens the declares that nothing uses, so that their faults are seen.
    fn look_into_unused(&mut self) {
        let mut next = 0;
        while next < self.graph.components.len() {
            let declare = ComponentId::new(next);
            next += 1;
            if self.graph.component(declare).kind != Kind::Declare
                || self.depth_in(declare) > DEEPEST
                || !self.used.insert(self.graph.header(declare))
            {
                continue;
            }
            let scope = Scope {
                kind: ScopeKind::Definition { of: declare },
                path: self.graph.full_id(declare),
                components: Vec::new(),
                depth: self.depth_in(declare),
                is_idle: true,
            };
            let written_in = Some(self.graph.component(declare).scope);
            let blocks = self.blocks_in(declare, self.graph.block(declare));
            let id = self.open(scope, Scoped { written_in, ..Scoped::default() }, blocks);
            self.graph.components[declare.index()].inside.push(id);
            self.expand();
        }
    }
}

/// The list in which Alloy looks for a block of the same id, and what the block is.
fn classify(block: Block<'_>) -> (u8, Kind) {
    let schema = Schema::latest();
    let name = block.name();
    match name {
        "declare" => (0, Kind::Declare),
        "argument" => (1, Kind::Argument),
        "export" => (1, Kind::Export),
        "foreach" => (1, Kind::Foreach),
        "logging" | "tracing" => (1, Kind::Setting),
        _ if name.starts_with("import.") && schema.config_block(name).is_some() => {
            (1, Kind::Import)
        }
        _ if block.label().is_none() && schema.service(name).is_some() => (2, Kind::Setting),
        _ => (3, Kind::Unknown),
    }
}

/// Whether some version of Alloy has the component.
fn is_known(name: &str) -> bool {
    Schema::latest().component(name).is_some()
        || Version::known().any(|version| Schema::for_version(version).component(name).is_some())
}
