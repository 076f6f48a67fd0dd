//! What decided that an expectation was not met, as findings with a place where there is one.
//!
//! Watches; judges nothing: the verdict stands before this is asked. An element of a fact carries
//! its place as `at: {file, line, column, end_line, end_column}`, and may carry `message`, `help`
//! and `component`.

mod shown;

use serde_json::Value as Json;

use crate::checks::engine::{Call, Element, Engine, Script, Use, Variables};
use crate::checks::facts::{Fact, Facts, Object};
use crate::checks::model::{Check, Expectation, ExpectationKind, Severity};
use crate::checks::report::{AgentResult, Also, DEFAULT_MESSAGE, Evaluation, Finding};
use crate::source::At;

pub use shown::{escaped, value};

/// How many findings one expectation may give on one agent.
const FINDINGS: usize = 100;
/// How many calls are made to answer the opposite.
const TRIALS: usize = 16;
/// How many deciding values a message names.
/// So many further places of a finding are kept.
const MOST_ALSO: usize = 4;
const NAMED: usize = 5;

/// An expectation that was evaluated.
#[derive(Clone, Copy)]
pub struct Case<'c> {
    /// Its check.
    pub check: &'c Check,
    /// The expectation.
    pub expectation: &'c Expectation,
    /// Its expression, if it could be compiled.
    pub script: Option<&'c Script>,
    /// What the expression saw.
    pub variables: &'c Variables,
    /// The facts it saw.
    pub facts: &'c Facts,
    /// The values it saw.
    pub values: &'c Object,
    /// The agent.
    pub agent_id: &'c str,
}

/// What is wrong if an expectation is not met; nothing if it is.
pub fn find(case: &Case<'_>, evaluation: &Evaluation) -> Vec<Finding> {
    let (severity, message) = match evaluation {
        Evaluation::Error { message, .. } => {
            let name = &case.expectation.name;
            let message = format!("expectation `{name}` could not be evaluated: {message}");
            return vec![finding(case, case.check.severity, &decided(case, &message, &[]))];
        }
        Evaluation::Value { return_value, failure_message, .. } => {
            let Some(severity) = failed(case.check, case.expectation.kind, return_value) else {
                return Vec::new();
            };
            (severity, text(failure_message))
        }
    };
    let elements = case.script.map(|script| culprits(case, script)).unwrap_or_default();
    let mut findings: Vec<Finding> = Vec::new();
    for element in &elements {
        let at = place(element);
        let speaks = element.get("message").and_then(Json::as_str).is_some_and(|it| !it.is_empty());
        if at.is_some() || speaks {
            let found = told(case, severity, message.as_deref(), element, at);
            if !findings.contains(&found) {
                findings.push(found);
            }
        }
    }
    let more = findings.len().saturating_sub(FINDINGS);
    findings.truncate(FINDINGS);
    if more > 0 {
        findings.push(finding(case, severity, &format!("{more} more findings are left out")));
    }
    if findings.is_empty() {
        let name = &case.expectation.name;
        let message = message.unwrap_or_else(|| format!("expectation `{name}` is not met"));
        let mut found = finding(case, severity, &decided(case, &message, &elements));
        found.at = case.script.and_then(|script| nearest_place(case, script));
        findings.push(found);
    }
    findings
}

/// What is wrong when facts could not be gathered.
pub fn gathering(check: &Check, agent_id: &str, facts: &[Fact]) -> Vec<Finding> {
    let errors = facts.iter().filter_map(|fact| Some((&fact.name, fact.outcome.as_ref().err()?)));
    errors
        .map(|(name, error)| Finding {
            message: escaped(&format!(
                "fact `{name}` could not be gathered: {} ({})",
                error.message, error.kind
            )),
            at: None,
            help: None,
            also: Vec::new(),
            severity: check.severity,
            expectation: String::new(),
            agent_id: agent_id.to_owned(),
            component: None,
            waived: None,
        })
        .collect()
}

/// What is wrong when an agent did not answer.
pub fn timeout(agent_id: &str) -> Finding {
    Finding {
        message: escaped(&format!("agent {agent_id} did not answer in time")),
        at: None,
        help: None,
        also: Vec::new(),
        severity: Severity::Critical,
        expectation: String::new(),
        agent_id: agent_id.to_owned(),
        component: None,
        waived: None,
    }
}

