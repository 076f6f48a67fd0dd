//! The proof against what the real Alloy sent: the shared acceptance data beside the checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::{Context, Graph, Program, ProgramFile, Prover};
use crate::eval::Environment;
use crate::proof::{INTEREST, series};
use crate::source::Source;
use crate::system::System;

struct Outcome {
    right: bool,
    known: bool,
    text: String,
}

fn said(case: &Json, dir: &Utf8Path, path: &str) -> Json {
    let config = case["config"].as_str().unwrap().replace("DIR", dir.as_str());
    for (name, text) in case["files"].as_object().unwrap() {
        let file = dir.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = text.as_str().unwrap().replace("DIR", dir.as_str());
        std::fs::write(file, text).unwrap();
    }
    let mut system = System::live();
    system.hostname = Some("HOSTNAME".to_owned());
    let env: BTreeMap<String, String> = case["env"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let context = Context::new(&system, Environment::known(env), Utf8PathBuf::from(dir));
    let parsed = alloy_grammar::parser::parse(config.as_bytes());
    let source = Source::new(dir.join("config.alloy"), parsed.file.source());
    let program = Program::new(vec![ProgramFile { source, tree: Arc::new(parsed.file) }]);
    let prover = Prover::new(Graph::build(&program, context));
    let url = format!("http://127.0.0.1:9999/{path}");
    series::series(prover.graph(), &prover.feed_of_url(&url))
}

fn judge(said: &Json, arrived: &[Json], has_traffic: bool) -> Outcome {
    let paths = said.as_array().unwrap();
    let mut wrong = Vec::new();
    let mut known = true;
    for label in INTEREST {
        let states: Vec<&Json> = paths.iter().map(|path| &path["labels"][label]).collect();
        let is_unknown = states.iter().any(|state| state["state"] == "unknown");
        known &= !is_unknown;
        let mut allowed: BTreeSet<Option<&str>> = BTreeSet::new();
        for state in &states {
            match state["state"].as_str().unwrap() {
                "absent" => drop(allowed.insert(None)),
                "constant" => drop(allowed.insert(state["value"].as_str())),
                "one_of" => {
                    allowed.extend(state["values"].as_array().unwrap().iter().map(Json::as_str));
                }
                _ => {}
            }
        }
        let mut seen = BTreeSet::new();
        for group in arrived {
            let value = group["labels"].get(*label).and_then(Json::as_str);
            seen.insert(value);
            if !is_unknown && !allowed.contains(&value) {
                wrong.push(format!("{label}={value:?} arrived, said {allowed:?}"));
            }
        }
        for value in allowed {
            if has_traffic && !is_unknown && !seen.contains(&value) {
                wrong.push(format!("{label}={value:?} said, did not arrive"));
            }
        }
    }
    let arrived_metrics: BTreeSet<&str> = arrived
        .iter()
        .flat_map(|group| group["metrics"].as_array().unwrap())
        .filter_map(Json::as_str)
        .collect();
    for name in
        ["up", "node_cpu_seconds_total", "node_filesystem_size_bytes", "node_memory_MemTotal_bytes"]
    {
        let states: BTreeSet<&str> =
            paths.iter().filter_map(|path| path["metrics"][name]["state"].as_str()).collect();
        let is_there = arrived_metrics.contains(name);
        if is_there && !states.contains("kept") && !states.contains("unknown") {
            wrong.push(format!("{name} arrived, said {states:?}"));
        }
        if !is_there && states.contains("kept") {
            wrong.push(format!("{name} did not arrive, said {states:?}"));
        }
        if states.contains("unknown") {
            wrong.push(format!("note: {name} unknown"));
        }
    }
    let right = wrong.iter().all(|text| text.starts_with("note"));
    Outcome { right, known, text: wrong.join("; ") }
}

#[test]
fn what_arrived_is_among_what_was_said() {
    let file = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/labels/arrived.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: there is no {file}");
        return;
    };
    let (mut all, mut right, mut known) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let id = case["id"].as_str().unwrap();
        let mut urls: BTreeSet<&str> =
            case["arrived"].as_object().unwrap().keys().map(String::as_str).collect();
        urls.insert("write");
        for url in urls {
            let said = said(&case, dir, url);
            let arrived = case["arrived"].get(url).and_then(Json::as_array).cloned();
            let has_traffic = arrived.is_some() && !id.starts_with("receive-http");
            let outcome = judge(&said, &arrived.unwrap_or_default(), has_traffic);
            all += 1;
            right += usize::from(outcome.right);
            known += usize::from(outcome.known);
            if !outcome.text.is_empty() || !outcome.known {
                wrong.push(format!("{id} {url}: known {} {}", outcome.known, outcome.text));
            }
        }
    }
    eprintln!("labels: {all} endpoints, {right} right, {known} known");
    for line in &wrong {
        eprintln!("  {line}");
    }
    assert_eq!(right, all);
    assert!(known * 100 >= all * 95);
}
