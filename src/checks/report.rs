//! What a run found: the one value that every output format renders.
//!
//! As JSON it has the shape the Trento server stores, plus `name`, `group`, `findings` and, where
//! there is something to say, `reason` and `notes`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::checks::model::{ExpectationKind, Severity, Text};
use crate::source::At;

/// Everything a run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The worst of all checks.
    pub result: Outcome,
    /// The agents that did not answer in time.
    pub timeout: Vec<String>,
    /// One result a check.
    pub check_results: Vec<CheckResult>,
    /// What is to be said about the run as a whole: checks left out, waivers that nothing needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// How many check files held no check and were left out.
    #[serde(skip)]
    pub dropped: usize,
}

impl Report {
    /// Whether a check could not be read or evaluated.
    pub fn has_errors(&self) -> bool {
        self.dropped > 0 || self.check_results.iter().any(|check| check.result == Outcome::Error)
    }

    /// The worst of the findings that are not waived and of the checks that have none.
    pub fn worst(&self) -> Verdict {
        let check = |check: &CheckResult| match check.result.verdict() {
            Some(verdict) if check.findings.is_empty() => verdict,
            Some(_) => check
                .findings
                .iter()
                .filter(|finding| finding.waived.is_none())
                .map(|finding| Verdict::from(finding.severity))
                .max()
                .unwrap_or(Verdict::Passing),
            None => Verdict::Passing,
        };
        self.check_results.iter().map(check).max().unwrap_or(Verdict::Passing)
    }
}

/// The verdict on a check or a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As expected.
    Passing,
    /// Should be looked at.
    Warning,
    /// Must be repaired.
    Critical,
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It does not apply here.
    Skipped,
    /// As expected.
    Passing,
    /// Should be looked at.
    Warning,
    /// Must be repaired.
    Critical,
    /// It could not be evaluated: the check itself is broken.
    Error,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// The check's id.
    pub check_id: Text,
    /// What the check is called.
    pub name: String,
    /// What it belongs to.
    pub group: String,
    /// What became of it.
    pub result: Outcome,
    /// Why it was skipped or could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether values of it were overridden.
    pub customized: bool,
    /// One result an expectation, over all agents.
    pub expectation_results: Vec<ExpectationResult>,
    /// One result an agent.
    pub agents_check_results: Vec<AgentResult>,
    /// What is wrong, where it can be said with its place.
    pub findings: Vec<Finding>,
    /// What the server would not tell: a declared fact that did not arrive, a condition that erred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What a failure of the check gives.
    #[serde(skip)]
    pub severity: Severity,
    /// What the check looks at and why.
    #[serde(skip)]
    pub description: String,
    /// What to do when it fails.
    #[serde(skip)]
    pub remediation: String,
}

/// The result of an expectation over all agents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationResult {
    /// The expectation's name.
    pub name: Text,
    /// How it is judged.
    #[serde(rename = "type")]
    pub kind: ExpectationKind,
    /// Whether it holds, or the word of an `expect_enum`.
    #[serde(serialize_with = "expectation_json")]
    pub result: ExpectationVerdict,
    /// What is said of an `expect_same` that does not hold, as the check has it; else null.
    pub failure_message: Json,
}

/// Whether an expectation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectationVerdict {
    /// It holds or does not.
    Holds(bool),
    /// The worst word of an `expect_enum`.
    Word(Verdict),
}

/// The result of a check on one agent.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum AgentResult {
    /// It was evaluated there, or left out there on purpose.
    Done {
        /// The agent.
        agent_id: String,
        /// Which of the two.
        status: AgentStatus,
        /// The expression that left it out; null if it was evaluated.
        exclude_expression: Json,
        /// The facts that arrived.
        facts: Vec<FactRecord>,
        /// The values that were in force.
        values: Vec<ValueRecord>,
        /// The expectations in the order of the check.
        expectation_evaluations: Vec<Evaluation>,
    },
    /// It could not be evaluated there.
    Failed {
        /// The agent.
        agent_id: String,
        /// The facts that arrived; null after a timeout.
        facts: Option<Vec<FactRecord>>,
        /// `fact_gathering_error` or `timeout`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// What that means.
        message: &'static str,
    },
}

/// Whether a check was evaluated on an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentStatus {
    /// Evaluated.
    Executed,
    /// Left out by the check's `exclude`.
    Excluded,
}

