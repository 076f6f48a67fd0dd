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
    /// Local edits that the new template does not have, and that would be lost.
    pub conflicts: Vec<Conflict>,
}

/// A local edit at a place that the new template changes too, and otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct Conflict {
    /// The local edit.
    pub local: Change,
    /// What the upgrade does there.
    pub upgrade: Change,
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
    let mut conflicts = Vec::new();
    for local in &local_edits {
        let clash = by_the_upgrade.iter().find(|upgrade| clash(local, upgrade));
        if let Some(upgrade) = clash {
            conflicts.push(Conflict { local: local.clone(), upgrade: upgrade.clone() });
        }
    }
    ThreeWay { by_the_upgrade, local_edits, conflicts }
}

/// Whether two changes are about the same place and do not come to the same.
fn clash(local: &Change, upgrade: &Change) -> bool {
    let is_same_component = match (&local.component_before, &upgrade.component_before) {
        (Some(a), Some(b)) => a == b,
        // Both brought it in.
        (None, None) => local.component == upgrade.component,
        _ => false,
    };
    let is_within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let overlap = is_within(&local.path, &upgrade.path) || is_within(&upgrade.path, &local.path);
    let is_same_outcome =
        local.kind == upgrade.kind && local.path == upgrade.path && local.after == upgrade.after;
    is_same_component && overlap && !is_same_outcome
}
