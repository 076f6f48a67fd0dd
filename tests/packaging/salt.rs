//! The Salt state, masterless, on this machine in a temporary root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::tools::{AGENT, PROGRAM, packaging, tool};

/// Stands in for the state that installs the package, which no test may do.
const PKG: &str = "\
def installed(name, **_):
    return {'name': name, 'result': True, 'changes': {}, 'comment': 'is installed'}
";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Applies the state, and gives each part's result by its name, and all that was said.
fn apply(folder: &Path) -> (Json, String) {
    let mut salt = Command::new("salt-call");
    salt.arg("--config-dir").arg(folder).args([
        "--local",
        "--out",
        "json",
        "--retcode-passthrough",
    ]);
    let path = std::env::var("PATH").unwrap_or_default();
    salt.env("PATH", format!("{}:{path}", folder.join("bin").display()));
    let output = salt.args(["state.apply", "trento-alloy"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let value: Json = serde_json::from_str(&said).unwrap_or_else(|error| {
        panic!("{error}: {said} {}", String::from_utf8_lossy(&output.stderr))
    });
    let parts = value["local"].as_object().unwrap_or_else(|| panic!("{said}"));
    let parts = parts.values().map(|it| (it["__id__"].as_str().unwrap().to_owned(), it.clone()));
    (Json::Object(parts.collect()), said)
}

#[test]
fn the_state_deploys_once_and_checks() {
    let Some(_) = tool("salt-call") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (salt, root) = (folder.path().join("salt"), folder.path().join("root"));
    write(&root.join("etc/trento/agent.yaml"), AGENT);
    write(&root.join("etc/sysconfig/alloy"), "CONFIG_FILE=\"/etc/alloy/config.alloy\"\n");
    write(&root.join("etc/alloy/config.alloy"), "logging {\n\tlevel = \"warn\"\n}\n");
    let unit = "[Service]\nEnvironmentFile=/etc/sysconfig/alloy\n\
                ExecStart=/usr/bin/alloy run $CUSTOM_ARGS $CONFIG_FILE\n";
    write(&root.join("usr/lib/systemd/system/alloy.service"), unit);
    write(&salt.join("states/pkg.py"), PKG);
    fs::create_dir_all(salt.join("files")).unwrap();
    fs::copy(packaging("salt/trento-alloy.sls"), salt.join("files/trento-alloy.sls")).unwrap();
    let program = salt.join("bin/trento-alloy");
    write(&program, &format!("#!/bin/sh\nexec {PROGRAM} \"$@\" --root {}\n", root.display()));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!(
        "root_dir: {0}\nfile_client: local\nfile_roots: {{base: [{0}/files]}}\n\
         states_dirs: [{0}/states]\nid: host\nlog_level: error\nlog_file: {0}/log\n",
        salt.display()
    );
    write(&salt.join("minion"), &config);

    let (first, said) = apply(&salt);
    assert_eq!(first["trento-alloy-configuration"]["result"], true, "{said}");
    assert_eq!(first["trento-alloy-configuration"]["changes"]["retcode"], 0, "{said}");
    assert!(!said.contains("geheim"), "{said}");
    assert!(root.join("etc/alloy/trento.alloy").exists());
    let (second, said) = apply(&salt);
    let deployed = &second["trento-alloy-configuration"];
    assert_eq!((&deployed["result"], &deployed["changes"]), (&true.into(), &serde_json::json!({})));
    assert_eq!(second["trento-alloy-check"]["result"], true, "{said}");

    let deployed = root.join("etc/alloy/trento.alloy");
    let text = fs::read_to_string(&deployed).unwrap();
    fs::write(&deployed, text.replace("trento.example.com", "trento-old.example.com")).unwrap();
    let (refused, said) = apply(&salt);
    assert_eq!(refused["trento-alloy-configuration"]["result"], false, "{said}");
    assert!(said.contains("edited by hand"), "{said}");
    assert_eq!(refused["trento-alloy-check"]["result"], false, "what it needs has failed");

    write(&root.join("etc/trento/agent.yaml"), "prometheus-mode: pull\n");
    let (pulled, said) = apply(&salt);
    for part in ["trento-alloy-configuration", "trento-alloy-check"] {
        assert_eq!(pulled[part]["result"], true, "{said}");
        assert_eq!(pulled[part]["changes"], serde_json::json!({}), "{said}");
    }
}
