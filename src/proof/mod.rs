//! The label proof: what labels and metrics reach an endpoint, on every path to it.
//!
//! An abstract interpretation, explained with a worked example in `docs/proof.md`. A [`Variant`] is
//! one possible set of labels; rules split variants where they depend on what is not known. What is
//! said is certain or says why it is not; a value is listed only if no rule excludes it.

mod dialect;
mod endpoint;
mod explain;
mod feed;
mod md5;
mod names;
pub mod node_exporter;
mod path;
mod pattern;
mod pipeline;
mod place;
mod relabel;
mod rule;
mod scrape;
mod section;
pub mod series;
mod state;
mod stream;
mod template;
mod trail;
mod variant;

use std::sync::Arc;

pub use dialect::{Dialect, is_label_name};
pub use endpoint::{Endpoint, is_same_url, normal_url, without_user};
pub use explain::explain;
pub use feed::{Choice, Feed, Origin};
pub use names::Names;
pub use path::{Limits, Path, paths};
pub use pattern::Pattern;
pub use pipeline::{Exit, External, Gives, Hop, Pipeline, Sink, Source};
pub use place::{ComponentId, FileId, Place};
pub use relabel::{Dropped, Subject, apply};
pub use rule::{Action, Rule, Rules};
pub use scrape::{Exposed, NEVER, SCRAPE_LIMITS, Scrape, Scraped};
pub use section::{Argument, Section};
pub use state::{LabelState, MetricState};
pub use template::Template;
pub use trail::{Step, Trail, Trails};
pub use variant::{Content, Label, Symbol, Variant};

use node_exporter::CHARTED;

/// The labels the proof is about.
pub const INTEREST: &[&str] = &["agentID", "exporter_name"];

/// Which metric a stream of series is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// `up`, which the sender itself makes for every scrape.
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
pub fn named(name: &str) -> Variant {
    let mut variant = Variant::new(None);
    variant.set("__name__", Label::known(name, Trail::START));
    variant
}

/// A series of a name that begins so and is none of the charted ones; its labels are not known.
pub fn unnamed(prefix: &'static str, reason: &str) -> Variant {
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
