//! Hosts in folders: what their units say, what Alloy loads there, what the agent's settings are.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails and tells loudly")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use alloy_grammar::ast::{Block, Expr, ExprKind, File, LiteralKind, Stmt};
use alloy_grammar::{literal, parser, printer};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use tempfile::TempDir;
use trento_alloy::inside::agent::{FileState, Given, Key, Reading, Settings, SurpriseKind};
use trento_alloy::inside::generate::{Layout, Plan, Template};
use trento_alloy::inside::installation::{Installation, Wanted};
use trento_alloy::inside::load::{Kind, MergeSet, NotLoaded, Origin, Variable, WhyUnreadable};
use trento_alloy::inside::secret::Secret;
use trento_alloy::inside::system::System;
use trento_alloy::inside::unit::Unit;

/// A host in a temporary folder.
struct Host(TempDir);

impl Host {
    fn new(files: &[(&str, &str)]) -> Host {
        let host = Host(TempDir::new().unwrap());
        for (path, text) in files {
            host.write(path, text.as_bytes());
        }
        host
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    fn system(&self) -> System {
        System::rooted(Utf8Path::from_path(self.0.path()).unwrap()).unwrap()
    }

    fn unit(&self) -> Unit {
        Unit::read(&self.system(), "alloy.service").unwrap()
    }

    fn set(&self) -> MergeSet {
        Installation::of(&self.system(), Wanted::default()).merge_set().clone()
    }
}

const FRAGMENT: &str = "/usr/lib/systemd/system/alloy.service";
const UNIT: &str = "[Service]\nUser=alloy\nEnvironment=HOSTNAME=%H\n\
    EnvironmentFile=-/etc/sysconfig/alloy\nWorkingDirectory=/var/lib/alloy\n\
    ExecStart=/usr/bin/alloy run $CUSTOM_ARGS --storage.path=/var/lib/alloy/data $CONFIG_FILE\n";

fn names(set: &MergeSet) -> Vec<&str> {
    set.files.iter().map(|file| file.path.as_str()).collect()
}

fn value(unit: &Unit, name: &str) -> String {
    unit.environment.get(name).map_or("(unset)".to_owned(), |value| value.value.clone())
}

#[test]
fn drop_ins_apply_by_file_name_and_mask_by_folder() {
    let drop_in = |text: &str| format!("[Service]\nEnvironment=LAST={text} {text}=1\n");
    let host = Host::new(&[
        (FRAGMENT, UNIT),
        ("/usr/lib/systemd/system/alloy.service.d/50-z.conf", &drop_in("usr")),
        ("/usr/lib/systemd/system/alloy.service.d/30-masked.conf", &drop_in("masked")),
        ("/usr/lib/systemd/system/alloy.service.d/20-null.conf", &drop_in("null")),
        ("/etc/systemd/system/alloy.service.d/10-a.conf", &drop_in("etc")),
        ("/etc/systemd/system/alloy.service.d/30-masked.conf", "[Service]\n"),
        ("/run/systemd/system/alloy.service.d/40-run.conf", &drop_in("run")),
        ("/usr/local/lib/systemd/system/alloy.service.d/45-l.conf", &drop_in("local")),
        ("/usr/lib/systemd/system/service.d/60-type.conf", &drop_in("type")),
        ("/usr/lib/systemd/system/service.d/10-a.conf", &drop_in("hidden")),
        ("/etc/systemd/system/alloy.service.d/ignored.txt", &drop_in("txt")),
        ("/etc/systemd/system/alloy.service.d/.hidden.conf", &drop_in("dot")),
        ("/etc/hostname", "sap1.example.com\n"),
    ]);
    host.link("/etc/systemd/system/alloy.service.d/20-null.conf", "/dev/null");
    let unit = host.unit();
    let applied: Vec<&str> = unit.drop_ins.iter().filter_map(|path| path.file_name()).collect();
    let expected =
        ["10-a.conf", "30-masked.conf", "40-run.conf", "45-l.conf", "50-z.conf", "60-type.conf"];
    assert_eq!(applied, expected);
    assert_eq!(value(&unit, "LAST"), "type");
    assert_eq!(value(&unit, "etc"), "1");
    assert_eq!(value(&unit, "local"), "1");
    assert_eq!(value(&unit, "masked"), "(unset)");
    assert_eq!(value(&unit, "hidden"), "(unset)");
    assert_eq!(value(&unit, "HOSTNAME"), "sap1.example.com");
    let at = unit.environment["LAST"].at.clone().unwrap();
    assert_eq!((at.file.as_str(), at.line), ("/usr/lib/systemd/system/service.d/60-type.conf", 2));
}

#[test]
fn environment_files_win_over_environment_and_both_can_be_reset() {
    let host = Host::new(&[
        (FRAGMENT, "[Service]\nEnvironmentFile=/etc/one\nEnvironment=A=unit B=unit C=\"u n\"\n"),
        ("/etc/one", "A=file\n"),
        ("/etc/two.env", "A='second file'\n# no\nD=x\n"),
        (
            "/etc/systemd/system/alloy.service.d/10.conf",
            "[Service]\nEnvironment=\nEnvironment=B=dropin\nEnvironmentFile=-/etc/none\n\
             EnvironmentFile=/etc/*.env\nUnsetEnvironment=D\n",
        ),
    ]);
    let unit = host.unit();
    assert_eq!(value(&unit, "A"), "second file");
    assert_eq!(value(&unit, "B"), "dropin");
    assert_eq!(value(&unit, "C"), "(unset)");
    assert_eq!(value(&unit, "D"), "(unset)");
    assert!(unit.problems.is_empty(), "{:?}", unit.problems);
    host.write("/etc/systemd/system/alloy.service.d/20.conf", b"[Service]\nEnvironmentFile=\n");
    assert_eq!(value(&host.unit(), "A"), "(unset)");
}

#[test]
fn a_unit_can_be_masked_replaced_and_missing() {
    let host = Host::new(&[(FRAGMENT, UNIT)]);
    host.write("/etc/systemd/system/alloy.service", b"[Service]\nUser=other\n");
    assert_eq!(host.unit().user.unwrap().value, "other");
    fs::remove_file(host.path("/etc/systemd/system/alloy.service")).unwrap();
    host.link("/etc/systemd/system/alloy.service", "/dev/null");
    let absent = Unit::read(&host.system(), "alloy").unwrap_err();
    assert_eq!(absent.masked_by.unwrap(), "/etc/systemd/system/alloy.service");
    let none = Unit::read(&host.system(), "nothing.service").unwrap_err();
    assert_eq!(none.reason, "there is no unit nothing.service");
}

#[test]
fn an_alias_brings_the_drop_ins_of_both_names() {
    let host = Host::new(&[
        ("/usr/lib/systemd/system/grafana-alloy.service", UNIT),
        ("/etc/systemd/system/alloy.service.d/a.conf", "[Service]\nEnvironment=A=1\n"),
        ("/etc/systemd/system/grafana-alloy.service.d/b.conf", "[Service]\nEnvironment=B=1\n"),
        ("/etc/systemd/system/grafana-.service.d/c.conf", "[Service]\nEnvironment=C=1\n"),
    ]);
    host.link("/etc/systemd/system/alloy.service", "/usr/lib/systemd/system/grafana-alloy.service");
    let unit = host.unit();
    for name in ["A", "B", "C"] {
        assert_eq!(value(&unit, name), "1", "{name}");
    }
}

#[test]
fn a_missing_environment_file_and_two_commands_are_problems() {
    let text = format!("{UNIT}EnvironmentFile=/etc/none\nExecStart=/bin/other\n");
    let unit = Host::new(&[(FRAGMENT, &text)]).unit();
    let messages: Vec<&str> =
        unit.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("/etc/none"));
    assert!(messages[1].contains("more than one ExecStart="));
}

