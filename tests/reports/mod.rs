//! What people report of Alloy on their hosts, each kind as a host of its own: what `check` must
//! find there, and that it finds nothing else.
//!
//! A case is laid over the base host as those of `tests/checks` are. Its `case.json` has besides
//! `report` (the kind in words), `says` (the checks that must fail, and how; all others pass or are
//! skipped), `prints` (words that must be printed), `edits` (texts of the base's files
//! that are others here) and `recorded` (values of the snapshot by JSON pointer).
//! docs/reports.md shows them, and is made by `UPDATE_DOCS=1 cargo test --test checks reports`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use serde_json::Value as Json;

use super::{Outcome, check, name_of, overlaid, root, side_by_side, strings, subfolders};

const HEAD: &str = "\
# What it prints for what people report

Each row is a kind of fault that users of Alloy have reported in public, or of what looks like one
and is none: those stand at the end. Each is a host under `tests/reports`, and a test compares the
whole catalogue with what belongs there: the checks named here fail, and no other does. Where the
pipeline is no longer the generated one A11028 is a warning as well; it is left out here. What only
a running host can show is a recording of one.

| reported | found | first finding |
|---|---|---|
";

/// A case, and what `check` made of it.
struct Tried {
    report: String,
    says: BTreeMap<String, String>,
    /// What is printed besides.
    prints: Option<String>,
    outcome: Outcome,
}

#[test]
fn each_kind_of_public_report_is_found_and_nothing_else() {
    let cases = subfolders(&root().join("tests/reports"));
    let tried = Mutex::new(BTreeMap::new());
    let wrong = side_by_side(&cases, |case| {
        let one = tried_case(case);
        let problems = problems(case, &one);
        tried.lock().expect("no thread panics with it").insert(name_of(case), one);
        (!problems.is_empty()).then(|| format!("{}: {}", name_of(case), problems.join("; ")))
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let tried = tried.into_inner().expect("no thread panics with it");
    let told = tried.values().filter(|case| !case.says.is_empty()).count();
    assert!(told >= 30, "only {told} kinds are found");
    let page = root().join("docs/reports.md");
    let text = page_of(tried.values());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, &text).expect("the page can be written");
    }
    let stands = fs::read_to_string(&page).unwrap_or_default();
    assert!(stands == text, "docs/reports.md is made by UPDATE_DOCS=1");
}

fn tried_case(case: &Path) -> Tried {
    let spec = fs::read_to_string(case.join("case.json")).expect("a case has case.json");
    let spec: Json = serde_json::from_str(&spec).expect("case.json is JSON");
    let (host, args) = overlaid(&root().join("tests/checks"), case);
    for (path, edits) in spec["edits"].as_object().into_iter().flatten() {
        edit(&host.path().join(path), edits);
    }
    let says = spec["says"].as_object().into_iter().flatten();
    let says = says.map(|(id, how)| (id.clone(), how.as_str().unwrap_or_default().to_owned()));
    Tried {
        report: spec["report"].as_str().expect("a case says what is reported").to_owned(),
        says: says.collect(),
        prints: strings(&spec["prints"]).into_iter().next(),
        outcome: check(host.path(), &args),
    }
}

fn edit(path: &Path, edits: &Json) {
    let mut text = fs::read_to_string(path).expect("what is edited is there");
    for pair in edits.as_array().into_iter().flatten() {
        let (from, to) = (pair[0].as_str(), pair[1].as_str());
        let (from, to) = (from.expect("a text"), to.expect("a text"));
        assert!(text.contains(from), "{}: no {from}", path.display());
        text = text.replace(from, to);
    }
    fs::write(path, text).expect("it can be written");
}

fn problems(case: &Path, tried: &Tried) -> Vec<String> {
    let (says, outcome) = (&tried.says, &tried.outcome);
    let mut problems = Vec::new();
    if outcome.results.is_empty() {
        problems.push(outcome.stderr.clone());
    }
    for id in outcome.results.keys() {
        let result = outcome.result(id);
        let is_right = match says.get(id) {
            Some(wanted) => result == *wanted,
            None => matches!(result.as_str(), "passing" | "skipped"),
        };
        if !is_right {
            let wanted = says.get(id).map_or("passing or skipped", String::as_str);
            problems.push(format!("{id} is {result}, not {wanted} ({})", outcome.explain(id)));
        }
    }
    let spec = fs::read_to_string(case.join("case.json")).expect("a case has case.json");
    let spec: Json = serde_json::from_str(&spec).expect("case.json is JSON");
    for words in strings(&spec["prints"]) {
        if !outcome.stdout.contains(&words) && !outcome.stderr.contains(&words) {
            problems.push(format!("{words} is not printed"));
        }
    }
    problems
}

/// The page: one row a case, what is found before what is rightly quiet.
fn page_of<'t>(tried: impl Iterator<Item = &'t Tried>) -> String {
    let mut page = HEAD.to_owned();
    let (found, quiet): (Vec<_>, Vec<_>) =
        tried.partition(|case| case.says.keys().any(|id| id != "A11028"));
    for case in found.into_iter().chain(quiet) {
        row(&mut page, case);
    }
    page
}

fn row(page: &mut String, case: &Tried) {
    let mut says: Vec<(&String, &String)> =
        case.says.iter().filter(|(id, _)| *id != "A11028").collect();
    // What is critical says it before what is a consequence.
    says.sort_by_key(|(id, how)| (*how != "critical", (*id).clone()));
    let found: Vec<String> = says.iter().map(|(id, how)| format!("{id} {how}")).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    let finding = says.first().and_then(|(id, _)| case.outcome.findings(id).into_iter().next());
    let message = finding.as_ref().and_then(|finding| finding["message"].as_str());
    let message = message.map(str::to_owned).or_else(|| case.prints.clone()).unwrap_or_default();
    let cell = |text: &str| text.replace('\n', " ").replace('|', "\\|");
    let (report, message) = (cell(&case.report), cell(&message));
    writeln!(page, "| {report} | {found} | {message} |").expect("a text takes all");
}
