//! The Trento server's own answers: every case of the shared acceptance data beside the checkout.
//!
//! Skipped with a note where the data is missing; the rules are also tested inline.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use trento_alloy::inside::checks::execution::{self, Input, Stopped};
use trento_alloy::inside::checks::facts::{Agent, Fact, Object};
use trento_alloy::inside::checks::lint;
use trento_alloy::inside::checks::load::{self, Fault, Loaded};
use trento_alloy::inside::checks::overrides::Override;
use trento_alloy::inside::checks::report::Report;
use trento_alloy::inside::checks::selection;
use trento_alloy::inside::checks::standing::Standing;
use trento_alloy::inside::source::Source;

fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/wanda");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no shared acceptance data at {}", folder.display());
    None
}

fn cases(folder: &Path, name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs every case of a kind and tells which ones fail.
fn run(kind: &str, one: impl Fn(&Path, &Json) -> Result<(), String>) {
    let Some(folder) = shared() else { return };
    let mut failures = Vec::new();
    let mut count = 0;
    let files = ["evaluation.jsonl", "evaluation-2.jsonl"];
    for case in files.iter().flat_map(|name| cases(&folder, name)) {
        if case["kind"] == kind {
            count += 1;
            if let Err(why) = one(&folder, &case) {
                failures.push(format!("{}: {why}", case["id"]));
            }
        }
    }
    eprintln!("{kind}: {} of {count} cases", count - failures.len());
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}

fn loaded(folder: &Path, case: &Json) -> Vec<Loaded> {
    if let Some(file) = case["check_file"].as_str() {
        let path = folder.join(file);
        return vec![load::file(path.to_str().unwrap().into())];
    }
    if let Some(name) = case["check_dir"].as_str() {
        return load::path(folder.join(name).to_str().unwrap().into()).unwrap();
    }
    let texts = match case["checks"].as_array() {
        Some(texts) => texts.clone(),
        None => vec![case["check"].clone()],
    };
    texts.iter().map(|text| named(text.as_str().unwrap())).collect()
}

fn named(text: &str) -> Loaded {
    load::source(Source::new("check.yaml", text))
}

fn input(case: &Json, first: &str) -> Input {
    let object = |value: &Json| value.as_object().cloned().unwrap_or_default();
    let strings = |value: &Json| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let agents = case["agents"].as_array().unwrap().iter().map(|agent| Agent {
        agent_id: agent["agent_id"].as_str().unwrap().to_owned(),
        attributes: object(&agent["attributes"]),
        checks: agent.get("checks").map(strings),
        facts: agent["facts"].as_array().unwrap().iter().map(fact).collect(),
    });
    let overrides = case["custom_values"].as_array().unwrap().iter().map(|custom| Override {
        check_id: custom["check_id"].as_str().unwrap_or(first).to_owned(),
        name: custom["name"].as_str().unwrap().to_owned(),
        value: custom["value"].clone(),
    });
    Input {
        env: object(&case["env"]),
        target_type: case["target_type"].as_str().unwrap_or("cluster").to_owned(),
        overrides: overrides.collect(),
        agents: agents.collect(),
        timeouts: strings(&case["timeouts"]),
    }
}

fn fact(fact: &Json) -> Fact {
    let name = fact["name"].as_str().unwrap();
    let made = match fact.get("error") {
        Some(error) => {
            Fact::error(name, error["type"].as_str().unwrap(), error["message"].as_str().unwrap())
        }
        None => Fact::value(name, fact["value"].clone()),
    };
    Fact { check_id: fact["check_id"].as_str().map(str::to_owned), ..made }
}

/// The server's part of a report.
fn stored(report: &Report) -> Json {
    let mut json = serde_json::to_value(report).unwrap();
    json.as_object_mut().unwrap().remove("notices");
    for check in json["check_results"].as_array_mut().unwrap() {
        for key in ["name", "group", "findings", "notes", "reason"] {
            check.as_object_mut().unwrap().remove(key);
        }
    }
    json
}

fn compare(actual: &Json, expected: &Json) -> Result<(), String> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("\n   actual {actual}\n expected {expected}"))
}

fn must_be_broken(report: &Report) -> Result<(), String> {
    match report.check_results.iter().find(|check| check.result == Standing::Error) {
        Some(check) if check.reason.is_some() => Ok(()),
        _ => Err(format!("should be an error: {}", stored(report))),
    }
}

#[test]
fn evaluations_give_what_the_server_stores() {
    run("evaluate", |folder, case| {
        let checks = loaded(folder, case);
        let id = checks[0].check.as_ref().map_or_else(|_| String::new(), |it| it.id().into());
        let report = execution::evaluate(&checks[0], &input(case, &id));
        match case["expected"].get("crash") {
            Some(_) => must_be_broken(&report),
            None => compare(&stored(&report), &case["expected"]),
        }
    });
}

