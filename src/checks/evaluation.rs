//! One check on one agent: its values, then its expectations, as the Trento server does it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use crate::checks::culprits;
use crate::checks::engine::{Engine, Failure, Script, ScriptError, Variables};
use crate::checks::facts::{Fact, Facts, Object};
use crate::checks::model::{Check, Expectation, ExpectationKind, Text};
use crate::checks::overrides::Override;
use crate::checks::report::{
    AgentResult, AgentStatus, DEFAULT_MESSAGE, Evaluation, FactRecord, Finding, ValueRecord,
};
use crate::checks::wording::Wording;

/// What an agent answered to a check.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The agent.
    pub agent_id: String,
    /// Its facts in the order results list them; none after a timeout.
    pub facts: Option<Vec<Fact>>,
}

/// What came of a check on one agent.
pub struct Evaluated {
    /// The result.
    pub result: AgentResult,
    /// What is wrong there.
    pub findings: Vec<Finding>,
}

/// Why a check gives no verdict: the server would die of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

/// A check whose expressions are compiled.
pub struct Compiled<'c> {
    check: &'c Check,
    engine: &'static Engine,
    /// What evaluation needs; if there is nothing to evaluate, nobody asks whether it is broken.
    prepared: Result<Prepared, Broken>,
    /// Facts that met every expectation, and what was said of them: the hosts of a fleet have much
    /// in common, and what an expression sees decides what comes of it.
    met: Mutex<VecDeque<(Facts, Vec<Evaluation>)>>,
}

/// What the expressions of a check see. Made when one needs it and given to the last of them, since
/// a copy takes as long as many an expression; made again for what is asked afterwards of the few
/// that are not met.
struct Sight<'s> {
    facts: &'s Facts,
    values: &'s Object,
    made: Option<Variables>,
}

impl Sight<'_> {
    fn look(&mut self) -> Result<&Variables, Broken> {
        let made = self.give()?;
        Ok(self.made.insert(made))
    }

    fn give(&mut self) -> Result<Variables, Broken> {
        if let Some(made) = self.made.take() {
            return Ok(made);
        }
        Variables::new()
            .with("facts", self.facts.iter().map(|(name, value)| (name, &**value)))
            .and_then(|variables| variables.with("values", self.values))
            .map_err(broken)
    }
}

/// So many facts are remembered that met every expectation of a check.
const REMEMBERED: usize = 3;

/// What is the same on every agent.
#[derive(Default)]
struct Prepared {
    values: Vec<ValueRecord>,
    variables: Object,
    scripts: Vec<Result<Script, ScriptError>>,
    notes: Vec<String>,
}

