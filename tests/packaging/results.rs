//! The whole way without the plugin: a host publishes, its agent lists, the server judges.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::tools::{PROGRAM, succeed};

/// What the agent's gatherers say after this host has published.
fn facts(results: &Path) -> (Value, BTreeMap<String, String>) {
    let (mut facts, mut verdicts) = (Vec::new(), BTreeMap::new());
    for entry in fs::read_dir(results).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let parts: Vec<&str> = name.splitn(3, '.').collect();
        let file = json!({
            "name": format!("/run/trento-alloy/results/{name}"), "owner": "root", "group": "root",
        });
        let mut add = |fact: &str, value: Value| {
            facts.push(json!({"check_id": parts[0], "name": fact, "value": value}));
        };
        add("results", json!([file]));
        add("timer", json!({"active_state": "active"}));
        add("service", json!({"active_state": "inactive"}));
        // The server has no word for a check that does not apply.
        let verdict = if parts[1] == "skipped" { "passing" } else { parts[1] };
        verdicts.insert(parts[0].to_owned(), verdict.to_owned());
    }
    let agents = json!([{"agent_id": "a", "facts": facts}]);
    (json!({"env": {}, "target_type": "host", "agents": agents, "timeouts": []}), verdicts)
}

#[test]
fn the_server_judges_each_host_as_the_host_itself_does() {
    let folder = tempfile::tempdir().unwrap();
    let checks = folder.path().join("checks");
    succeed(Command::new(PROGRAM).args(["catalog", "export", "--via", "dir-scan"]).arg(&checks));
    succeed(Command::new(PROGRAM).args(["catalog", "lint"]).arg(&checks));
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts");
    let mut judged = 0;
    for host in fs::read_dir(hosts).unwrap() {
        let host = host.unwrap().path();
        let results = folder.path().join("results");
        let publish = ["check", "--fail-on", "never", "--publish"];
        succeed(Command::new(PROGRAM).args(publish).arg(&results).arg("--root").arg(&host));
        let (facts, want) = facts(&results);
        let file = folder.path().join("facts.json");
        fs::write(&file, facts.to_string()).unwrap();
        let output = Command::new(PROGRAM)
            .args(["check", "--format", "json", "--checks"])
            .arg(&checks)
            .arg("--facts")
            .arg(&file)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let got: BTreeMap<String, String> = report["check_results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| {
                let text = |key: &str| check[key].as_str().unwrap().to_owned();
                (text("check_id"), text("result"))
            })
            .collect();
        assert_eq!(got, want, "{}", host.display());
        judged += got.len();
    }
    eprintln!("verdicts carried to the server: {judged}");
    assert!(judged >= 90);
}
