//! Prometheus as a sender: its configuration, read as Prometheus reads it.
//!
//! Reads `prometheus.yml` and the files it names, for any version since 2.32, and says what
//! `promtool` and a start would say. Knows no host; which file it is, is the caller's to say.

mod advisories;
mod arguments;
mod check;
mod decode;
mod discovered;
mod duration;
mod fields;
mod file;
mod glob;
mod jobs;
mod meaning;
mod promtool;
mod sender;
mod size;
mod start;
mod upgrade;
mod version;
mod web;

pub use advisories::Advisory;
pub use arguments::{Arguments, Mode};
pub use file::Finding;
pub use meaning::{Meant, Part, PartKind, Rule, Setting};
pub use promtool::promtool;
pub use sender::{Configuration, Job, NotLoaded, Surroundings};
pub use start::start;
pub use upgrade::{NOT_COMPARED, Subject, upgrade};
pub use version::Version;
pub use web::WebConfig;

use crate::diagnostic::Code;

/// A number of milliseconds as Prometheus writes it: `1m30s`.
pub fn written(milliseconds: i64) -> String {
    duration::shown(milliseconds)
}

/// Raised where Prometheus does not take its configuration.
pub const NOT_ACCEPTED: Code = Code::new(
    "prometheus-configuration",
    "Prometheus does not take its configuration; `promtool check config` says the same.",
);
