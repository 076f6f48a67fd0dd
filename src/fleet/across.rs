//! Checks that compare hosts: Trento checks for several agents, evaluated on the facts of a fleet.
//!
//! Hosts that say the same stand as one agent, so that a fleet takes no more than its differences.
//! Only the fleet knows which hosts share an agent ID: that fact is made here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::checks::engine::Engine;
use crate::checks::execution::{self, Input, environment};
use crate::checks::facts::{Agent, Fact};
use crate::checks::gathering::Gathering;
use crate::checks::load::Loaded;
use crate::checks::model::{Check, Expectation};
use crate::checks::overrides::Override;
use crate::checks::report::{CheckResult, Report};
use crate::checks::selection::SEVERAL;
use crate::checks::standing::Standing;
use crate::facts::{GATHERER, SAME_AGENT_ID};

/// So many hosts are named where several are meant.
const NAMED: usize = 5;

/// What a host contributes: the facts it has, by argument, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostFacts(BTreeMap<String, String>);

impl HostFacts {
    /// What of a gathering these checks ask for. What does not apply or is not known is not there.
    pub fn of(gathering: &Gathering, checks: &[&Check]) -> HostFacts {
        let mut facts = BTreeMap::new();
        for check in checks {
            for request in check.facts.iter().filter(|it| it.gatherer.text() == GATHERER) {
                let argument = request.argument.text().into_owned();
                if let Some(value) = gathering.value(&argument) {
                    facts.insert(argument, value.to_string());
                }
            }
        }
        HostFacts(facts)
    }
}

/// Hosts that say the same.
#[derive(Debug, Default)]
struct Alike {
    first: Vec<String>,
    count: usize,
}

/// What the hosts of a fleet said, as far as they differ.
#[derive(Debug, Default)]
pub struct Across {
    /// Of each argument, the hosts that gave each value.
    facts: BTreeMap<HostFacts, Alike>,
    /// The hosts of each agent ID.
    agent_ids: BTreeMap<String, Alike>,
}

impl Alike {
    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(name.to_owned());
        }
    }

    fn in_words(&self) -> String {
        match (self.first.as_slice(), self.count) {
            ([first, ..], 1) => first.clone(),
            ([first, ..], count) => format!("{first} and {} more", count - 1),
            ([], _) => String::new(),
        }
    }

    /// All names, as far as they are kept.
    fn names(&self) -> String {
        let names = self.first.join(", ");
        match self.count - self.first.len() {
            0 => names,
            more => format!("{names} and {more} more"),
        }
    }
}

impl Across {
    /// Takes note of a host.
    pub fn add(&mut self, name: &str, agent_id: &str, facts: HostFacts) {
        if !facts.0.is_empty() {
            self.facts.entry(facts).or_default().add(name);
        }
        if !agent_id.is_empty() {
            self.agent_ids.entry(agent_id.to_owned()).or_default().add(name);
        }
    }

    /// Runs the checks that compare hosts.
    pub fn judge(&self, checks: &[&Loaded], overrides: &[Override]) -> Report {
        let results = checks.iter().filter_map(|loaded| {
            let check = loaded.check.as_deref().ok()?;
            let parts = check
                .expectations
                .iter()
                .map(|expectation| self.expectation(loaded, check, expectation, overrides));
            merged(parts.collect())
        });
        Report::new(results.collect(), Vec::new())
    }

    /// The result of one expectation, on the hosts that have the facts it names: what is not known
    /// of a host is no difference.
    fn expectation(
        &self,
        loaded: &Loaded,
        check: &Check,
        expectation: &Expectation,
        overrides: &[Override],
    ) -> CheckResult {
        let named = facts_of(expectation);
        let asked = |name: &str| named.as_ref().is_none_or(|named| named.contains(name));
        let mut part = check.clone();
        part.facts.retain(|request| asked(&request.name.text()));
        part.expectations = vec![expectation.clone()];
        let agents = self.agents(&part);
        let hosts: usize = agents.iter().map(|(_, count)| count).sum();
        let input = Input {
            env: environment(SEVERAL),
            target_type: SEVERAL.to_owned(),
            overrides: overrides.to_vec(),
            agents: agents.into_iter().map(|(agent, _)| agent).collect(),
            timeouts: Vec::new(),
        };
        let loaded = Loaded::of_check(loaded.source.clone(), part);
        let mut results = execution::evaluate(&loaded, &input).check_results;
        let mut result = results.remove(0);
        // An expectation that compares agents has fewer of them here than there are hosts.
        result.notes.clear();
        if hosts < 2 {
            result.result = Standing::Skipped;
            result.reason = Some("fewer than two hosts say what it compares".to_owned());
            result.findings.clear();
        }
        result
    }

    /// The agents of a check, with the number of hosts that each stands for.
    fn agents(&self, check: &Check) -> Vec<(Agent, usize)> {
        let mut alike: BTreeMap<Vec<(String, String)>, Alike> = BTreeMap::new();
        if check.facts.iter().any(|request| request.argument.text() == SAME_AGENT_ID) {
            for hosts in self.agent_ids.values() {
                let argument = SAME_AGENT_ID.to_owned();
                let fact = (argument, same_agent_id(hosts).to_string());
                alike.entry(vec![fact]).or_default().join(hosts);
            }
        } else {
            for (HostFacts(facts), hosts) in &self.facts {
                let wanted = check.facts.iter().map(|request| {
                    let argument = request.argument.text().into_owned();
                    facts.get(&argument).map(|value| (argument, value.clone()))
                });
                if let Some(wanted) = wanted.collect::<Option<Vec<_>>>() {
                    alike.entry(wanted).or_default().join(hosts);
                }
            }
        }
        let agents = alike.into_iter().map(|(facts, hosts)| {
            let facts = facts.iter().zip(&check.facts).filter_map(|((_, value), request)| {
                let value: Json = serde_json::from_str(value).ok()?;
                Some(Fact::value(request.name.text().into_owned(), value))
            });
            let facts = facts.collect();
            let agent = Agent { agent_id: hosts.in_words(), facts, ..Agent::default() };
            (agent, hosts.count)
        });
        agents.collect()
    }
}

impl Alike {
    fn join(&mut self, other: &Alike) {
        self.count += other.count;
        let room = NAMED.saturating_sub(self.first.len());
        self.first.extend(other.first.iter().take(room).cloned());
    }
}

/// The fact of which hosts have one agent ID, as the check of it wants it.
fn same_agent_id(hosts: &Alike) -> Json {
    if hosts.count < 2 {
        return json!([]);
    }
    json!([{
        "hosts": hosts.first,
        "count": hosts.count,
        "message": format!("{} hosts have one agent ID: {}", hosts.count, hosts.names()),
        "help": "give each host a machine-id of its own, and take force-agent-id out of agent.yaml",
    }])
}

/// The names of the facts that an expectation speaks of; none where it does not say which.
fn facts_of(expectation: &Expectation) -> Option<BTreeSet<String>> {
    let script = Engine::shared().compile(expectation.expression.as_str()?).ok()?;
    let names = script.names();
    (!names.any_fact).then(|| names.facts.into_iter().map(|used| used.name).collect())
}

/// The result of a check whose expectations were evaluated each for itself.
fn merged(parts: Vec<CheckResult>) -> Option<CheckResult> {
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    for part in parts {
        // What applies counts, not what is skipped beside it.
        if part.result > whole.result {
            whole.result = part.result;
            whole.reason = part.reason;
        }
        whole.expectation_results.extend(part.expectation_results);
        whole.agents_check_results.extend(part.agents_check_results);
        whole.findings.extend(part.findings);
    }
    Some(whole)
}
