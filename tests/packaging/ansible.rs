//! The Ansible tasks, on this machine in a temporary root.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::tools::{AGENT, PROGRAM, packaging, succeed, tool};

#[test]
fn tasks_deploy_and_check() {
    let Some(mut playbook) = tool("ansible-playbook") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    for path in ["etc/alloy", "etc/trento", "etc/sysconfig"] {
        fs::create_dir_all(root.join(path)).unwrap();
    }
    fs::write(root.join("etc/trento/agent.yaml"), AGENT).unwrap();
    fs::write(root.join("etc/sysconfig/alloy"), "CONFIG_FILE=\"/etc/alloy\"\n").unwrap();
    let play = format!(
        "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    \
         - ansible.builtin.include_tasks: {}\n      vars:\n        \
         trento_alloy_command: {PROGRAM}\n        trento_alloy_root: {}\n        \
         trento_alloy_fail_on: never\n",
        packaging("ansible/trento-alloy.yml").display(),
        root.display(),
    );
    let file = folder.path().join("play.yml");
    fs::write(&file, play).unwrap();
    set_up(&mut playbook, &file, folder.path());
    let deployed = root.join("etc/alloy/trento.alloy");
    let tried = succeed(playbook.arg("--check"));
    assert!(tried.contains("changed=1") && !deployed.exists(), "{tried}");
    let mut playbook = again(&playbook);
    let first = succeed(&mut playbook);
    assert!(first.contains("changed=1"), "{first}");
    assert!(!first.contains("geheim"), "{first}");
    let text = fs::read_to_string(&deployed).unwrap();
    assert!(text.contains("prometheus.remote_write \"trento\""));
    let second = succeed(&mut playbook);
    assert!(second.contains("changed=0"), "{second}");
    assert!(second.contains("warning A11021: `force-agent-id`"), "{second}");

    fs::write(&deployed, text.replace("trento.example.com", "trento-old.example.com")).unwrap();
    let refused = playbook.output().unwrap();
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!refused.status.success() && said.contains("edited by hand"), "{said}");

    fs::write(root.join("etc/trento/agent.yaml"), AGENT.replace("push", "pull")).unwrap();
    let pulled = succeed(&mut playbook);
    assert!(pulled.contains("changed=0") && pulled.contains("skipped="), "{pulled}");
}

#[test]
fn snapshots_are_collected_and_judged_as_the_page_says() {
    let Some(mut playbook) = tool("ansible-playbook") else { return };
    let page = include_str!("../../docs/fleet.md");
    let play = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    // What is hidden is no host, and the folder's name becomes part of where the snapshot lies.
    let folder = tempfile::Builder::new().prefix("control-node").tempdir().unwrap();
    let packed = folder.path().join("trento-alloy.tar.gz");
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts/drifted");
    let snapshot = format!("{PROGRAM} snapshot --root {} {}", host.display(), packed.display());
    let mut local = play.to_owned();
    for (before, after) in [
        ("hosts: sap\n", "hosts: localhost\n  connection: local\n  gather_facts: false\n"),
        ("become: true", "become: false"),
        ("trento-alloy snapshot /run/trento-alloy.tar.gz", &snapshot),
        ("src: /run/trento-alloy.tar.gz", &format!("src: {}", packed.display())),
    ] {
        assert!(local.contains(before), "{before}: {play}");
        local = local.replace(before, after);
    }
    let file = folder.path().join("play.yml");
    fs::write(&file, local).unwrap();
    set_up(&mut playbook, &file, folder.path());
    succeed(&mut playbook);
    let output = Command::new(PROGRAM)
        .args(["check", "--format", "jsonl", "--hosts"])
        .arg(folder.path().join("hosts"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["result"], "critical", "{line}");
}

/// Calls a play with all that Ansible writes in a folder.
fn set_up(playbook: &mut Command, play: &Path, folder: &Path) {
    playbook
        .arg(play)
        .env("ANSIBLE_LOCALHOST_WARNING", "false")
        .env("ANSIBLE_LOCAL_TEMP", folder.join("local"))
        .env("ANSIBLE_REMOTE_TEMP", folder.join("remote"))
        .env("ANSIBLE_HOME", folder.join("home"))
        .env("ANSIBLE_NOCOLOR", "1");
}

/// The same call without its last argument.
fn again(command: &Command) -> Command {
    let mut again = Command::new(command.get_program());
    let arguments: Vec<_> = command.get_args().collect();
    again.args(&arguments[..arguments.len() - 1]);
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            again.env(name, value);
        }
    }
    again
}
