//! How the checks read in Trento's web: each file's texts, and what each message says of facts in
//! which good and bad elements stand side by side.
//!
//! `tests/checks/ID/messages.json` holds such facts with the messages they give, word for word.
//! What a good element is called begins with `good` there, so that no message may hold the word.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use trento_alloy::inside::checks::execution::{self, Input};
use trento_alloy::inside::checks::facts::{Agent, Fact};
use trento_alloy::inside::checks::load::Loaded;
use trento_alloy::inside::checks::model::Check;
use trento_alloy::inside::checks::wording::Wording;
use trento_alloy::inside::checks::{catalogue, lint};

/// Programs of a host with SLES 16 that a remediation may call.
const PROGRAMS: &[&str] = &[
    "trento-alloy",
    "trento-agent",
    "chgrp",
    "chmod",
    "chown",
    "chronyc",
    "curl",
    "getent",
    "grep",
    "iconv",
    "journalctl",
    "ls",
    "nginx",
    "openssl",
    "prometheus",
    "promtool",
    "runuser",
    "ss",
    "systemctl",
    "zypper",
];
/// Words that begin a setting, as it is written.
const SETTINGS: &[&str] =
    &["allow", "auth_basic", "client_max_body_size", "satisfy", "ssl_verify_client"];
/// Values of which another one would contradict what is generated.
const FIXED: &[(&str, &str)] = &[("A11010", "prefix"), ("A11011", "prefix"), ("A11030", "owner")];

