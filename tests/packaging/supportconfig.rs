//! The plugin of supportconfig: run as supportconfig runs it, and its archive read back.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::tools::{PROGRAM, packaging, succeed, tool};

/// Runs the plugin with our program on its way, and gives what it prints.
fn run(folder: &Path, log: Option<&Path>) -> String {
    let programs = folder.join("bin");
    fs::create_dir_all(&programs).unwrap();
    // The plugin looks at the running host; here, at one in a folder.
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts/drifted");
    let wrapper = format!(
        "#!/bin/sh\ncase \"$1\" in --version) exec {PROGRAM} --version ;; esac\n\
         exec {PROGRAM} \"$@\" --root {}\n",
        host.display()
    );
    let path = programs.join("trento-alloy");
    fs::write(&path, wrapper).unwrap();
    succeed(Command::new("chmod").arg("755").arg(&path));
    let mut command = Command::new("bash");
    command.arg(packaging("supportconfig").join("trento-alloy"));
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    match log {
        Some(log) => command.env("LOG", log),
        None => command.env_remove("LOG"),
    };
    succeed(&mut command)
}

#[test]
fn the_plugin_leaves_a_snapshot_that_is_read_out_of_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("scc_sap01_261129_1000");
    fs::create_dir(&log).unwrap();
    fs::write(log.join("basic-environment.txt"), "#==[ Command ]==#\n").unwrap();
    let said = run(folder.path(), Some(&log));
    assert!(said.contains("A11022") && said.contains("trento-alloy 0."), "{said}");
    fs::write(log.join("plugin-trento-alloy.txt"), &said).unwrap();
    let Some(mut tar) = tool("tar") else { return };
    let archive = folder.path().join("scc_sap01_261129_1000.txz");
    let name = log.file_name().unwrap();
    succeed(tar.arg("-cJf").arg(&archive).arg("-C").arg(folder.path()).arg(name));
    let output =
        Command::new(PROGRAM).args(["check", "--format", "json", "--root"]).arg(&archive).output();
    let report: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let checks = report["check_results"].as_array().unwrap();
    let url = checks.iter().find(|check| check["check_id"] == "A11022").unwrap();
    assert_eq!(url["result"], "critical", "{url}");
}

#[test]
fn without_supportconfig_around_it_only_tells() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(folder.path(), None);
    assert!(said.contains("A11022") && !said.contains("snapshot.tar.gz"), "{said}");
    // Where the program is missing, it says so and ends well.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for name in ["bash", "env"] {
        let path = ["/usr/bin", "/bin"].map(|it| Path::new(it).join(name));
        if let Some(found) = path.iter().find(|path| path.exists()) {
            symlink(found, empty.join(name)).unwrap();
        }
    }
    let mut command = Command::new(empty.join("bash"));
    command.arg(packaging("supportconfig").join("trento-alloy")).env("PATH", &empty);
    assert!(succeed(&mut command).contains("ERROR: trento-alloy is not installed"));
}

#[test]
fn the_plugin_is_sound_shell() {
    let path = packaging("supportconfig").join("trento-alloy");
    succeed(Command::new("bash").arg("-n").arg(&path));
    if let Some(mut shellcheck) = tool("shellcheck") {
        succeed(shellcheck.arg(&path));
    }
}