#[test]
fn a_folder_is_loaded_in_byte_order_without_what_lies_below_it() {
    let host = Host::new(&[
        (FRAGMENT, UNIT),
        ("/etc/sysconfig/alloy", "CONFIG_FILE=\"/etc/alloy/\"\n"),
        ("/etc/alloy/b.alloy", ""),
        ("/etc/alloy/B.alloy", ""),
        ("/etc/alloy/.hidden.alloy", ""),
        ("/etc/alloy/trento.alloy.bak", ""),
        ("/etc/alloy/folder.alloy/x.alloy", ""),
        ("/etc/alloy/config.d/trento.alloy", ""),
    ]);
    let set = host.set();
    assert_eq!(set.kind, Kind::Folder);
    let loaded = ["/etc/alloy/.hidden.alloy", "/etc/alloy/B.alloy", "/etc/alloy/b.alloy"];
    assert_eq!(names(&set), loaded);
    let candidates: Vec<(&str, &NotLoaded)> =
        set.candidates.iter().map(|found| (found.file.path.as_str(), &found.reason)).collect();
    let below = NotLoaded::Subfolder(Utf8PathBuf::from("/etc/alloy/"));
    let expected =
        [("/etc/alloy/config.d/trento.alloy", &below), ("/etc/alloy/folder.alloy/x.alloy", &below)];
    assert_eq!(candidates, expected);
    let Origin::Variable(Some(at)) = &set.start.origin else { panic!("{:?}", set.start.origin) };
    assert_eq!((at.file.as_str(), at.line, at.column), ("/etc/sysconfig/alloy", 1, 1));
}

