//! A host's own settings: every run on the host uses them, and the command line wins.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

const WAIVERS: &str = "- check: A11033\n  reason: no logs wanted\n";

/// The example host that has findings, with these files below /etc/trento-alloy.
fn host(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts/drifted");
    copied(&example, folder.path());
    fs::create_dir_all(folder.path().join("etc/trento-alloy")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("etc/trento-alloy").join(name), text).unwrap();
    }
    folder
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &target),
            false => fs::copy(entry.path(), &target).map(|_| ()).unwrap(),
        }
    }
}

fn run(args: &[&str], root: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.args(args).arg("--root").arg(root).env_clear().output().unwrap()
}

fn checked(root: &Path, args: &[&str]) -> (Option<i32>, Json) {
    let args: Vec<&str> = ["check", "--format", "json"].into_iter().chain(args.to_vec()).collect();
    let output = run(&args, root);
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), value)
}

/// The result of a check, and why it is skipped.
fn result(report: &Json, id: &str) -> (String, String) {
    let results = report["check_results"].as_array().unwrap();
    let check = results.iter().find(|it| it["check_id"] == id).unwrap();
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("result"), text("reason"))
}

fn refused(root: &Path, args: &[&str]) -> String {
    let output = run(args, root);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn checks_are_left_out_with_the_line_that_does_it() {
    let host = host(&[("config.yaml", "# ours\nskip:\n  - A11013\n  - a11024\n")]);
    let (_, report) = checked(host.path(), &[]);
    let because = |line: u32| format!("left out by /etc/trento-alloy/config.yaml:{line}");
    assert_eq!(result(&report, "A11013"), ("skipped".to_owned(), because(3)));
    assert_eq!(result(&report, "A11024"), ("skipped".to_owned(), because(4)));
    let critical = |args: &[&str]| result(&checked(host.path(), args).1, "A11013").0;
    assert_eq!(critical(&["--select", "A11013"]), "critical");
    assert_eq!(critical(&["--no-site-config"]), "critical");
    assert_eq!(critical(&["--skip", "A11022"]), "skipped");
}

#[test]
fn selected_checks_run_alone() {
    let host = host(&[("config.yaml", "select: [A11024]\n")]);
    let (_, report) = checked(host.path(), &[]);
    assert_eq!(result(&report, "A11024").0, "critical");
    let (other, reason) = result(&report, "A11013");
    assert_eq!(other, "skipped");
    assert_eq!(reason, "not selected by /etc/trento-alloy/config.yaml:1");
}

#[test]
fn the_command_line_wins_over_the_file() {
    let text = "fail-on: never\nset:\n  A11027:\n    max_seconds: 7\n";
    let values = |report: &Json| {
        let results = report["check_results"].as_array().unwrap();
        let check = results.iter().find(|it| it["check_id"] == "A11027").unwrap();
        check["agents_check_results"][0]["values"].clone()
    };
    let name = {
        let plain = host(&[]);
        let (code, report) = checked(plain.path(), &[]);
        assert_eq!(code, Some(1));
        values(&report)[0]["name"].as_str().unwrap().to_owned()
    };
    let host = host(&[("config.yaml", &text.replace("max_seconds", &name))]);
    let value = |report: &Json| values(report)[0]["value"].clone();
    let (code, report) = checked(host.path(), &[]);
    assert_eq!((code, value(&report)), (Some(0), json!(7)));
    let set = format!("A11027.{name}=8");
    let (code, report) = checked(host.path(), &["--set", &set, "--fail-on", "critical"]);
    assert_eq!((code, value(&report)), (Some(1), json!(8)));
    let (code, _) = checked(host.path(), &["--select", "A11013"]);
    assert_eq!(code, Some(0), "a value of a check that does not run is no error");
}

#[test]
fn waivers_stand_where_the_settings_say() {
    let host = host(&[
        ("config.yaml", "waivers: /etc/trento-alloy/ours.yaml\n"),
        ("ours.yaml", "- check: A11013\n  reason: known\n"),
    ]);
    assert_eq!(result(&checked(host.path(), &[]).1, "A11013").0, "waived");
    fs::remove_file(host.path().join("etc/trento-alloy/ours.yaml")).unwrap();
    let error = refused(host.path(), &["check"]);
    assert!(error.contains("cannot read /etc/trento-alloy/ours.yaml"), "{error}");
}

#[test]
fn the_unit_is_the_one_that_the_settings_name() {
    let host = host(&[("config.yaml", "unit: other\n")]);
    let units = host.path().join("etc/systemd/system");
    fs::create_dir_all(&units).unwrap();
    let unit = "[Service]\nExecStart=/usr/bin/alloy run /srv/other.alloy\n";
    fs::write(units.join("other.service"), unit).unwrap();
    fs::create_dir_all(host.path().join("srv")).unwrap();
    fs::write(host.path().join("srv/other.alloy"), "logging { }\n").unwrap();
    let loads = |args: &[&str]| {
        let args: Vec<&str> = ["inspect", "sources"].into_iter().chain(args.to_vec()).collect();
        let output = run(&args, host.path());
        String::from_utf8(output.stdout).unwrap().contains("/srv/other.alloy")
    };
    assert!(loads(&[]));
    assert!(!loads(&["--unit", "alloy"]));
    assert!(!loads(&["--no-site-config"]));
}

#[test]
fn what_is_wrong_is_refused_with_its_place_by_every_command() {
    for (text, says) in [
        ("skip: [A11013]\nfail_on: never\n", ":2:1: `fail_on` is no setting"),
        ("fail-on: error\n", ":1:10: `fail-on` is warning, critical or never"),
    ] {
        let host = host(&[("config.yaml", text)]);
        for command in [&["check"][..], &["inspect", "graph"], &["apply", "--dry-run"]] {
            let error = refused(host.path(), command);
            let place = format!("error: /etc/trento-alloy/config.yaml{says}");
            assert!(error.starts_with(&place), "{command:?}: {error}");
        }
        let shown = run(&["inspect", "settings", "--format", "json"], host.path());
        let shown: Json = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!(shown["site"]["state"], "broken");
    }
    for (text, says) in [
        ("skip:\n- A99\n", ":2:3: no check has the id, name or group `A99`"),
        ("set: {A11027.no: 1}\n", ":1:7: cannot set A11027.no"),
    ] {
        let host = host(&[("config.yaml", text)]);
        let error = refused(host.path(), &["check"]);
        assert!(error.contains(&format!("config.yaml{says}")), "{error}");
    }
}

#[test]
fn files_that_others_may_write_are_not_used_and_noted() {
    let files = [("config.yaml", "skip: [A11013]\n"), ("waivers.yaml", WAIVERS)];
    let host = host(&files);
    let record = |mode: &str, user: &str| {
        let file = json!({"mode": mode, "user": user, "group": "users"});
        let files = json!({
            "/etc/trento-alloy/config.yaml": file,
            "/etc/trento-alloy/waivers.yaml": file,
        });
        let snapshot = json!({"version": 1, "files": files}).to_string();
        fs::write(host.path().join("snapshot.json"), snapshot).unwrap();
        checked(host.path(), &[]).1
    };
    let report = record("0644", "root");
    assert_eq!(result(&report, "A11013").0, "skipped");
    for (mode, user, who) in [
        ("0666", "root", "everybody may change it"),
        ("0664", "root", "group users may change it"),
        ("0644", "alloy", "user alloy may change it"),
    ] {
        let report = record(mode, user);
        assert_eq!(result(&report, "A11013").0, "critical", "{mode} {user}");
        for file in ["config.yaml", "waivers.yaml"] {
            let note = format!("/etc/trento-alloy/{file} is not used: {who}");
            let notices = report["notices"].as_array().unwrap().iter();
            let mut messages = notices.filter_map(|it| it["message"].as_str());
            assert!(messages.any(|it| it.starts_with(&note)), "{note}: {}", report["notices"]);
        }
    }
}

#[test]
fn settings_are_shown_with_their_places() {
    let host = host(&[("config.yaml", "skip: [A11033, A11013]\nfail-on: critical\n")]);
    let shown = run(&["inspect", "settings"], host.path());
    let shown = String::from_utf8(shown.stdout).unwrap();
    let (_, own) = shown.split_once("settings of trento-alloy:").unwrap();
    let rows: Vec<Vec<&str>> = own
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|it: &Vec<_>| !it.is_empty())
        .collect();
    let place = |line: u32| format!("/etc/trento-alloy/config.yaml:{line}");
    assert_eq!(rows[1], ["skip", "A11033", &place(1)]);
    assert_eq!(rows[2], ["skip", "A11013", &place(1)]);
    assert_eq!(rows[3], ["fail-on", "critical", &place(2)]);
}

