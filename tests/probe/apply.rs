//! `apply` and `remove` as a user runs them, on a host in a folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const AGENT: &str = "prometheus-mode: push\nprometheus-url: https://trento.example/api/v1/write\n\
    prometheus-auth: bearer\nprometheus-auth-bearer-token: canary-token\n";

fn host() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file("etc/trento/agent.yaml", AGENT);
    file("etc/machine-id", "6f7e0f7a5c8e4d9b8a1c2d3e4f506172\n");
    file("etc/sysconfig/alloy", "CONFIG_FILE=\"/etc/alloy/\"\n");
    file("etc/alloy/other.alloy", "logging { }\n");
    folder
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.args(arguments).arg("--root").arg(root).stdin(Stdio::null());
    command
}

fn run(root: &Path, arguments: &[&str]) -> (i32, String) {
    let output = command(root, arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains("canary"), "a secret was shown: {said}");
    (output.status.code().unwrap(), said)
}

#[test]
fn the_file_is_applied_once_and_removed_again() {
    let host = host();
    let root = host.path();
    let file = root.join("etc/alloy/trento.alloy");
    assert_eq!(run(root, &["apply", "--dry-run"]).0, 1);
    // Without a yes nothing happens.
    assert_eq!(run(root, &["apply"]).0, 1);
    assert!(!file.exists());
    assert_eq!(run(root, &["apply", "--yes"]).0, 0);
    let written = fs::read(&file).unwrap();
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    let (code, said) = run(root, &["apply", "--yes"]);
    assert!(code == 0 && said.contains("nothing to do"), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), modified);
    assert_eq!(run(root, &["apply", "--dry-run"]).0, 0);

    assert_eq!(run(root, &["remove", "--yes"]).0, 0);
    assert!(!file.exists());
    assert_eq!(fs::read(root.join("var/lib/trento-alloy/trento.alloy.backup")).unwrap(), written);
    assert_eq!(run(root, &["remove", "--yes", "--file", "/etc/alloy/other.alloy"]).0, 2);
    assert!(root.join("etc/alloy/other.alloy").exists());
}

#[test]
fn local_edits_clashes_and_a_path_that_is_not_loaded_stop_it() {
    let host = host();
    let root = host.path();
    let file = root.join("etc/alloy/trento.alloy");
    run(root, &["apply", "--yes"]);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"zfs\",", "")).unwrap();
    let (code, said) = run(root, &["apply", "--yes"]);
    assert!(code == 2 && said.contains("set_collectors"), "{said}");
    assert_eq!(run(root, &["apply", "--yes", "--force"]).0, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);

    fs::rename(&file, root.join("etc/alloy/a.alloy")).unwrap();
    let (code, said) = run(root, &["apply", "--yes"]);
    assert!(code == 2 && said.contains("already declared"), "{said}");
    assert!(!file.exists());
    let elsewhere = ["apply", "--yes", "--file", "/etc/alloy/config.d/trento.alloy"];
    assert_eq!(run(root, &elsewhere).0, 2);
}

#[test]
fn killed_at_any_moment_the_folder_holds_the_old_file_or_the_new_one() {
    let host = host();
    let root = host.path();
    let file = root.join("etc/alloy/trento.alloy");
    run(root, &["apply", "--yes"]);
    let old = fs::read(&file).unwrap();
    let agent = AGENT.replace("trento.example", "other.example");
    fs::write(root.join("etc/trento/agent.yaml"), agent).unwrap();
    let new = String::from_utf8(old.clone()).unwrap().replace("trento.example", "other.example");
    for attempt in 0..40 {
        fs::write(&file, &old).unwrap();
        let mut running = command(root, &["apply", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(attempt));
        running.kill().unwrap();
        running.wait().unwrap();
        let now = fs::read(&file).unwrap();
        assert!(now == old || now == new.as_bytes(), "cut short after {attempt} ms");
    }
    assert_eq!(run(root, &["apply", "--yes"]).0, 0);
    assert_eq!(fs::read(&file).unwrap(), new.as_bytes());
    assert_eq!(fs::read_dir(root.join("etc/alloy")).unwrap().count(), 2);
}
