//! From agents to a check, from checks to a run: whose word counts, as on the Trento server.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::checks::evaluation::Broken;
use crate::checks::model::{Check, Expectation, ExpectationKind};
use crate::checks::report::{
    AgentResult, DEFAULT_MESSAGE, Evaluation, ExpectationResult, ExpectationVerdict,
};
use crate::checks::standing::Verdict;

/// The results of a check's expectations over all agents, sorted by name.
///
/// # Errors
/// Two expectations of different kinds share a name, and what came together is no word that an
/// `expect_enum` gives: the server dies of it.
pub fn expectations(
    check: &Check,
    agents: &[AgentResult],
) -> Result<Vec<ExpectationResult>, Broken> {
    let mut groups: BTreeMap<String, Vec<&Evaluation>> = BTreeMap::new();
    for agent in agents {
        let AgentResult::Done { expectation_evaluations, .. } = agent else { continue };
        for evaluation in expectation_evaluations {
            groups.entry(evaluation.name().text().into_owned()).or_default().push(evaluation);
        }
    }
    groups
        .iter()
        .filter_map(|(name, evaluations)| {
            let first = check.expectations.iter().find(|it| it.name.text() == name.as_str())?;
            Some(expectation(first, evaluations, agents.len()))
        })
        .collect()
}

/// The verdict on a check.
///
/// # Errors
/// It expects nothing, of which the server dies.
pub fn check(
    check: &Check,
    expectations: &[ExpectationResult],
    agents: &[AgentResult],
) -> Result<Verdict, Broken> {
    let kinds = agents.iter().filter_map(|agent| match agent {
        AgentResult::Failed { kind, .. } => Some(*kind),
        AgentResult::Done { .. } => None,
    });
    let worst_failure = kinds
        .map(|kind| if kind == "timeout" { Verdict::Critical } else { check.severity.into() })
        .max();
    if let Some(verdict) = worst_failure {
        return Ok(verdict);
    }
    expectations
        .iter()
        .map(|expectation| match expectation.result {
            ExpectationVerdict::Holds(true) => Verdict::Passing,
            ExpectationVerdict::Holds(false) => check.severity.into(),
            ExpectationVerdict::Word(word) => word,
        })
        .max()
        .ok_or_else(|| Broken("the check expects nothing: `expectations` is empty".to_owned()))
}

fn expectation(
    first: &Expectation,
    evaluations: &[&Evaluation],
    agents: usize,
) -> Result<ExpectationResult, Broken> {
    let values: Option<Vec<&Json>> = evaluations
        .iter()
        .map(|evaluation| match evaluation {
            Evaluation::Value { return_value, .. } => Some(return_value),
            Evaluation::Error { .. } => None,
        })
        .collect();
    // An error, an agent without an evaluation or a name that occurs twice: it does not hold.
    let result = match values.filter(|values| values.len() == agents) {
        None => ExpectationVerdict::Holds(false),
        Some(values) => match first.kind {
            ExpectationKind::Expect => {
                ExpectationVerdict::Holds(values.iter().all(|value| **value == Json::Bool(true)))
            }
            ExpectationKind::ExpectSame => {
                ExpectationVerdict::Holds(values.windows(2).all(|pair| pair[0] == pair[1]))
            }
            ExpectationKind::ExpectEnum => {
                let words: Option<Vec<Verdict>> = values.iter().map(|value| word(value)).collect();
                let words = words.ok_or_else(|| mixed(first))?;
                ExpectationVerdict::Word(words.into_iter().max().unwrap_or(Verdict::Passing))
            }
        },
    };
    let failed_same =
        first.kind == ExpectationKind::ExpectSame && result == ExpectationVerdict::Holds(false);
    let failure_message = match &first.failure_message {
        _ if !failed_same => Json::Null,
        message if message.is_null() => Json::from(DEFAULT_MESSAGE),
        message => message.to_json(),
    };
    Ok(ExpectationResult { name: first.name.clone(), kind: first.kind, result, failure_message })
}

fn word(value: &Json) -> Option<Verdict> {
    match value.as_str()? {
        "passing" => Some(Verdict::Passing),
        "warning" => Some(Verdict::Warning),
        "critical" => Some(Verdict::Critical),
        _ => None,
    }
}

fn mixed(first: &Expectation) -> Broken {
    let name = &first.name;
    Broken(format!(
        "expectations of different kinds are called `{name}`, and one of them gives no word that \
         `expect_enum` knows"
    ))
}

impl Evaluation {
    /// The expectation's name.
    pub fn name(&self) -> &crate::checks::model::Text {
        match self {
            Evaluation::Value { name, .. } | Evaluation::Error { name, .. } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::checks::execution::{Input, evaluate};
    use crate::checks::facts::{Agent, Fact};
    use crate::checks::load;
    use crate::checks::standing::Standing;
    use crate::source::Source;

    #[test]
    fn kinds_that_share_a_name_end_the_server_where_their_number_fits() {
        let result = |other: &str, failing: bool| {
            let check = format!(
                "id: A\nname: n\ngroup: g\ndescription: d\nremediation: r\nfacts:\n\
                 - {{name: x, gatherer: g, argument: a}}\nexpectations:\n\
                 - {{name: b, expect_enum: facts.x}}\n- {{name: b, expect_same: {other}}}\n"
            );
            let loaded = load::source(Source::new("A.yaml", check.as_str()));
            let agent = |id: &str, fact| Agent {
                agent_id: id.to_owned(),
                facts: vec![fact],
                ..Agent::default()
            };
            let first = Fact::value("x", json!(1));
            let second =
                if failing { Fact::error("x", "t", "m") } else { Fact::value("x", json!(1)) };
            let agents = vec![agent("1", first), agent("2", second)];
            evaluate(&loaded, &Input { agents, ..Input::default() }).check_results[0].result
        };
        assert_eq!(result("facts.x", true), Standing::Error);
        assert_eq!(result("'\"passing\"'", true), Standing::Critical);
        assert_eq!(result("facts.x", false), Standing::Critical);
    }
}
