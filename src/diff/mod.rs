//! From two configurations to the semantic changes between them.
//!
//! What is compared is what Alloy would run: components by name and label wherever they stand,
//! with `declare`, `foreach` and imports expanded, arguments by value, defaults as if they were
//! written. Spelling, order where it means nothing, comments and layout are no change.
//!
//! A caller builds a [`Graph`] of each side, makes a [`Side`] of it (the whole, or only some
//! components: a check of Trento's pipeline leaves the rest of the host out of it with
//! [`Side::of_components`]), and asks [`compare`]. Two texts are compared line by line by
//! [`lines::unified`], with their secrets taken out by [`SecretNames::configuration`] before; an old
//! template, what is deployed and a new template by [`three_way::compare`].
//!
//! Secrets are compared by value and shown as `(secret A)`.

mod align;
mod body;
mod canon;
mod compare;
pub mod lines;
mod pairing;
pub mod prometheus;
mod show;
mod symbols;
pub mod three_way;
mod typed;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

use crate::graph::schema::Schema;
use crate::graph::{ComponentId, Graph};
use crate::secret::SecretNames;
use crate::source::At;

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is on the second side only.
    Added,
    /// It is on the first side only.
    Removed,
    /// It has another value.
    Changed,
    /// A component has another label; references to it follow without a word.
    Renamed,
    /// A block stands elsewhere among its like, where their order matters.
    Moved,
}

impl Kind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Changed => "changed",
            Kind::Renamed => "renamed",
            Kind::Moved => "moved",
        }
    }
}

/// One semantic change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// The component: its id on the second side, on the first where it was removed; without the
    /// name of the module it stands in.
    pub component: String,
    /// The argument within the component: `endpoint.url`, `rule[1].replacement`; empty for the
    /// component itself.
    pub path: String,
    /// What was there, secrets as `(secret A)`; null where nothing was.
    pub before: Json,
    /// What is there now; null where nothing is.
    pub after: Json,
    /// Where it was.
    pub at_a: Option<At>,
    /// Where it is.
    pub at_b: Option<At>,
    /// The component's id on the first side, if it is there.
    #[serde(skip)]
    pub component_before: Option<String>,
}

/// One of the two configurations that are compared.
#[derive(Clone, Debug)]
pub struct Side<'g> {
    graph: &'g Graph,
    only: Option<BTreeSet<ComponentId>>,
}

impl<'g> Side<'g> {
    /// Everything in the graph.
    pub fn whole(graph: &'g Graph) -> Side<'g> {
        Side { graph, only: None }
    }

    /// Some components of the graph. What is paired with one of them on the other side counts,
    /// whether it is chosen there or not; all else is left out.
    pub fn of_components(
        graph: &'g Graph,
        components: impl IntoIterator<Item = ComponentId>,
    ) -> Side<'g> {
        Side { graph, only: Some(components.into_iter().collect()) }
    }

    fn has(&self, id: ComponentId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&id))
    }
}

/// The changes from one side to the other, by the defaults of the newest known Alloy.
pub fn compare(a: &Side<'_>, b: &Side<'_>) -> Vec<Change> {
    let mut names = SecretNames::new().knowing(a.graph.context().files.secrets());
    compare_with(a, b, Schema::latest(), &mut names)
}

/// The changes from one side to the other, by the defaults of a given Alloy and with secrets shown
/// under given names.
pub fn compare_with(
    a: &Side<'_>,
    b: &Side<'_>,
    schema: Schema,
    secrets: &mut SecretNames,
) -> Vec<Change> {
    compare::sides(a, b, schema, secrets)
}
