//! From a report or a diagnostic to bytes: the only module that knows what output looks like.

pub mod catalogue;
pub mod changes;
pub mod component;
pub mod fleet;
pub mod format;
mod github;
pub mod graph;
mod html;
mod human;
pub mod issue;
pub mod json;
mod junit;
mod link;
pub mod nagios;
mod place;
pub mod probing;
mod prometheus;
pub mod publish;
mod sarif;
pub mod settings;
pub mod snippet;
pub mod sources;
pub mod table;
#[cfg(test)]
mod tests;
mod text;
pub mod upgrade;
pub mod verdict;
mod view;

use std::collections::BTreeMap;

use crate::source::Source;

pub use format::Format;
pub use link::Links;

/// What a rendering needs beside the report.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the writer takes colour.
    pub color: bool,
    /// Whether only findings are shown, without what summarizes the run.
    pub is_quiet: bool,
    /// How many columns a line may have.
    pub width: usize,
    /// Where links to files lead; none where the writer takes no links.
    pub links: Option<Links>,
    /// The texts that findings point into, secrets already masked, by their paths.
    pub sources: BTreeMap<String, Source>,
    /// The host's name, as a heading.
    pub host: String,
    /// Seconds since 1970, for the formats that carry a time by their nature.
    pub now: i64,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The component graph as SVG, for the page.
    pub graph: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            color: false,
            is_quiet: false,
            width: 80,
            links: None,
            sources: BTreeMap::new(),
            host: String::new(),
            now: 0,
            seconds: 0.0,
            graph: None,
        }
    }
}
