//! `apply` and `remove` in the file of a Prometheus in agent mode.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const SITE: &str = "\
# The site's own.
global:
  scrape_interval: 1m
  external_labels: {region: eu}

scrape_configs:
  - job_name: site # first
    static_configs:
      - targets: ['127.0.0.1:9090']

remote_write:
  - url: https://site.example.com/write
";

struct Host(TempDir);

impl Host {
    /// The host of the checks' tests with this file for Prometheus to load.
    fn with(file: Option<&str>) -> Host {
        let folder = tempfile::tempdir().unwrap();
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks/base-prometheus");
        copied(&base, folder.path());
        let host = Host(folder);
        fs::remove_file(host.file()).unwrap();
        if let Some(text) = file {
            fs::write(host.file(), text).unwrap();
        }
        host
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("etc/prometheus/trento.yml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        self.run_unnamed(&[args, &["--sender", "prometheus-agent"]].concat())
    }

    /// The same where no sender is named.
    fn run_unnamed(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
        command.args(args).arg("--root").arg(self.0.path());
        let Output { status, stdout, stderr } = command.env_clear().output().unwrap();
        let said = [stdout, stderr].concat();
        (status.code(), String::from_utf8(said).unwrap())
    }
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

#[test]
fn a_file_of_its_own_is_written_and_found_to_be_right() {
    let host = Host::with(None);
    let (code, said) = host.run(&["apply", "--dry-run"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(!host.file().exists());
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("example-password"), "{said}");
    assert!(host.text().contains("password: \"example-password\""));
    let mode = fs::metadata(host.file()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!((code, said.contains("is as it should be")), (Some(0), true), "{said}");
    let (code, said) = host.run(&["diff"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = host.run(&["remove", "--yes"]);
    assert_eq!((code, said.contains("systemctl disable")), (Some(0), true), "{said}");
    assert!(!host.text().contains("trento_system"));
}

#[test]
fn without_any_file_the_sender_is_the_one_that_is_installed() {
    let host = Host::with(None);
    let (code, said) = host.run_unnamed(&["apply", "--dry-run"]);
    assert_eq!((code, said.contains("scrape_configs.trento_system")), (Some(1), true), "{said}");
    let unit = host.0.path().join("usr/lib/systemd/system/alloy.service");
    fs::write(&unit, "[Service]\nExecStart=/usr/bin/alloy run /etc/alloy/\n").unwrap();
    let (code, said) = host.run_unnamed(&["apply", "--dry-run"]);
    assert_eq!((code, said.contains("both installed")), (Some(2), true), "{said}");
    let (code, said) = host.run_unnamed(&["apply", "--dry-run", "--sender", "alloy"]);
    assert!(code == Some(2) && said.contains("Alloy has nothing to load"), "{said}");
    // A Prometheus that is a server for others is no sender.
    fs::remove_file(unit).unwrap();
    fs::write(host.0.path().join("etc/sysconfig/prometheus"), "ARGS=\"\"\n").unwrap();
    let (code, said) = host.run_unnamed(&["apply", "--dry-run"]);
    assert!(code == Some(2) && said.contains("give --sender prometheus-agent"), "{said}");
}

#[test]
fn the_file_of_the_site_keeps_all_else_and_gets_it_back() {
    let host = Host::with(Some(SITE));
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let text = host.text();
    for line in SITE.lines() {
        assert!(text.contains(line), "{line}");
    }
    assert!(text.contains("job_name: \"trento_system\""));
    assert_eq!(host.run(&["apply", "--dry-run"]).0, Some(0));
    let (code, said) = host.run(&["remove", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(host.text(), SITE);
    let (code, said) = host.run(&["remove", "--yes"]);
    assert_eq!((code, said.contains("nothing to do")), (Some(0), true), "{said}");
}

#[test]
fn what_was_edited_since_is_named_and_overwritten_by_force_only() {
    let host = Host::with(Some(SITE));
    assert_eq!(host.run(&["apply", "--yes"]).0, Some(0));
    let edited = host.text().replace("127.0.0.1:9100", "127.0.0.2:9100");
    fs::write(host.file(), &edited).unwrap();
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!((code, said.contains("was edited since")), (Some(2), true), "{said}");
    assert_eq!(host.text(), edited);
    let (code, said) = host.run(&["apply", "--yes", "--force"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(host.text().contains("127.0.0.1:9100"));
    // What the site changes of its own is no edit of Trento's part.
    fs::write(host.file(), host.text().replace("region: eu", "region: us")).unwrap();
    assert_eq!(host.run(&["apply", "--dry-run"]).0, Some(0));
}

#[test]
fn a_file_that_would_not_start_is_not_written() {
    let with_rules = format!("{SITE}rule_files: [a.yml]\n");
    let host = Host::with(Some(&with_rules));
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("rule_files is not allowed in agent mode"), "{said}");
    assert_eq!(host.text(), with_rules);
    let host = Host::with(Some("scrape_configs: [{job_name: a}]\n"));
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!((code, said.contains("not written as a list")), (Some(2), true), "{said}");
}

#[test]
fn a_server_and_flags_for_alloy_are_refused() {
    let host = Host::with(Some(SITE));
    let (code, said) = host.run(&["apply", "--yes", "--restart"]);
    assert_eq!((code, said.contains("would lose")), (Some(2), true), "{said}");
    let arguments = host.0.path().join("etc/sysconfig/prometheus");
    fs::write(arguments, "ARGS=\"--config.file=/etc/prometheus/trento.yml\"\n").unwrap();
    let (code, said) = host.run(&["apply", "--yes"]);
    assert_eq!((code, said.contains("as a server")), (Some(2), true), "{said}");
    assert_eq!(host.text(), SITE);
}