#[test]
fn one_file_leaves_its_neighbours_out() {
    let host = Host::new(&[
        (FRAGMENT, UNIT),
        ("/etc/sysconfig/alloy", "CONFIG_FILE=/etc/alloy/config.alloy\n"),
        ("/etc/alloy/config.alloy", "// x\n"),
        ("/etc/alloy/trento.alloy", ""),
    ]);
    let set = host.set();
    assert_eq!(set.kind, Kind::File);
    assert_eq!(names(&set), ["/etc/alloy/config.alloy"]);
    let reason = NotLoaded::BesideFile(Utf8PathBuf::from("/etc/alloy/config.alloy"));
    assert_eq!(set.candidates[0].reason, reason);
    // The SHA-256 of "// x\n".
    let hash = "f94d8b23bc234e14ce3286e38d973afeda5f3b382e4b75a316f795834bfe2a02";
    assert_eq!(set.hash.as_deref(), Some(hash));
}

#[test]
fn a_linked_folder_is_followed_only_with_a_slash_behind() {
    let host = Host::new(&[
        (FRAGMENT, UNIT),
        ("/etc/sysconfig/alloy", "CONFIG_FILE=/etc/alloy\n"),
        ("/srv/alloy/trento.alloy", ""),
    ]);
    host.link("/etc/alloy", "/srv/alloy");
    let set = host.set();
    assert_eq!(set.kind, Kind::LinkedFolder);
    assert!(set.files.is_empty());
    assert_eq!(set.hash.as_deref(), Some("0".repeat(64).as_str()));
    assert_eq!(set.candidates[0].file.path, "/etc/alloy/trento.alloy");
    host.write("/etc/sysconfig/alloy", b"CONFIG_FILE=/etc/alloy/\n");
    assert_eq!(names(&host.set()), ["/etc/alloy/trento.alloy"]);
}

#[test]
fn what_breaks_a_folder_is_named_and_the_rest_is_still_read() {
    let host = Host::new(&[
        (FRAGMENT, UNIT),
        ("/etc/sysconfig/alloy", "CONFIG_FILE=/etc/alloy\n"),
        ("/etc/alloy/a.alloy", ""),
        ("/etc/alloy/sub/a.txt", ""),
    ]);
    host.link("/etc/alloy/.#a.alloy", "root@host.1:2");
    host.link("/etc/alloy/gone.alloy", "nowhere");
    host.link("/etc/alloy/x.alloy", "sub");
    host.link("/etc/alloy/loop.alloy", "loop.alloy");
    let socket = std::os::unix::net::UnixListener::bind(host.path("/etc/alloy/s.alloy")).unwrap();
    fs::File::create(host.path("/etc/alloy/z.alloy")).unwrap().set_len(33 << 20).unwrap();
    let set = host.set();
    drop(socket);
    assert_eq!(names(&set), ["/etc/alloy/a.alloy"]);
    let why: Vec<(&str, &WhyUnreadable)> =
        set.unreadable.iter().map(|entry| (entry.path.file_name().unwrap(), &entry.why)).collect();
    let looped = WhyUnreadable::Other("its symbolic links form a loop".to_owned());
    let expected = [
        (".#a.alloy", &WhyUnreadable::EditorLock),
        ("gone.alloy", &WhyUnreadable::DanglingLink),
        ("loop.alloy", &looped),
        ("s.alloy", &WhyUnreadable::Special),
        ("x.alloy", &WhyUnreadable::LinkToFolder),
        ("z.alloy", &WhyUnreadable::TooLarge),
    ];
    assert_eq!(why, expected);
    assert_eq!(set.hash, None);
}

