//! Does a gathering: each request gets one fact, with a value or with the reason for none.
//!
//! Only a check that does not apply to this host gets no fact, which the server takes for just that.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::connection::Job;
use super::fact::{self, Fact, FactRequest, FactValue};
use super::gob::Content;
use super::{GatherError, Gathered, Gathering, Serve};

/// How many bytes of values one answer may have.
const MAX_ANSWER: usize = 16 << 20;

/// What came of gathering an argument.
enum Outcome {
    Fact(Result<FactValue, GatherError>),
    NotApplicable,
}

/// Gathers what a job asks for. An argument that several checks ask for is gathered once. Stops
/// early when the job is cancelled, and then there is nothing to send.
pub fn run(job: &Job, serve: &dyn Serve) -> Option<Content> {
    let known = serve.arguments();
    let mut outcomes: BTreeMap<&str, Outcome> = BTreeMap::new();
    // Nothing is read where there is nothing to gather.
    let wants_any = job.requests.iter().any(|request| known.contains(&request.argument));
    let gathered = catch_unwind(AssertUnwindSafe(|| {
        let mut work = |gathering: &mut dyn Gathering| {
            gather(job, &known, gathering, &mut outcomes);
        };
        if wants_any {
            serve.gathering(&mut work);
        }
    }));
    if job.is_cancelled.load(Ordering::Relaxed) {
        return None;
    }
    for request in job.requests.iter() {
        outcomes.entry(&request.argument).or_insert_with(|| {
            Outcome::Fact(Err(match gathered.is_ok() {
                true => unknown(&request.argument),
                false => fault(&request.argument),
            }))
        });
    }
    Some(answer(&job.requests, &outcomes))
}

/// Gathers each argument once, until the job is cancelled.
fn gather<'j>(
    job: &'j Job,
    known: &[String],
    gathering: &mut dyn Gathering,
    outcomes: &mut BTreeMap<&'j str, Outcome>,
) {
    for FactRequest { argument, check_id, .. } in job.requests.iter() {
        if job.is_cancelled.load(Ordering::Relaxed) {
            return;
        }
        if outcomes.contains_key(argument.as_str()) || !known.contains(argument) {
            continue;
        }
        // A panic of a gatherer is the fault of that fact and of no other.
        let gathered = catch_unwind(AssertUnwindSafe(|| gathering.gather(argument)));
        let outcome = match gathered {
            Ok(Gathered::Value(json)) => Outcome::Fact(FactValue::from_json(&json)),
            Ok(Gathered::Error(error)) => Outcome::Fact(Err(error)),
            // Whoever asks without a check is a person, who is told why.
            Ok(Gathered::NotApplicable(why)) if check_id.is_empty() => {
                Outcome::Fact(Err(GatherError::new("alloy-not-applicable", why)))
            }
            Ok(Gathered::NotApplicable(_)) => Outcome::NotApplicable,
            Err(_) => Outcome::Fact(Err(fault(argument))),
        };
        outcomes.insert(argument, outcome);
    }
}

/// The answer: a fact for each request, except those of checks that do not apply here.
fn answer(requests: &[FactRequest], outcomes: &BTreeMap<&str, Outcome>) -> Content {
    let is_not_applicable = |request: &&FactRequest| {
        matches!(outcomes[request.argument.as_str()], Outcome::NotApplicable)
    };
    let left_out: BTreeSet<&str> = requests
        .iter()
        .filter(is_not_applicable)
        .map(|request| request.check_id.as_str())
        .collect();
    let too_large = Err(GatherError::new(
        "alloy-answer-too-large",
        "the facts of this gathering are too large for one answer",
    ));
    let mut size = 0;
    let mut facts = Vec::new();
    for request in requests.iter().filter(|it| !left_out.contains(it.check_id.as_str())) {
        let Outcome::Fact(outcome) = &outcomes[request.argument.as_str()] else { continue };
        size += outcome.as_ref().map_or(0, FactValue::size);
        let outcome = if size > MAX_ANSWER { &too_large } else { outcome };
        facts.push(Fact { request, outcome });
    }
    fact::body(facts.into_iter())
}

fn fault(argument: &str) -> GatherError {
    GatherError::new(
        "alloy-internal-error",
        format!("gathering `{argument}` failed by a fault of trento-alloy: see the agent's log"),
    )
}

fn unknown(argument: &str) -> GatherError {
    let shown: String = argument.chars().take(80).flat_map(char::escape_debug).collect();
    GatherError::new(
        "alloy-unknown-argument",
        format!("no fact is called `{shown}`: `trento-alloy facts list` names them"),
    )
}
