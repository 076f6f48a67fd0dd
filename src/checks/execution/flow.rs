//! The Trento server's whole flow: which checks run for which agents, and what comes of their
//! answers.
//!
//! Judges nothing itself: a check with its answers goes to [`super::result`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::{Input, broken, empty, result, unreadable};
use crate::checks::culprits;
use crate::checks::engine;
use crate::checks::evaluation::Answer;
use crate::checks::facts::{Agent, Fact, Object};
use crate::checks::load::{Fault, Loaded};
use crate::checks::model::{Check, Severity};
use crate::checks::overrides::Override;
use crate::checks::report::{AgentResult, AgentStatus, CheckResult, Notice, Report};
use crate::checks::selection;

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Execution {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// Who was asked for which checks.
    pub requested: Vec<Requested>,
}

/// A target that is asked for facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requested {
    /// The agent.
    pub agent_id: String,
    /// The checks it takes part in.
    pub checks: Vec<String>,
}

/// Why there is nothing to report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// No check is left that applies.
    #[error("no check is selected: none applies to this environment")]
    NoChecksSelected,
    /// A fact is for a check that does not take part.
    #[error("agent {agent_id} sent fact `{fact}` for check {check_id}, which is not selected")]
    UnknownCheck {
        /// The agent.
        agent_id: String,
        /// The fact.
        fact: String,
        /// The check.
        check_id: String,
    },
}

/// Runs the server's whole flow.
///
/// # Errors
/// No check is left, or a fact is for none that is.
pub fn execute(checks: &[Loaded], input: &Input) -> Result<Execution, Stopped> {
    engine::on_a_large_stack(|| Flow::new(checks, input).run())
}

/// A target with the checks it still takes part in.
struct Target<'i> {
    agent: &'i Agent,
    checks: Vec<&'i Check>,
    excluded: Vec<&'i Check>,
}

/// The server's flow, step by step.
struct Flow<'i> {
    loaded: &'i [Loaded],
    input: &'i Input,
    env: Object,
    broken: Vec<CheckResult>,
    /// How many files held no check and were left out.
    dropped: usize,
    notices: Vec<Notice>,
}

