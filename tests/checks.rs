//! The catalogue, tried on hosts: each check's own pass and fail folders, and the shared
//! scenarios where they lie beside the checkout.
//!
//! A case folder holds only what differs from `tests/checks/base`, a host with Alloy (or from the
//! folder that `base` in its `case.json` names, such as one with Prometheus): files at their paths
//! on the host, and `case.json` with `why`, and where needed `gone` (paths), `links`, `files` (owners and
//! modes), `snapshot` (further keys of the snapshot), `recorded` (values in it, by JSON pointer) and
//! `args`. A case of a check that needs a
//! running host holds a recording of one in `snapshot`, or facts in `facts.json` instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

mod reports;
#[path = "reports/wording.rs"]
mod wording;

/// What a run of `check` said.
struct Outcome {
    exit: i32,
    stdout: String,
    stderr: String,
    results: BTreeMap<String, Json>,
}

#[test]
fn every_check_passes_and_fails_where_its_folders_say() {
    let folders = root().join("tests/checks");
    let mut cases = Vec::new();
    let mut wrong = Vec::new();
    for id in catalogue() {
        let own = subfolders(&folders.join(&id));
        let count = |kind: &str| own.iter().filter(|case| name_of(case).starts_with(kind)).count();
        if count("pass-") == 0 || count("fail-") == 0 {
            wrong.push(format!("{id} lacks a pass-* or a fail-* folder"));
        }
        cases.extend(own.iter().map(|case| (id.clone(), case.clone())));
    }
    wrong.extend(side_by_side(&cases, |(id, case)| {
        let name = name_of(case);
        let outcome = if case.join("facts.json").exists() {
            check_given_facts(id, &case.join("facts.json"))
        } else {
            let (host, args) = overlaid(&folders, case);
            check(host.path(), &args)
        };
        let result = outcome.result(id);
        let passes = name.starts_with("pass-");
        let expected: &[&str] = if passes { &["passing"] } else { &["warning", "critical"] };
        if !expected.contains(&result.as_str()) {
            return Some(format!("{id}/{name}: {result}\n{}", outcome.explain(id)));
        }
        let says_nothing = !passes && outcome.findings(id).is_empty();
        says_nothing.then(|| format!("{id}/{name}: no finding says what is wrong"))
    }));
    let cases = cases.len();
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_base_host_is_clean() {
    let empty = TempDir::new().expect("a temporary folder can be made");
    fs::write(empty.path().join("case.json"), "{}").expect("it can be written");
    for base in ["base", "base-running", "base-prometheus"] {
        is_clean(base, empty.path());
    }
}

fn is_clean(base: &str, case: &Path) {
    fs::write(case.join("case.json"), json!({ "base": base }).to_string()).expect("it can");
    let (host, args) = overlaid(&root().join("tests/checks"), case);
    let outcome = check(host.path(), &args);
    let failing: Vec<&String> = outcome
        .results
        .iter()
        .filter(|(_, check)| !matches!(check["result"].as_str(), Some("passing" | "skipped")))
        .map(|(id, _)| id)
        .collect();
    assert!(failing.is_empty(), "{base}: {failing:?}\n{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.exit, 0);
}

#[test]
fn shared_scenarios_get_exactly_the_results_they_expect() {
    let file = root().join("../shared/hosts/scenarios.jsonl");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("skipped: no shared acceptance data beside this checkout");
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    let scenarios = lines.len();
    let wrong = side_by_side(&lines, |line| {
        let scenario: Json = serde_json::from_str(line).expect("a scenario is JSON");
        let host = scenario_host(&scenario);
        let args: Vec<String> = strings(&scenario["args"]);
        let outcome = check_in_every_format(host.path(), &args);
        let problems = compare(&scenario, &outcome);
        (!problems.is_empty()).then(|| format!("{}: {}", scenario["id"], problems.join("; ")))
    });
    eprintln!("hosts: {} of {scenarios} scenarios right", scenarios - wrong.len());
    assert!(wrong.is_empty(), "{} of {scenarios}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn snapshots_of_shared_scenarios_get_the_results_of_their_hosts() {
    let file = root().join("../shared/hosts/scenarios.jsonl");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("skipped: no shared acceptance data beside this checkout");
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    let wrong = side_by_side(&lines, |line| {
        let scenario: Json = serde_json::from_str(line).expect("a scenario is JSON");
        let host = scenario_host(&scenario);
        let problems = compare_with_snapshot(host.path(), &strings(&scenario["args"]));
        (!problems.is_empty()).then(|| format!("{}: {}", scenario["id"], problems.join("; ")))
    });
    eprintln!("snapshots: {} of {} hosts the same", lines.len() - wrong.len(), lines.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

/// What is not the same of a host and its snapshot, or should not be in the snapshot.
fn compare_with_snapshot(host: &Path, args: &[String]) -> Vec<String> {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let archive = folder.path().join("host.tar");
    let packed = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .arg("snapshot")
        .arg(&archive)
        .arg("--root")
        .arg(host)
        .env_clear()
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&packed.stdout).into_owned();
    let mut problems = Vec::new();
    if packed.status.code() != Some(0) {
        let error = String::from_utf8_lossy(&packed.stderr);
        problems.push(format!("{} {error}", said.trim().replace('\n', ", ")));
    }
    let bytes = fs::read(&archive).unwrap_or_default();
    if bytes.windows(7).any(|found| found == b"canary-") || said.contains("canary-") {
        problems.push("a secret is packed".to_owned());
    }
    let (before, after) = (check(host, args), check(&archive, args));
    for (id, check) in &before.results {
        let other = after.results.get(id);
        if other.map(|other| &other["result"]) != Some(&check["result"]) {
            let why = format!("{} ({})", before.explain(id), after.explain(id));
            problems.push(format!("{id} is {}, was {} {why}", after.result(id), check["result"]));
        } else if other.map(without_columns) != Some(without_columns(check)) {
            problems.push(format!("{id}: {} ({})", before.explain(id), after.explain(id)));
        }
    }
    if before.exit != after.exit {
        problems.push(format!("exit {}, was {}: {}", after.exit, before.exit, after.stderr));
    }
    problems
}

/// The findings of a check: a token is longer or shorter than its secret, so that columns move.
fn without_columns(check: &Json) -> Json {
    let mut findings = check["findings"].clone();
    for finding in findings.as_array_mut().into_iter().flatten() {
        for key in ["column", "end_column", "also"] {
            finding.as_object_mut().expect("a finding is an object").remove(key);
        }
    }
    findings
}

#[test]
fn recorded_states_of_alloy_give_the_results_they_mean() {
    let file = root().join("../shared/alloy-http/answers.jsonl");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("skipped: no shared acceptance data beside this checkout");
        return;
    };
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in text.lines() {
        let state: Json = serde_json::from_str(line).expect("a state is JSON");
        let host = state_host(&state);
        let outcome = check(host.path(), &["--select".to_owned(), "A1104*".to_owned()]);
        let name = state["state"].as_str().unwrap_or_default();
        // Services and process are those of the base; configuration, components, delivery.
        let meant = match name {
            "running" => ["passing", "passing", "passing"],
            // All samples of the first seconds were still waiting, which proves nothing.
            "reload-duplicate" => ["passing", "passing", "skipped"],
            "reload-good" | "not-reloaded" | "ui-prefix" | "http-auth-ok" | "unreachable"
            | "unauthorized" => ["passing", "passing", "critical"],
            "reload-syntax" => ["critical", "passing", "critical"],
            "reload-evaluation" | "import-raw" => ["passing", "critical", "critical"],
            "reload-unknown-reference" | "empty" => ["passing", "skipped", "skipped"],
            "http-auth" => ["critical", "critical", "critical"],
            "declare" => ["passing", "skipped", "critical"],
            _ => continue,
        };
        let results =
            ["A11040", "A11041", "A11042", "A11043", "A11044"].map(|id| outcome.result(id));
        let meant = [["passing", "passing"].as_slice(), &meant].concat();
        if results != *meant {
            wrong.push(format!("{name}: {results:?}, not {meant:?}"));
        }
        seen += 1;
    }
    eprintln!("states: {seen} recorded states replayed");
    assert!(seen > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_recording_replays_what_it_was_taken_of() {
    let folders = root().join("tests/checks");
    for case in ["A11041/fail-recorded-sysconfig-newer", "A11044/fail-recorded-some-refused"] {
        let (host, _) = overlaid(&folders, &folders.join(case));
        let before = check(host.path(), &[]);
        let again = host.path().join("again.json");
        let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
        command.args(["facts", "record", "--root"]).arg(host.path()).arg("-o").arg(&again);
        let said = outcome(&mut command);
        assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{case}");
        let text = fs::read_to_string(&again).expect("it was written");
        assert!(!text.contains("example-password"), "{text}");
        let taken: Json = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(taken["packages"]["alloy"], "1.18.1");
        for path in ["/etc/alloy", "/etc/alloy/trento.alloy", "/etc/trento/agent.yaml"] {
            assert!(taken["files"][path]["mode"].is_string(), "{path}: {}", taken["files"]);
        }
        fs::rename(&again, host.path().join("snapshot.json")).expect("it can take its place");
        assert_eq!(check(host.path(), &[]).results, before.results, "{case}");
    }
}

/// The base host, with a recorded state of Alloy's HTTP server and what lay on its disk.
fn state_host(state: &Json) -> TempDir {
    let folders = root().join("tests/checks");
    let (host, _) = overlaid(&folders, &folders.join("A11042/pass-recorded-same-hash"));
    let alloy = host.path().join("etc/alloy");
    fs::remove_dir_all(&alloy).expect("the base has it");
    fs::create_dir(&alloy).expect("it can be made");
    let changes = state["steps"].as_array().into_iter().flatten().map(|step| &step["changed"]);
    for files in std::iter::once(&state["files"]).chain(changes) {
        for (name, text) in files.as_object().into_iter().flatten() {
            let text = text.as_str().unwrap_or_default();
            fs::write(alloy.join(name), text).expect("it can be written");
        }
    }
    let path = host.path().join("snapshot.json");
    let text = fs::read_to_string(&path).expect("there is one");
    let mut snapshot: Json = serde_json::from_str(&text).expect("it is JSON");
    snapshot["alloy_http"] = json!({"answers": state["answers"]});
    // The recordings were made by one process each, within minutes.
    snapshot["taken_at"] = json!("2026-11-21T10:00:00Z");
    let process = &mut snapshot["processes"]["alloy.service"];
    let own = strings(&process["arguments"]);
    let (program, rest) = own.split_at(2);
    process["arguments"] = json!([program, &strings(&state["args"]), rest].concat());
    fs::write(&path, snapshot.to_string()).expect("it can be written");
    host
}

/// Everything about a scenario that is not as it expects.
fn compare(scenario: &Json, outcome: &Outcome) -> Vec<String> {
    let mut problems = Vec::new();
    let expected = scenario["expect"].as_object().cloned().unwrap_or_default();
    let free: BTreeSet<String> = strings(&scenario["free"]).into_iter().collect();
    for (id, check) in &outcome.results {
        let result = check["result"].as_str().unwrap_or_default();
        let wanted = expected.get(id).and_then(Json::as_str);
        let right = match wanted {
            Some(wanted) => result == wanted,
            None => free.contains(id) || matches!(result, "passing" | "skipped"),
        };
        if !right {
            let wanted = wanted.unwrap_or("passing or skipped");
            problems.push(format!("{id} is {result}, not {wanted} ({})", outcome.explain(id)));
        }
    }
    for id in expected.keys().filter(|id| !outcome.results.contains_key(*id)) {
        problems.push(format!("{id} is missing"));
    }
    if Some(i64::from(outcome.exit)) != scenario["exit"].as_i64() {
        problems.push(format!("exit {} not {}", outcome.exit, scenario["exit"]));
    }
    if outcome.stdout.contains("canary-") || outcome.stderr.contains("canary-") {
        problems.push("a secret is shown".to_owned());
    }
    problems
}

impl Outcome {
    fn result(&self, id: &str) -> String {
        self.results
            .get(id)
            .and_then(|check| check["result"].as_str())
            .unwrap_or("missing")
            .to_owned()
    }

    fn findings(&self, id: &str) -> Vec<Json> {
        self.results
            .get(id)
            .and_then(|check| check["findings"].as_array())
            .cloned()
            .unwrap_or_default()
    }

    /// What there is to say of a check, for a person who reads the failed test.
    fn explain(&self, id: &str) -> String {
        let Some(check) = self.results.get(id) else {
            return format!("exit {}: {}", self.exit, self.stderr.trim());
        };
        let mut said: Vec<String> =
            check["reason"].as_str().map(str::to_owned).into_iter().collect();
        said.extend(self.findings(id).iter().map(|finding| finding["message"].to_string()));
        said.extend(strings(&check["notes"]));
        said.join(", ")
    }
}

/// Runs something on every item, on as many threads as there are processors; keeps what it says.
fn side_by_side<T: Sync>(items: &[T], run: impl Fn(&T) -> Option<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let said = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    said.lock().expect("no thread panics with it").extend(run(item));
                }
            });
        }
    });
    let mut said = said.into_inner().expect("no thread panics with it");
    said.sort();
    said
}