/// What is wrong when an `expect_same` is not the same on every agent.
pub fn different(check: &Check, expectation: &Expectation, agents: &[AgentResult]) -> Finding {
    let mut values: Vec<String> = Vec::new();
    for agent in agents {
        let AgentResult::Done { agent_id, expectation_evaluations, .. } = agent else { continue };
        for evaluation in expectation_evaluations {
            if let Evaluation::Value { name, return_value, .. } = evaluation
                && *name == expectation.name
            {
                values.push(format!("{} on {agent_id}", value(return_value)));
            }
        }
    }
    let more = values.len().saturating_sub(NAMED);
    values.truncate(NAMED);
    if more > 0 {
        values.push(format!("and {more} more"));
    }
    let message = text(&expectation.failure_message.to_json())
        .unwrap_or_else(|| format!("expectation `{}` is not met", expectation.name));
    Finding {
        message: escaped(&format!("{message}: {}", values.join(", "))),
        at: None,
        help: None,
        also: Vec::new(),
        severity: check.severity,
        expectation: expectation.name.to_string(),
        agent_id: String::new(),
        component: None,
        waived: None,
    }
}

/// Whether there is nothing to find in an expectation.
pub fn is_met(check: &Check, expectation: &Expectation, evaluation: &Evaluation) -> bool {
    match evaluation {
        Evaluation::Error { .. } => false,
        Evaluation::Value { return_value, .. } => {
            failed(check, expectation.kind, return_value).is_none()
        }
    }
}

/// How bad a result is; none if the expectation is met on this agent.
fn failed(check: &Check, kind: ExpectationKind, return_value: &Json) -> Option<Severity> {
    match kind {
        ExpectationKind::Expect => (*return_value != Json::Bool(true)).then_some(check.severity),
        ExpectationKind::ExpectSame => None,
        ExpectationKind::ExpectEnum => match return_value.as_str() {
            Some("passing") => None,
            Some("warning") => Some(Severity::Warning),
            _ => Some(Severity::Critical),
        },
    }
}

/// The elements that decided, found by watching the expression and asking "what if not".
fn culprits(case: &Case<'_>, script: &Script) -> Vec<Json> {
    let engine = Engine::shared();
    let seen = engine.watch(script, case.variables, None);
    let Ok(result) = &seen.result else { return Vec::new() };
    let severity = failed(case.check, case.expectation.kind, result);
    let trials = seen.calls.len().min(TRIALS);
    let mut deciding: Vec<&Call> = (0..trials)
        .filter(|&number| {
            let other = engine.watch(script, case.variables, Some(number));
            other
                .result
                .is_ok_and(|result| failed(case.check, case.expectation.kind, &result) < severity)
        })
        .map(|number| &seen.calls[number])
        .collect();
    if deciding.is_empty() {
        // Several failed at once, so that none alone decided: those that said no on their own.
        deciding = seen
            .calls
            .iter()
            .filter(|call| matches!(call.function, "all" | "==") && !call.yes)
            .collect();
    }
    // A `filter` whose elements a later call looked at has only chosen them.
    let is_source = |call: &Call| {
        let chosen = chosen(call);
        let later = deciding.iter().skip_while(|other| !std::ptr::eq(**other, call)).skip(1);
        call.function == "filter"
            && !chosen.is_empty()
            && later.into_iter().any(|other| {
                other.elements.len() == chosen.len()
                    && other.elements.iter().zip(&chosen).all(|(a, b)| a.value == b.value)
            })
    };
    let mut elements = Vec::new();
    for call in deciding.iter().filter(|call| !is_source(call)) {
        blamed(call, &mut elements);
    }
    elements
}

fn chosen(call: &Call) -> Vec<&Element> {
    call.elements.iter().filter(|element| element.yes).collect()
}

/// The elements of a call that made it answer as it did; what their closures found, where that has
/// a place.
fn blamed(call: &Call, elements: &mut Vec<Json>) {
    let guilty: Vec<&Element> = match (call.function, call.yes) {
        ("all" | "==", false) => call.elements.iter().filter(|element| !element.yes).collect(),
        ("some" | "filter", true) => chosen(call),
        ("find", true) => chosen(call).into_iter().take(1).collect(),
        _ => call.elements.iter().collect(),
    };
    for element in guilty {
        let mut inner = Vec::new();
        for call in &element.inner {
            if matches!(
                (call.function, call.yes),
                ("all" | "==", false) | ("some" | "filter", true)
            ) {
                blamed(call, &mut inner);
            }
        }
        inner.retain(|element| place(element).is_some());
        if inner.is_empty() {
            elements.push(element.value.clone());
        } else {
            elements.append(&mut inner);
        }
    }
}