impl<'c> Compiled<'c> {
    /// Compiles a check and resolves its values in an environment.
    pub fn new(check: &'c Check, env: &Object, overrides: &[Override]) -> Compiled<'c> {
        let engine = Engine::shared();
        engine.start_check();
        let prepared = Prepared::new(check, env, overrides);
        Compiled { check, engine, prepared, met: Mutex::default() }
    }

    /// What the server would not tell: conditions that erred.
    pub fn notes(&self) -> &[String] {
        self.prepared.as_ref().map_or(&[], |prepared| &prepared.notes)
    }

    /// Evaluates the check on what an agent answered, and tells of it in the wording of a sender.
    ///
    /// # Errors
    /// The server would die of it.
    pub fn evaluate(&self, answer: Answer, wording: Option<&Wording>) -> Result<Evaluated, Broken> {
        let agent_id = answer.agent_id;
        let Some(facts) = answer.facts else {
            let message = "Agent timed out during the execution";
            return Ok(Evaluated {
                findings: vec![culprits::timeout(&agent_id)],
                result: AgentResult::Failed { agent_id, facts: None, kind: "timeout", message },
            });
        };
        let records = facts.iter().map(|fact| self.record(fact)).collect();
        if facts.iter().any(|fact| fact.outcome.is_err()) {
            return Ok(Evaluated {
                findings: culprits::gathering(self.check, &agent_id, &facts),
                result: AgentResult::Failed {
                    agent_id,
                    facts: Some(records),
                    kind: "fact_gathering_error",
                    message: "Fact gathering error occurred during the execution",
                },
            });
        }
        self.expectations(agent_id, facts, records, wording)
    }

    fn expectations(
        &self,
        agent_id: String,
        facts: Vec<Fact>,
        records: Vec<FactRecord>,
        wording: Option<&Wording>,
    ) -> Result<Evaluated, Broken> {
        let prepared = self.prepared.as_ref().map_err(Clone::clone)?;
        self.engine.start_check();
        // Of two facts of one name the last in the list counts.
        let facts: Facts = facts
            .into_iter()
            .filter_map(|fact| fact.outcome.ok().map(|value| (fact.name, value)))
            .collect();
        let (evaluations, findings) = match self.remembered(&facts) {
            Some(evaluations) => (evaluations, Vec::new()),
            None => self.evaluated(prepared, &agent_id, facts, wording)?,
        };
        let result = AgentResult::Done {
            agent_id,
            status: AgentStatus::Executed,
            exclude_expression: Json::Null,
            facts: records,
            values: prepared.values.clone(),
            expectation_evaluations: evaluations,
        };
        Ok(Evaluated { result, findings })
    }

    fn evaluated(
        &self,
        prepared: &Prepared,
        agent_id: &str,
        facts: Facts,
        wording: Option<&Wording>,
    ) -> Result<(Vec<Evaluation>, Vec<Finding>), Broken> {
        let mut sight = Sight { facts: &facts, values: &prepared.variables, made: None };
        let mut evaluations = Vec::new();
        let mut findings = Vec::new();
        let all = self.check.expectations.iter().zip(&prepared.scripts);
        for (number, (expectation, script)) in all.enumerate() {
            let variables = match number + 1 < self.check.expectations.len() {
                true => sight.look()?.clone(),
                false => sight.give()?,
            };
            let result = match script {
                Ok(script) => self.engine.run_with(script, variables),
                Err(error) => Err(error.clone().into()),
            };
            let evaluation = self.expectation(expectation, result, &mut sight, wording)?;
            if !culprits::is_met(self.check, expectation, &evaluation) {
                let case = culprits::Case {
                    check: self.check,
                    expectation,
                    script: script.as_ref().ok(),
                    variables: sight.look()?,
                    facts: &facts,
                    values: &prepared.variables,
                    agent_id,
                };
                findings.extend(culprits::find(&case, &evaluation));
            }
            evaluations.push(evaluation);
        }
        if findings.is_empty() {
            self.remember(facts, &evaluations);
        }
        Ok((evaluations, findings))
    }

    /// What was said of the same facts, where they met every expectation.
    fn remembered(&self, facts: &Facts) -> Option<Vec<Evaluation>> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, evaluations) = met.iter().find(|(known, _)| known == facts)?;
        Some(evaluations.clone())
    }

    fn remember(&self, facts: Facts, evaluations: &[Evaluation]) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.truncate(REMEMBERED - 1);
        met.push_front((facts, evaluations.to_vec()));
    }

    fn expectation(
        &self,
        expectation: &Expectation,
        result: Result<Json, Failure>,
        sight: &mut Sight<'_>,
        wording: Option<&Wording>,
    ) -> Result<Evaluation, Broken> {
        let is_enum = expectation.kind == ExpectationKind::ExpectEnum;
        let return_value = match result {
            Ok(value) if is_enum => word(&value),
            Err(Failure::Unstorable(_)) if is_enum => Json::from("critical"),
            Ok(value) => value,
            Err(Failure::Script(error)) => {
                return Ok(Evaluation::Error {
                    name: expectation.name.clone(),
                    kind: error.kind.to_owned(),
                    message: error.message,
                });
            }
            Err(error) => {
                return Err(Broken(format!("expectation `{}`: {error}", expectation.name)));
            }
        };
        let message = match (expectation.kind, &return_value) {
            (ExpectationKind::Expect, Json::Bool(false)) => Some(&expectation.failure_message),
            (ExpectationKind::ExpectEnum, word) if word == "critical" => {
                Some(&expectation.failure_message)
            }
            (ExpectationKind::ExpectEnum, word) if word == "warning" => {
                Some(&expectation.warning_message)
            }
            _ => None,
        };
        let failure_message = match message {
            Some(text) => {
                let worded = wording.map(|wording| wording.message(self.check, text));
                self.message(expectation, worded.as_deref().unwrap_or(text), sight.look()?)?
            }
            None => Json::Null,
        };
        Ok(Evaluation::Value {
            name: expectation.name.clone(),
            kind: expectation.kind,
            return_value,
            failure_message,
        })
    }

    /// Makes a message. Any error of it gives the default text.
    fn message(
        &self,
        expectation: &Expectation,
        text: &Text,
        variables: &Variables,
    ) -> Result<Json, Broken> {
        let text = match text {
            Text::Other(Json::Null) => return Ok(Json::from(DEFAULT_MESSAGE)),
            Text::Text(_) | Text::Other(Json::String(_) | Json::Bool(_) | Json::Number(_)) => {
                text.text()
            }
            Text::Other(Json::Array(_) | Json::Object(_)) => {
                let name = &expectation.name;
                return Err(Broken(format!("expectation `{name}`: its message is no text")));
            }
        };
        let made = self
            .engine
            .compile_message(&text)
            .map_err(Failure::from)
            .and_then(|script| self.engine.run(&script, variables));
        match made {
            Ok(message) => Ok(message),
            Err(Failure::Script(_)) => Ok(Json::from(DEFAULT_MESSAGE)),
            Err(error) => Err(Broken(format!("message of `{}`: {error}", expectation.name))),
        }
    }

    fn record(&self, fact: &Fact) -> FactRecord {
        let (check_id, name) = (self.check.id.clone(), fact.name.clone());
        match &fact.outcome {
            Ok(value) => FactRecord::Value { check_id, name, value: value.clone() },
            Err(error) => FactRecord::Error {
                check_id,
                name,
                kind: error.kind.clone(),
                message: error.message.clone(),
            },
        }
    }
}

