//! Pairs the components of two sides: by id, then by what they say and who refers to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::diff::Side;
use crate::diff::align::similarity;
use crate::diff::body::Reader;
use crate::diff::symbols::Symbols;
use crate::diff::typed::BodyType;
use crate::graph::schema::Schema;
use crate::graph::{ComponentId, Graph, Kind, ScopeKind, Target};

/// How much a component must have in common with one of another label to be the same renamed.
const ALIKE: f64 = 0.5;
/// More pairs of candidates are not looked at.
const MOST_PAIRS: usize = 10_000;

/// Which component is which.
#[derive(Debug, Default)]
pub struct Pairing {
    /// The same component on both sides, in the second side's order.
    pub pairs: Vec<(ComponentId, ComponentId)>,
    /// Only on the first side.
    pub removed: Vec<ComponentId>,
    /// Only on the second side.
    pub added: Vec<ComponentId>,
}

/// Pairs what is compared.
pub fn pair(a: &Side<'_>, b: &Side<'_>, schema: Schema) -> Pairing {
    let mut found = by_id(a.graph, b.graph);
    rename(a, b, schema, &mut found);
    let order: HashMap<ComponentId, usize> =
        b.graph.components().enumerate().map(|(at, (id, _))| (id, at)).collect();
    found.pairs.sort_by_key(|(_, id)| order.get(id).copied());
    found
}

/// What is compared, in load order: components and settings that run. A `declare` that is used, an
/// import that was loaded and a `foreach` that was unrolled are only ways to write what is in them.
fn compared(graph: &Graph) -> Vec<ComponentId> {
    let used = used(graph);
    let all = graph.components();
    all.filter(|(id, _)| is_compared(graph, *id, &used)).map(|(id, _)| id).collect()
}

fn is_compared(graph: &Graph, id: ComponentId, used: &HashSet<ComponentId>) -> bool {
    let component = graph.component(id);
    let scope = graph.scope(component.scope);
    if scope.is_idle {
        return false;
    }
    match &component.kind {
        Kind::Builtin | Kind::Unknown | Kind::Setting => true,
        Kind::Custom { declare } => declare.is_err(),
        Kind::Argument | Kind::Export => false,
        Kind::Declare => !used.contains(&id),
        Kind::Foreach => component
            .inside
            .iter()
            .any(|&inside| matches!(graph.scope(inside).kind, ScopeKind::Item { index: None, .. })),
        Kind::Import => graph
            .imports()
            .iter()
            .any(|import| import.component == id && import.outcome.reason().is_some()),
    }
}

/// The `declare` blocks that something uses that runs.
fn used(graph: &Graph) -> HashSet<ComponentId> {
    let running = graph.components().filter(|(_, it)| !graph.scope(it.scope).is_idle);
    let declares = running.filter_map(|(_, component)| match component.kind {
        Kind::Custom { declare: Ok(declare) } => Some(declare),
        _ => None,
    });
    declares.collect()
}

fn by_id(a: &Graph, b: &Graph) -> Pairing {
    let mut found = Pairing::default();
    let mut waiting: HashMap<&str, VecDeque<ComponentId>> = HashMap::new();
    let candidates = compared(a);
    for &id in &candidates {
        waiting.entry(&a.component(id).local_id).or_default().push_back(id);
    }
    for id in compared(b) {
        let component = b.component(id);
        let queue = waiting.get_mut(component.local_id.as_str());
        let partner = queue.and_then(|queue| {
            // Of several with the id, the one in the module of the same name.
            let path = b.full_id(id);
            let exact = queue.iter().position(|&other| a.full_id(other) == path);
            queue.remove(exact.unwrap_or(0))
        });
        match partner {
            Some(other) => found.pairs.push((other, id)),
            None => found.added.push(id),
        }
    }
    let paired: BTreeSet<ComponentId> = found.pairs.iter().map(|(id, _)| *id).collect();
    found.removed = candidates.into_iter().filter(|id| !paired.contains(id)).collect();
    found
}

