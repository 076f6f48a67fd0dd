//! Alloy's own HTTP server: where it listens, and what it answers.
//!
//! Asks it, live; finds the same answers in a snapshot under `--root`. What the answers mean is
//! read by `running`, `components` and `delivery`.

mod address;
mod ask;
mod block;
pub(super) mod list;
mod pinned;
mod streamed;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::host::Seen;
use crate::secret::lines;
use crate::system::System;

pub use address::{Access, Address, Server};
pub use ask::{Reload, reload};
pub(in crate::host) use ask::{ask_prometheus, reload_prometheus};

/// The key of a snapshot under which answers are recorded.
pub(super) const KEY: &str = "alloy_http";
const COMPONENTS: &str = "/api/v0/web/components";

/// One answer of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The type of the body, as sent.
    #[serde(default)]
    pub content_type: String,
    /// The body: of metrics only the lines that matter, of lists only the fields.
    pub body: String,
}

/// What the server answered, by `GET /path` (without the UI prefix).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The answers.
    pub answers: BTreeMap<String, Answer>,
    /// A second look at the metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<Later>,
}

/// A second look at the metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// How many seconds after the first.
    pub seconds: u64,
    /// The metrics.
    pub metrics: Answer,
}

/// A longer answer is no message.
const LONGEST_MESSAGE: usize = 4096;

/// How long to ask.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For all answers together, without the wait.
    pub timeout: Duration,
    /// How long to wait for a second look at the metrics; none: one look.
    pub watch: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { timeout: Duration::from_secs(5), watch: None }
    }
}

/// What Alloy's server says, live or recorded. What is secret in its messages is told to the vault.
pub fn answers(system: &System, server: &Server, patience: Patience) -> Seen<Answers> {
    let answers = asked(system, server, patience);
    if let Seen::Known(answers) = &answers {
        for (path, answer) in &answers.answers {
            let is_short = answer.body.len() <= LONGEST_MESSAGE;
            let entries = list::is_list(path).then(|| list::parse(&answer.body)).flatten();
            let entries = entries.unwrap_or_default().into_iter();
            let messages = entries
                .map(|entry| entry.health.message)
                .chain(is_short.then(|| answer.body.clone()));
            messages
                .filter(|message| message.len() <= LONGEST_MESSAGE)
                .for_each(|message| lines::register_message(&message, system.secrets()));
        }
    }
    answers
}

fn asked(system: &System, server: &Server, patience: Patience) -> Seen<Answers> {
    if let Some(alloy) = system.alloy_http() {
        return match ask::all(alloy, server, patience) {
            Ok(answers) => Seen::Known(answers),
            Err(hidden) => Seen::Hidden(hidden),
        };
    }
    let Some(recorded) = system.snapshot().and_then(|snapshot| snapshot.other.get(KEY)) else {
        return Seen::NotRecorded;
    };
    match serde_json::from_value::<Answers>(recorded.clone()) {
        Ok(recorded) => Seen::Known(recorded.without_prefix(server)),
        Err(error) => Seen::hidden(format!("the recorded answers cannot be read: {error}")),
    }
}

impl Answers {
    /// The answer to a question, if it was asked.
    pub fn get(&self, path: &str) -> Option<&Answer> {
        self.answers.get(&format!("GET {path}"))
    }

    /// The metrics, if the server gave them.
    pub fn metrics(&self) -> Option<&str> {
        self.get("/metrics").filter(|answer| answer.status == 200).map(|answer| &*answer.body)
    }

    /// Why the server told nothing, if it did not.
    pub fn refusal(&self) -> Option<String> {
        let answer = self.get("/metrics")?;
        match answer.status {
            200 => None,
            401 | 403 => Some("Alloy's HTTP server wants credentials".to_owned()),
            status => Some(format!("Alloy's HTTP server answers {status} to /metrics")),
        }
    }

    /// A recording may hold the paths as they were asked, with the prefix of the user interface.
    fn without_prefix(mut self, server: &Server) -> Answers {
        let prefix = server.prefix.as_str();
        if prefix.is_empty() {
            return self;
        }
        let moved: Vec<(String, Answer)> = self
            .answers
            .iter()
            .filter_map(|(path, answer)| {
                let rest = path.strip_prefix("GET ")?.strip_prefix(prefix)?;
                rest.starts_with("/api/").then(|| (format!("GET {rest}"), answer.clone()))
            })
            .collect();
        self.answers.extend(moved);
        self
    }
}
