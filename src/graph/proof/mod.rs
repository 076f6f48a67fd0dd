//! The label proof: what labels and metrics reach an endpoint, on every path to it.
//!
//! An abstract interpretation, explained with a worked example in `docs/proof.md`. A [`Variant`] is
//! one possible set of labels; rules split variants where they depend on what is not known. What is
//! said is certain or says why it is not; a value is listed only if no rule excludes it.

mod md5;
mod path;
mod pattern;
mod relabel;
mod rule;
mod scrape;
mod state;
mod template;
mod trail;
mod variant;

use std::sync::Arc;

pub use path::{Limits, Path, Sink, paths};
pub use pattern::Pattern;
pub use relabel::{Dropped, Relabelled, Subject};
pub use rule::{Action, Rule, Rules};
pub use state::{LabelState, MetricProof, MetricState, Reached};
pub use template::Template;
pub use trail::{Step, Trail};
pub use variant::{Content, Label, Symbol, Variant};

pub(super) use relabel::{apply, step};
pub(super) use trail::Trails;

use super::exporter::CHARTED;

/// The labels the proof is about.
pub const INTEREST: &[&str] = &["agentID", "exporter_name"];

/// Which metric a stream of series is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// `up`, which Alloy itself makes for every scrape.
    Up,
    /// One that Trento charts.
    Charted(&'static str),
    /// Any other.
    Other,
}

impl Metric {
    /// The name of `up` or of a charted metric.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Metric::Up => Some("up"),
            Metric::Charted(name) => Some(name),
            Metric::Other => None,
        }
    }
}

/// A series of that name and no other label.
pub(super) fn named(name: &str) -> Variant {
    let mut variant = Variant::new(None);
    variant.set("__name__", Label::known(name, Trail::START));
    variant
}

/// A series of a name that begins so and is none of the charted ones; its labels are not known.
pub(super) fn unnamed(prefix: &'static str, reason: &str) -> Variant {
    let mut variant = Variant::new(Some(reason.into()));
    let mut symbol = Symbol::new(format!("{reason}/__name__"), reason);
    symbol.is_present = true;
    symbol.prefix = prefix;
    symbol.is_not = Arc::from(not_other());
    variant.set("__name__", Label { content: Content::Unknown(symbol), trail: Trail::START });
    variant
}

/// The names that an unnamed series does not have, as they are looked at by themselves.
fn not_other() -> Vec<&'static str> {
    CHARTED.iter().map(|(name, ..)| *name).chain(scrape::MADE.iter().copied()).collect()
}
