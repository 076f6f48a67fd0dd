//! What agents said: the facts that checks are evaluated on.
//!
//! Gathers nothing: facts come from a file or from `crate::facts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};

/// An object as JSON writes it.
pub type Object = Map<String, Json>;

/// The facts that an expression sees, by their names.
pub type Facts = BTreeMap<String, Arc<Json>>;

/// One thing an agent said.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The check it was gathered for; if none is named, the first.
    pub check_id: Option<String>,
    /// The name the check gave it.
    pub name: String,
    /// What it is, or why it could not be gathered.
    pub outcome: std::result::Result<Arc<Json>, FactError>,
}

/// Why a fact could not be gathered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactError {
    /// The kind of error, such as `alloy-parsing-error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened.
    pub message: String,
}

/// What one agent is asked and answered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Agent {
    /// The agent's id.
    pub agent_id: String,
    /// What `exclude` expressions see as `host`.
    #[serde(default)]
    pub attributes: Object,
    /// The checks it is to take part in; all if none are named.
    pub checks: Option<Vec<String>>,
    /// Its facts.
    #[serde(default)]
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

/// A facts file: everything a run on given facts needs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct FactsFile {
    /// Which part of the server's flow is meant: `evaluate` or `execute`.
    pub kind: Option<Flow>,
    /// What `when` and the conditions of values see.
    pub env: Object,
    /// What kind of thing is checked.
    pub target_type: Option<String>,
    /// Values given from outside.
    pub custom_values: Vec<CustomValue>,
    /// The agents and their facts.
    pub agents: Vec<Agent>,
    /// The agents that did not answer in time.
    pub timeouts: Vec<String>,
    /// Whether to say who was asked for what.
    pub want_requested: bool,
}

/// A part of the server's flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// The evaluation of one check alone.
    Evaluate,
    /// From selection to result.
    Execute,
}

/// A value given from outside.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CustomValue {
    /// The check it is for; if none is named, the first.
    pub check_id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is to be.
    pub value: Json,
}

impl FactsFile {
    /// Reads a facts file.
    ///
    /// # Errors
    /// It is no JSON, or of another shape; the sentence says where.
    pub fn parse(path: &str, text: &[u8]) -> Result<FactsFile> {
        serde_json::from_slice(text).map_err(|error| {
            Error::Invalid(format!(
                "{path} is no facts file: {error}; it is a JSON object such as \
                 {{\"env\": {{}}, \"agents\": [{{\"agent_id\": \"a\", \"facts\": \
                 [{{\"name\": \"x\", \"value\": 1}}]}}]}}"
            ))
        })
    }

    /// Which part of the server's flow is meant: what is said, or what the file speaks of.
    pub fn flow(&self) -> Flow {
        let speaks_of_targets = self.target_type.is_some()
            || self.want_requested
            // A server leaves out what sent nothing; an evaluation alone would judge it.
            || self.agents.iter().all(|agent| agent.facts.is_empty()) && self.timeouts.is_empty()
            || self.agents.iter().any(|agent| {
                agent.checks.is_some()
                    || !agent.attributes.is_empty()
                    || agent.facts.iter().any(|fact| fact.check_id.is_some())
            });
        self.kind.unwrap_or(if speaks_of_targets { Flow::Execute } else { Flow::Evaluate })
    }
}

/// A fact as a file writes it.
#[derive(Deserialize)]
struct FactEntry {
    check_id: Option<String>,
    name: String,
    #[serde(default)]
    value: Json,
    error: Option<FactError>,
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Fact, D::Error> {
        let FactEntry { check_id, name, value, error } = FactEntry::deserialize(deserializer)?;
        Ok(Fact { check_id, name, outcome: error.map_or_else(|| Ok(Arc::new(value)), Err) })
    }
}

impl Fact {
    /// A fact that was gathered.
    pub fn value(name: impl Into<String>, value: impl Into<Json>) -> Fact {
        Fact::shared(name, Arc::new(value.into()))
    }

    /// A fact that was gathered, and that others have too.
    pub fn shared(name: impl Into<String>, value: Arc<Json>) -> Fact {
        Fact { check_id: None, name: name.into(), outcome: Ok(value) }
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
