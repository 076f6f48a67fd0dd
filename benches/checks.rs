//! How long checks take: to read, to lint, to evaluate on given facts.
//!
//! On the shared acceptance data beside the checkout where it is there, else on the catalogue.

use std::path::Path;

use divan::{Bencher, black_box};
use trento_alloy::inside::checks::execution::{self, Input};
use trento_alloy::inside::checks::facts::{Agent, Fact};
use trento_alloy::inside::checks::load::{self, Loaded};
use trento_alloy::inside::checks::{catalogue, lint};

fn main() {
    divan::main();
}

/// The public checks, or the catalogue where they are not at hand.
fn checks() -> Vec<Loaded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/wanda/public_checks");
    let public = folder.to_str().and_then(|folder| load::path(folder.into()).ok());
    public.unwrap_or_else(catalogue::load_with_places)
}

fn sources() -> Vec<trento_alloy::inside::source::Source> {
    checks().into_iter().map(|loaded| loaded.source).collect()
}

/// One agent that answers every fact of every check with a list of maps.
fn input(checks: &[Loaded]) -> Input {
    let element = serde_json::json!({"name": "x", "value": 1, "at": {"file": "/f", "line": 1}});
    let answer = serde_json::Value::from(vec![element; 20]);
    let facts = checks.iter().filter_map(|loaded| loaded.check.as_ref().ok()).flat_map(|check| {
        check.facts.iter().map(|request| Fact {
            check_id: Some(check.id().into_owned()),
            ..Fact::value(request.name.to_string(), answer.clone())
        })
    });
    let agent = Agent { agent_id: "a".to_owned(), facts: facts.collect(), ..Agent::default() };
    Input { agents: vec![agent], ..Input::default() }
}

#[divan::bench]
fn read_all(bencher: Bencher<'_, '_>) {
    let sources = sources();
    bencher.bench(|| {
        sources.iter().map(|source| load::source(black_box(source.clone()))).collect::<Vec<_>>()
    });
}

#[divan::bench]
fn lint_all(bencher: Bencher<'_, '_>) {
    let checks = checks();
    bencher.bench(|| lint::lint(black_box(&checks)));
}

#[divan::bench]
fn evaluate_all(bencher: Bencher<'_, '_>) {
    let checks = checks();
    let input = input(&checks);
    bencher.bench(|| execution::execute(black_box(&checks), &input));
}

#[divan::bench]
fn evaluate_one(bencher: Bencher<'_, '_>) {
    let checks = checks();
    let input = input(&checks[..1]);
    bencher.bench(|| execution::evaluate(black_box(&checks[0]), &input));
}
