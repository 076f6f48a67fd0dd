//! What may not be read is not known, whichever fact is asked for.

use camino::Utf8Path;

use super::{GATHERERS, Gathered, Host, Options, gather, look_at};
use crate::installation::{Installation, Wanted};
use crate::system::{MemoryTree, Node, System};

const UNIT: &str = "/usr/lib/systemd/system/alloy.service";
const FOLDER: &str = "[Service]\nUser=alloy\nExecStart=/usr/bin/alloy run /etc/alloy/\n";
const VARIABLE: &str = "[Service]\nUser=alloy\nEnvironment=CONFIG_FILE=/etc/alloy/\n\
    EnvironmentFile=/etc/sysconfig/alloy\nExecStart=/usr/bin/alloy run ${CONFIG_FILE}\n";
const SETTINGS: &str = "prometheus-mode: push\nprometheus-url: https://x/api/v1/write\n\
    prometheus-auth: none\n";
/// Facts that do not look at what Alloy loads.
const OF_THE_HOST: &[&str] = &["agent_files", "agent_id", "settings", "settings_surprises"];

fn host() -> MemoryTree {
    MemoryTree::new()
        .with("/etc/passwd", text("root:x:0:0::/root:/bin/sh\nalloy:x:9:9::/:/bin/sh\n"))
        .with("/etc/machine-id", text("0123456789abcdef0123456789abcdef\n"))
        .with("/etc/trento/agent.yaml", text(SETTINGS))
        .with("/etc/alloy/a.alloy", text("logging { }\n"))
        .with(UNIT, text(FOLDER))
}

fn text(content: &str) -> Node {
    Node::file(content.as_bytes())
}

/// The facts that have a value, and those that we had no permission for.
fn gathered(tree: MemoryTree) -> (Vec<&'static str>, Vec<&'static str>) {
    let system = System::in_memory(tree, Utf8Path::new("host.tar")).unwrap();
    let host = Host::new(Installation::of(&system, Wanted::default()), Options::default());
    let (mut values, mut denied) = (Vec::new(), Vec::new());
    for argument in GATHERERS.iter().map(|gatherer| gatherer.about().argument) {
        match gather(&host, argument) {
            Gathered::Value(_) => values.push(argument),
            Gathered::Error(error) if error.is_permission => denied.push(argument),
            Gathered::NotApplicable(_) | Gathered::Error(_) => {}
        }
    }
    (values, denied)
}

#[test]
fn a_part_that_may_not_be_read_is_unknown_to_every_fact_that_looks_there() {
    let (readable, denied) = gathered(host());
    assert!(readable.contains(&"syntax_errors") && denied.is_empty(), "{denied:?}");
    let import = text("import.file \"m\" {\nfilename = \"/m.alloy\"\n}\n");
    let trees = [
        ("folder", host().with("/etc/alloy", Node::dir().denied())),
        ("one of two", host().with("/etc/alloy/b.alloy", text("").denied())),
        ("module", host().with("/etc/alloy/b.alloy", import).with("/m.alloy", text("").denied())),
        ("unit", host().with(UNIT, text(FOLDER).denied())),
        ("drop-in", host().with(format!("{UNIT}.d/a.conf"), text("[Service]\n").denied())),
        (
            "environment",
            host().with(UNIT, text(VARIABLE)).with("/etc/sysconfig/alloy", text("").denied()),
        ),
    ];
    for (case, tree) in trees {
        let (values, denied) = gathered(tree);
        for fact in ["syntax_errors", "folder_entries", "declarations", "cycles", "modules"] {
            assert!(denied.contains(&fact), "{case}: {fact}");
        }
        for fact in ["unresolved_references", "validation", "secret_files", "access"] {
            assert!(denied.contains(&fact), "{case}: {fact}");
        }
        assert!(values.iter().all(|value| !denied.contains(value)));
        assert!(!values.contains(&"http_server"), "{case}");
        assert!(OF_THE_HOST.iter().all(|fact| values.contains(fact)), "{case}: {values:?}");
    }
}

#[test]
fn settings_that_may_not_be_read_are_unknown_to_every_fact_that_looks_there() {
    let (values, denied) = gathered(host().with("/etc/trento/agent.yaml", text("").denied()));
    for fact in ["settings_file", "settings", "scrape_interval", "urls", "pull_target"] {
        assert!(denied.contains(&fact), "{fact}: {denied:?}");
    }
    assert!(values.contains(&"syntax_errors"), "{values:?}");
}

#[test]
fn what_the_agents_unit_may_set_is_unknown_to_every_fact_of_the_settings() {
    let unit = "[Service]\nEnvironmentFile=/etc/sysconfig/trento-agent\n\
                ExecStart=/usr/bin/trento-agent start\n";
    let path = "/usr/lib/systemd/system/trento-agent.service";
    let tree = |variables: Node| {
        host().with(path, text(unit)).with("/etc/sysconfig/trento-agent", variables)
    };
    let (values, denied) = gathered(tree(text("A=b\n")));
    assert!(values.contains(&"settings") && denied.is_empty(), "{denied:?}");
    let (values, denied) = gathered(tree(text("A=b\n").denied()));
    assert!(denied.contains(&"settings") && denied.contains(&"urls"), "{denied:?}");
    assert!(values.contains(&"syntax_errors"), "{values:?}");
}

#[test]
fn of_very_many_blocks_facts_hold_those_that_matter() {
    let mut many = include_str!("../../docs/examples/hosts/good/etc/alloy/trento.alloy").to_owned();
    for number in 0..2_000 {
        many += &format!("prometheus.relabel \"r{number}\" {{\n\tforward_to = []\n}}\n");
    }
    many += "prometheus.relabel \"trento_mine\" {\n\tforward_to = []\n}\n";
    let twice = format!("{many}prometheus.relabel \"r7\" {{\n\tforward_to = []\n}}\n");
    let fact = |text: &str, argument: &str| {
        let tree = host().with("/etc/alloy/b.alloy", Node::file(text.as_bytes()));
        let system = System::in_memory(tree, Utf8Path::new("host.tar")).unwrap();
        let host = Host::new(Installation::of(&system, Wanted::default()), Options::default());
        look_at(&host, argument).unwrap().value
    };
    let declared = fact(&twice, "declarations");
    assert_eq!(declared.as_array().unwrap().len(), 1_000);
    assert_eq!(declared[0]["id"], "prometheus.relabel.r7");
    assert_eq!(declared[0]["count"], 2);
    let others = fact(&many, "other_components");
    assert_eq!(others.as_array().unwrap().len(), 1_000);
    assert_eq!(others[0]["label"], "trento_mine");
}