#[test]
fn executions_give_what_the_server_stores() {
    run("execute", |folder, case| {
        let checks = loaded(folder, case);
        let executed = execution::execute(&checks, &input(case, &checks[0].file_id));
        let actual = match executed {
            Err(Stopped::NoChecksSelected) => json!({"error": "no_checks_selected"}),
            Err(stopped) => json!({"crash": stopped.to_string()}),
            Ok(execution) => {
                if case["expected"].get("crash").is_some() {
                    return must_be_broken(&execution.report);
                }
                let mut actual = stored(&execution.report);
                if case["want_requested"] == true {
                    actual["requested"] = serde_json::to_value(&execution.requested).unwrap();
                }
                actual
            }
        };
        if case["expected"].get("crash").is_some() && actual.get("crash").is_some() {
            return Ok(());
        }
        compare(&actual, &case["expected"])
    });
}

#[test]
fn what_would_end_the_server_is_an_error_and_no_verdict() {
    let Some(folder) = shared() else { return };
    let folder = folder.join("../cases/engine");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let Ok(case) = serde_json::from_str::<Json>(&text) else { continue };
        if case["kind"] != "execute" {
            continue;
        }
        let checks = loaded(&folder, &case);
        let execution = execution::execute(&checks, &input(&case, &checks[0].file_id)).unwrap();
        must_be_broken(&execution.report).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        count += 1;
    }
    eprintln!("deadly: {count} cases");
}

#[test]
fn check_files_load_as_on_the_server() {
    run("load", |folder, case| {
        let loaded = &loaded(folder, case)[0];
        let actual = match &loaded.check {
            Ok(check) => json!({"ok": check}),
            Err(error) if error.kind == Fault::Crash && case["expected"].get("crash").is_some() => {
                return Ok(());
            }
            Err(error) => json!({"error": error.kind.name()}),
        };
        compare(&actual, &case["expected"])
    });
}

#[test]
fn checks_are_selected_as_on_the_server() {
    run("select", |folder, case| {
        let checks = loaded(folder, case);
        let by_id: BTreeMap<&str, &Loaded> =
            checks.iter().map(|loaded| (loaded.file_id.as_str(), loaded)).collect();
        let ids: Vec<String> = match case["request_ids"].as_array() {
            Some(ids) => ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect(),
            None => checks.iter().map(|loaded| loaded.file_id.clone()).collect(),
        };
        let env: Object = case["env"].as_object().unwrap().clone();
        let mut selected = Vec::new();
        for id in ids {
            let Some(Ok(check)) = by_id.get(id.as_str()).map(|loaded| &loaded.check) else {
                continue;
            };
            match selection::inapplicable(check, &env) {
                Ok(None) => selected.push(id),
                Ok(Some(_)) => {}
                Err(_) if case["expected"].get("crash").is_some() => return Ok(()),
                Err(why) => return Err(why.0),
            }
        }
        compare(&json!({"selected": selected}), &case["expected"])
    });
}

/// The rules that are Trento's own linter's; all others are ours.
const THEIRS: [&str; 4] = ["schema", "expectation", "value", "exclude"];

fn key(check_id: &str, rule: &str, severity: &str, path: &str) -> String {
    format!("{rule} {severity} {check_id} {path}")
}

#[test]
fn the_linter_finds_what_trentos_own_finds() {
    let Some(folder) = shared() else { return };
    let mut failures = Vec::new();
    let cases = cases(&folder, "lint.jsonl");
    for case in &cases {
        let loaded = named(case["check"].as_str().unwrap());
        let findings = lint::lint(&[loaded]);
        let mut actual: Vec<String> = findings
            .iter()
            .filter(|finding| THEIRS.contains(&finding.rule.name))
            .map(|it| key(&it.check_id, it.rule.name, it.severity.name(), &it.path))
            .collect();
        actual.sort();
        let expected = case["expected"]["diagnostics"].as_array();
        let text = |it: &Json, key: &str| it[key].as_str().unwrap().to_owned();
        let mut wanted: Vec<String> = expected
            .into_iter()
            .flatten()
            .map(|it| {
                let (id, rule) = (text(it, "check_id"), text(it, "rule"));
                key(&id, &rule, &text(it, "severity"), &text(it, "path"))
            })
            .collect();
        wanted.sort();
        // A file that cannot be read is an error of our own.
        let unread = expected.is_none() && findings.is_empty();
        if actual != wanted || unread {
            failures.push(format!("{}: {actual:?} should be {wanted:?}", case["id"]));
        }
    }
    eprintln!("lint: {} of {} cases", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn public_checks_lint_clean() {
    let Some(folder) = shared() else { return };
    let checks = load::path(folder.join("public_checks").to_str().unwrap().into()).unwrap();
    let findings = lint::lint(&checks);
    let told: Vec<String> =
        findings.iter().filter(|it| !it.pedantic).map(|it| it.to_json().to_string()).collect();
    eprintln!("public checks: {} lint clean", checks.len());
    assert!(told.is_empty(), "{}", told.join("\n"));
}
