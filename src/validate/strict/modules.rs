//! Modules at start: what is imported and used, what their users give them, what is repeated.
//!
//! A module that cannot be used does not stop Alloy; using something of it does.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::Judge;
use super::{codes, decode};
use crate::diagnostic::Severity;
use crate::eval::{Value, ValueKind};
use crate::graph::{ComponentId, Fault, Graph, Kind, Outcome, Place, ScopeKind, Target};

/// How many modules a chain of uses is followed through.
const MOST_USES: usize = 1_000;

/// Checks an `import.*` block.
pub(super) fn import(judge: &Judge<'_>, id: ComponentId) {
    let Some(import) = judge.graph.imports().iter().find(|import| import.component == id) else {
        return;
    };
    let path = import.path.as_deref().unwrap_or_default();
    let is_of_module =
        matches!(judge.graph.scope(judge.graph.component(id).scope).kind, ScopeKind::Module { .. });
    let (code, message) = match &import.outcome {
        // Of a module that cannot be loaded nothing is there; only its use stops Alloy.
        Outcome::Missing | Outcome::Unreadable(_) if is_of_module => return,
        Outcome::Missing => match judge.file(path) {
            super::judge::Found::Unknown(why) => {
                let message = format!("Alloy does not start unless {path} is there ({why})");
                let place = judge.graph.header(id);
                judge.report(place, codes::MISSING_FILE, Severity::Warning, message);
                return;
            }
            _ => (codes::MISSING_FILE, format!("{path} is not there: Alloy will not start")),
        },
        Outcome::Unknown(_) if imports_itself(judge, id) => {
            let message = "the module imports itself: Alloy hangs when it starts".to_owned();
            (codes::ENDLESS_IMPORT, message)
        }
        _ => return,
    };
    judge.report(judge.graph.header(id), code, Severity::Error, message);
}

/// Whether the file that an import names is that of a module around it.
fn imports_itself(judge: &Judge<'_>, id: ComponentId) -> bool {
    let path_of = |id| {
        let import = judge.graph.imports().iter().find(|import| import.component == id);
        import.and_then(|import| import.path.as_deref())
    };
    let own = path_of(id);
    let mut at = judge.graph.component(id).scope;
    while let ScopeKind::Module { of } = judge.graph.scope(at).kind {
        if own.is_some() && path_of(of) == own {
            return true;
        }
        at = judge.graph.component(of).scope;
    }
    false
}

/// Checks the use of a `declare`: that it is there, and gets what it asks for.
pub(super) fn custom(judge: &Judge<'_>, id: ComponentId) {
    let component = judge.graph.component(id);
    let Kind::Custom { declare } = &component.kind else { return };
    let declare = match declare {
        Ok(declare) => *declare,
        Err(reason) => {
            if is_known_to_fail(judge, id) {
                let message =
                    format!("`{}` cannot be used ({reason}): Alloy will not start", component.name);
                let place = judge.graph.header(id);
                judge.report(place, codes::UNUSABLE_MODULE, Severity::Error, message);
            }
            return;
        }
    };
    let block = judge.graph.block(id);
    for attr in block.body().attrs() {
        judge.evaluate(id, attr.value());
    }
    let arguments: Vec<_> = judge.graph.block(declare).body().blocks_named("argument").collect();
    let given: BTreeSet<&str> = block.body().attrs().map(|attr| attr.name()).collect();
    let known: BTreeSet<&str> = arguments.iter().filter_map(|argument| argument.label()).collect();
    for argument in &arguments {
        let Some(name) = argument.label() else { continue };
        let optional = argument.body().attr("optional").map(|attr| attr.value());
        let is_optional = optional
            .is_some_and(|value| judge.values.expr(declare, value).as_bool() != Some(false));
        if !is_optional && !given.contains(name) {
            let message = format!(
                "`{}` is not given its argument `{name}`: Alloy will not start",
                component.name
            );
            let place = judge.graph.header(id);
            judge.report(place, codes::UNUSABLE_MODULE, Severity::Error, message);
        }
    }
    for attr in block.body().attrs() {
        if !known.contains(attr.name()) {
            let message = format!(
                "`{}` has no argument `{}`: Alloy will not start",
                component.name,
                attr.name()
            );
            let place = judge.graph.place(id, attr.name_span());
            judge.report(place, codes::UNUSABLE_MODULE, Severity::Error, message);
        }
    }
}

