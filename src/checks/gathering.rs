//! What a host says to the checks: each fact gathered once, then handed to whoever asks for it, if
//! wanted while others are still being gathered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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
        let incoming = Incoming::of(checks);
        incoming.gather(host);
        incoming.all()
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

/// The facts of one host that a run needs, as they come in: one thread gathers them, one after the
/// other, and others judge what has come.
#[derive(Debug, Default)]
pub struct Incoming {
    /// What is gathered, in that order.
    wanted: Vec<String>,
    come: Mutex<Come>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Come {
    gathering: Gathering,
    /// Whether no more will come.
    is_over: bool,
}

impl Incoming {
    /// What the checks ask for; nothing of it has come yet.
    pub fn of<'c>(checks: impl IntoIterator<Item = &'c Check>) -> Incoming {
        let wanted: BTreeSet<String> = checks.into_iter().flat_map(asked_of_us).collect();
        Incoming { wanted: wanted.into_iter().collect(), ..Incoming::default() }
    }

    /// Gathers it all.
    pub fn gather(&self, host: &Host<'_>) {
        let _end = End(self);
        for argument in &self.wanted {
            let gathered = facts::gather(host, argument);
            self.come().gathering.facts.insert(argument.clone(), gathered);
            self.more.notify_all();
        }
    }

    /// How many facts have come when those of a check have.
    pub fn needed(&self, check: &Check) -> usize {
        let place = |argument: String| self.wanted.binary_search(&argument).map_or(0, |at| at + 1);
        asked_of_us(check).map(place).max().unwrap_or_default()
    }

    /// What there is for a check, once it has come.
    pub fn supply(&self, check: &Check) -> Supply {
        let needed = self.needed(check);
        let come = self
            .more
            .wait_while(self.come(), |come| come.gathering.facts.len() < needed && !come.is_over);
        come.unwrap_or_else(PoisonError::into_inner).gathering.supply(check)
    }

    /// All that has come.
    pub fn all(self) -> Gathering {
        self.come.into_inner().unwrap_or_else(PoisonError::into_inner).gathering
    }

    fn come(&self) -> MutexGuard<'_, Come> {
        self.come.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets nobody wait for what will not come, whatever ends the gathering.
struct End<'i>(&'i Incoming);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.come().is_over = true;
        self.0.more.notify_all();
    }
}

/// What a check asks this program for.
fn asked_of_us(check: &Check) -> impl Iterator<Item = String> {
    let ours = check.facts.iter().filter(|request| request.gatherer.text() == GATHERER);
    ours.map(|request| request.argument.text().into_owned())
}