/// Finds components that only have another label: same name, and much in common.
fn rename(a: &Side<'_>, b: &Side<'_>, schema: Schema, found: &mut Pairing) {
    let candidates = |ids: &[ComponentId], side: &Side<'_>| -> Vec<ComponentId> {
        ids.iter().copied().filter(|&id| can_be_renamed(side, id)).collect()
    };
    let (gone, come) = (candidates(&found.removed, a), candidates(&found.added, b));
    if gone.is_empty() || come.is_empty() || gone.len() * come.len() > MOST_PAIRS {
        return;
    }
    // Renamed components may refer to each other, so while it is open who is who they go by name.
    let (names_a, names_b) = open_names(a.graph, b.graph, found);
    let (before, after) =
        (said(a.graph, names_a, &gone, schema), said(b.graph, names_b, &come, schema));
    let mut scores = Vec::new();
    for (i, (gone, before)) in gone.iter().zip(&before).enumerate() {
        for (j, (come, after)) in come.iter().zip(&after).enumerate() {
            if a.graph.component(*gone).name == b.graph.component(*come).name {
                let score = similarity(before, after);
                if score >= ALIKE {
                    scores.push((score, i, j));
                }
            }
        }
    }
    scores.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    for (_, i, j) in scores {
        if !old.contains(&gone[i]) && !new.contains(&come[j]) {
            old.insert(gone[i]);
            new.insert(come[j]);
            found.pairs.push((gone[i], come[j]));
        }
    }
    found.removed.retain(|id| !old.contains(id));
    found.added.retain(|id| !new.contains(id));
}

fn can_be_renamed(side: &Side<'_>, id: ComponentId) -> bool {
    let component = side.graph.component(id);
    side.has(id) && component.is_component() && component.label.is_some()
}

/// What each component goes by while it is open who is who: pairs by their id, others by name.
fn open_names(a: &Graph, b: &Graph, found: &Pairing) -> (Names, Names) {
    let (mut names_a, mut names_b) = (Names::new(), Names::new());
    for (old, new) in &found.pairs {
        let name = b.component(*new).local_id.to_string();
        names_a.insert(*old, name.clone());
        names_b.insert(*new, name);
    }
    names_a.extend(found.removed.iter().map(|&id| (id, format!("?{}", a.component(id).name))));
    names_b.extend(found.added.iter().map(|&id| (id, format!("?{}", b.component(id).name))));
    (names_a, names_b)
}

/// What components go by in a comparison.
pub type Names = BTreeMap<ComponentId, String>;

/// What components go by once it is clear who is who.
pub fn final_names(a: &Graph, b: &Graph, found: &Pairing) -> (Names, Names) {
    let (mut names_a, mut names_b) = (Names::new(), Names::new());
    for (old, new) in &found.pairs {
        // Two instances of a module have components of the same id.
        let name = b.full_id(*new);
        names_a.insert(*old, name.clone());
        names_b.insert(*new, name);
    }
    names_a.extend(found.removed.iter().map(|&id| (id, format!("a:{}", a.full_id(id)))));
    names_b.extend(found.added.iter().map(|&id| (id, format!("b:{}", b.full_id(id)))));
    (names_a, names_b)
}

/// What components say, and who refers to them, as sorted lists.
fn said(graph: &Graph, names: Names, ids: &[ComponentId], schema: Schema) -> Vec<Vec<String>> {
    let referrers = referrers(graph, &names);
    let symbols = Symbols::new(graph, names);
    let reader = Reader { graph, symbols: &symbols };
    let lines = |id: &ComponentId| {
        let of = BodyType::of_component(schema, &graph.component(*id).name);
        let mut lines = reader.component(*id, of).leaves();
        lines.extend(referrers.get(id).into_iter().flatten().cloned());
        lines.sort();
        lines
    };
    ids.iter().map(lines).collect()
}

/// Who refers to each component.
fn referrers(graph: &Graph, names: &Names) -> HashMap<ComponentId, BTreeSet<String>> {
    let mut found: HashMap<ComponentId, BTreeSet<String>> = HashMap::new();
    for (id, _) in graph.components() {
        let Some(name) = names.get(&id) else { continue };
        for reference in graph.references_of(id) {
            if let Target::Component { id: target, .. } = &reference.target {
                found.entry(*target).or_default().insert(format!("<-{name}"));
            }
        }
    }
    found
}