/// Whether the module of a component is known not to hold it: it is there and of no use, or lacks
/// the declare. What comes from elsewhere is not known.
fn is_known_to_fail(judge: &Judge<'_>, id: ComponentId) -> bool {
    let component = judge.graph.component(id);
    let namespace = component.name.split('.').next().unwrap_or_default();
    let mut imports = judge.graph.imports().iter().filter(|import| {
        judge.graph.component(import.component).label.as_deref() == Some(namespace)
    });
    let is_self_made = || {
        judge.graph.components().any(|(_, other)| {
            other.kind == Kind::Declare && other.label.as_deref() == Some(namespace)
        })
    };
    // Several imports of one label stand in different scopes; in doubt nothing is said.
    match (imports.next(), imports.next()) {
        (Some(import), None) => {
            !matches!(import.outcome, Outcome::Unknown(_)) || is_empty_text(judge, import.component)
        }
        (None, _) => !component.name.contains('.') && is_self_made(),
        _ => false,
    }
}

fn is_empty_text(judge: &Judge<'_>, import: ComponentId) -> bool {
    judge.values.argument(import, "content").is_some_and(|content| content.as_str() == Some(""))
}

/// Checks the `declare` blocks, which nothing need use for these faults to matter.
pub(super) fn declares(judge: &Judge<'_>) {
    let graph = judge.graph;
    let uses = uses(graph);
    let mut told = BTreeSet::new();
    for (id, component) in graph.components() {
        let place = graph.header(id);
        if component.kind != Kind::Declare
            || component.duplicate_of.is_some()
            || !told.insert(place)
        {
            continue;
        }
        if component.label.as_deref() == Some("declare") {
            let message = "a declare must not be called \"declare\": Alloy will not start";
            judge.report(place, codes::UNUSABLE_MODULE, Severity::Error, message.to_owned());
        }
        if uses_itself(&uses, place) {
            let message = "the declare uses itself: Alloy will not start".to_owned();
            judge.report(place, codes::UNUSABLE_MODULE, Severity::Error, message);
        }
    }
}

/// Which `declare` blocks each uses in its body.
fn uses(graph: &Graph) -> BTreeMap<Place, BTreeSet<Place>> {
    let mut uses: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (_, scope) in graph.scopes() {
        let (ScopeKind::Instance { declare: of, .. } | ScopeKind::Definition { of }) = scope.kind
        else {
            continue;
        };
        let own = graph.header(of);
        if uses.contains_key(&own) {
            continue;
        }
        let used = scope.components.iter().filter_map(|&id| match &graph.component(id).kind {
            Kind::Custom { declare: Ok(declare) } => Some(graph.header(*declare)),
            Kind::Custom { declare: Err(why) } if why.contains("uses itself") => Some(own),
            _ => None,
        });
        uses.insert(own, used.collect());
    }
    uses
}

/// Whether a `declare` uses itself, directly or through others.
fn uses_itself(uses: &BTreeMap<Place, BTreeSet<Place>>, declare: Place) -> bool {
    let next = |place: &Place| uses.get(place).into_iter().flatten().copied();
    let mut open: Vec<Place> = next(&declare).collect();
    let mut seen = BTreeSet::new();
    while let Some(place) = open.pop() {
        if place == declare {
            return true;
        }
        if seen.insert(place) && seen.len() < MOST_USES {
            open.extend(next(&place));
        }
    }
    false
}

/// Checks that a `foreach` has a list to go through.
pub(super) fn foreach(judge: &Judge<'_>, id: ComponentId) {
    let Some(attr) = judge.graph.attr(id, "collection") else { return };
    let value = judge.evaluate(id, attr.value());
    if !decode::is_kind(&value, &[ValueKind::Array]) && !matches!(value, Value::Bytes(_)) {
        let found = value.kind().name();
        let message = format!("`collection` must be array and is {found}: Alloy will not start");
        let place = judge.graph.place(id, attr.value().span());
        judge.report(place, codes::UNUSABLE_VALUE, Severity::Error, message);
    }
}

/// Checks what the names in a block lead to, where the verdict does not.
pub(super) fn references(judge: &Judge<'_>, id: ComponentId) {
    let is_imported = !judge.graph.is_program_file(judge.graph.component(id).file);
    for reference in judge.graph.references_of(id) {
        let Target::Nothing(fault) = &reference.target else { continue };
        let (code, message) = match fault {
            Fault::Export { id, field } => {
                let owner = &judge.graph.component(*id).local_id;
                (codes::UNKNOWN_EXPORT, format!("`{owner}` does not export `{field}`"))
            }
            Fault::Argument { name } => {
                (codes::OUT_OF_SCOPE, format!("there is no `argument.{name}` here"))
            }
            Fault::Component if is_imported => {
                (codes::UNUSABLE_MODULE, format!("there is no `{}`", reference.path))
            }
            Fault::Function => {
                (codes::UNKNOWN_FUNCTION, format!("there is no function `{}`", reference.path))
            }
            Fault::Component => continue,
        };
        let message = format!("{message}: Alloy will not start");
        judge.report(reference.place, code, Severity::Error, message);
    }
}