impl<'i> Flow<'i> {
    fn new(loaded: &'i [Loaded], input: &'i Input) -> Flow<'i> {
        let mut env = input.env.clone();
        env.insert("target_type".to_owned(), Json::from(input.target_type.as_str()));
        Flow { loaded, input, env, broken: Vec::new(), dropped: 0, notices: Vec::new() }
    }

    fn run(mut self) -> Result<Execution, Stopped> {
        let agents = self.agents();
        let selected = self.select(&agents);
        if selected.is_empty() && self.broken.is_empty() {
            return Err(Stopped::NoChecksSelected);
        }
        let targets = self.targets(&agents, &selected);
        let whole = |check: &&Check| !self.broken.iter().any(|lost| lost.check_id == check.id);
        let selected: Vec<&Check> = selected.into_iter().filter(whole).collect();
        let active: Vec<&Target<'_>> =
            targets.iter().filter(|target| !target.checks.is_empty()).collect();
        let mut answers = self.answers(&active, &selected)?;
        let timeout: Vec<String> = active
            .iter()
            .map(|target| &target.agent.agent_id)
            .filter(|agent_id| self.input.timeouts.contains(agent_id))
            .cloned()
            .collect();
        let mut order: Vec<&Check> = selected.clone();
        order.sort_by_key(|check| check.id().into_owned());
        let mut results = Vec::new();
        for check in order {
            match answers.remove(&*check.id()) {
                Some(answers) => {
                    let answers = answers.into_values().collect();
                    results.push(result(check, &self.env, &self.input.overrides, answers));
                }
                None => self.notice(check, &targets),
            }
        }
        append_excluded(&mut results, &selected, &targets, &self.input.overrides);
        results.append(&mut self.broken);
        let requested = active.iter().map(|target| Requested {
            agent_id: target.agent.agent_id.clone(),
            checks: target.checks.iter().map(|check| check.id().into_owned()).collect(),
        });
        let requested = requested.collect();
        let mut report = Report::new(results, timeout);
        report.notices = self.notices;
        report.dropped = self.dropped;
        Ok(Execution { report, requested })
    }

    /// The agents, of several with one id the first.
    fn agents(&self) -> Vec<&'i Agent> {
        let mut seen = BTreeSet::new();
        self.input.agents.iter().filter(|agent| seen.insert(&agent.agent_id)).collect()
    }

    /// The checks that the agents name, in the order they are first named, and that apply.
    fn select(&mut self, agents: &[&Agent]) -> Vec<&'i Check> {
        let mut seen = BTreeSet::new();
        let mut selected = Vec::new();
        for loaded in self.loaded {
            // It goes by the id of another, so that nobody would ask for it.
            if let Err(error) = &loaded.check
                && error.kind == Fault::Duplicate
            {
                self.lose(loaded, error.kind);
            }
        }
        for agent in agents {
            let all = || self.loaded.iter().map(|loaded| loaded.file_id.clone()).collect();
            let ids: Vec<String> = agent.checks.clone().unwrap_or_else(all);
            for id in ids {
                if !seen.insert(id.clone()) {
                    continue;
                }
                let Some(loaded) = self.loaded.iter().find(|loaded| loaded.file_id == id) else {
                    continue;
                };
                let check = match &loaded.check {
                    Ok(check) => &**check,
                    Err(error) => {
                        self.lose(loaded, error.kind);
                        continue;
                    }
                };
                match selection::inapplicable(check, &self.env) {
                    Ok(None) => selected.push(check),
                    Ok(Some(why)) => self.notices.push(Notice {
                        severity: Severity::Warning,
                        message: culprits::escaped(&format!("{id} is left out: {why}")),
                    }),
                    Err(why) => self.broken.push(broken(check, &self.input.overrides, why)),
                }
            }
        }
        selected
    }

    /// A file without a check: the server leaves it out, or dies of it.
    fn lose(&mut self, loaded: &Loaded, kind: Fault) {
        let lost = unreadable(loaded);
        match (kind, lost.reason) {
            (Fault::Yaml | Fault::Malformed | Fault::Duplicate, Some(message)) => {
                self.dropped += 1;
                self.notices.push(Notice { severity: Severity::Critical, message });
            }
            (_, reason) => self.broken.push(CheckResult { reason, ..lost }),
        }
    }

    /// What is left of each agent's checks when those that exclude it are taken away.
    fn targets(&mut self, agents: &[&'i Agent], selected: &[&'i Check]) -> Vec<Target<'i>> {
        let mut targets = Vec::new();
        for agent in agents {
            let mut target = Target { agent, checks: Vec::new(), excluded: Vec::new() };
            for check in selected {
                let id = check.id();
                let takes_part = agent
                    .checks
                    .as_ref()
                    .is_none_or(|checks| checks.iter().any(|name| *name == *id));
                if !takes_part {
                    continue;
                }
                match selection::excluded(check, &agent.attributes) {
                    Ok(true) => target.excluded.push(check),
                    Ok(false) => target.checks.push(check),
                    Err(why) if self.broken.iter().all(|lost| lost.check_id != check.id) => {
                        self.broken.push(broken(check, &self.input.overrides, why));
                    }
                    Err(_) => {}
                }
            }
            targets.push(target);
        }
        targets
    }

    /// The answers by check and agent. Facts are put in front as they come, so the last is first.
    fn answers(
        &self,
        active: &[&Target<'_>],
        selected: &[&Check],
    ) -> Result<BTreeMap<String, BTreeMap<String, Answer>>, Stopped> {
        let mut answers: BTreeMap<String, BTreeMap<String, Answer>> = BTreeMap::new();
        let first = self.loaded.first().map(|loaded| loaded.file_id.clone()).unwrap_or_default();
        for target in active {
            let agent_id = &target.agent.agent_id;
            if self.input.timeouts.contains(agent_id) {
                for check in &target.checks {
                    let answer = Answer { agent_id: agent_id.clone(), facts: None };
                    let id = check.id().into_owned();
                    answers.entry(id).or_default().insert(agent_id.clone(), answer);
                }
                continue;
            }
            for fact in &target.agent.facts {
                let check_id = fact.check_id.as_ref().unwrap_or(&first);
                if !selected.iter().any(|check| *check.id() == **check_id) {
                    if self.broken.iter().any(|lost| *lost.check_id.text() == **check_id) {
                        continue;
                    }
                    return Err(Stopped::UnknownCheck {
                        agent_id: agent_id.clone(),
                        fact: fact.name.clone(),
                        check_id: check_id.clone(),
                    });
                }
                let answer = answers
                    .entry(check_id.clone())
                    .or_default()
                    .entry(agent_id.clone())
                    .or_insert_with(|| Answer {
                        agent_id: agent_id.clone(),
                        facts: Some(Vec::new()),
                    });
                if let Some(facts) = &mut answer.facts {
                    facts.insert(0, Fact { check_id: None, ..fact.clone() });
                }
            }
        }
        Ok(answers)
    }

    /// Says that a check vanishes from the result because nobody sent a fact for it.
    fn notice(&mut self, check: &Check, targets: &[Target<'_>]) {
        let asked = targets
            .iter()
            .any(|target| target.checks.iter().any(|other| std::ptr::eq(*other, check)));
        if asked && !self.broken.iter().any(|lost| lost.check_id == check.id) {
            let message = format!("{} has no result: no agent sent a fact for it", check.id);
            self.notices.push(Notice { severity: Severity::Warning, message });
        }
    }
}

/// Adds the agents that checks left out, the last target first, and behind all others the checks
/// that left out everybody.
fn append_excluded(
    results: &mut Vec<CheckResult>,
    selected: &[&Check],
    targets: &[Target<'_>],
    overrides: &[Override],
) {
    for check in selected {
        let left_out: Vec<AgentResult> = targets
            .iter()
            .rev()
            .filter(|target| target.excluded.iter().any(|other| std::ptr::eq(*other, *check)))
            .map(|target| AgentResult::Done {
                agent_id: target.agent.agent_id.clone(),
                status: AgentStatus::Excluded,
                exclude_expression: check
                    .exclude
                    .as_ref()
                    .map_or(Json::Null, |exclude| exclude.to_json()),
                facts: Vec::new(),
                values: Vec::new(),
                expectation_evaluations: Vec::new(),
            })
            .collect();
        if left_out.is_empty() {
            continue;
        }
        match results.iter_mut().find(|result| result.check_id == check.id) {
            Some(result) => result.agents_check_results.extend(left_out),
            None => results
                .push(CheckResult { agents_check_results: left_out, ..empty(check, overrides) }),
        }
    }
}
