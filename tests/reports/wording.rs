//! What is printed of hosts from which Prometheus pushes: it speaks of Prometheus, and of Alloy
//! only where there is one.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::{check_in_every_format, name_of, overlaid, root, side_by_side, subfolders};

/// What may name Alloy: this program's own name, those of its gatherer and its keys, and of the
/// values that checks have a group that may own the secrets of any sender.
const OWN: &[&str] = &[
    "trento-alloy",
    "trento_alloy",
    "trentoAlloy",
    "TRENTO ALLOY",
    "alloy@v1",
    "alloy_version",
    "\"alloy\"",
];
/// The case of a host with both.
const BOTH: &str = "fail-both-senders";

#[test]
fn no_text_of_a_host_with_prometheus_names_alloy() {
    let folders = root().join("tests/checks");
    let mut cases = vec![folders.join("base-prometheus")];
    for check in subfolders(&folders) {
        cases.extend(subfolders(&check).into_iter().filter(|case| {
            let spec = fs::read_to_string(case.join("case.json")).unwrap_or_default();
            spec.contains("base-prometheus") && name_of(case) != BOTH
        }));
    }
    assert!(cases.len() > 30, "only {} cases were found", cases.len());
    let empty = TempDir::new().expect("a temporary folder can be made");
    let spec = json!({"base": "base-prometheus"}).to_string();
    fs::write(empty.path().join("case.json"), spec).expect("it can be written");
    cases[0] = empty.path().to_owned();
    let wrong = side_by_side(&cases, |case| {
        let (host, mut args) = overlaid(&folders, case);
        // What compares hosts is for hosts of any sender.
        args.extend(["--skip".to_owned(), "A1108*".to_owned()]);
        let outcome = check_in_every_format(host.path(), &args);
        let said = [outcome.stdout.as_str(), outcome.stderr.as_str()].join("\n");
        let mut said = said.replace(&*host.path().to_string_lossy(), "");
        for own in OWN {
            said = said.replace(own, "");
        }
        let found = said.to_ascii_lowercase().find("alloy")?;
        let start = said[..found].char_indices().rev().nth(100).map_or(0, |(at, _)| at);
        let end = said[found..].char_indices().nth(100).map_or(said.len(), |(at, _)| found + at);
        Some(format!("{}: {}", case.display(), &said[start..end]))
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