fn name_of(case: &Path) -> String {
    case.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

/// The JSON report, with those of the other formats behind it on standard error.
fn check_in_every_format(host: &Path, args: &[String]) -> Outcome {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let mut args = args.to_vec();
    let formats = ["human", "sarif", "junit", "github", "nagios", "prometheus", "html"];
    for format in formats {
        let file = folder.path().join(format);
        args.extend(["-o".to_owned(), format!("{format}={}", file.display())]);
    }
    let mut outcome = check(host, &args);
    for format in formats {
        let text = fs::read_to_string(folder.path().join(format)).unwrap_or_default();
        assert!(format == "github" || !text.is_empty(), "nothing in the format {format}");
        outcome.stderr.push_str(&text);
    }
    outcome
}

fn check(host: &Path, args: &[String]) -> Outcome {
    let mut args = args.to_vec();
    args.extend(["--format".to_owned(), "json".to_owned()]);
    run(host, &args)
}

/// One check of the catalogue on facts that are given.
fn check_given_facts(id: &str, facts: &Path) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    let check = root().join(format!("checks/{id}.yaml"));
    command.arg("check").arg("--checks").arg(check).arg("--facts").arg(facts);
    outcome(command.args(["--format", "json"]))
}

fn run(host: &Path, args: &[String]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    outcome(command.arg("check").arg("--root").arg(host).args(args))
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.env_clear().output().expect("the program runs");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let report: Json = serde_json::from_str(&stdout).unwrap_or(Json::Null);
    let results = report["check_results"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|check| (check["check_id"].as_str().unwrap_or_default().to_owned(), check.clone()))
        .collect();
    Outcome {
        exit: output.status.code().unwrap_or(-1),
        stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        results,
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The ids of the checks that need no running host.
fn catalogue() -> Vec<String> {
    let mut ids: Vec<String> = fs::read_dir(root().join("checks"))
        .expect("the checks can be listed")
        .filter_map(|entry| {
            let path = entry.expect("the checks can be listed").path();
            let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
            is_yaml.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
        })
        .collect();
    ids.sort();
    assert!(ids.len() > 40, "the checks were not found");
    ids
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("the cases can be listed").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The base host with a case laid over it, and the arguments the case wants.
fn overlaid(folders: &Path, case: &Path) -> (TempDir, Vec<String>) {
    let host = TempDir::new().expect("a temporary folder can be made");
    let text = fs::read_to_string(case.join("case.json")).expect("a case has case.json");
    let spec: Json = serde_json::from_str(&text).expect("case.json is JSON");
    copy_below(&folders.join(spec["base"].as_str().unwrap_or("base")), host.path());
    copy_below(case, host.path());
    fs::remove_file(host.path().join("case.json")).expect("it was copied");
    for path in strings(&spec["gone"]) {
        fs::remove_file(host.path().join(&path)).expect("what is to go was there");
    }
    link(host.path(), &spec["links"]);
    let snapshot = host.path().join("snapshot.json");
    let text = fs::read_to_string(&snapshot).expect("the base has a snapshot");
    let mut recorded: Json = serde_json::from_str(&text).expect("the snapshot is JSON");
    for (key, value) in spec["snapshot"].as_object().into_iter().flatten() {
        recorded[key] = value.clone();
    }
    for (path, file) in spec["files"].as_object().into_iter().flatten() {
        recorded["files"][path] = file.clone();
    }
    for (pointer, value) in spec["recorded"].as_object().into_iter().flatten() {
        *recorded.pointer_mut(pointer).expect("the base has it recorded") = value.clone();
    }
    fs::write(&snapshot, recorded.to_string()).expect("the snapshot can be written");
    (host, strings(&spec["args"]))
}

/// The host of a shared scenario.
fn scenario_host(scenario: &Json) -> TempDir {
    let host = TempDir::new().expect("a temporary folder can be made");
    for (path, content) in scenario["files"].as_object().into_iter().flatten() {
        let bytes = match content["base64"].as_str() {
            Some(encoded) => decode_base64(encoded),
            None => content.as_str().unwrap_or_default().as_bytes().to_vec(),
        };
        let file = host.path().join(path);
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("it can");
        fs::write(file, bytes).expect("it can be written");
    }
    link(host.path(), &scenario["links"]);
    let mut snapshot = Map::new();
    snapshot.insert("version".to_owned(), json!(1));
    snapshot.extend(scenario["snapshot"].as_object().cloned().unwrap_or_default());
    let files: Map<String, Json> = scenario["meta"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, file)| (format!("/{path}"), file.clone()))
        .collect();
    snapshot.insert("files".to_owned(), Json::Object(files));
    let text = Json::Object(snapshot).to_string();
    fs::write(host.path().join("snapshot.json"), text).expect("it can be written");
    host
}

fn link(host: &Path, links: &Json) {
    for (path, target) in links.as_object().into_iter().flatten() {
        let at = host.join(path);
        fs::create_dir_all(at.parent().expect("a link lies in a folder")).expect("it can");
        symlink(target.as_str().unwrap_or_default(), at).expect("a link can be made");
    }
}

fn copy_below(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("the case can be listed");
        let below = entry.path().strip_prefix(from).expect("it lies below");
        let target = to.join(below);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}

fn strings(list: &Json) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn decode_base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("it is base64")
}
