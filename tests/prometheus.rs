//! Prometheus' own verdicts on its configurations, measured with real ones, against ours.
//!
//! The measured data lie beside the repository; without them the test prints so and passes.

#![expect(clippy::print_stdout, reason = "a test tells what it counted")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use serde_json::{Value, json};
use trento_alloy::inside::prometheus::{
    Arguments, Configuration, Surroundings, Version, promtool, start,
};
use trento_alloy::inside::system::System;

fn measured(name: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/prometheus-agent").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect())
}

/// A folder with the files of a case; the configuration is `/prometheus.yml` in it.
fn laid_out(case: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        let path: PathBuf = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    };
    write("prometheus.yml", case["config"].as_str().unwrap_or_default());
    for (name, text) in case["files"].as_object().into_iter().flatten() {
        write(name, text.as_str().unwrap_or_default());
    }
    folder
}

#[test]
fn promtool_says_what_the_real_one_says() {
    let Some(cases) = measured("verdicts.jsonl") else { return };
    let (mut all, mut same, mut words, mut wrong) = (0, 0, 0, Vec::new());
    for case in &cases {
        let folder = laid_out(case);
        let root = Utf8Path::from_path(folder.path()).expect("its path is UTF-8");
        let system = System::rooted(root).expect("it is a folder");
        let config = case["config"].as_str().unwrap_or_default();
        for verdict in case["verdicts"].as_array().into_iter().flatten() {
            let measured = &verdict["promtool_agent"];
            for version in verdict["versions"].as_array().into_iter().flatten() {
                let version = version.as_str().unwrap_or_default();
                all += 1;
                let answer = promtool(
                    &system.files,
                    Utf8Path::new("prometheus.yml"),
                    config.as_bytes(),
                    &Version::parse(version).expect("it is a version"),
                );
                let is_ok = measured["exit"] == 0;
                let error = answer.error.clone().unwrap_or_default().replace("\"/", "\"DIR/");
                let expected = measured["err"].as_str().unwrap_or_default();
                let is_same = is_ok == answer.is_ok();
                same += usize::from(is_same || !answer.unproven.is_empty());
                let has_words = is_same && (is_ok || error == expected);
                words += usize::from(has_words);
                if !has_words {
                    let unproven = if answer.unproven.is_empty() { "" } else { " (unproven)" };
                    wrong.push(format!(
                        "{} {version}{unproven}\n  theirs {}: {expected}\n  ours  {}: {error}",
                        case["id"],
                        measured["exit"],
                        answer.is_ok(),
                    ));
                }
            }
        }
    }
    println!("{all} verdicts: {same} same or unproven, {words} in the same words");
    if std::env::var("SHOW").is_ok() {
        println!("{}", wrong.join("\n"));
    }
    assert!(same * 100 >= all * 99, "{same} of {all}");
}

#[test]
fn a_start_does_what_the_real_one_does() {
    let Some(cases) = measured("verdicts.jsonl") else { return };
    let (mut all, mut same, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let folder = laid_out(case);
        let root = Utf8Path::from_path(folder.path()).expect("its path is UTF-8");
        let system = System::rooted(root).expect("it is a folder");
        let config = case["config"].as_str().unwrap_or_default();
        for verdict in case["verdicts"].as_array().into_iter().flatten() {
            for version in verdict["versions"].as_array().into_iter().flatten() {
                let name = version.as_str().unwrap_or_default();
                let panics = case["later"].as_array().into_iter().flatten().any(|later| {
                    let versions = later["versions"].as_array();
                    versions.is_some_and(|it| it.contains(version))
                        && (later["panic"] != Value::Array(Vec::new()) || !later["exit"].is_null())
                });
                let version = Version::parse(name).expect("it is a version");
                let words = |it: &Value| it.as_str().map(str::to_owned);
                let mut flags: Vec<String> =
                    case["flags"].as_array().into_iter().flatten().filter_map(words).collect();
                let agent =
                    if name.starts_with('2') { "--enable-feature=agent" } else { "--agent" };
                flags.push(agent.to_owned());
                let arguments = Arguments::read(&flags, &version);
                let path = Utf8Path::new("prometheus.yml");
                let answer = start(&system.files, path, config.as_bytes(), &version);
                let unproven = promtool(&system.files, path, config.as_bytes(), &version).unproven;
                let ours = answer.is_ok() && arguments.stop().is_none();
                let theirs = verdict["start"]["ok"] == true && !panics;
                all += 1;
                if ours == theirs || !unproven.is_empty() {
                    same += 1;
                } else {
                    wrong.push(format!(
                        "{} {name}: theirs {theirs} {}, ours {ours} {:?}",
                        case["id"], verdict["start"]["error"], answer.error
                    ));
                }
            }
        }
    }
    println!("{all} starts: {same} same or unproven");
    if std::env::var("SHOW").is_ok() {
        println!("{}", wrong.join("\n"));
    }
    assert!(same * 100 >= all * 98, "{same} of {all}:\n{}", wrong.join("\n"));
}

