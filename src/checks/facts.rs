//! What agents said: the facts that checks are evaluated on.
//!
//! Gathers nothing: facts come from a file or from `crate::facts`.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// An object as JSON writes it.
pub type Object = Map<String, Json>;

/// One thing an agent said.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The check it was gathered for; if none is named, the first.
    pub check_id: Option<String>,
    /// The name the check gave it.
    pub name: String,
    /// What it is, or why it could not be gathered.
    pub outcome: Result<Json, FactError>,
}

/// Why a fact could not be gathered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactError {
    /// The kind of error, such as `alloy-parsing-error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened.
    pub message: String,
}

/// What one agent is asked and answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agent {
    /// The agent's id.
    pub agent_id: String,
    /// What `exclude` expressions see as `host`.
    pub attributes: Object,
    /// The checks it is to take part in; all if none are named.
    pub checks: Option<Vec<String>>,
    /// Its facts.
    pub facts: Vec<Fact>,
}

/// What there is to evaluate one check on one host with.
#[derive(Clone, Debug, PartialEq)]
pub enum Supply {
    /// The facts, in the order the check asks for them. A fact that nobody gathers is left out.
    Facts(Vec<Fact>),
    /// The check does not apply here; the reason is shown.
    Skipped(String),
}

impl Fact {
    /// A fact that was gathered.
    pub fn value(name: impl Into<String>, value: impl Into<Json>) -> Fact {
        Fact { check_id: None, name: name.into(), outcome: Ok(value.into()) }
    }

    /// A fact that could not be gathered.
    pub fn error(
        name: impl Into<String>,
        kind: impl Into<String>,
        message: impl Into<String>,
    ) -> Fact {
        let error = FactError { kind: kind.into(), message: message.into() };
        Fact { check_id: None, name: name.into(), outcome: Err(error) }
    }
}
