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

/// Lays out a case in a folder, and validates it as a host with its environment would.
fn validated(case: &Value, dir: &Path) -> Said {
    let text = |text: &str| {
        let mut text = text.replace("@DIR@", dir.to_str().expect("UTF-8"));
        for port in 1..=4 {
            text = text.replace(&format!("@P{port}@"), &(20_000 + port).to_string());
        }
        text
    };
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
    let path = match case["path"].as_str() {
        None => "config.alloy",
        Some(".") => "conf",
        Some(other) => other,
    };
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

#[test]
fn alloy_starts_where_no_error_is_reported() {
    let Some(shared) = shared() else { return };
    let given = fs::read_to_string(shared.join("given.jsonl")).expect("is there");
    let root = tempfile::tempdir().expect("a folder");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut wrong, mut silent) = (Vec::new(), Vec::new());
    for (number, line) in given.lines().enumerate() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let dir = root.path().join(number.to_string());
        fs::create_dir(&dir).expect("can be made");
        let said = validated(&case, &dir);
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