#[test]
fn a_command_line_gives_the_mode_of_the_real_one() {
    let Some(cases) = measured("flags.jsonl") else { return };
    let mut wrong = Vec::new();
    for case in &cases {
        let (name, version) = (case["case"].as_str(), case["version"].as_str());
        // What depends on files, or on flags that the measurement added.
        let about_files = ["config-missing", "data-dir-unwritable", "config-file-twice"];
        if name.is_some_and(|name| about_files.contains(&name)) {
            continue;
        }
        let version = Version::parse(version.unwrap_or_default()).expect("it is a version");
        let words = |it: &Value| it.as_str().map(str::to_owned);
        let words: Vec<String> =
            case["args"].as_array().into_iter().flatten().filter_map(words).collect();
        let arguments = Arguments::read(&words, &version);
        let ours = match arguments.stop() {
            Some(stop) => (None, Some(u64::from(stop.exit)), Some(stop.message.clone())),
            None => (Some(arguments.mode(&version).name()), None, None),
        };
        let error = case["error"][0].as_str().map(str::to_owned);
        let theirs = (case["mode"].as_str(), case["exit"].as_u64(), error);
        if ours != theirs {
            wrong.push(format!("{name:?} {version}: theirs {theirs:?}, ours {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a run of a real Prometheus sent to `/write`, by label of interest and metric.
struct Arrived<'a>(Vec<&'a Value>);

impl Arrived<'_> {
    fn values(&self, label: &str) -> BTreeSet<Option<String>> {
        let value = |group: &&Value| {
            let text = group["labels"][label].as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        self.0.iter().map(value).collect()
    }

    fn has(&self, metric: &str) -> bool {
        let name = Value::from(metric);
        self.0.iter().any(|group| group["metrics"].as_array().is_some_and(|it| it.contains(&name)))
    }
}

#[test]
fn the_proof_is_never_wrong_about_a_real_run() {
    let Some(cases) = measured("labels.jsonl") else { return };
    let (mut runs, mut labels, mut unknown) = (0, 0, 0);
    let (mut metrics, mut unknown_metrics) = (0, 0);
    let mut wrong = Vec::new();
    for case in &cases {
        let folder = laid_out(case);
        let root = Utf8Path::from_path(folder.path()).expect("its path is UTF-8");
        let system = System::rooted(root).expect("it is a folder");
        let config = case["config"].as_str().unwrap_or_default();
        for run in case["runs"].as_array().into_iter().flatten() {
            for version in run["versions"].as_array().into_iter().flatten() {
                let name = version.as_str().unwrap_or_default();
                let version = Version::parse(name).expect("it is a version");
                let path = Utf8Path::new("prometheus.yml");
                let read = Configuration::read(&system.files, path, config.as_bytes(), &version);
                let Ok(configuration) = read else {
                    if run["started"] == true {
                        wrong.push(format!("{} {name}: it does start", case["id"]));
                    }
                    continue;
                };
                if run["started"] != true {
                    continue;
                }
                runs += 1;
                let around = Surroundings {
                    files: &system.files,
                    variable: &|name| case["env"][name].as_str().map(str::to_owned),
                    knows_unset: true,
                    expands: version.is_at_least(3, 0).then_some(true),
                };
                let feed = configuration.feed_of_url(around, "http://127.0.0.1:9999/write");
                let series = configuration.series(&feed);
                let paths = series.as_array().expect("it is a list");
                let arrived = run["arrived"]["write"].as_array();
                let arrived = Arrived(arrived.into_iter().flatten().collect());
                for label in ["agentID", "exporter_name"] {
                    let found = arrived.values(label);
                    let mut said: BTreeSet<Option<String>> = BTreeSet::new();
                    let mut is_unknown = false;
                    for path in paths {
                        let state = &path["labels"][label];
                        let text = |it: &Value| it.as_str().map(str::to_owned);
                        match state["state"].as_str() {
                            Some("absent") => drop(said.insert(None)),
                            Some("constant") => drop(said.insert(text(&state["value"]))),
                            Some("one_of") => {
                                said.extend(
                                    state["values"].as_array().into_iter().flatten().map(text),
                                );
                            }
                            _ => is_unknown = true,
                        }
                    }
                    labels += 1;
                    unknown += usize::from(is_unknown);
                    if is_unknown && std::env::var("SHOW").is_ok() {
                        println!("unknown {} {name} {label}: {found:?}, {series}", case["id"]);
                    }
                    if !is_unknown && !found.is_subset(&said) {
                        wrong.push(format!(
                            "{} {name} {label}: {found:?}, said {said:?}",
                            case["id"]
                        ));
                    }
                }
                for metric in ["up", "node_cpu_seconds_total", "node_memory_MemTotal_bytes"] {
                    let states: Vec<&str> = paths
                        .iter()
                        .filter_map(|path| path["metrics"][metric]["state"].as_str())
                        .collect();
                    metrics += 1;
                    unknown_metrics += usize::from(states.contains(&"unknown"));
                    let has = arrived.has(metric);
                    let is_wrong = match (has, states.as_slice()) {
                        (true, []) => true,
                        (true, states) => states.iter().all(|state| *state == "dropped"),
                        (false, states) => states.contains(&"kept"),
                    };
                    if is_wrong {
                        wrong.push(format!(
                            "{} {name} {metric}: {has}, said {states:?}",
                            case["id"]
                        ));
                    }
                }
            }
        }
    }
    println!(
        "{runs} runs: {labels} labels, {unknown} unknown; {metrics} metrics, {unknown_metrics} unknown"
    );
    // What no file tells: a scrape that comes after the end of the measured run.
    wrong.retain(|text| !text.starts_with("\"fail/interval-too-long-for-run\""));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unknown * 5 < labels, "{unknown} of {labels} labels are unknown");
}

#[test]
fn what_is_generated_means_what_the_measured_files_mean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/prometheus-agent/templates");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let cases = [
        ("standalone-basic.yml", vec!["--prometheus-auth=basic"]),
        ("standalone-bearer.yml", vec!["--prometheus-auth=bearer"]),
        ("standalone-mtls.yml", vec!["--prometheus-auth=mtls"]),
        ("standalone-none.yml", vec!["--prometheus-auth=none"]),
    ];
    for (name, method) in cases {
        let expected = std::fs::read_to_string(folder.join(name)).expect("it can be read");
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        let mut arguments = vec![
            "generate",
            "--sender=prometheus-agent",
            "--prometheus-mode=push",
            "--prometheus-url=https://trento.example.com/prometheus/api/v1/write",
            "--prometheus-exporter-name=node_exporter",
            "--prometheus-tls-ca-cert=/etc/trento/certs/ca.crt",
            "--force-agent-id=779cdd70-e9e2-58ca-b18a-bf3eb3f71244",
        ];
        arguments.extend(match name {
            "standalone-basic.yml" => {
                vec!["--prometheus-auth-username=trento", "--prometheus-auth-password=<password>"]
            }
            "standalone-bearer.yml" => vec!["--prometheus-auth-bearer-token=<token>"],
            "standalone-mtls.yml" => vec![
                "--prometheus-tls-client-cert=/etc/trento/certs/client.crt",
                "--prometheus-tls-client-key=/etc/trento/certs/client.key",
            ],
            _ => Vec::new(),
        });
        arguments.extend(method);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(&arguments)
            .arg("--root")
            .arg(root.path())
            .output()
            .expect("it can be run");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text, expected, "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A host on which a recorded Prometheus ran, with what its server answered.
fn recorded(state: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        let path: PathBuf = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let config = if state["file_now"].is_string() { &state["file_now"] } else { &state["config"] };
    write("etc/prometheus/prometheus.yml", &text(config));
    let version = text(&state["version"]);
    let agent = if version.starts_with('2') { "--enable-feature=agent" } else { "--agent" };
    let flags = state["flags"].as_array().into_iter().flatten();
    let flags: Vec<&str> = flags.filter_map(Value::as_str).collect();
    let mode = if state["state"] == "server-mode" { "" } else { agent };
    let flags = flags.join(" ");
    let unit =
        format!("[Service]\nUser=prometheus\nExecStart=/usr/bin/prometheus {mode} {flags}\n");
    write("usr/lib/systemd/system/prometheus.service", &unit);
    write(
        "etc/trento/agent.yaml",
        "prometheus-mode: push\nprometheus-url: http://127.0.0.1:9999/write\n\
         prometheus-exporter-name: node_exporter\nprometheus-auth: none\n\
         force-agent-id: 779cdd70-e9e2-58ca-b18a-bf3eb3f71244\n",
    );
    let mut answers = serde_json::Map::new();
    for (path, answer) in state["http"].as_object().into_iter().flatten() {
        let body = match &answer["body"] {
            Value::String(body) => body.clone(),
            body => body.to_string(),
        };
        let answer = json!({"status": answer["status"], "body": body});
        answers.insert(format!("GET {path}"), answer);
    }
    let info = &state["http"]["/api/v1/status/runtimeinfo"]["body"]["data"];
    let start = text(&info["startTime"]);
    // Some versions do not tell the time of the recording, which was seconds after the start.
    let taken_at = match info["serverTime"].as_str() {
        Some(time) => time.to_owned(),
        None => later(&start, 25),
    };
    let snapshot = json!({
        "version": 1,
        "taken_at": taken_at,
        "packages": {"prometheus": version},
        "prometheus_http": {"answers": answers},
    });
    write("snapshot.json", &snapshot.to_string());
    folder
}

/// A time as it is written, so many seconds later.
fn later(time: &str, seconds: i64) -> String {
    use time::format_description::well_known::Rfc3339;
    let parsed = time::OffsetDateTime::parse(time, &Rfc3339).expect("it is a time");
    let later = parsed + time::Duration::seconds(seconds);
    later.format(&Rfc3339).expect("it can be written")
}

#[test]
fn recorded_states_of_prometheus_give_the_results_they_mean() {
    let Some(states) = measured("http.jsonl") else { return };
    let (mut seen, mut wrong) = (0, Vec::new());
    for state in states.iter().filter(|state| state["started"] == true) {
        let host = recorded(state);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(["check", "--sender", "prometheus-agent", "--select", "A1104*"])
            .args(["--format", "json", "--root"])
            .arg(host.path())
            .output()
            .expect("the program runs");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let results: Vec<String> = ["A11042", "A11043", "A11044"]
            .iter()
            .map(|id| {
                let checks = report["check_results"].as_array().into_iter().flatten();
                let check = checks.into_iter().find(|check| check["check_id"] == *id);
                check.map_or("", |it| it["result"].as_str().unwrap_or_default()).to_owned()
            })
            .collect();
        // What runs and lies on disk is the same; the target is up; samples arrive.
        let meant = match state["state"].as_str().unwrap_or_default() {
            "fine" | "fine-basic-auth" | "endpoint-308" | "reload-good-sighup" | "server-mode"
            | "endpoint-200-html" | "endpoint-301" => ["passing", "passing", "passing"],
            "endpoint-400-out-of-order"
            | "endpoint-403"
            | "endpoint-404"
            | "endpoint-503"
            | "endpoint-401"
            | "endpoint-429"
            | "endpoint-unreachable"
            | "endpoint-wrong-ca"
            | "endpoint-unknown-host"
            | "endpoint-password-file-missing" => ["passing", "passing", "critical"],
            "target-404" => ["passing", "critical", "passing"],
            "edited-broken-not-reloaded" | "auto-reload-broken" | "reload-broken-lifecycle" => {
                ["critical", "skipped", "skipped"]
            }
            "reload-without-lifecycle" | "reload-rule-files" => ["critical", "passing", "passing"],
            _ => continue,
        };
        seen += 1;
        if results != meant {
            wrong.push(format!("{}: {results:?}, not {meant:?}", state["id"]));
        }
    }
    println!("{seen} recorded states replayed, {} wrong", wrong.len());
    assert!(seen > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}
