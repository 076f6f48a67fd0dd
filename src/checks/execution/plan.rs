//! Checks made ready for any number of hosts: each is compiled once, when the first host needs it.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::{broken, compiled, empty, judged, unreadable};
use crate::checks::engine::{self, Engine};
use crate::checks::evaluation::{Answer, Broken, Compiled};
use crate::checks::facts::{Agent, Object, Supply};
use crate::checks::load::Loaded;
use crate::checks::model::Check;
use crate::checks::overrides::Override;
use crate::checks::report::{CheckResult, Report};
use crate::checks::selection;
use crate::checks::standing::Standing;
use crate::checks::wording::Wording;

/// So many checks are worth a thread of their own.
const CHECKS_A_THREAD: usize = 12;

/// What gives a check its facts. It may have to wait for them.
type Supplier<'s> = &'s (dyn Fn(&Check) -> Supply + Sync);

/// Checks, the environment they are evaluated in, and the values given from outside.
pub struct Plan<'c> {
    checks: &'c [Loaded],
    overrides: Vec<Override>,
    env: Object,
    /// Of each check why it does not apply, if it does not, or why it is broken.
    applies: Vec<Result<Option<String>, Broken>>,
    compiled: Vec<Arc<OnceLock<Compiled<'c>>>>,
}

/// What `when`, `metadata` and the conditions of values see of a kind of target.
pub fn environment(target_type: &str) -> Object {
    Object::from_iter([("target_type".to_owned(), target_type.into())])
}

impl<'c> Plan<'c> {
    /// A plan for hosts of an environment.
    pub fn new(checks: &'c [Loaded], env: Object, overrides: &[Override]) -> Plan<'c> {
        let applies = checks.iter().map(|loaded| match &loaded.check {
            Ok(check) => selection::inapplicable(check, &env),
            Err(_) => Ok(None),
        });
        let has_expressions =
            |loaded: &Loaded| loaded.check.as_ref().is_ok_and(|check| check.when.is_some());
        let applies = match checks.iter().any(has_expressions) {
            true => engine::on_a_large_stack(|| applies.collect()),
            false => applies.collect(),
        };
        let compiled = checks.iter().map(|_| Arc::default()).collect();
        Plan { checks, overrides: overrides.to_vec(), env, applies, compiled }
    }

    /// The same plan with some checks left out, for a reason, and with further values where it has
    /// none. What is compiled already serves both, but for checks with such a value.
    pub fn varied(
        &self,
        left_out: &dyn Fn(&Loaded) -> Option<String>,
        further: Vec<Override>,
    ) -> Plan<'c> {
        let applies = self.checks.iter().zip(&self.applies);
        let applies = applies
            .map(|(loaded, applies)| match (applies, left_out(loaded)) {
                (Ok(None), Some(why)) => Ok(Some(why)),
                _ => applies.clone(),
            })
            .collect();
        let is_touched = |loaded: &Loaded| further.iter().any(|it| it.check_id == loaded.file_id);
        let compiled = self.checks.iter().zip(&self.compiled);
        let compiled = compiled
            .map(|(loaded, old)| if is_touched(loaded) { Arc::default() } else { old.clone() })
            .collect();
        let mut overrides = self.overrides.clone();
        // Whoever looks a value up takes the first.
        overrides.extend(further);
        Plan { checks: self.checks, overrides, env: self.env.clone(), applies, compiled }
    }

    /// The checks that apply in the environment.
    pub fn applicable(&self) -> impl Iterator<Item = &'c Check> {
        let all = self.checks.iter().zip(&self.applies);
        all.filter(|(_, applies)| matches!(applies, Ok(None)))
            .filter_map(|(loaded, _)| loaded.check.as_deref().ok())
    }

    /// Runs the checks on a host, on as many threads as are worth it, while `gather` sees to its
    /// facts on this one; those first whose facts come first, which `needed` says.
    pub fn on_host(
        &self,
        host: &Agent,
        wording: Option<&Wording>,
        needed: impl Fn(&Check) -> usize,
        supply: Supplier<'_>,
        gather: impl FnOnce(),
    ) -> Report {
        let mut order: Vec<usize> = (0..self.checks.len()).collect();
        order.sort_by_cached_key(|&index| {
            match (&self.checks[index].check, &self.applies[index]) {
                (Ok(check), Ok(None)) => needed(check),
                _ => 0,
            }
        });
        let next = AtomicUsize::new(0);
        let work = || -> Vec<(usize, CheckResult)> {
            // Made while there are no facts yet.
            Engine::shared();
            let indices = iter::from_fn(|| order.get(next.fetch_add(1, Ordering::Relaxed)));
            indices.map(|&index| (index, self.one(index, host, wording, supply))).collect()
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let is_beside = processors > 1 && self.checks.len() > CHECKS_A_THREAD;
        let done = engine::beside(is_beside, work, gather, || {
            let left = order.len().saturating_sub(next.load(Ordering::Relaxed));
            (left / CHECKS_A_THREAD).min(processors - 1).max(usize::from(!is_beside))
        });
        let mut results: Vec<(usize, CheckResult)> = done.into_iter().flatten().collect();
        results.sort_by_key(|(index, _)| *index);
        Report::new(results.into_iter().map(|(_, result)| result).collect(), Vec::new())
    }

    /// The same on this thread alone, whose stack must be large: one of many hosts.
    pub fn on_one_of_many(
        &self,
        host: &Agent,
        wording: Option<&Wording>,
        supply: Supplier<'_>,
    ) -> Report {
        engine::start_host();
        let results = (0..self.checks.len()).map(|index| self.one(index, host, wording, supply));
        Report::new(results.collect(), Vec::new())
    }

    fn one(
        &self,
        index: usize,
        host: &Agent,
        wording: Option<&Wording>,
        supply: Supplier<'_>,
    ) -> CheckResult {
        let loaded = &self.checks[index];
        let Ok(check) = &loaded.check else { return unreadable(loaded) };
        let mut result = self.result(index, check, host, wording, supply);
        if let Some(wording) = wording {
            wording.retell(check, &mut result);
        }
        result
    }

    fn result(
        &self,
        index: usize,
        check: &'c Check,
        host: &Agent,
        wording: Option<&Wording>,
        supply: Supplier<'_>,
    ) -> CheckResult {
        let skipped = |reason: String| CheckResult {
            result: Standing::Skipped,
            reason: Some(reason),
            ..empty(check, &self.overrides)
        };
        match &self.applies[index] {
            Err(why) => return broken(check, &self.overrides, why.clone()),
            Ok(Some(why)) => return skipped(why.clone()),
            Ok(None) => {}
        }
        match selection::excluded(check, &host.attributes) {
            Err(why) => return broken(check, &self.overrides, why),
            Ok(true) => return skipped("its `exclude` leaves this host out".to_owned()),
            Ok(false) => {}
        }
        match supply(check) {
            Supply::Skipped(reason) => skipped(reason),
            Supply::Facts(facts) if facts.is_empty() && !check.facts.is_empty() => {
                skipped("nobody here gathers the facts it asks for".to_owned())
            }
            Supply::Facts(facts) => {
                let answer = Answer { agent_id: host.agent_id.clone(), facts: Some(facts) };
                let made = || compiled(check, &self.env, &self.overrides);
                let compiled = self.compiled[index].get_or_init(made);
                judged(check, compiled, &self.overrides, wording, vec![answer])
            }
        }
    }
}
