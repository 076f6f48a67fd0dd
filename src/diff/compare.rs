//! Compares two sides component by component, and bodies argument by argument.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::diff::align::{Alignment, align};
use crate::diff::body::{Argument, Body, Nested, Order, Reader, group_of, order_of};
use crate::diff::canon::Canon;
use crate::diff::pairing;
use crate::diff::show;
use crate::diff::symbols::Symbols;
use crate::diff::typed::BodyType;
use crate::diff::{Change, Kind, Side};
use crate::graph::schema::Schema;
use crate::graph::{self, ComponentId};
use crate::proof;
use crate::secret::SecretNames;
use crate::source::At;

/// The changes from one side to the other.
pub fn sides(a: &Side<'_>, b: &Side<'_>, schema: Schema, secrets: &mut SecretNames) -> Vec<Change> {
    let found = pairing::pair(a, b, schema);
    let (names_a, names_b) = pairing::final_names(a.graph, b.graph, &found);
    let (symbols_a, symbols_b) = (Symbols::new(a.graph, names_a), Symbols::new(b.graph, names_b));
    let old = Reader { graph: a.graph, symbols: &symbols_a };
    let new = Reader { graph: b.graph, symbols: &symbols_b };
    let mut changes = Vec::new();
    for &(before, after) in &found.pairs {
        if a.has(before) || b.has(after) {
            let of = BodyType::of_component(schema, &b.graph.component(after).name);
            let (body_a, body_b) = (old.component(before, of.clone()), new.component(after, of));
            let mut component = Component {
                id: b.graph.component(after).local_id.to_string(),
                was: Some(a.graph.component(before).local_id.to_string()),
                secrets,
                changes: &mut changes,
            };
            component.renamed(header(a, before), header(b, after));
            component.bodies("", &body_a, &body_b);
        }
    }
    for (side, reader, ids, kind) in
        [(a, &old, &found.removed, Kind::Removed), (b, &new, &found.added, Kind::Added)]
    {
        for &id in ids.iter().filter(|&&id| side.has(id)) {
            alone(side, reader, id, kind, schema, secrets, &mut changes);
        }
    }
    changes
}

fn header(side: &Side<'_>, id: ComponentId) -> Option<At> {
    side.graph.at(side.graph.header(id))
}

/// A component that is on one side only. Settings that set nothing are as good as absent.
fn alone(
    side: &Side<'_>,
    reader: &Reader<'_, '_>,
    id: ComponentId,
    kind: Kind,
    schema: Schema,
    secrets: &mut SecretNames,
    changes: &mut Vec<Change>,
) {
    let found = side.graph.component(id);
    let body = reader.component(id, BodyType::of_component(schema, &found.name));
    if found.kind == graph::Kind::Setting && body.is_empty() {
        return;
    }
    let shown = show::body(&body, secrets);
    let at = header(side, id);
    let id = found.local_id.to_string();
    let change = Change {
        kind,
        component_before: (kind == Kind::Removed).then(|| id.clone()),
        component: id,
        path: String::new(),
        before: Json::Null,
        after: Json::Null,
        at_a: None,
        at_b: None,
    };
    changes.push(match kind {
        Kind::Removed => Change { before: shown, at_a: at, ..change },
        _ => Change { after: shown, at_b: at, ..change },
    });
}

/// A component that is on both sides.
struct Component<'c> {
    id: String,
    was: Option<String>,
    secrets: &'c mut SecretNames,
    changes: &'c mut Vec<Change>,
}

/// What one side has at a path.
#[derive(Default)]
struct Found {
    shown: Json,
    at: Option<At>,
}

