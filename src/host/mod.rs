//! The running host: what systemd, /proc and Alloy's own HTTP server say, live or as recorded.
//!
//! Every answer can be kept in `snapshot.json` and is found there again under `--root`. Judges
//! nothing, and writes nothing but the recording; what it may not see it says so.

pub mod access;
pub mod alloy_http;
pub mod components;
pub mod delivery;
mod metrics;
pub mod package;
pub mod process;
pub mod prometheus_http;
pub mod recording;
pub mod running;
pub mod service;
pub mod storage;

/// What was seen of the running host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It was seen.
    Known(T),
    /// There is no running host here, and the snapshot holds no recording of one.
    NotRecorded,
    /// It should be there but could not be seen.
    Hidden(Hidden),
}

/// Why something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// In one clause.
    pub reason: String,
    /// Whether more privileges would help.
    pub lacks_permission: bool,
}

impl<T> Seen<T> {
    /// Makes another value of what was seen.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Seen::Known(value) => Seen::Known(change(value)),
            Seen::NotRecorded => Seen::NotRecorded,
            Seen::Hidden(hidden) => Seen::Hidden(hidden),
        }
    }

    /// The value, if it was seen.
    pub fn known(self) -> Option<T> {
        match self {
            Seen::Known(value) => Some(value),
            Seen::NotRecorded | Seen::Hidden(_) => None,
        }
    }

    fn hidden(reason: impl Into<String>) -> Seen<T> {
        Seen::Hidden(Hidden { reason: reason.into(), lacks_permission: false })
    }
}

/// A stranger's text as it may be shown: one line, no control characters, at most 300 characters.
fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}
