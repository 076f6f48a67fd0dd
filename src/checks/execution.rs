//! A run: from checks and answers to a report.
//!
//! [`execute`] is the Trento server's whole flow for several agents, [`evaluate`] its evaluation
//! alone, [`on_host`] the same for one host, where a check that does not apply is shown as skipped.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use crate::checks::aggregation;
use crate::checks::culprits;
use crate::checks::engine;
use crate::checks::evaluation::{Answer, Broken, Compiled};
use crate::checks::facts::{Agent, Fact, Object, Supply};
use crate::checks::load::{Fault, Loaded};
use crate::checks::model::{Check, ExpectationKind, Severity, Text};
use crate::checks::overrides::Override;
use crate::checks::report::{
    AgentResult, AgentStatus, CheckResult, ExpectationVerdict, Finding, Notice, Outcome, Report,
    Verdict,
};
use crate::checks::selection;

/// So many checks are worth a thread of their own.
const CHECKS_A_THREAD: usize = 12;

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
    report(vec![result], input.timeouts.clone())
}

/// Runs the server's whole flow.
///
/// # Errors
/// No check is left, or a fact is for none that is.
pub fn execute(checks: &[Loaded], input: &Input) -> Result<Execution, Stopped> {
    engine::on_a_large_stack(|| Flow::new(checks, input).run())
}

/// Runs checks on one host.
pub fn on_host(
    checks: &[Loaded],
    host: &Agent,
    env: &Object,
    overrides: &[Override],
    supply: &(dyn Fn(&Check) -> Supply + Sync),
) -> Report {
    let one = |loaded: &Loaded| match &loaded.check {
        Ok(check) => host_result(check, host, env, overrides, supply),
        Err(_) => unreadable(loaded),
    };
    let results = side_by_side(checks, &one);
    report(results, Vec::new())
}

/// Evaluates checks on as many threads as are worth it; the results are in the checks' order.
fn side_by_side(
    checks: &[Loaded],
    one: &(dyn Fn(&Loaded) -> CheckResult + Sync),
) -> Vec<CheckResult> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = processors.min(checks.len().div_ceil(CHECKS_A_THREAD)).max(1);
    let part = |first: usize| -> Vec<CheckResult> {
        engine::on_a_large_stack(|| checks.iter().skip(first).step_by(parts).map(one).collect())
    };
    let mut done: Vec<std::vec::IntoIter<CheckResult>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..parts).map(|first| scope.spawn(move || part(first))).collect();
        let mut done = vec![part(0).into_iter()];
        for other in others {
            match other.join() {
                Ok(results) => done.push(results.into_iter()),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    (0..checks.len()).filter_map(|index| done[index % parts].next()).collect()
}

fn host_result(
    check: &Check,
    host: &Agent,
    env: &Object,
    overrides: &[Override],
    supply: &(dyn Fn(&Check) -> Supply + Sync),
) -> CheckResult {
    let skipped = |reason: String| CheckResult {
        result: Outcome::Skipped,
        reason: Some(reason),
        ..empty(check, overrides)
    };
    let applies = selection::inapplicable(check, env).and_then(|why| match why {
        Some(why) => Ok(Some(why)),
        None if selection::excluded(check, &host.attributes)? => {
            Ok(Some("its `exclude` leaves this host out".to_owned()))
        }
        None => Ok(None),
    });
    match applies {
        Err(why) => return broken(check, overrides, why),
        Ok(Some(why)) => return skipped(why),
        Ok(None) => {}
    }
    match supply(check) {
        Supply::Skipped(reason) => skipped(reason),
        Supply::Facts(facts) if facts.is_empty() && !check.facts.is_empty() => {
            skipped("nobody here gathers the facts it asks for".to_owned())
        }
        Supply::Facts(facts) => {
            let answer = Answer { agent_id: host.agent_id.clone(), facts: Some(facts) };
            result(check, env, overrides, vec![answer])
        }
    }
}

/// Evaluates a check on all its agents, which are sorted by id.
fn result(
    check: &Check,
    env: &Object,
    overrides: &[Override],
    answers: Vec<Answer>,
) -> CheckResult {
    let own: Vec<Override> = own(check, overrides).cloned().collect();
    let compiled = Compiled::new(check, env, &own);
    let mut notes = missing_facts(check, &answers);
    let mut agents = Vec::new();
    let mut findings = Vec::new();
    for answer in answers {
        match compiled.evaluate(answer) {
            Ok(evaluated) => {
                agents.push(evaluated.result);
                findings.extend(evaluated.findings);
            }
            Err(why) => return broken(check, overrides, why),
        }
    }
    let expectation_results = aggregation::expectations(check, &agents);
    let verdict = match aggregation::check(check, &expectation_results, &agents) {
        Ok(verdict) => verdict,
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
        name: check.name.to_string(),
        group: check.group.to_string(),
        result: Outcome::Passing,
        reason: None,
        customized: own(check, overrides).next().is_some(),
        expectation_results: Vec::new(),
        agents_check_results: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        severity: check.severity,
        description: check.description.to_string(),
        remediation: check.remediation.to_string(),
    }
}

fn broken(check: &Check, overrides: &[Override], why: Broken) -> CheckResult {
    let reason = format!("the check is broken, a Trento server would fail on it: {}", why.0);
    CheckResult {
        result: Outcome::Error,
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
        name: loaded.file_id.clone(),
        group: String::new(),
        result: Outcome::Error,
        reason: Some(culprits::escaped(&format!("the check cannot be read: {why}"))),
        customized: false,
        expectation_results: Vec::new(),
        agents_check_results: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        severity: Severity::Critical,
        description: String::new(),
        remediation: String::new(),
    }
}

fn report(check_results: Vec<CheckResult>, timeout: Vec<String>) -> Report {
    let result = aggregation::run(&check_results);
    Report { result, timeout, check_results, notices: Vec::new(), dropped: 0 }
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
        let mut report = report(results, timeout);
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
                    .map_or(Json::Null, |exclude| exclude.json().clone()),
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
