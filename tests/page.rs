//! Reports as other programs read them: the page in a browser, SARIF by its rules.
//!
//! Chromium is used where it is installed; without it that test says so and ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

const HOSTILE: &str = "</pre><script>document.title='owned'</script><img src=x onerror=alert(1)>";

/// The base host of the checks, with a configuration of hostile words and some faults.
fn hostile_host() -> TempDir {
    let host = TempDir::new().expect("a temporary folder can be made");
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks/base");
    for entry in walkdir::WalkDir::new(&base) {
        let entry = entry.expect("the base can be listed");
        let target = host.path().join(entry.path().strip_prefix(&base).expect("it lies below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
    fs::write(host.path().join("etc/hostname"), format!("{HOSTILE}\n")).expect("it can be written");
    let path = host.path().join("etc/alloy/trento.alloy");
    let text = fs::read_to_string(&path).expect("the base has it");
    let text = text
        .replace("\"grafana_alloy\"\n", &format!("\"{HOSTILE}\" // \u{1b}[31mred {HOSTILE}\n"))
        .replace("insecure_skip_verify = false", "insecure_skip_verify = true");
    fs::write(&path, text).expect("it can be written");
    host
}

/// A report of a host in one format.
fn report(host: &Path, format: &str, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.arg("check").arg("--root").arg(host).args(["--format", format]).args(args);
    let output = command.env_clear().output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

fn chromium() -> Option<PathBuf> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

/// Loads `wrapper` and gives the document after its scripts, and what the console said.
fn browse(chromium: &Path, folder: &Path, wrapper: &Path) -> (String, String) {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--allow-file-access-from-files", "--virtual-time-budget=10000"])
        .args(["--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", wrapper.display()))
        .env("HOME", folder)
        .output()
        .expect("the browser starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Stands around the page: presses its buttons and writes down what can be seen then.
const WRAPPER: &str = r#"<!doctype html><meta charset="utf-8"><pre id="seen"></pre>
<iframe id="page" src="page.html" width="900" height="900"></iframe><script>
const frame = document.getElementById("page");
frame.onload = () => {
  const page = frame.contentDocument;
  const visible = () => [...page.querySelectorAll(".check")]
    .filter(check => frame.contentWindow.getComputedStyle(check).display !== "none")
    .map(check => check.className);
  const seen = {title: page.title, scripts: page.scripts.length, images: page.images.length,
    heading: page.querySelector("h1").textContent, color:
    frame.contentWindow.getComputedStyle(page.querySelector("nav label")).cursor, by: {}};
  for (const input of page.querySelectorAll("input[type=radio]")) {
    page.getElementById("result-all").click();
    page.getElementById("group-all").click();
    input.click();
    seen.by[input.id] = visible();
  }
  seen.wide = page.documentElement.scrollWidth > page.documentElement.clientWidth;
  document.getElementById("seen").textContent = JSON.stringify(seen);
};
</script>"#;

#[test]
fn the_page_works_in_a_browser_and_hostile_names_stay_text() {
    let host = hostile_host();
    let page = report(host.path(), "html", &[]);
    assert!(!page.contains("<script") && !page.contains("<img"), "markup came through");
    assert!(!page.contains('\u{1b}'), "a terminal escape came through");
    let Some(chromium) = chromium() else {
        eprintln!("skipped: no chromium is installed");
        return;
    };
    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::write(folder.path().join("page.html"), &page).expect("it can be written");
    let wrapper = folder.path().join("wrapper.html");
    fs::write(&wrapper, WRAPPER).expect("it can be written");
    let (document, console) = browse(&chromium, folder.path(), &wrapper);
    assert!(!console.contains("CONSOLE"), "{console}");
    let seen = document.split("<pre id=\"seen\">").nth(1).and_then(|it| it.split("</pre>").next());
    let seen = seen.unwrap_or_default().replace("&lt;", "<").replace("&gt;", ">");
    let seen: Json = serde_json::from_str(&seen.replace("&amp;", "&"))
        .unwrap_or_else(|error| panic!("{error}: {document}\n{console}"));
    assert_eq!(seen["heading"], HOSTILE);
    assert_eq!((&seen["scripts"], &seen["images"]), (&json!(0), &json!(0)));
    assert_eq!(seen["color"], "pointer", "the style sheet is applied");
    assert_eq!(seen["wide"], false, "nothing makes the page wider than its window");
    let classes = |id: &str| -> Vec<String> {
        serde_json::from_value(seen["by"][id].clone()).expect("a list of classes")
    };
    let all = classes("result-all");
    assert!(all.len() > 40, "{all:?}");
    let mut told = 0;
    for result in ["critical", "warning", "passing", "skipped"] {
        let shown = classes(&format!("result-{result}"));
        assert!(!shown.is_empty() && shown.iter().all(|it| it.contains(result)), "{shown:?}");
        told += shown.len();
    }
    assert_eq!(told, all.len(), "each check has one result");
    let groups: Vec<&String> = seen["by"]
        .as_object()
        .expect("a map")
        .keys()
        .filter(|id| id.starts_with("group-"))
        .collect();
    let sizes = groups.iter().filter(|id| **id != "group-all").map(|id| classes(id).len());
    assert_eq!(sizes.sum::<usize>(), all.len(), "each check has one group");
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let host = hostile_host();
    let waivers = host.path().join("waivers.yaml");
    fs::write(&waivers, "- check: A11033\n  reason: a test host\n").expect("it can be written");
    let waivers = waivers.display().to_string();
    let log: Json = serde_json::from_str(&report(host.path(), "sarif", &["--waivers", &waivers]))
        .expect("SARIF is JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "trento-alloy");
    let rules = driver["rules"].as_array().expect("rules");
    let ids: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids.len(), rules.len(), "each rule has an id of its own");
    let levels = ["none", "note", "warning", "error"];
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().is_some_and(|it| !it.is_empty()), "{rule}");
        }
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap_or_default();
        assert!(levels.contains(&level), "{rule}");
    }
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 1);
    for result in results {
        assert!(result["message"]["text"].as_str().is_some_and(|it| !it.is_empty()), "{result}");
        assert!(levels.contains(&result["level"].as_str().unwrap_or_default()), "{result}");
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let waived = result["ruleId"] == "A11033";
        assert_eq!(result["suppressions"][0]["kind"] == "external", waived, "{result}");
        assert_eq!(result["suppressions"][0]["justification"] == "a test host", waived);
        for location in result["locations"].as_array().into_iter().flatten() {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
            assert!(uri.is_ascii() && !uri.contains([' ', '<', '"']), "{uri}");
            let number = |name: &str| place["region"][name].as_u64().unwrap_or(0);
            let start = (number("startLine"), number("startColumn"));
            let end = (number("endLine"), number("endColumn"));
            assert!(start.0 > 0 && start.1 > 0 && end > start, "{place}");
        }
    }
}

#[test]
fn fingerprints_outlive_lines_that_come_and_go() {
    let fingerprints = |host: &Path| -> Vec<(String, String)> {
        let log: Json = serde_json::from_str(&report(host, "sarif", &[])).expect("SARIF is JSON");
        let results = log["runs"][0]["results"].as_array().cloned().unwrap_or_default();
        let name = |it: &Json| it["partialFingerprints"]["trentoAlloy/v1"].to_string();
        results.iter().map(|it| (it["ruleId"].to_string(), name(it))).collect()
    };
    let host = hostile_host();
    let before = fingerprints(host.path());
    let unique: BTreeSet<_> = before.iter().collect();
    assert_eq!(unique.len(), before.len(), "each finding has a name of its own");
    let path = host.path().join("etc/alloy/trento.alloy");
    let text = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, format!("// one more\n\n// line\n{text}")).expect("it can be written");
    assert_eq!(fingerprints(host.path()), before);
}
