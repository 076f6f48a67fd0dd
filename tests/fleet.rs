//! Many hosts in one run: every way to name them, every format, what compares them, what changed.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A secret of a host, which no output may hold.
const CANARY: &str = "canary-w8z4q7";

struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(hosts: &[&Path], args: &[&str], stdin: &str) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .arg("check")
        .args(args)
        .arg("--hosts")
        .args(hosts)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn json(hosts: &[&Path], args: &[&str]) -> (Option<i32>, Json) {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let outcome = run(hosts, &args, "");
    let value = serde_json::from_str(&outcome.out);
    (outcome.code, value.unwrap_or_else(|error| panic!("{error}: {}{}", outcome.out, outcome.err)))
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// A host of that name: an example with changes to its files.
fn host(folder: &Path, name: &str, example: &str, changes: &[(&str, &str, &str)]) -> PathBuf {
    let at = folder.join(name);
    copied(&root().join("docs/examples/hosts").join(example), &at);
    fs::write(at.join("etc/hostname"), format!("{name}\n")).unwrap();
    // Made of the name, so that no two hosts have one agent ID.
    let id: String = name.bytes().cycle().take(16).map(|byte| format!("{byte:02x}")).collect();
    fs::write(at.join("etc/machine-id"), format!("{id}\n")).unwrap();
    for (path, before, after) in changes {
        let text = fs::read_to_string(at.join(path)).unwrap();
        assert!(text.contains(before), "{path} lacks {before}");
        fs::write(at.join(path), text.replace(before, after)).unwrap();
    }
    at
}

/// Three hosts with one fault between them, and a secret each.
fn fleet() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sap01", "sap02", "sap03"] {
        host(folder.path(), name, "drifted", &[]);
        let note = folder.path().join(name).join("etc/alloy/note.alloy");
        fs::write(note, format!("// api_token = \"{CANARY}-{name}\"\n")).unwrap();
    }
    folder
}

fn names(value: &Json) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|host| host["host"].as_str().unwrap()).collect()
}

#[test]
fn each_host_gets_the_results_that_it_gets_alone() {
    let folder = fleet();
    let (code, report) = json(&[folder.path()], &[]);
    assert_eq!(code, Some(1));
    assert_eq!(names(&report["hosts"]), ["sap01", "sap02", "sap03"]);
    for host in report["hosts"].as_array().unwrap() {
        let output = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(["check", "--format", "json", "--root", host["path"].as_str().unwrap()])
            .output()
            .unwrap();
        let alone: Json = serde_json::from_slice(&output.stdout).unwrap();
        let results = |report: &Json| -> Vec<(Json, Json, Json)> {
            let checks = report["check_results"].as_array().unwrap().iter();
            let checks =
                checks.filter(|check| !check["check_id"].as_str().unwrap().starts_with("A1108"));
            checks
                .map(|it| (it["check_id"].clone(), it["result"].clone(), it["findings"].clone()))
                .collect()
        };
        assert!(results(host).len() > 40);
        assert_eq!(results(host), results(&alone), "{}", host["host"]);
        assert_eq!(host["result"], alone["result"]);
    }
    let group = &report["groups"][0];
    assert_eq!(group["hosts"], serde_json::json!(["sap01", "sap02", "sap03"]), "{group}");
    assert_eq!(report["totals"]["hosts"], 3);
}

#[test]
fn no_format_shows_a_secret_of_any_host() {
    let folder = fleet();
    for format in [
        "human",
        "table",
        "json",
        "jsonl",
        "sarif",
        "junit",
        "github",
        "nagios",
        "prometheus",
        "html",
    ] {
        let outcome = run(&[folder.path()], &["--format", format], "");
        assert!(outcome.out.contains("sap02") || format == "nagios", "{format}: {}", outcome.out);
        for text in [&outcome.out, &outcome.err] {
            assert!(!text.contains(CANARY), "{format}: {text}");
        }
        let code = if format == "nagios" { 2 } else { 1 };
        assert_eq!(outcome.code, Some(code), "{format}: {}", outcome.err);
    }
}

#[test]
fn a_host_that_cannot_be_read_is_a_row_and_not_the_end() {
    let folder = fleet();
    fs::write(folder.path().join("sap00.tar.gz"), "no archive").unwrap();
    fs::create_dir(folder.path().join("sap04")).unwrap();
    let bomb = folder.path().join("sap05.tar.gz");
    fs::write(&bomb, [0x1f, 0x8b, 8, 0, 0, 0]).unwrap();
    let nowhere = folder.path().join("gone\u{1b}[2J");
    let (code, report) = json(&[folder.path(), &nowhere], &[]);
    assert_eq!(code, Some(2));
    let hosts = report["hosts"].as_array().unwrap();
    let faults: Vec<&Json> = hosts.iter().filter(|host| host["error"].is_string()).collect();
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert_eq!(names(&report["hosts"])[..2], ["sap00", "sap01"]);
    assert_eq!(report["totals"]["unreadable"], 4);
    let human = run(&[folder.path(), &nowhere], &[], "");
    assert!(human.out.contains("error: sap04: it holds no host"), "{}", human.out);
    assert!(!human.out.contains('\u{1b}'), "{}", human.out);
}

#[test]
fn hosts_are_named_by_a_list_and_two_of_one_name_stay_apart() {
    let folder = fleet();
    let one = folder.path().join("sap01").display().to_string();
    let list = format!("# all of them\n\n{one}\n   {one}\n");
    let lines = run(&[Path::new("-")], &["--format", "jsonl"], &list);
    assert_eq!(lines.out.lines().count(), 2, "{}{}", lines.out, lines.err);
    assert!(lines.err.contains("A11080: 2 hosts have one agent ID"), "{}", lines.err);
    let metrics = run(&[Path::new("-")], &["--format", "prometheus"], &list);
    assert!(metrics.out.contains("host=\"sap01\",") && metrics.out.contains("host=\"sap01 ("));
    let none = run(&[Path::new("-")], &[], "# nothing\n");
    assert_eq!((none.code, &*none.out), (Some(2), "0 hosts: no hosts\n"), "{}", none.err);
}

