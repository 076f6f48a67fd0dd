//! What the names in a component's block lead to.

use std::collections::BTreeSet;

use super::component::{ComponentId, Kind, Place, ScopeId};
use super::schema::{FunctionKind, Schema};
use super::traversal::{self, Traversal};
use super::{Graph, cycle};
use crate::eval::Value;

/// One use of a name in a component's block.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The component that uses it.
    pub from: ComponentId,
    /// Where.
    pub place: Place,
    /// The whole name: `prometheus.remote_write.trento.receiver`.
    pub path: String,
    /// What it leads to.
    pub target: Target,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A component or another block with an id, and the export that is taken, if one is.
    Component {
        /// The block.
        id: ComponentId,
        /// The first name behind its id.
        field: Option<String>,
    },
    /// A variable: `module_path` or that of a `foreach`.
    Variable,
    /// The standard library.
    Library,
    /// Nothing: Alloy refuses it.
    Nothing(Fault),
}

/// Why a name leads to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No component goes by it.
    Component,
    /// The component does not export that field.
    Export {
        /// The component.
        id: ComponentId,
        /// The field.
        field: String,
    },
    /// The module has no such argument, or there is no module around.
    Argument {
        /// The argument's name.
        name: String,
    },
    /// The standard library has no such member.
    Function,
}

/// Finds the references of every component, and the cycles among them.
pub(super) fn collect(graph: &mut Graph) {
    let schema = Schema::latest();
    let mut references = Vec::new();
    let mut from = Vec::with_capacity(graph.components.len() + 1);
    for (id, component) in graph.components() {
        from.push(references.len());
        let traversals = match component.kind {
            // What stands inside is looked at in the scopes they open.
            Kind::Declare => Vec::new(),
            Kind::Foreach => graph
                .block(id)
                .body()
                .attrs()
                .flat_map(|attr| traversal::in_expr(attr.value()))
                .collect(),
            _ => traversal::in_body(graph.block(id).body()),
        };
        for traversal in traversals {
            references.push(Reference {
                from: id,
                place: graph.place(id, traversal.span),
                path: traversal.parts.join("."),
                target: graph.resolve(component.scope, &traversal, schema),
            });
        }
    }
    from.push(references.len());
    graph.references = references;
    graph.references_from = from;
    graph.cycles = cycles(graph);
}

impl Graph {
    /// The component whose id a name begins with, and how many of its parts the id takes.
    pub fn component_of(&self, scope: ScopeId, parts: &[&str]) -> Option<(ComponentId, usize)> {
        let mut at = Some(scope);
        let mut id = String::new();
        while let Some(scope) = at {
            let names = &self.names[scope.index()];
            id.clear();
            for (index, part) in parts.iter().take(names.longest).enumerate() {
                if index > 0 {
                    id.push('.');
                }
                id.push_str(part);
                if let Some(&found) = names.components.get(id.as_str()) {
                    return Some((found, index + 1));
                }
            }
            at = names.around;
        }
        None
    }

    fn resolve(&self, scope: ScopeId, traversal: &Traversal<'_>, schema: Schema) -> Target {
        let parts = &traversal.parts;
        if let Some((id, used)) = self.component_of(scope, parts) {
            return self.field_of(id, parts.get(used).copied(), schema);
        }
        if self.has_variable(scope, parts[0]) {
            return Target::Variable;
        }
        if parts[0] == "argument" {
            let name = parts.get(1).copied().unwrap_or_default().to_owned();
            return Target::Nothing(Fault::Argument { name });
        }
        let Some(first) = schema.function(parts[0]) else {
            return Target::Nothing(Fault::Component);
        };
        let is_known = match (first.kind(), parts.get(1)) {
            (FunctionKind::Namespace, Some(member)) => {
                schema.function(&format!("{}.{member}", parts[0])).is_some()
            }
            _ => true,
        };
        if is_known { Target::Library } else { Target::Nothing(Fault::Function) }
    }

    fn has_variable(&self, scope: ScopeId, name: &str) -> bool {
        name == "module_path" || self.variable(scope, name).is_some()
    }

    /// The value of the variable of a `foreach` around a scope.
    pub fn variable(&self, scope: ScopeId, name: &str) -> Option<&Value> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            let names = &self.names[scope.index()];
            if let Some((variable, value)) = &names.variable
                && variable == name
            {
                return Some(value);
            }
            at = names.around;
        }
        None
    }

    fn field_of(&self, id: ComponentId, field: Option<&str>, schema: Schema) -> Target {
        let Some(field) = field else { return Target::Component { id, field: None } };
        let component = self.component(id);
        let is_known = match &component.kind {
            Kind::Builtin => schema
                .component(&component.name)
                .is_none_or(|known| known.exports().is_some_and(|all| all.field(field).is_some())),
            Kind::Custom { declare: Ok(declare) } => self
                .block(*declare)
                .body()
                .blocks_named("export")
                .any(|export| export.label() == Some(field)),
            Kind::Argument => field == "value",
            Kind::Unknown | Kind::Custom { declare: Err(_) } => true,
            // They have an id, but nothing to take from it; Alloy finds that out when it runs.
            Kind::Declare | Kind::Export | Kind::Foreach | Kind::Import | Kind::Setting => true,
        };
        if is_known {
            Target::Component { id, field: Some(field.to_owned()) }
        } else {
            Target::Nothing(Fault::Export { id, field: field.to_owned() })
        }
    }
}

/// The circles of references within each scope, as Alloy looks for them.
fn cycles(graph: &Graph) -> Vec<Vec<ComponentId>> {
    let mut needs: Vec<Vec<u32>> = vec![Vec::new(); graph.components.len()];
    for reference in &graph.references {
        if let Target::Component { id, .. } = reference.target
            && graph.component(id).scope == graph.component(reference.from).scope
            && graph.component(reference.from).duplicate_of.is_none()
        {
            needs[reference.from.index()].push(id.index() as u32);
        }
    }
    let mut told = BTreeSet::new();
    let mut found: Vec<Vec<ComponentId>> = cycle::components(&needs)
        .into_iter()
        .filter(|part| part.len() > 1 || needs[part[0] as usize].contains(&part[0]))
        .map(|part| {
            part.into_iter().map(|part| ComponentId::new(part as usize)).collect::<Vec<_>>()
        })
        .filter(|part| told.insert(graph.header(part[0])))
        .collect();
    found.sort();
    found
}
