//! Whether Alloy starts, against what the real Alloy did with the same configurations.

#![expect(clippy::print_stderr, reason = "counts and skipped parts are for whoever runs the tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The refused configurations that must be reported, of a hundred, by what decides.
const FLOOR: usize = 95;

fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/starts");
    if shared.is_dir() {
        return Some(shared);
    }
    eprintln!("skipped: the shared acceptance data is not beside the checkout");
    None
}

/// What was said of a configuration: the errors, and whether there was anything at all.
struct Said {
    errors: Vec<String>,
    is_silent: bool,
}

/// A text of a case, whose folder goes by a name.
fn text_in(text: &str, folder: &str) -> String {
    let mut text = text.replace("@DIR@", folder);
    for port in 1..=4 {
        text = text.replace(&format!("@P{port}@"), &(20_000 + port).to_string());
    }
    text
}

/// Lays out a case in a folder that goes by a name; the path that Alloy is given, from there.
fn laid_out<'c>(case: &'c Value, dir: &Path, folder: &str) -> &'c str {
    let text = |text: &str| text_in(text, folder);
    let config = case["config"].as_str().expect("a text");
    fs::write(dir.join("config.alloy"), text(config)).expect("can be written");
    for (path, content) in case["files"].as_object().into_iter().flatten() {
        let path = dir.join(path);
        match content.as_str() {
            Some(content) => {
                fs::create_dir_all(path.parent().expect("a folder")).expect("can be made");
                fs::write(path, text(content)).expect("can be written");
            }
            None => fs::create_dir_all(path).expect("can be made"),
        }
    }
    match case["path"].as_str() {
        None => "config.alloy",
        Some(".") => "conf",
        Some(other) => other,
    }
}

/// Lays out a case in a folder, and validates it as a host with its environment would.
fn validated(case: &Value, dir: &Path) -> Said {
    let folder = dir.to_str().expect("UTF-8");
    let path = laid_out(case, dir, folder);
    let text = |text: &str| text_in(text, folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.args(["validate", "--strict", "--format", "json", "--alloy-version", "main"]);
    for argument in case["args"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        match argument.strip_prefix("--stability.level=") {
            Some(level) => command.args(["--stability", level]),
            None => command.arg("--community"),
        };
    }
    command.arg(dir.join(path)).current_dir(dir).env_clear();
    command.env("PATH", "/usr/bin").env("HOME", dir).env("HOSTNAME", "sap01");
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        command.env(name, text(value.as_str().expect("a text")));
    }
    let output = command.output().expect("it runs");
    let Ok(verdict) = serde_json::from_slice::<Value>(&output.stdout) else {
        // What cannot be read or is no flag is refused with the reason on stderr.
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Said { errors: vec![why], is_silent: false };
    };
    let all: Vec<&Value> = verdict["diagnostics"].as_array().into_iter().flatten().collect();
    let errors = all.iter().filter(|one| one["severity"] == "error");
    let messages = errors.filter_map(|one| one["message"].as_str().map(str::to_owned));
    Said { errors: messages.collect(), is_silent: all.is_empty() }
}

/// The checks whose subject is whether Alloy starts, and those that report some of it.
const OF_THE_START: &[&str] =
    &["A11001", "A11002", "A11003", "A11004", "A11006", "A11007", "A11008"];
const OF_SOME_OF_IT: &[&str] = &["A11023", "A11027", "A11036"];

/// Lays out a case as a host in a folder, and checks it.
fn checked(case: &Value, root: &Path) -> Said {
    const FOLDER: &str = "/srv/case";
    let dir = root.join(&FOLDER[1..]);
    fs::create_dir_all(&dir).expect("can be made");
    // What the kernel shows on every host.
    for path in ["proc/stat", "proc/meminfo", "proc/self/mounts", "sys/class/net/lo/mtu"] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("can be made");
        fs::write(path, "").expect("can be written");
    }
    let path = laid_out(case, &dir, FOLDER);
    let mut unit = format!(
        "[Service]\nWorkingDirectory={FOLDER}\n\
         Environment=PATH=/usr/bin HOME=/root HOSTNAME=sap01\n"
    );
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        let value = text_in(value.as_str().expect("a text"), FOLDER);
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
        unit.push_str(&format!("Environment=\"{name}={value}\"\n"));
    }
    let args = case["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let args: Vec<&str> = args.collect();
    unit.push_str(&format!("ExecStart=/usr/bin/alloy run {} {FOLDER}/{path}\n", args.join(" ")));
    let units = root.join("usr/lib/systemd/system");
    fs::create_dir_all(&units).expect("can be made");
    fs::write(units.join("alloy.service"), unit).expect("can be written");
    fs::write(root.join("snapshot.json"), "{\"version\": 1}").expect("can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.args(["check", "--format", "json", "--alloy-version", "main", "--root"]).arg(root);
    for id in OF_THE_START.iter().chain(OF_SOME_OF_IT) {
        command.args(["--select", id]);
    }
    let output = command.env_clear().output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let mut said = Said { errors: Vec::new(), is_silent: true };
    for check in report["check_results"].as_array().into_iter().flatten() {
        let id = check["check_id"].as_str().expect("an id");
        let result = check["result"].as_str().expect("a result");
        let counts = OF_THE_START.contains(&id) || case["start"] != "ok";
        said.is_silent &= matches!(result, "passing" | "skipped");
        if counts && matches!(result, "critical" | "error") {
            let message = &check["findings"][0]["message"];
            said.errors.push(format!("{id}: {message} {}", check["reason"]));
        }
    }
    said
}

#[test]
fn alloy_starts_where_validation_finds_no_error() {
    try_all(validated);
}

#[test]
fn alloy_starts_where_the_checks_find_nothing_critical() {
    try_all(checked);
}

/// Tries every case: no error where Alloy starts, and one where it does not.
fn try_all(said_of: fn(&Value, &Path) -> Said) {
    let Some(shared) = shared() else { return };
    let given = fs::read_to_string(shared.join("given.jsonl")).expect("is there");
    let root = tempfile::tempdir().expect("a folder");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut wrong, mut silent) = (Vec::new(), Vec::new());
    for (number, line) in given.lines().enumerate() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let dir = root.path().join(number.to_string());
        fs::create_dir(&dir).expect("can be made");
        let said = said_of(&case, &dir);
        let id = case["id"].as_str().expect("an id");
        let decides: Vec<&str> =
            case["depends"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let decides = if decides.is_empty() { "text".to_owned() } else { decides.join("+") };
        let what = match (case["start"] == "ok", said.errors.is_empty()) {
            (true, true) if said.is_silent => "starts, silent".to_owned(),
            (true, true) => "starts, warned".to_owned(),
            (true, false) => {
                wrong.push(format!("{id}: {:?}", said.errors));
                "starts, WRONG".to_owned()
            }
            (false, false) => format!("refused, told ({decides})"),
            (false, true) => {
                if !decides.contains("network") {
                    silent.push(format!("{id}: {}", case["error"][0]));
                }
                format!("refused, silent ({decides})")
            }
        };
        *counts.entry(what).or_default() += 1;
    }
    for (what, count) in &counts {
        eprintln!("{what:<32} {count:>5}");
    }
    eprintln!("{}", silent.join("\n"));
    assert!(wrong.is_empty(), "Alloy starts with these:\n{}", wrong.join("\n"));
    let told: usize = counts
        .iter()
        .filter(|(what, _)| what.contains("told") && !what.contains("network"))
        .map(|(_, count)| count)
        .sum();
    let all = told + silent.len();
    assert!(told * 100 >= all * FLOOR, "{told} of {all}");
}