#[test]
fn what_compares_hosts_finds_clones_and_what_was_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let url = ("etc/alloy/trento.alloy", "https://trento.example.com", "https://old.example.com");
    let settings = ("etc/trento/agent.yaml", url.1, url.2);
    host(folder.path(), "sap01", "good", &[]);
    host(folder.path(), "sap02", "good", &[]);
    let result = |report: &Json, id: &str| -> (String, String) {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["check_id"] == id).unwrap();
        let message = check["findings"][0]["message"].as_str().unwrap_or_default();
        (check["result"].as_str().unwrap().to_owned(), message.to_owned())
    };
    let (_, alike) = json(&[folder.path()], &[]);
    for id in ["A11080", "A11081", "A11082"] {
        assert_eq!(result(&alike, id).0, "passing", "{id}: {}", alike["checks"]);
    }
    let clone = host(folder.path(), "sap03", "good", &[url, settings]);
    fs::copy(folder.path().join("sap01/etc/machine-id"), clone.join("etc/machine-id")).unwrap();
    let (code, report) = json(&[folder.path()], &[]);
    assert_eq!(code, Some(1));
    let (twins, who) = result(&report, "A11080");
    assert_eq!((&*twins, &*who), ("critical", "2 hosts have one agent ID: sap01, sap03"));
    let (servers, which) = result(&report, "A11081");
    assert!(servers == "warning" && which.contains("old.example.com") && which.contains("sap03"));
    let (alone, one) = json(&[&clone], &[]);
    assert_eq!(result(&one, "A11081").0, "skipped");
    assert!(alone == Some(1) || alone == Some(0));
}

#[test]
fn what_changed_since_a_report_is_told_and_decides_the_exit_code() {
    let folder = fleet();
    let report = folder.path().join("report.json");
    let before = run(&[folder.path()], &["--format", "json"], "");
    fs::write(&report, &before.out).unwrap();
    let since = report.to_str().unwrap();
    let args = ["--since", since, "--fail-on-new"];
    let (code, same) = json(&[folder.path()], &args);
    assert_eq!(code, Some(0), "{}", same["since"]);
    assert_eq!(same["since"]["new"], serde_json::json!([]));
    assert!(same["since"]["unchanged"].as_u64().unwrap() > 10);
    fs::write(folder.path().join("sap02/etc/alloy/worse.alloy"), "nonsense {\n").unwrap();
    fs::remove_dir_all(folder.path().join("sap03")).unwrap();
    host(folder.path(), "sap09", "good", &[]);
    let (code, changed) = json(&[folder.path()], &args);
    assert_eq!(code, Some(1));
    let new = changed["since"]["new"].as_array().unwrap();
    assert!(new.iter().any(|it| it["hosts"] == serde_json::json!(["sap02"])), "{new:?}");
    assert_eq!(changed["since"]["vanished"], serde_json::json!(["sap03"]));
    assert_eq!(changed["since"]["appeared"], serde_json::json!(["sap09"]));
    let lines = run(&[folder.path()], &["--format", "jsonl"], "");
    fs::write(&report, &lines.out).unwrap();
    let (code, same) = json(&[folder.path()], &args);
    assert_eq!(code, Some(0), "{}", same["since"]);
}

#[test]
fn the_page_stays_small_where_hosts_are_alike() {
    let folder = fleet();
    let paths: Vec<String> =
        ["sap01", "sap02", "sap03"].map(|it| folder.path().join(it).display().to_string()).to_vec();
    let list: String = (0..300).map(|index| format!("{}\n", paths[index % 3])).collect();
    let page = run(&[Path::new("-")], &["--format", "html"], &list).out;
    assert!(page.matches("\n<tr><th>").count() == 300, "{}", page.len());
    // Of 2,000 hosts, a page of five megabytes.
    assert!(page.len() < 300 * 2_500, "{}", page.len());
    assert!(page.ends_with("</html>\n"));
}

#[test]
fn a_quiet_run_prints_findings_and_what_could_not_be_done() {
    let folder = fleet();
    let loud = run(&[folder.path()], &[], "");
    let quiet = run(&[folder.path()], &["--quiet"], "");
    assert!(loud.out.starts_with(&quiet.out) && quiet.out.contains("A11013 on 3 of 3 hosts"));
    assert!(loud.out.ends_with("3 hosts: 3 critical\n"), "{}", loud.out);
    assert!(!quiet.out.contains("3 hosts: 3 critical"), "{}", quiet.out);
    let broken = folder.path().join("broken.tar");
    fs::write(&broken, "no archive").unwrap();
    let quiet = run(&[folder.path()], &["--quiet"], "");
    assert!(quiet.out.contains("broken") && quiet.code == Some(2), "{}", quiet.out);
}

#[test]
fn an_interrupt_ends_the_run_with_what_is_done() {
    const MANY: usize = 20_000;
    let folder = fleet();
    let list = folder.path().join("list");
    let line = format!("{}\n", folder.path().join("sap01").display());
    fs::write(&list, line.repeat(MANY)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .args(["check", "--format", "jsonl", "--hosts", "-"])
        .stdin(fs::File::open(&list).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(first.contains("sap01"), "{first}");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let done = 1 + out.lines().count();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("warning: incomplete: the run was stopped"), "{err}");
    assert_eq!(output.status.code(), Some(1));
    assert!(done < MANY, "{done}");
}
