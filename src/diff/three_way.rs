//! What a new template changes, what was edited locally, and what of that would be lost.

use serde::Serialize;

use crate::diff::{Change, Side, compare_with};
use crate::graph::schema::Schema;
use crate::secret::SecretNames;

/// The outcome of comparing the old template, what is deployed, and the new template.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ThreeWay {
    /// What the new template changes against the old one.
    pub by_the_upgrade: Vec<Change>,
    /// What was changed locally against the old template.
    pub local_edits: Vec<Change>,
    /// Local edits that the new template does not have: writing it loses them.
    pub conflicts: Vec<Conflict>,
}

/// A local edit that would be lost.
#[derive(Clone, Debug, Serialize)]
pub struct Conflict {
    /// The local edit.
    pub local: Change,
    /// What the upgrade does at the same place, if anything.
    pub upgrade: Option<Change>,
}

/// Compares the old template, what is deployed, and the new template.
pub fn compare(
    old: &Side<'_>,
    deployed: &Side<'_>,
    new: &Side<'_>,
    schema: Schema,
    secrets: &mut SecretNames,
) -> ThreeWay {
    let by_the_upgrade = compare_with(old, new, schema, secrets);
    let local_edits = compare_with(old, deployed, schema, secrets);
    let conflicts = local_edits
        .iter()
        .filter(|local| !by_the_upgrade.iter().any(|upgrade| is_same_outcome(local, upgrade)))
        .map(|local| Conflict {
            local: local.clone(),
            upgrade: by_the_upgrade.iter().find(|upgrade| is_same_place(local, upgrade)).cloned(),
        })
        .collect();
    ThreeWay { by_the_upgrade, local_edits, conflicts }
}

/// Whether both come to the same.
fn is_same_outcome(local: &Change, upgrade: &Change) -> bool {
    is_same_component(local, upgrade)
        && local.kind == upgrade.kind
        && local.path == upgrade.path
        && local.after == upgrade.after
}

fn is_same_component(local: &Change, upgrade: &Change) -> bool {
    match (&local.component_before, &upgrade.component_before) {
        (Some(a), Some(b)) => a == b,
        // Both brought it in.
        (None, None) => local.component == upgrade.component,
        _ => false,
    }
}

/// Whether two changes are about the same place, or one is about a place within the other's.
fn is_same_place(local: &Change, upgrade: &Change) -> bool {
    let is_within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
    };
    is_same_component(local, upgrade)
        && (is_within(&local.path, &upgrade.path) || is_within(&upgrade.path, &local.path))
}