fn field(check: &Loaded, name: &str) -> String {
    let check = serde_json::to_value(check.check.as_ref().unwrap()).unwrap();
    check[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn each_check_reads_as_trentos_own() {
    let checks = catalogue::load();
    let checks = checks.iter().map(|loaded| loaded.check.as_ref().unwrap());
    let worded: Vec<Check> =
        checks.clone().map(|check| Wording::of_prometheus().check(check)).collect();
    let of_alloy = checks.map(|check| (&**check, ""));
    let of_prometheus = worded.iter().map(|check| (check, " for Prometheus"));
    let mut wrong = Vec::new();
    for (check, sender) in of_alloy.chain(of_prometheus) {
        let description = check.description.text();
        let description = description.trim();
        let mut faults = remediation(&check.remediation.text());
        if description.chars().count() > 120 {
            faults.push(format!("a description of {} characters", description.chars().count()));
        }
        if !description.ends_with('.') || description.trim_end_matches('.').contains(". ") {
            faults.push("a description that is not one sentence".to_owned());
        }
        wrong.extend(faults.into_iter().map(|fault| format!("{}{sender}: {fault}", check.id())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_check_of_a_host_names_alloy_where_prometheus_is_worded() {
    let mut wrong = Vec::new();
    for loaded in catalogue::load() {
        let check = loaded.check.as_ref().unwrap();
        // What compares hosts is for hosts of any sender.
        if check.metadata["target_type"] != "host" {
            continue;
        }
        let worded = Wording::of_prometheus().check(check);
        let mut texts: Vec<String> = [&worded.group, &worded.name, &worded.description]
            .map(|text| text.text().into_owned())
            .into();
        texts.push(worded.remediation.text().into_owned());
        for expectation in &worded.expectations {
            for message in [&expectation.failure_message, &expectation.warning_message] {
                texts.extend(message.as_str().map(literals));
            }
        }
        for text in texts.iter().map(|text| text.replace("trento-alloy", "")) {
            if text.to_ascii_lowercase().contains("alloy") || text.contains(['{', '}']) {
                wrong.push(format!("{}: {text}", check.id()));
            }
        }
        for expectation in &check.expectations {
            let same = worded.expectations.iter().find(|it| it.name == expectation.name).unwrap();
            assert_eq!(same.expression, expectation.expression, "{}", check.id());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A message without the code in it.
fn literals(message: &str) -> String {
    let mut depth = 0;
    let outside = |char: &char| {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => return depth == 0,
        }
        false
    };
    message.chars().filter(outside).collect()
}

/// What is wrong with a remediation.
fn remediation(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    if headings != ["## Abstract", "## Remediation", "## References"] {
        wrong.push(format!("the headings {headings:?}"));
        return wrong;
    }
    let part = |heading: &str| text.split(heading).nth(1).unwrap_or_default();
    let steps = part("## Remediation").split("## References").next().unwrap_or_default();
    let mut number = 0;
    for line in steps.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()) {
        number += 1;
        if !line.starts_with(&format!("{number}. ")) {
            wrong.push(format!("in place of step {number}: {line}"));
        }
    }
    if number == 0 {
        wrong.push("no numbered steps".to_owned());
    }
    if !part("## References").lines().any(|line| line.trim_start().starts_with("- https://")) {
        wrong.push("no reference".to_owned());
    }
    if text.contains("finding") {
        wrong.push("it speaks of findings, which Trento does not show".to_owned());
    }
    for code in text.split('`').skip(1).step_by(2) {
        let words: Vec<&str> = code.split_whitespace().collect();
        let is_setting = code.contains(['=', '{', '"', ':']) || SETTINGS.contains(&words[0]);
        if words.len() > 1 && !is_setting && !PROGRAMS.contains(&words[0]) {
            wrong.push(format!("`{code}` calls no program of SLES 16"));
        }
    }
    wrong
}

#[test]
fn values_that_would_contradict_the_generator_are_fixed() {
    for (id, name) in FIXED {
        let check = catalogue::load().into_iter().find(|check| field(check, "id") == *id).unwrap();
        let check = serde_json::to_value(check.check.as_ref().unwrap()).unwrap();
        let values = check["values"].as_array().unwrap();
        let value = values.iter().find(|value| value["name"] == *name).unwrap();
        assert_eq!(value["customization_disabled"], true, "{id} {name}");
    }
}

/// What an evaluation gives: expectation, which of its messages, and the text.
fn messages(check: &Loaded, facts: &Json) -> Vec<(String, &'static str, String)> {
    let facts = facts.as_object().unwrap().iter();
    let agent = Agent {
        agent_id: "a".to_owned(),
        attributes: serde_json::Map::new(),
        checks: None,
        facts: facts.map(|(name, value)| Fact::value(name.as_str(), value.clone())).collect(),
    };
    let input = Input {
        env: serde_json::Map::new(),
        target_type: "host".to_owned(),
        overrides: Vec::new(),
        agents: vec![agent],
        timeouts: Vec::new(),
    };
    let report = serde_json::to_value(execution::evaluate(check, &input)).unwrap();
    let evaluations = &report["check_results"][0]["agents_check_results"][0];
    let evaluations = evaluations["expectation_evaluations"].as_array().into_iter().flatten();
    evaluations
        .filter_map(|evaluation| {
            let is_warning = evaluation["return_value"] == "warning";
            let kind = if is_warning { "warning_message" } else { "failure_message" };
            let error = evaluation["message"].as_str().map(|error| format!("an error: {error}"));
            let text = evaluation["failure_message"].as_str().map(str::to_owned).or(error)?;
            Some((evaluation["name"].as_str()?.to_owned(), kind, text))
        })
        .collect()
}

#[test]
fn each_message_names_what_is_wrong_and_nothing_else() {
    let mut wrong = Vec::new();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/checks");
    for check in catalogue::load() {
        let id = field(&check, "id");
        let Ok(text) = fs::read_to_string(folder.join(&id).join("messages.json")) else {
            wrong.push(format!("{id}: there is no tests/checks/{id}/messages.json"));
            continue;
        };
        let mut seen = BTreeSet::new();
        let cases: Vec<Json> = serde_json::from_str(&text).unwrap();
        for case in &cases {
            let given = messages(&check, &case["facts"]);
            let texts: serde_json::Map<String, Json> =
                given.iter().map(|(name, _, text)| (name.clone(), json!(text))).collect();
            if json!(texts) != case["messages"] {
                wrong.push(format!("{id}: {}, not {}", json!(texts), case["messages"]));
            }
            for (name, kind, message) in &given {
                seen.insert(format!("{name} {kind}"));
                if let Some(fault) = fault(message) {
                    wrong.push(format!("{id}: {fault}: {message}"));
                }
            }
        }
        wrong
            .extend(unseen(&check, &seen).into_iter().map(|name| format!("{id}: no case: {name}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a message as the web shows it.
fn fault(message: &str) -> Option<&'static str> {
    let named = message.split([' ', ',', ';', '(', '/', ':']).any(|word| word.starts_with("good"));
    // The wanted value of a label may be named: it is not an element.
    let is_wanted = message.contains(" than good: ") || message.contains(" good is not proven ");
    if message == "Expectation not met" || message.starts_with("an error") {
        Some("it cannot be made")
    } else if message.contains(['[', ']']) || message.contains("#{") {
        Some("a raw list")
    } else if named && !is_wanted {
        Some("it names a good element")
    } else if !message.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit())
        && !["systemd", "prometheus-"].iter().any(|name| message.starts_with(name))
    {
        Some("it does not begin as a sentence")
    } else {
        None
    }
}

/// The messages that no case gave. The text of `expect_same` is fixed and needs none.
fn unseen(check: &Loaded, seen: &BTreeSet<String>) -> Vec<String> {
    let check = serde_json::to_value(check.check.as_ref().unwrap()).unwrap();
    let mut missing = Vec::new();
    for expectation in check["expectations"].as_array().unwrap() {
        let name = expectation["name"].as_str().unwrap();
        if expectation["type"] == "expect_same" {
            continue;
        }
        for key in ["failure_message", "warning_message"] {
            if expectation[key].is_string() && !seen.contains(&format!("{name} {key}")) {
                missing.push(format!("{name} {key}"));
            }
        }
    }
    missing
}

#[test]
fn the_catalogue_lints_clean() {
    let findings = lint::lint(&catalogue::load_with_places());
    let told: Vec<String> = findings.iter().map(|it| it.to_json().to_string()).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}
