//! A run: from checks and answers to a report.
//!
//! [`execute`] is the Trento server's whole flow for several agents, [`evaluate`] its evaluation
//! alone, a [`Plan`] the same for one host at a time, where a check that does not apply is shown as
//! skipped.

mod flow;
mod plan;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use flow::{Stopped, execute};
pub use plan::{Plan, environment};

use crate::checks::aggregation;
use crate::checks::culprits;
use crate::checks::engine;
use crate::checks::evaluation::{Answer, Broken, Compiled};
use crate::checks::facts::{Agent, Object};
use crate::checks::load::Loaded;
use crate::checks::model::{Check, ExpectationKind, Severity, Text};
use crate::checks::overrides::Override;
use crate::checks::report::{AgentResult, CheckResult, ExpectationVerdict, Finding, Report};
use crate::checks::standing::Standing;
use crate::checks::wording::Wording;

/// What a run of several agents is made with.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// What `when` and the conditions of values see.
    pub env: Object,
    /// What kind of thing is checked; becomes `env.target_type`.
    pub target_type: String,
    /// Values given from outside.
    pub overrides: Vec<Override>,
    /// The agents in the order they were asked.
    pub agents: Vec<Agent>,
    /// The agents that did not answer in time.
    pub timeouts: Vec<String>,
}

/// Evaluates one check, the facts being in the order results list them.
pub fn evaluate(loaded: &Loaded, input: &Input) -> Report {
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    for agent in &input.agents {
        let answer = Answer { agent_id: agent.agent_id.clone(), facts: Some(agent.facts.clone()) };
        answers.entry(agent.agent_id.clone()).or_insert(answer);
    }
    for agent_id in &input.timeouts {
        let answer = Answer { agent_id: agent_id.clone(), facts: None };
        answers.insert(agent_id.clone(), answer);
    }
    let result = match &loaded.check {
        Ok(check) => engine::on_a_large_stack(|| {
            result(check, &input.env, &input.overrides, answers.into_values().collect())
        }),
        Err(_) => unreadable(loaded),
    };
    Report::new(vec![result], input.timeouts.clone())
}

/// Evaluates a check on all its agents, which are sorted by id.
fn result(
    check: &Check,
    env: &Object,
    overrides: &[Override],
    answers: Vec<Answer>,
) -> CheckResult {
    judged(check, &compiled(check, env, overrides), overrides, None, answers)
}

/// A check with its values in an environment.
fn compiled<'c>(check: &'c Check, env: &Object, overrides: &[Override]) -> Compiled<'c> {
    let own: Vec<Override> = own(check, overrides).cloned().collect();
    Compiled::new(check, env, &own)
}

/// The result of a compiled check on all its agents.
fn judged(
    check: &Check,
    compiled: &Compiled<'_>,
    overrides: &[Override],
    wording: Option<&Wording>,
    answers: Vec<Answer>,
) -> CheckResult {
    let mut notes = missing_facts(check, &answers);
    let mut agents = Vec::new();
    let mut findings = Vec::new();
    for answer in answers {
        match compiled.evaluate(answer, wording) {
            Ok(evaluated) => {
                agents.push(evaluated.result);
                findings.extend(evaluated.findings);
            }
            Err(why) => return broken(check, overrides, why),
        }
    }
    let aggregated = aggregation::expectations(check, &agents).and_then(|results| {
        let verdict = aggregation::check(check, &results, &agents)?;
        Ok((results, verdict))
    });
    let (expectation_results, verdict) = match aggregated {
        Ok(aggregated) => aggregated,
        Err(why) => return broken(check, overrides, why),
    };
    findings.extend(same_everywhere(check, &expectation_results, &agents));
    notes.extend(compiled.notes().iter().cloned());
    notes.extend(hidden_faults(check, &agents));
    CheckResult {
        result: verdict.into(),
        expectation_results,
        agents_check_results: agents,
        findings,
        notes,
        ..empty(check, overrides)
    }
}

/// Findings for every `expect_same` that differs between agents.
fn same_everywhere(
    check: &Check,
    results: &[crate::checks::report::ExpectationResult],
    agents: &[AgentResult],
) -> Vec<Finding> {
    let differs = |name: &Text| {
        results.iter().any(|result| {
            result.name == *name
                && result.kind == ExpectationKind::ExpectSame
                && result.result == ExpectationVerdict::Holds(false)
        })
    };
    let evaluated = agents.iter().all(|agent| matches!(agent, AgentResult::Done { .. }));
    check
        .expectations
        .iter()
        .filter(|expectation| expectation.kind == ExpectationKind::ExpectSame)
        .filter(|expectation| evaluated && differs(&expectation.name))
        .map(|expectation| culprits::different(check, expectation, agents))
        .collect()
}

/// Facts that the check asks for and no agent sent, beside others that came.
fn missing_facts(check: &Check, answers: &[Answer]) -> Vec<String> {
    let mut notes = Vec::new();
    for request in &check.facts {
        let name = request.name.text();
        for answer in answers {
            let Some(facts) = &answer.facts else { continue };
            if !facts.iter().any(|fact| fact.name == name) {
                notes.push(format!("fact `{name}` did not arrive from {}", answer.agent_id));
            }
        }
    }
    notes
}

/// What the server does not say of a check that gave a verdict.
fn hidden_faults(check: &Check, agents: &[AgentResult]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut seen = BTreeSet::new();
    for expectation in &check.expectations {
        let name = expectation.name.text();
        if !seen.insert(name.to_string()) {
            notes.push(format!("two expectations are called `{name}`, so it cannot be met"));
        }
        if expectation.kind == ExpectationKind::ExpectSame && agents.len() == 1 {
            notes.push(format!("`{name}` compares agents, and there is only one"));
        }
    }
    notes
}

fn own<'o>(check: &Check, overrides: &'o [Override]) -> impl Iterator<Item = &'o Override> {
    let id = check.id().into_owned();
    overrides.iter().filter(move |given| given.check_id == id)
}

/// The result of a check before anything is known.
fn empty(check: &Check, overrides: &[Override]) -> CheckResult {
    CheckResult {
        check_id: check.id.clone(),
        name: check.name.to_text(),
        group: check.group.to_text(),
        result: Standing::Passing,
        reason: None,
        customized: own(check, overrides).next().is_some(),
        expectation_results: Vec::new(),
        agents_check_results: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        severity: check.severity,
        description: check.description.to_text(),
        remediation: check.remediation.to_text(),
    }
}

fn broken(check: &Check, overrides: &[Override], why: Broken) -> CheckResult {
    let reason = format!("the check is broken, a Trento server would fail on it: {}", why.0);
    CheckResult {
        result: Standing::Error,
        reason: Some(culprits::escaped(&reason)),
        ..empty(check, overrides)
    }
}

/// The result of a file that holds no check.
fn unreadable(loaded: &Loaded) -> CheckResult {
    let why = loaded.check.as_ref().err().map_or_else(String::new, |error| {
        let line = loaded
            .source
            .at(error.span)
            .map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        format!("{}{line}: {error}", loaded.source.path())
    });
    CheckResult {
        check_id: Text::new(loaded.file_id.as_str()),
        name: loaded.file_id.clone().into(),
        group: Cow::default(),
        result: Standing::Error,
        reason: Some(culprits::escaped(&format!("the check cannot be read: {why}"))),
        customized: false,
        expectation_results: Vec::new(),
        agents_check_results: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        severity: Severity::Critical,
        description: Cow::default(),
        remediation: Cow::default(),
    }
}