#[test]
fn a_wrapper_is_seen_through_by_its_variables() {
    let unit = "[Service]\nEnvironmentFile=/etc/sysconfig/alloy\nExecStart=/usr/bin/alloy-start\n";
    let host = Host::new(&[
        (FRAGMENT, unit),
        ("/etc/sysconfig/alloy", "CONFIG_FILE=/etc/alloy/\nCUSTOM_ARGS=\"--disable-reporting\"\n"),
        ("/etc/alloy/a.alloy", ""),
    ]);
    let set = host.set();
    assert_eq!(names(&set), ["/etc/alloy/a.alloy"]);
    assert_eq!(set.start.args.flag("disable-reporting"), Some("true"));
}

#[test]
fn without_a_unit_the_packages_files_tell() {
    let host = Host::new(&[
        ("/etc/default/alloy", "CONFIG_FILE=/etc/alloy\n"),
        ("/etc/alloy/a.alloy", ""),
    ]);
    let set = host.set();
    assert_eq!(names(&set), ["/etc/alloy/a.alloy"]);
    assert!(matches!(set.start.environment.get("OTHER"), Variable::Unknown(_)));
    let bare = Host::new(&[("/etc/hostname", "x\n")]).set();
    assert_eq!(bare.start.origin, Origin::None);
    assert!(matches!(bare.kind, Kind::Absent(_)));
}

#[test]
fn a_space_in_the_path_and_a_missing_path_are_said() {
    let host = Host::new(&[(FRAGMENT, UNIT), ("/etc/sysconfig/alloy", "CONFIG_FILE=/a b\n")]);
    let Kind::Absent(reason) = host.set().kind else { panic!("it is no path") };
    assert!(reason.contains("2 paths"), "{reason}");
    host.write("/etc/sysconfig/alloy", b"CONFIG_FILE=\n");
    let Kind::Absent(reason) = host.set().kind else { panic!("it is no path") };
    assert!(reason.contains("CONFIG_FILE is not set"), "{reason}");
    host.write("/etc/sysconfig/alloy", b"CONFIG_FILE=/etc/none\n");
    let Kind::Absent(reason) = host.set().kind else { panic!("it is no path") };
    assert_eq!(reason, "/etc/none does not exist");
}

#[test]
fn paths_and_standard_input_make_one_program() {
    let host = Host::new(&[("/x/a.alloy", ""), ("/x/b.txt", ""), ("/c.conf", "")]);
    let paths = [host.path("/x"), host.path("/c.conf")];
    let mut paths: Vec<Utf8PathBuf> =
        paths.into_iter().map(|path| Utf8PathBuf::try_from(path).unwrap()).collect();
    paths.push("-".into());
    let system = System::live();
    let of_paths = |paths: &[Utf8PathBuf]| {
        Installation::of_paths(&system, Wanted::default(), paths, &mut "// in\n".as_bytes())
    };
    let installation = of_paths(&paths).unwrap();
    let set = installation.merge_set();
    let files: Vec<&str> = set.files.iter().filter_map(|file| file.path.file_name()).collect();
    assert_eq!(files, ["a.alloy", "c.conf", "<stdin>"]);
    let missing = [host.path("/none")].map(|path| Utf8PathBuf::try_from(path).unwrap());
    assert!(of_paths(&missing).is_err());
}