#[test]
fn a_fleet_and_a_snapshot_see_what_the_host_sees() {
    let config = "skip: [A11013]\nset: {A11037.min_days_left: 3}\nwaivers: /srv/w.yaml\n";
    let host = host(&[("config.yaml", config)]);
    fs::create_dir_all(host.path().join("srv")).unwrap();
    fs::write(host.path().join("srv/w.yaml"), "- check: A11024\n  reason: known\n").unwrap();
    let results = |report: &Json| -> Vec<Json> {
        let results = report["check_results"].as_array().unwrap().iter();
        results.map(|it| json!([it["check_id"], it["result"], it["reason"]])).collect()
    };
    let own = results(&checked(host.path(), &[]).1);
    let fleet = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .args(["check", "--format", "json", "--hosts"])
        .arg(host.path())
        .env_clear()
        .output()
        .unwrap();
    let fleet: Json = serde_json::from_slice(&fleet.stdout).unwrap();
    let of_fleet = results(&fleet["hosts"][0]);
    assert!(!of_fleet.is_empty() && of_fleet.iter().all(|it| own.contains(it)), "{of_fleet:?}");
    let archive: PathBuf = host.path().join("taken.tar.gz");
    let taken = run(&["snapshot", archive.to_str().unwrap()], host.path());
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let packed = results(&checked(&archive, &[]).1);
    assert!(packed.contains(&json!([
        "A11013",
        "skipped",
        "left out by /etc/trento-alloy/config.yaml:1"
    ])));
    assert!(packed.contains(&json!(["A11024", "waived", null])), "{packed:?}");
}
