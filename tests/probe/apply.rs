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

/// What is kept of earlier files, sorted.
fn backups(root: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(root.join("var/lib/trento-alloy")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let backups = paths.filter(|path| path.extension().is_some_and(|it| it == "backup"));
    let mut contents: Vec<Vec<u8>> = backups.map(|path| fs::read(path).unwrap()).collect();
    contents.sort();
    contents
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
    assert_eq!(backups(root), [written]);
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
fn arguments_and_comments_of_a_person_are_named_and_kept() {
    let host = host();
    let root = host.path();
    let file = root.join("etc/alloy/trento.alloy");
    run(root, &["apply", "--yes"]);
    let text = fs::read_to_string(&file).unwrap();
    // An argument that the agent's settings decide, and a comment: known not to be ours.
    let edited = text.replace("https://trento.example/", "https://proxy.example/");
    let edited = edited.replace("prometheus.scrape", "// ask the network team\nprometheus.scrape");
    fs::write(&file, &edited).unwrap();
    for more in [&["--yes"][..], &["--dry-run"]] {
        let (code, said) = run(root, &[&["apply"], more].concat());
        assert_eq!(code, if more == ["--yes"] { 2 } else { 1 }, "{said}");
        for named in ["endpoint.url", "// ask the network team", "since it was applied"] {
            assert!(said.contains(named), "{named}: {said}");
        }
        assert!(!said.contains("bearer_token"), "only what was edited: {said}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    let (code, said) = run(root, &["apply", "--yes", "--force"]);
    assert!(code == 0 && said.contains("ask the network team"), "{said}");
    assert_eq!(backups(root), [edited.into_bytes()]);
    // A comment alone is no reason to write.
    fs::write(&file, format!("// mine\n{text}")).unwrap();
    assert_eq!(run(root, &["apply", "--yes"]).0, 0);
    assert!(fs::read_to_string(&file).unwrap().starts_with("// mine"));
}

#[test]
fn other_peoples_blocks_are_never_overwritten() {
    let host = host();
    let root = host.path();
    let file = "/etc/alloy/other.alloy";
    let theirs = "loki.write \"logs\" {\n\tendpoint {\n\t\turl = \"http://l\"\n\t}\n}\n";
    for text in [theirs.to_owned(), format!("{theirs}logging {{")] {
        fs::write(root.join("etc/alloy/other.alloy"), &text).unwrap();
        for more in [&["--yes"][..], &["--yes", "--force"]] {
            let (code, said) = run(root, &[&["apply", "--file", file], more].concat());
            assert!(code == 2 && said.contains("loki.write.logs"), "{said}");
            assert!(!said.contains("overwritten with --force"), "{said}");
        }
        assert_eq!(fs::read_to_string(root.join("etc/alloy/other.alloy")).unwrap(), text);
    }
}

#[test]
fn state_stays_inside_of_the_root_where_var_is_a_link() {
    for link in ["var", "var/lib"] {
        let host = host();
        let root = host.path();
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.join("data")).unwrap();
        fs::create_dir_all(root.join(link).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/data", root.join(link)).unwrap();
        assert_eq!(run(root, &["apply", "--yes"]).0, 0);
        let inner = if link == "var" { "data/lib/trento-alloy" } else { "data/trento-alloy" };
        assert!(root.join(inner).join("lock").exists());
        fs::remove_file(root.join(link)).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join(link)).unwrap();
        let (code, said) = run(root, &["remove", "--yes"]);
        assert!(code == 2 && said.contains("is a link"), "{said}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

#[test]
fn the_packaged_single_file_is_changed_to_its_folder_and_back() {
    let host = host();
    let root = host.path();
    let settings = root.join("etc/sysconfig/alloy");
    let packaged = "# Alloy\nCONFIG_FILE=\"/etc/alloy/config.alloy\"\nCUSTOM_ARGS=\"\"\n";
    fs::write(&settings, packaged).unwrap();
    fs::rename(root.join("etc/alloy/other.alloy"), root.join("etc/alloy/config.alloy")).unwrap();
    let (code, said) = run(root, &["apply", "--yes"]);
    assert!(code == 2 && said.contains("--set-config-file"), "{said}");
    let (code, said) = run(root, &["apply", "--set-config-file"]);
    assert!(code == 1 && said.contains("-> CONFIG_FILE=\"/etc/alloy/\""), "{said}");
    assert_eq!(fs::read_to_string(&settings).unwrap(), packaged);
    assert!(!root.join("etc/alloy/trento.alloy").exists());

    assert_eq!(run(root, &["apply", "--yes", "--set-config-file"]).0, 0);
    let changed = packaged.replace("config.alloy", "");
    assert_eq!(fs::read_to_string(&settings).unwrap(), changed);
    let (code, said) = run(root, &["apply", "--yes", "--set-config-file"]);
    assert!(code == 0 && said.contains("nothing to do"), "{said}");

    // Others rely on the folder by now: it stays.
    fs::write(root.join("etc/alloy/later.alloy"), "").unwrap();
    let (code, said) = run(root, &["remove", "--dry-run"]);
    assert!(code == 1 && said.contains("no longer load /etc/alloy/later.alloy"), "{said}");
    fs::remove_file(root.join("etc/alloy/later.alloy")).unwrap();
    let (code, said) = run(root, &["remove", "--yes"]);
    assert!(code == 0 && said.contains("-> CONFIG_FILE=\"/etc/alloy/config.alloy\""), "{said}");
    assert_eq!(fs::read_to_string(&settings).unwrap(), packaged);
    assert!(!root.join("etc/alloy/trento.alloy").exists());
}

#[test]
fn what_loads_alone_is_set_in_an_environment_file_or_not_at_all() {
    let cases = [
        // Nothing sets it: the packages' file gets it.
        (None, None, "", 0),
        (
            Some("[Service]\nExecStart=/usr/bin/alloy run /etc/alloy/config.alloy\n"),
            None,
            "command in",
            2,
        ),
        (
            Some(
                "[Service]\nEnvironment=CONFIG_FILE=/etc/alloy/config.alloy\n\
                 ExecStart=/usr/bin/alloy run $CONFIG_FILE\n",
            ),
            None,
            "alloy.service, line 2",
            2,
        ),
        (None, Some("CONFIG_FILE=/etc/alloy/config\n"), "does not end in .alloy", 2),
    ];
    for (unit, settings, named, expected) in cases {
        let host = host();
        let root = host.path();
        fs::write(root.join("etc/sysconfig/alloy"), settings.unwrap_or("CUSTOM_ARGS=\"\""))
            .unwrap();
        for name in ["config", "config.alloy"] {
            fs::write(root.join("etc/alloy").join(name), "").unwrap();
        }
        if let Some(unit) = unit {
            fs::create_dir_all(root.join("usr/lib/systemd/system")).unwrap();
            fs::write(root.join("usr/lib/systemd/system/alloy.service"), unit).unwrap();
        }
        let (code, said) = run(root, &["apply", "--yes", "--set-config-file"]);
        assert!(code == expected && said.contains(named), "{code} {said}");
        let text = fs::read_to_string(root.join("etc/sysconfig/alloy")).unwrap();
        if expected == 0 {
            assert_eq!(text, "CUSTOM_ARGS=\"\"\nCONFIG_FILE=\"/etc/alloy/\"\n");
            // Another file is loaded by now; without it, the variable goes again.
            let (code, said) = run(root, &["remove", "--dry-run"]);
            assert!(code == 1 && said.contains("stays as it is"), "{said}");
            fs::remove_file(root.join("etc/alloy/other.alloy")).unwrap();
            assert_eq!(run(root, &["remove", "--yes"]).0, 0);
            let text = fs::read_to_string(root.join("etc/sysconfig/alloy")).unwrap();
            assert_eq!(text, "CUSTOM_ARGS=\"\"\n");
        }
    }
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
