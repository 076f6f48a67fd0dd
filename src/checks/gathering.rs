//! What a host says to the checks: each fact gathered once, then handed to whoever asks for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::checks::facts::{Fact, Supply};
use crate::checks::model::Check;
use crate::facts::{self, GATHERER, GatherError, Gathered, Host};

/// The facts of one host that a run needs.
#[derive(Clone, Debug, Default)]
pub struct Gathering {
    facts: BTreeMap<String, Gathered>,
}

impl Gathering {
    /// Gathers what the checks ask for.
    pub fn of<'c>(host: &Host<'_>, checks: impl IntoIterator<Item = &'c Check>) -> Gathering {
        let mut wanted = BTreeSet::new();
        for check in checks {
            wanted.extend(
                check
                    .facts
                    .iter()
                    .filter(|request| request.gatherer.text() == GATHERER)
                    .map(|request| request.argument.text().into_owned()),
            );
        }
        let facts = wanted
            .into_iter()
            .map(|argument| {
                let gathered = facts::gather(host, &argument);
                (argument, gathered)
            })
            .collect();
        Gathering { facts }
    }

    /// What there is for a check: its facts, or why it does not apply.
    pub fn supply(&self, check: &Check) -> Supply {
        let mut supplied = Vec::new();
        for request in &check.facts {
            let name = request.name.text().into_owned();
            if request.gatherer.text() != GATHERER {
                continue;
            }
            match self.facts.get(request.argument.text().as_ref()) {
                Some(Gathered::NotApplicable(reason)) => return Supply::Skipped(reason.clone()),
                Some(Gathered::Error(error)) if error.is_permission => {
                    return Supply::Skipped(error.message.clone());
                }
                Some(Gathered::Error(error)) => {
                    supplied.push(Fact::error(name, error.kind, error.message.clone()));
                }
                Some(Gathered::Value(value)) => supplied.push(Fact::shared(name, value.clone())),
                None => {}
            }
        }
        Supply::Facts(supplied)
    }

    /// The value of a fact, where it applies and could be gathered.
    pub fn value(&self, argument: &str) -> Option<&Json> {
        match self.facts.get(argument) {
            Some(Gathered::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// The facts that could not be read for lack of permission: argument and reason.
    pub fn denied(&self) -> Vec<(&str, &str)> {
        self.facts
            .iter()
            .filter_map(|(argument, gathered)| match gathered {
                Gathered::Error(GatherError { message, is_permission: true, .. }) => {
                    Some((argument.as_str(), message.as_str()))
                }
                _ => None,
            })
            .collect()
    }
}