impl Component<'_> {
    fn push(&mut self, kind: Kind, path: String, before: Found, after: Found) {
        self.changes.push(Change {
            kind,
            component: self.id.clone(),
            path,
            before: before.shown,
            after: after.shown,
            at_a: before.at,
            at_b: after.at,
            component_before: self.was.clone(),
        });
    }

    fn renamed(&mut self, at_a: Option<At>, at_b: Option<At>) {
        if let Some(was) = self.was.clone().filter(|was| *was != self.id) {
            let before = Found { shown: json!(was), at: at_a };
            let after = Found { shown: json!(self.id), at: at_b };
            self.push(Kind::Renamed, String::new(), before, after);
        }
    }

    fn bodies(&mut self, path: &str, a: &Body, b: &Body) {
        let names: BTreeSet<&String> = a.arguments.keys().chain(b.arguments.keys()).collect();
        for name in names {
            let path = joined(path, name);
            match (a.arguments.get(name), b.arguments.get(name)) {
                (Some(old), Some(new)) => self.arguments(path, name, (a, old), (b, new)),
                (Some(old), None) if !a.is_default(name, old) => {
                    let before = self.argument(a, name, old);
                    self.push(Kind::Removed, path, before, Found::default());
                }
                (None, Some(new)) if !b.is_default(name, new) => {
                    let after = self.argument(b, name, new);
                    self.push(Kind::Added, path, Found::default(), after);
                }
                _ => {}
            }
        }
        let mut groups: BTreeMap<&str, (Vec<&Nested>, Vec<&Nested>)> = BTreeMap::new();
        for block in &a.blocks {
            groups.entry(group_of(&block.name)).or_default().0.push(block);
        }
        for block in &b.blocks {
            groups.entry(group_of(&block.name)).or_default().1.push(block);
        }
        for (old, new) in groups.values() {
            self.blocks(path, b, old, new);
        }
    }

    fn argument(&mut self, body: &Body, name: &str, argument: &Argument) -> Found {
        let shown = show::argument(body, name, argument, self.secrets);
        Found { shown, at: argument.at.clone() }
    }

    /// An argument that is written on both sides.
    fn arguments(
        &mut self,
        path: String,
        name: &str,
        (body_a, old): (&Body, &Argument),
        (body_b, new): (&Body, &Argument),
    ) {
        if old.canon.is_same(&new.canon) || name == "url" && is_same_url(old, new) {
            return;
        }
        let (Canon::Map(before), Canon::Map(after)) = (&old.canon, &new.canon) else {
            let before = self.argument(body_a, name, old);
            let after = self.argument(body_b, name, new);
            return self.push(Kind::Changed, path, before, after);
        };
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let (one, other) = (before.get(key), after.get(key));
            let kind = match (one, other) {
                (Some(one), Some(other)) if one.is_same(other) => continue,
                (Some(_), Some(_)) => Kind::Changed,
                (Some(_), None) => Kind::Removed,
                _ => Kind::Added,
            };
            let at = |present: bool, argument: &Argument| argument.at.clone().filter(|_| present);
            let shown = show::entry(body_a, name, key, one, self.secrets);
            let before = Found { shown, at: at(one.is_some(), old) };
            let shown = show::entry(body_b, name, key, other, self.secrets);
            let after = Found { shown, at: at(other.is_some(), new) };
            self.push(kind, joined(&path, key), before, after);
        }
    }

    /// Blocks that belong together: those of one name, or all stages.
    fn blocks(&mut self, path: &str, body: &Body, a: &[&Nested], b: &[&Nested]) {
        let several = |name: &str| {
            let count = |blocks: &[&Nested]| blocks.iter().filter(|x| x.name == name).count();
            count(a) > 1 || count(b) > 1
        };
        let place = |row: &[&Nested], at: usize| {
            let name = &row[at].name;
            if !several(name) {
                return joined(path, name);
            }
            let index = row[..at].iter().filter(|block| block.name == *name).count();
            format!("{}[{index}]", joined(path, name))
        };
        if let ([old], [new]) = (a, b)
            && old.name == new.name
        {
            let path = place(b, 0);
            return self.labelled(&path, old, new);
        }
        let order = a.iter().chain(b).next().map_or(Order::MeansNothing, |x| order_of(&x.name));
        let Alignment { same: _, changed, moved, removed, added } = align(a, b, order);
        for (i, j) in moved {
            let (before, after) = (self.block(a[i]), self.block(b[j]));
            self.push(Kind::Moved, place(b, j), before, after);
            self.labelled(&place(b, j), a[i], b[j]);
        }
        for (i, j) in changed {
            self.labelled(&place(b, j), a[i], b[j]);
        }
        // One block that sets nothing is as good as none.
        let counts = |block: &Nested| {
            !block.body.is_empty() || body.of.may_repeat(&block.name) || several(&block.name)
        };
        for i in removed.into_iter().filter(|&i| counts(a[i])) {
            let before = self.block(a[i]);
            self.push(Kind::Removed, place(a, i), before, Found::default());
        }
        for j in added.into_iter().filter(|&j| counts(b[j])) {
            let after = self.block(b[j]);
            self.push(Kind::Added, place(b, j), Found::default(), after);
        }
    }

    fn block(&mut self, block: &Nested) -> Found {
        Found { shown: show::body(&block.body, self.secrets), at: block.at.clone() }
    }

    fn labelled(&mut self, path: &str, a: &Nested, b: &Nested) {
        if a.label != b.label {
            let before = Found { shown: json!(a.label), at: a.at.clone() };
            let after = Found { shown: json!(b.label), at: b.at.clone() };
            self.push(Kind::Renamed, path.to_owned(), before, after);
        }
        self.bodies(path, &a.body, &b.body);
    }
}

/// Whether two texts are the same URL in another spelling.
fn is_same_url(a: &Argument, b: &Argument) -> bool {
    match (&a.canon, &b.canon) {
        (Canon::Leaf(a), Canon::Leaf(b)) => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => proof::is_same_url(a, b),
            _ => false,
        },
        _ => false,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
