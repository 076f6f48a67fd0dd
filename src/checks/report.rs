//! What a run found: the one value that every output format renders.
//!
//! As JSON it has the shape the Trento server stores, plus `name`, `group`, `findings` and, where
//! there is something to say, `reason` and `notes`.

use std::borrow::Cow;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::checks::model::{ExpectationKind, Severity, Text};
use crate::checks::standing::{Counts, Standing, Verdict};
use crate::secret::Vault;
use crate::source::At;

/// What is said when a message is missing or cannot be made.
pub const DEFAULT_MESSAGE: &str = "Expectation not met";

/// Everything a run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The worst of all checks.
    pub result: Standing,
    /// The agents that did not answer in time.
    pub timeout: Vec<String>,
    /// One result a check.
    pub check_results: Vec<CheckResult>,
    /// What is to be said about the run as a whole: checks left out, waivers that nothing needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// Why what we had no permission to read is unknown, each reason once.
    #[serde(rename = "unreadable", skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// How many check files held no check and were left out.
    #[serde(skip)]
    pub dropped: usize,
}

impl Report {
    /// A report of these checks, nothing waived yet.
    pub fn new(check_results: Vec<CheckResult>, timeout: Vec<String>) -> Report {
        let mut report = Report {
            result: Standing::Passing,
            timeout,
            check_results,
            notices: Vec::new(),
            denied: Vec::new(),
            dropped: 0,
        };
        report.settle();
        report
    }

    /// Decides what each check and the run stand at, by which findings are waived.
    pub fn settle(&mut self) {
        for check in &mut self.check_results {
            check.result = check.settled();
        }
        self.result = match self.check_results.iter().map(|check| check.result).max() {
            None | Some(Standing::Skipped | Standing::Waived) => Standing::Passing,
            Some(standing) => standing,
        };
    }

    /// Notes that something could not be read, so that what depends on it is unknown.
    pub fn deny(&mut self, reason: &str) {
        if self.denied.iter().any(|known| known == reason) {
            return;
        }
        self.denied.push(reason.to_owned());
        self.notices.push(Notice {
            severity: Severity::Warning,
            message: format!("{reason}; run as root, or on a copy with --root"),
        });
    }

    /// Covers all that a vault knows to be secret in what is said of the run.
    pub fn cover(&mut self, vault: &Vault) {
        let cover = |text: &mut String| vault.cover_in_place(text);
        for check in &mut self.check_results {
            check.reason.iter_mut().chain(&mut check.notes).for_each(cover);
            check.findings.iter_mut().for_each(|finding| finding.cover(vault));
            for agent in &mut check.agents_check_results {
                agent.cover(vault);
            }
        }
        self.notices.iter_mut().map(|notice| &mut notice.message).for_each(cover);
        self.denied.iter_mut().for_each(cover);
    }

    /// How many checks stand at what.
    pub fn counts(&self) -> Counts {
        self.check_results.iter().map(|check| check.result).collect()
    }

    /// Whether a check could not be read or evaluated.
    pub fn has_errors(&self) -> bool {
        self.dropped > 0 || self.counts().of(Standing::Error) > 0
    }

    /// The worst verdict on a check.
    pub fn worst(&self) -> Verdict {
        let verdicts = self.check_results.iter().filter_map(|check| check.result.verdict());
        verdicts.max().unwrap_or(Verdict::Passing)
    }
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// The check's id.
    pub check_id: Text,
    /// What the check is called.
    pub name: Cow<'static, str>,
    /// What it belongs to.
    pub group: Cow<'static, str>,
    /// What it stands at once waivers are applied.
    pub result: Standing,
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
    pub description: Cow<'static, str>,
    /// What to do when it fails.
    #[serde(skip)]
    pub remediation: Cow<'static, str>,
}

impl CheckResult {
    /// The findings that count.
    pub fn open_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
    }

    /// What it stands at: as bad as the worst finding that counts, where some are waived.
    fn settled(&self) -> Standing {
        let is_fault = matches!(self.result, Standing::Warning | Standing::Critical);
        if !is_fault || self.findings.iter().all(|finding| finding.waived.is_none()) {
            return self.result;
        }
        let worst = self.open_findings().map(|finding| Verdict::from(finding.severity)).max();
        worst.map_or(Standing::Waived, Standing::from)
    }
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
        value: Arc<Json>,
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

impl Finding {
    fn cover(&mut self, vault: &Vault) {
        let Finding { message, at, help, also, component, waived, .. } = self;
        let cover = |text: &mut String| vault.cover_in_place(text);
        [message].into_iter().chain(help).chain(component).for_each(cover);
        at.iter_mut().map(|at| &mut at.file).for_each(cover);
        for Also { at, text } in also {
            cover(&mut at.file);
            cover(text);
        }
        waived.iter_mut().map(|waived| &mut waived.reason).for_each(cover);
    }
}

impl AgentResult {
    /// Covers what is said; facts and values are covered where they are made.
    fn cover(&mut self, vault: &Vault) {
        let AgentResult::Done { expectation_evaluations, .. } = self else { return };
        for evaluation in expectation_evaluations {
            match evaluation {
                Evaluation::Value { failure_message: Json::String(message), .. }
                | Evaluation::Error { message, .. } => vault.cover_in_place(message),
                Evaluation::Value { .. } => {}
            }
        }
    }
}

impl From<Severity> for Verdict {
    fn from(severity: Severity) -> Verdict {
        match severity {
            Severity::Warning => Verdict::Warning,
            Severity::Critical => Verdict::Critical,
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