/// The lines of a file of the shared acceptance data beside the checkout; none without it.
fn shared(path: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A recorded host, laid out in a folder.
fn recorded_host(scenario: &Value) -> Host {
    let host = Host::new(&[]);
    for (path, content) in scenario["files"].as_object().unwrap() {
        match content.as_str() {
            Some(text) => host.write(path, text.as_bytes()),
            None => host.write(path, &decoded(content["base64"].as_str().unwrap())),
        }
    }
    for (path, target) in scenario["links"].as_object().unwrap() {
        host.link(path, target.as_str().unwrap());
    }
    host
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

#[test]
fn recorded_hosts_load_their_pipeline_where_the_catalogue_says_so() {
    let Some(scenarios) = shared("hosts/scenarios.jsonl") else { return };
    let mut right = 0;
    for scenario in &scenarios {
        let id = scenario["id"].as_str().unwrap();
        let set = recorded_host(scenario).set();
        let result = |check: &str| scenario["expect"][check].as_str().unwrap_or("passing");
        let has_pipeline = |text: &str| text.contains("prometheus.remote_write \"trento");
        let loaded = set.files.iter().any(|file| has_pipeline(file.source.text()));
        let beside = set.candidates.iter().any(|found| has_pipeline(found.file.source.text()));
        if result("A11005") == "critical" {
            assert!(!loaded && beside, "{id}: {set:?}");
        }
        assert_eq!(set.unreadable.is_empty(), result("A11007") == "passing", "{id}");
        right += 1;
    }
    eprintln!("{right} of {} hosts are loaded as the catalogue says", scenarios.len());
}

/// What the program says of a run of the real agent.
fn our_settings(run: &Value, folder: &Host) -> Settings {
    folder.write("agent.yaml", run["agent_yaml"].as_str().unwrap().as_bytes());
    let environment = run["env"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let system = System::live().with_own_environment(environment);
    let config = Utf8PathBuf::try_from(folder.path("agent.yaml")).unwrap();
    let mut given = Given { config: Some(config), ..Given::default() };
    let mut flags = run["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap());
    while let Some(flag) = flags.next() {
        // The agent takes no notice of what is no flag.
        let Some(flag) = flag.strip_prefix("--") else { continue };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value),
            None => (flag, flags.next().unwrap()),
        };
        given.flags.insert(Key::named(name).unwrap().name, Secret::new(value));
    }
    Settings::of_command(&system, &given)
}

/// The recorded runs of the agent but for those with a flag that it does not know.
fn recorded_runs() -> Option<Vec<Value>> {
    let mut runs = shared("agent/generate.jsonl")?;
    runs.extend(shared("agent/generate-2.jsonl")?);
    runs.retain(|run| run["id"] != "flag/unknown");
    Some(runs)
}

/// A tree as text: every string literal by its value, so that escapes do not matter.
fn tree(file: &File) -> String {
    let mut text = String::new();
    for block in file.body().blocks() {
        block_text(block, &mut text);
    }
    text
}

fn block_text(block: Block<'_>, text: &mut String) {
    text.push_str(&format!("{} {:?} {{\n", block.name(), block.label()));
    for stmt in block.body().stmts() {
        match stmt {
            Stmt::Attr(attr) => {
                text.push_str(&format!("{} = {}\n", attr.name(), expr_text(attr.value())));
            }
            Stmt::Block(block) => block_text(block, text),
        }
    }
    text.push_str("}\n");
}

fn expr_text(expr: Expr<'_>) -> String {
    match expr.kind() {
        ExprKind::Literal(LiteralKind::String, literal) => {
            format!("{:?}", literal::unquote(literal))
        }
        ExprKind::Array(items) => items.iter().map(expr_text).collect::<Vec<_>>().join(", "),
        ExprKind::Access { target, name, .. } => format!("{}.{name}", expr_text(target)),
        ExprKind::Ident(name) => name.to_owned(),
        kind => format!("{kind:?}"),
    }
}

#[test]
fn every_recorded_run_of_the_agent_is_read_as_the_agent_read_it() {
    let Some(runs) = recorded_runs() else { return };
    let folder = Host::new(&[]);
    let (mut equal, mut escaped, mut refused) = (0, 0, 0);
    for run in &runs {
        let id = run["id"].as_str().unwrap();
        let settings = our_settings(run, &folder);
        let plan = Plan::as_agent(&settings, Template::Agent31);
        let Ok(plan) = plan else {
            assert_eq!(run["exit"], 1, "{id}: {plan:?}");
            refused += 1;
            continue;
        };
        assert_eq!(run["exit"], 0, "{id}");
        let ours = plan.file(Layout::Plain);
        let theirs = parser::parse(run["stdout"].as_str().unwrap().as_bytes());
        let printed = printer::print(&ours);
        assert!(parser::parse(printed.as_bytes()).errors.is_empty(), "{id}");
        let values = ["prometheus-url", "prometheus-exporter-name", "prometheus-auth-password"]
            .map(|key| settings.get(key).map(|setting| setting.value.expose().to_owned()).unwrap());
        // Where the agent's text holds another value than its settings, ours holds the settings'.
        if !theirs.errors.is_empty() || values.iter().any(|value| value.contains('\\')) {
            let tree = tree(&ours);
            let holds =
                |value: &String| value.is_empty() || tree.contains(&format!("{:?}", Some(value)));
            let with_token = settings.get("prometheus-auth-bearer-token").unwrap();
            let token = with_token.value.expose().to_owned();
            assert!(values.iter().chain([&token]).all(holds), "{id}: {tree}");
            escaped += 1;
            continue;
        }
        assert_eq!(tree(&ours), tree(&theirs.file), "{id}");
        equal += 1;
    }
    eprintln!(
        "of {} runs {equal} trees are equal, {escaped} hold the value that the agent breaks, \
         {refused} are refused by both",
        runs.len()
    );
    assert_eq!(equal + escaped + refused, runs.len());
}

#[test]
fn generate_refuses_what_the_agent_refuses_and_what_it_gets_wrong_in_silence() {
    let Some(runs) = recorded_runs() else { return };
    let folder = Host::new(&[]);
    let mut ours_alone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for run in &runs {
        let id = run["id"].as_str().unwrap();
        let settings = our_settings(run, &folder);
        match Plan::checked(&settings, Template::Agent31) {
            Ok(_) => assert_eq!(run["exit"], 0, "{id}"),
            Err(refusals) if run["exit"] == 0 => {
                let reading = settings.scrape_interval().reading;
                let key = refusals[0].key.unwrap();
                let is_surprising = !matches!(reading, Reading::AsWritten | Reading::Default);
                assert_eq!(is_surprising, key == "prometheus-scrape-interval", "{id}");
                ours_alone.entry(refusals[0].key.unwrap()).or_default().push(id);
            }
            Err(_) => {}
        }
    }
    let keys: Vec<&str> = ours_alone.keys().copied().collect();
    assert_eq!(keys, ["prometheus-auth", "prometheus-scrape-interval"], "{ours_alone:?}");
    assert_eq!(ours_alone["prometheus-auth"], ["default-auth/both"]);
}

/// Runs the program on a host; gives its exit code and both outputs.
fn program(host: &Host, arguments: &[&str]) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .args(arguments)
        .arg("--root")
        .arg(host.0.path())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const AGENT_YAML: &str = "server-url: https://trento.example\nprometheus-mode: push\n\
    prometheus-url: https://user:canary-info@trento.example/prometheus/api/v1/write\n\
    prometheus-auth: basic\nprometheus-auth-username: trento\n\
    prometheus-auth-password: canary-password\napi-key: canary-key\n";

fn agent_host() -> Host {
    Host::new(&[
        ("/etc/trento/agent.yaml", AGENT_YAML),
        ("/etc/machine-id", "2f1c6a7d3b9e4c5f8a1b2c3d4e5f6071\n"),
        (FRAGMENT, UNIT),
        ("/etc/sysconfig/alloy", "CONFIG_FILE=/etc/alloy\nTOKEN=canary-token\n"),
        ("/etc/alloy/a.alloy", "// canary-comment\nlogging {}\n"),
        ("/etc/alloy/bad.alloy", "x = \"canary-literal\n"),
    ])
}

#[test]
fn inspecting_shows_no_secret_in_any_form() {
    let host = agent_host();
    for what in ["settings", "sources"] {
        for format in ["human", "json"] {
            let (code, out, err) = program(&host, &["inspect", what, "--format", format]);
            assert_eq!(code, 0, "{err}");
            assert!(!out.contains("canary-") && !err.contains("canary-"), "{out}{err}");
            assert!(out.contains("/etc/"), "{out}");
        }
    }
}

#[test]
fn a_generated_file_with_secrets_is_private_and_one_without_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let host = agent_host();
    let mode = |name: &str| fs::metadata(host.path(name)).unwrap().permissions().mode() & 0o777;
    let file = host.path("out.alloy");
    let (code, out, err) = program(&host, &["generate", "-o", file.to_str().unwrap()]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    assert_eq!(mode("out.alloy"), 0o640);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("canary-password"), "it is what was asked for");
    let open = host.path("open.alloy");
    let arguments = [
        "generate",
        "--prometheus-auth=none",
        "--prometheus-url=https://trento.example/w",
        "-o",
        open.to_str().unwrap(),
    ];
    assert_eq!(program(&host, &arguments).0, 0);
    assert_eq!(mode("open.alloy"), 0o644);
}

#[test]
fn what_is_refused_names_the_setting_and_no_secret() {
    let host = agent_host();
    for (flag, named) in [
        ("--prometheus-mode=pull", "prometheus-mode"),
        ("--prometheus-url=", "prometheus-url"),
        ("--prometheus-auth=Basic", "prometheus-auth"),
        ("--prometheus-auth-password=", "prometheus-auth-password"),
        ("--prometheus-scrape-interval=1d", "prometheus-scrape-interval"),
        ("--config=/etc/none.yaml", "/etc/none.yaml"),
    ] {
        let (code, out, err) = program(&host, &["generate", flag]);
        assert_eq!((code, out.as_str()), (2, ""), "{flag}");
        assert!(err.contains(named) && !err.contains("canary-"), "{flag}: {err}");
    }
    host.write("/etc/trento/agent.yaml", b"prometheus-auth-password: 'canary-open\n");
    let (code, _, err) = program(&host, &["generate"]);
    assert!(code == 2 && err.contains("/etc/trento/agent.yaml:") && !err.contains("canary-"));
}

#[test]
fn the_method_follows_the_credentials_where_none_is_set() {
    const URL: &str = "prometheus-mode: push\nprometheus-url: https://t.example/w\n";
    let host = agent_host();
    for (credentials, expected) in [
        ("prometheus-auth-bearer-token: t\n", Ok("bearer_token")),
        ("prometheus-auth-username: u\nprometheus-auth-password: p\n", Ok("basic_auth")),
        ("prometheus-auth-bearer-token: t\nprometheus-auth-username: u\n", Err("basic")),
        ("", Err("shipped agent's")),
    ] {
        host.write("/etc/trento/agent.yaml", format!("{URL}{credentials}").as_bytes());
        let (code, out, err) = program(&host, &["generate"]);
        match expected {
            Ok(text) => assert!(code == 0 && out.contains(text), "{credentials}: {err}"),
            Err(text) => assert!(code == 2 && err.contains(text), "{credentials}: {err}"),
        }
    }
}

#[test]
fn the_rfc_template_takes_its_own_key_and_url() {
    let yaml = "prometheus-mode: push\nprometheus-url: https://t.example/prometheus\n\
        prometheus-auth: none\nscrape-interval: 30s\nprometheus-exporter-name: other\n";
    let host = agent_host();
    host.write("/etc/trento/agent.yaml", yaml.as_bytes());
    let (_, rfc, err) = program(&host, &["generate", "--template", "rfc-0003"]);
    assert_eq!(err, "");
    assert!(rfc.contains("url = \"https://t.example/prometheus/api/v1/write\""), "{rfc}");
    assert!(rfc.contains("scrape_interval = \"30s\"") && rfc.contains("\"grafana_alloy\""));
    assert!(!rfc.contains("\"zfs\""));
    let (_, agent, err) = program(&host, &["generate"]);
    assert!(agent.contains("scrape_interval = \"15s\"") && agent.contains("\"other\""));
    assert!(err.contains("scrape-interval is ignored"), "{err}");
}

#[test]
fn a_module_holds_the_same_components_in_a_declare() {
    let host = agent_host();
    let (_, plain, _) = program(&host, &["generate"]);
    let (code, module, err) = program(&host, &["generate", "--as-module"]);
    assert_eq!(code, 0);
    assert!(err.contains("import.file"), "{err}");
    let plain = parser::parse(plain.as_bytes());
    let module = parser::parse(module.as_bytes());
    assert!(plain.errors.is_empty() && module.errors.is_empty());
    let blocks: Vec<Block<'_>> = module.file.body().blocks().collect();
    assert_eq!((blocks.len(), blocks[0].name(), blocks[0].label()), (1, "declare", Some("trento")));
    let mut inside = String::new();
    blocks[0].body().blocks().for_each(|block| block_text(block, &mut inside));
    assert_eq!(inside, tree(&plain.file));
}

#[test]
fn surprises_of_the_settings_are_told_by_kind() {
    let yaml = "prometheus-mode: push\nprometheus-url: https://t.example/w\n\
        prometheus-auth-password: 0123\nPrometheus-Auth-Username: [a]\nscrape-interval: 3s\n\
        prometheus-scrape-interval: 1d\nprometheus_auth: none\nprometheus-exportername: x\n\
        prometheus-node-exporter-target: h:9100\nforce-agent-id: id\n\
        prometheus-auth-username: u\n";
    let host = Host::new(&[
        ("/etc/trento/agent.yaml", yaml),
        ("/etc/trento/agent.yml", ""),
        ("/usr/lib/systemd/system/trento-agent.service", "[Service]\nUser=root\n"),
        (
            "/etc/systemd/system/trento-agent.service.d/a.conf",
            "[Service]\nEnvironment=TRENTO_PROMETHEUS_URL=https://other.example/w TRENTO_X=1\n",
        ),
    ]);
    let settings = Settings::of_service(&host.system());
    let mut kinds: Vec<SurpriseKind> = settings.surprises.iter().map(|found| found.kind).collect();
    kinds.sort();
    let expected = [
        SurpriseKind::UnknownKey,
        SurpriseKind::Underscores,
        SurpriseKind::RfcKey,
        SurpriseKind::CaseClash,
        SurpriseKind::DurationReplaced,
        SurpriseKind::ScalarChanged,
        SurpriseKind::NotAText,
        SurpriseKind::ShadowedFile,
        SurpriseKind::UnitVariable,
        SurpriseKind::ForcedAgentId,
        SurpriseKind::IgnoredInMode,
    ];
    assert_eq!(kinds, expected);
    assert!(settings.surprises.iter().all(|found| !found.message.contains("0123")));
    assert_eq!(settings.value("prometheus-url"), "https://other.example/w");
    let clean = agent_host();
    assert_eq!(Settings::of_service(&clean.system()).surprises, []);
}

#[test]
fn recorded_hosts_have_the_surprises_the_catalogue_says() {
    let Some(scenarios) = shared("hosts/scenarios.jsonl") else { return };
    for scenario in &scenarios {
        let id = scenario["id"].as_str().unwrap();
        let settings = Settings::of_service(&recorded_host(scenario).system());
        let result = |check: &str| scenario["expect"][check].as_str().unwrap_or("passing");
        let is_free = scenario["free"].as_array().unwrap().iter().any(|check| check == "A11021");
        let surprised = !settings.surprises.is_empty();
        assert!(is_free || surprised == (result("A11021") == "warning"), "{id}: {settings:?}");
        let plan = Plan::as_agent(&settings, Template::Agent31);
        let is_pull = !settings.is_push() && matches!(settings.file, FileState::Read(_));
        let usable = plan.is_ok() || is_pull;
        let missing = settings.file == FileState::Missing;
        assert_eq!(usable && !missing, result("A11020") == "passing", "{id}: {plan:?}");
    }
    eprintln!("{} hosts have the surprises the catalogue says", scenarios.len());
}

#[test]
fn files_of_absurd_size_or_kind_are_named_and_nothing_hangs() {
    let host = agent_host();
    for path in ["/etc/trento/agent.yaml", "/etc/alloy/big.alloy", "/etc/sysconfig/alloy"] {
        host.write(path, b"");
        fs::OpenOptions::new()
            .write(true)
            .open(host.path(path))
            .unwrap()
            .set_len(100 << 20)
            .unwrap();
    }
    let (code, _, err) = program(&host, &["generate"]);
    assert!(code == 2 && err.contains("larger than 4 MiB"), "{err}");
    let (code, out, _) = program(&host, &["inspect", "sources", "--alloy-config", "/etc/alloy"]);
    assert!(code == 0 && out.contains("larger than 32 MiB"), "{out}");
    assert!(out.contains("/etc/sysconfig/alloy cannot be read"), "{out}");
    let missing = ["inspect", "sources", "--alloy-config", "/etc/alloy/none"];
    assert!(program(&host, &missing).1.contains("/etc/alloy/none does not exist"));
    fs::remove_file(host.path("/etc/trento/agent.yaml")).unwrap();
    fs::create_dir(host.path("/etc/trento/agent.yaml")).unwrap();
    let (code, _, err) = program(&host, &["generate"]);
    assert!(code == 2 && err.contains("prometheus-mode"), "{err}");
}