/// A message with the elements, or else the facts and values, that decided.
fn decided(case: &Case<'_>, message: &str, elements: &[Json]) -> String {
    let mut named: Vec<String> = Vec::new();
    if elements.is_empty() {
        let names = case.script.map(Script::names).unwrap_or_default();
        let facts = names.facts.iter().map(|used| (used, case.fact(used), "facts"));
        let values = names.values.iter().map(|used| (used, case.values.get(&used.name), "values"));
        for (used, first, of) in facts.chain(values) {
            let (path, found) = reach(first, used);
            let path = std::iter::once(of.to_owned()).chain(path).collect::<Vec<_>>().join(".");
            let text = match found {
                Some(found) => format!("{path} is {}", value(found)),
                None => format!("{path} is not there"),
            };
            if !named.contains(&text) {
                named.push(text);
            }
        }
    } else {
        named.extend(elements.iter().map(value));
    }
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    match named.as_slice() {
        [] => message.to_owned(),
        named => format!("{message} ({})", named.join(", ")),
    }
}

impl<'c> Case<'c> {
    /// The fact that an expression names.
    fn fact(&self, used: &Use) -> Option<&'c Json> {
        self.facts.get(&used.name).map(|fact| &**fact)
    }
}

/// Follows a name as far as it leads, from what its first part names.
fn reach<'o>(first: Option<&'o Json>, used: &Use) -> (Vec<String>, Option<&'o Json>) {
    let mut path = vec![used.name.clone()];
    let Some(mut found) = first else { return (path, None) };
    for key in &used.path {
        match found.get(key) {
            Some(next) => found = next,
            None => break,
        }
        path.push(key.clone());
    }
    (path, Some(found))
}

/// The place of the innermost value on the way to a fact that the expression names.
fn nearest_place(case: &Case<'_>, script: &Script) -> Option<At> {
    script.names().facts.iter().find_map(|used| {
        let mut found = case.fact(used)?;
        let mut at = place(found);
        for key in &used.path {
            let Some(next) = found.get(key) else { break };
            found = next;
            at = place(found).or(at);
        }
        at
    })
}

/// What an element says of itself.
fn told(
    case: &Case<'_>,
    severity: Severity,
    message: Option<&str>,
    element: &Json,
    at: Option<At>,
) -> Finding {
    let own = |key: &str| element.get(key).and_then(Json::as_str);
    let message = own("message").or(message).map_or_else(
        || format!("expectation `{}` is not met", case.expectation.name),
        str::to_owned,
    );
    Finding {
        at,
        help: own("help").map(escaped),
        also: also(element),
        component: own("component").map(escaped),
        ..finding(case, severity, &message)
    }
}

fn finding(case: &Case<'_>, severity: Severity, message: &str) -> Finding {
    Finding {
        message: escaped(message),
        at: None,
        help: None,
        also: Vec::new(),
        severity,
        expectation: case.expectation.name.to_string(),
        agent_id: case.agent_id.to_owned(),
        component: None,
        waived: None,
    }
}

/// The further places an element carries, each with a word on what it has to do with the matter.
fn also(element: &Json) -> Vec<Also> {
    let listed = element.get("also").and_then(Json::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(|further| {
            let text = further.get("text").and_then(Json::as_str).unwrap_or_default();
            Some(Also { at: place(further)?, text: escaped(text) })
        })
        .take(MOST_ALSO)
        .collect()
}

/// The place an element carries. What is missing of the end is taken from the start.
fn place(element: &Json) -> Option<At> {
    let at = element.get("at")?;
    let file = at.get("file")?.as_str()?;
    let number = |key: &str| at.get(key).and_then(Json::as_u64).and_then(|it| it.try_into().ok());
    let line = number("line")?;
    let column = number("column").unwrap_or(1);
    Some(At {
        file: escaped(file),
        line,
        column,
        end_line: number("end_line").unwrap_or(line),
        end_column: number("end_column").unwrap_or(column),
    })
}

/// A message that says something.
fn text(message: &Json) -> Option<String> {
    match message {
        Json::String(text) if text.trim().is_empty() || text == DEFAULT_MESSAGE => None,
        Json::String(text) => Some(text.trim_end().to_owned()),
        Json::Null => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