/// A fact as a result lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FactRecord {
    /// A fact that was gathered.
    Value {
        /// The check it was gathered for.
        check_id: Text,
        /// Its name.
        name: String,
        /// What it is.
        value: Json,
    },
    /// A fact that could not be gathered.
    Error {
        /// The check it was gathered for.
        check_id: Text,
        /// Its name.
        name: String,
        /// The kind of error.
        #[serde(rename = "type")]
        kind: String,
        /// What happened.
        message: String,
    },
}

/// A value as a result lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueRecord {
    /// Its name.
    pub name: Text,
    /// What it was.
    pub value: Json,
    /// Whether it was overridden.
    pub customized: bool,
}

/// What came of an expectation on one agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Evaluation {
    /// The expression gave a value.
    Value {
        /// The expectation's name.
        name: Text,
        /// How it is judged.
        #[serde(rename = "type")]
        kind: ExpectationKind,
        /// The value.
        return_value: Json,
        /// What is said of it; null if nothing is.
        failure_message: Json,
    },
    /// The expression could not be evaluated.
    Error {
        /// The expectation's name.
        name: Text,
        /// The kind of error, such as `property_not_found`.
        #[serde(rename = "type")]
        kind: String,
        /// What happened.
        message: String,
    },
}

/// One thing that is wrong, with its place if it has one.
///
/// As JSON `message`, `file`, `line`, `column` and `help` are always there, if only as null.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What is wrong.
    pub message: String,
    /// Where, in a file of the host.
    pub at: Option<At>,
    /// What to do.
    pub help: Option<String>,
    /// Further places that have to do with it.
    pub also: Vec<Also>,
    /// How bad it is.
    pub severity: Severity,
    /// The expectation that was not met.
    pub expectation: String,
    /// The agent it was found on.
    pub agent_id: String,
    /// The component or setting it is about, if the fact names one.
    pub component: Option<String>,
    /// Why it does not count, if it is waived.
    pub waived: Option<Waived>,
}

/// A further place of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Also {
    /// Where.
    pub at: At,
    /// What it has to do with the finding.
    pub text: String,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    /// The reason that was given.
    pub reason: String,
    /// The last day it holds, as `2026-12-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Something to be said about a run as a whole, such as a waiver that nothing needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub message: String,
}

impl From<Severity> for Verdict {
    fn from(severity: Severity) -> Verdict {
        match severity {
            Severity::Warning => Verdict::Warning,
            Severity::Critical => Verdict::Critical,
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Passing => Outcome::Passing,
            Verdict::Warning => Outcome::Warning,
            Verdict::Critical => Outcome::Critical,
        }
    }
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Passing => "passing",
            Verdict::Warning => "warning",
            Verdict::Critical => "critical",
        }
    }
}

impl Outcome {
    /// The verdict, if there is one.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Outcome::Passing => Some(Verdict::Passing),
            Outcome::Warning => Some(Verdict::Warning),
            Outcome::Critical => Some(Verdict::Critical),
            Outcome::Skipped | Outcome::Error => None,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Skipped => "skipped",
            Outcome::Error => "error",
            Outcome::Passing => "passing",
            Outcome::Warning => "warning",
            Outcome::Critical => "critical",
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("file", &self.at.as_ref().map(|at| &at.file))?;
        map.serialize_entry("line", &self.at.as_ref().map(|at| at.line))?;
        map.serialize_entry("column", &self.at.as_ref().map(|at| at.column))?;
        if let Some(at) = &self.at {
            map.serialize_entry("end_line", &at.end_line)?;
            map.serialize_entry("end_column", &at.end_column)?;
        }
        map.serialize_entry("help", &self.help)?;
        if !self.also.is_empty() {
            map.serialize_entry("also", &self.also)?;
        }
        map.serialize_entry("severity", &self.severity)?;
        map.serialize_entry("expectation", &self.expectation)?;
        map.serialize_entry("agent_id", &self.agent_id)?;
        if let Some(component) = &self.component {
            map.serialize_entry("component", component)?;
        }
        if let Some(waived) = &self.waived {
            map.serialize_entry("waived", waived)?;
        }
        map.end()
    }
}

fn expectation_json<S: Serializer>(
    verdict: &ExpectationVerdict,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match verdict {
        ExpectationVerdict::Holds(holds) => serializer.serialize_bool(*holds),
        ExpectationVerdict::Word(word) => serializer.serialize_str(word.name()),
    }
}
