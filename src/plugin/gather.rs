//! Does a gathering: each request gets one fact, with a value or with the reason for none.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::connection::Job;
use super::fact::{self, Fact, FactValue};
use super::gob::Content;
use super::{GatherError, Gathering, Serve};

/// How many bytes of values one answer may have.
const MAX_ANSWER: usize = 16 << 20;

/// Gathers what a job asks for. An argument that several checks ask for is gathered once. Stops
/// early when the job is cancelled, and then there is nothing to send.
pub fn run(job: &Job, serve: &dyn Serve) -> Option<Content> {
    let known = serve.arguments();
    let mut gathering = None;
    let mut outcomes: BTreeMap<&str, Result<FactValue, GatherError>> = BTreeMap::new();
    for request in job.requests.iter() {
        if job.is_cancelled.load(Ordering::Relaxed) {
            return None;
        }
        outcomes.entry(&request.argument).or_insert_with(|| {
            match known.contains(&request.argument) {
                true => gather(&request.argument, serve, &mut gathering),
                false => Err(unknown(&request.argument)),
            }
        });
    }
    let too_large = Err(GatherError::new(
        "alloy-answer-too-large",
        "the facts of this gathering are too large for one answer",
    ));
    let mut size = 0;
    let facts: Vec<Fact<'_>> = job
        .requests
        .iter()
        .map(|request| {
            let outcome = &outcomes[request.argument.as_str()];
            size += outcome.as_ref().map_or(0, FactValue::size);
            let outcome = if size > MAX_ANSWER { &too_large } else { outcome };
            Fact { request, outcome }
        })
        .collect();
    Some(fact::body(facts.into_iter()))
}

/// Gathers one fact. A panic of a gatherer is the fault of that fact and of no other; what the
/// gathering has read may be half done then, so that it is begun anew.
fn gather<'s>(
    argument: &str,
    serve: &'s dyn Serve,
    gathering: &mut Option<Box<dyn Gathering + 's>>,
) -> Result<FactValue, GatherError> {
    let gathered = catch_unwind(AssertUnwindSafe(|| {
        let gathering = gathering.get_or_insert_with(|| serve.gathering());
        gathering.gather(argument).and_then(|json| FactValue::from_json(&json))
    }));
    gathered.unwrap_or_else(|_| {
        *gathering = None;
        Err(GatherError::new(
            "alloy-internal-error",
            format!(
                "gathering `{argument}` failed by a fault of trento-alloy: see the agent's log"
            ),
        ))
    })
}

fn unknown(argument: &str) -> GatherError {
    let shown: String = argument.chars().take(80).flat_map(char::escape_debug).collect();
    GatherError::new(
        "alloy-unknown-argument",
        format!("no fact is called `{shown}`: `trento-alloy facts list` names them"),
    )
}
