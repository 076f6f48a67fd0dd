//! What a server does beyond taking one write: with strangers, with whole batches, and with the
//! series that arrived.
//!
//! Three more questions, none of which stores or changes anything, and one look at Trento's list
//! of hosts to be pulled. Says what was answered; `findings` says what is wrong with it.

mod arrival;
mod ask;
mod findings;

use serde::Serialize;
use serde_json::{Value as Json, json};

pub use arrival::{Exporter, Shown, exporters};
pub(super) use ask::Asking;
pub use findings::{Finding, Severity, findings};

/// Whose series are asked for, and by what names Trento expects them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The agent's ID.
    pub agent_id: String,
    /// The exporter that the agent announces to Trento.
    pub exporter_name: String,
    /// Whether the agent is in push mode.
    pub pushes: bool,
    /// Whether series must have arrived by now; none where that is not known.
    pub is_settled: Option<bool>,
}

/// What was answered beyond the write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The same empty write from somebody without credentials.
    pub strangers: Strangers,
    /// A write as large as a whole batch.
    pub batches: Batches,
    /// The query for this host's `up`.
    pub series: Series,
    /// Trento's list of hosts to be pulled.
    pub pull_list: PullList,
}

/// What became of an empty write without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// It was not sent, for this reason.
    NotAsked(&'static str),
    /// It was refused, and with what.
    Refused(String),
    /// It was accepted, with this status.
    Accepted(u16),
    /// The answer is neither.
    Unclear(String),
}

/// What became of a large write that stores nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batches {
    /// It was not sent, for this reason.
    NotAsked(&'static str),
    /// It was accepted.
    Accepted,
    /// It was too large; so many bytes were accepted, 0 if not even a usual batch was.
    TooLarge(usize),
    /// The answer is neither.
    Unclear(String),
}

/// What the server answered to the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Series {
    /// It was not asked, for this reason.
    NotAsked(String),
    /// The series, in the server's order.
    Found(Vec<Up>),
    /// The server is a Prometheus in agent mode: it answers no query, whoever asks.
    NoQueryApi,
    /// 401 or 403.
    NotAllowed(u16),
    /// Something else stands where the queries are answered.
    NotExposed(String),
}

/// One series of `up`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Up {
    /// Its label exporter_name, if it has one.
    pub exporter_name: Option<String>,
    /// Its latest value, as the server writes it.
    pub value: String,
}

/// Whether Trento lists the host as one to be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullList {
    /// It was not looked at, for this reason.
    NotAsked(&'static str),
    /// It does.
    Listed,
    /// It does not.
    NotListed,
    /// There is no such list to be seen.
    Unclear(String),
}

impl Serialize for Edge {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answered = |state: &str, message: &str| json!({"state": state, "message": message});
        let strangers = match &self.strangers {
            Strangers::NotAsked(why) => answered("not_asked", why),
            Strangers::Refused(how) => answered("refused", how),
            Strangers::Accepted(status) => answered("accepted", &status.to_string()),
            Strangers::Unclear(what) => answered("unclear", what),
        };
        let batches = match &self.batches {
            Batches::NotAsked(why) => answered("not_asked", why),
            Batches::Accepted => answered("accepted", ""),
            Batches::TooLarge(_) => answered("too_large", "413"),
            Batches::Unclear(what) => answered("unclear", what),
        };
        let pull_list = match &self.pull_list {
            PullList::NotAsked(why) => answered("not_asked", why),
            PullList::Listed => answered("listed", ""),
            PullList::NotListed => answered("not_listed", ""),
            PullList::Unclear(what) => answered("unclear", what),
        };
        json!({
            "strangers": strangers,
            "batches": batches,
            "series": self.series.to_json(),
            "pull_list": pull_list,
        })
        .serialize(serializer)
    }
}

impl Series {
    fn to_json(&self) -> Json {
        let (state, message) = match self {
            Series::NotAsked(why) => ("not_asked", why.clone()),
            Series::Found(_) => ("found", String::new()),
            Series::NoQueryApi => ("no_query_api", "422".to_owned()),
            Series::NotAllowed(status) => ("not_allowed", status.to_string()),
            Series::NotExposed(what) => ("not_exposed", what.clone()),
        };
        let found = match self {
            Series::Found(found) => found.as_slice(),
            _ => &[],
        };
        let found: Vec<Json> = found
            .iter()
            .map(|up| json!({"exporter_name": up.exporter_name, "value": up.value}))
            .collect();
        json!({"state": state, "message": message, "found": found})
    }
}