impl Prepared {
    fn new(check: &Check, env: &Object, overrides: &[Override]) -> Result<Prepared, Broken> {
        let mut prepared = Prepared::default();
        prepared.resolve(check, env, overrides)?;
        for expectation in &check.expectations {
            prepared.scripts.push(Engine::shared().compile(expression(expectation)?));
        }
        Ok(prepared)
    }

    fn resolve(
        &mut self,
        check: &Check,
        env: &Object,
        overrides: &[Override],
    ) -> Result<(), Broken> {
        let variables = Variables::new().with("env", env).map_err(broken)?;
        for spec in &check.values {
            let name = spec.name.text().into_owned();
            let custom = overrides.iter().find(|custom| custom.name == name);
            let mut chosen = &spec.default;
            for condition in &spec.conditions {
                let Some(when) = condition.when.as_str() else {
                    return Err(Broken(format!(
                        "value `{name}`: the condition `{}` is no text; put it in quotes",
                        condition.when
                    )));
                };
                // The server takes false and null for "no value found" and looks on.
                let counts = !matches!(condition.value.json, Json::Null | Json::Bool(false));
                match Engine::shared().eval(when, &variables) {
                    Ok(Json::Bool(true)) if counts => {
                        chosen = &condition.value;
                        break;
                    }
                    Ok(_) | Err(Failure::Unstorable(_)) => {}
                    Err(Failure::Script(error)) => self.notes.push(format!(
                        "value `{name}`: the condition `{when}` does not hold because it erred: \
                         {error}"
                    )),
                    Err(error) => return Err(Broken(format!("value `{name}`: {error}"))),
                }
            }
            if custom.is_none()
                && let Some(unfit) = chosen.unfit
            {
                return Err(Broken(format!("value `{name}`: {unfit}")));
            }
            let value = custom.map_or_else(|| chosen.json.clone(), |custom| custom.value.clone());
            self.variables.insert(name, value.clone());
            let customized = custom.is_some();
            self.values.push(ValueRecord { name: spec.name.clone(), value, customized });
        }
        Ok(())
    }
}

fn expression(expectation: &Expectation) -> Result<&str, Broken> {
    let name = &expectation.name;
    expectation.expression.as_str().ok_or_else(|| {
        let (key, text) = (expectation.kind.key(), &expectation.expression);
        Broken(format!("expectation `{name}`: `{key}: {text}` is no text; put it in quotes"))
    })
}

/// What an `expect_enum` makes of a result: all but two words are critical.
fn word(value: &Json) -> Json {
    match value.as_str() {
        Some(word @ ("passing" | "warning")) => Json::from(word),
        _ => Json::from("critical"),
    }
}

fn broken(failure: Failure) -> Broken {
    Broken(failure.to_string())
}
