//! No circle among modules that stand side by side in one folder, at any depth.
//!
//! What a module shares with its own submodules is no circle: a parent holds what they have in
//! common.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, first_name, is_test, relative, sources};

/// Circles that are the shape of what they read: a filter of a JSON path holds paths, a struct of
/// `prometheus.yml` is checked the moment it is decoded.
const OF_THE_LANGUAGE: &[(&str, &[&str])] = &[
    ("eval/stdlib", &["jsonfilter", "jsonpath"]),
    ("prometheus", &["check", "decode"]),
    ("prometheus/check", &["job", "write"]),
];

/// The modules below one folder, and which of their siblings each uses.
type Siblings = BTreeMap<String, BTreeSet<String>>;

#[test]
fn modules_side_by_side_stand_in_no_circle() {
    let mut wrong = Vec::new();
    for (folder, siblings) in &folders() {
        for module in siblings.keys() {
            let circle: Vec<&str> = siblings
                .keys()
                .filter(|other| {
                    reaches(siblings, module, other) && reaches(siblings, other, module)
                })
                .map(String::as_str)
                .collect();
            let is_known = OF_THE_LANGUAGE.contains(&(folder.as_str(), &circle[..]));
            if circle.first() == Some(&module.as_str()) && !is_known {
                wrong.push(format!("{folder}: {}", circle.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "circles:\n{}", wrong.join("\n"));
}

#[test]
fn a_circle_would_be_found() {
    let uses = |pairs: &[(&str, &str)]| {
        let mut siblings = Siblings::new();
        for (from, to) in pairs {
            siblings.entry((*from).into()).or_default().insert((*to).into());
        }
        siblings
    };
    let circle = uses(&[("a", "b"), ("b", "c"), ("c", "a")]);
    assert!(reaches(&circle, "a", "a") && reaches(&circle, "c", "b"));
    assert!(!reaches(&uses(&[("a", "b"), ("b", "c")]), "a", "a"));
    assert!(folders()["render"]["human"].contains("view"), "arrows are read");
}

fn folders() -> BTreeMap<String, Siblings> {
    let files: Vec<(Vec<String>, String)> = sources()
        .iter()
        .filter(|file| !is_test(file))
        .map(|file| (path_of(&relative(file)), code(file)))
        .collect();
    let known: BTreeSet<Vec<String>> = files.iter().map(|(path, _)| path.clone()).collect();
    let mut folders: BTreeMap<String, Siblings> = BTreeMap::new();
    for (path, code) in &files {
        for used in paths_in(code).filter_map(|used| resolved(&known, path, &used)) {
            let common = path.iter().zip(&used).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (path.get(common), used.get(common)) {
                let siblings = folders.entry(path[..common].join("/")).or_default();
                siblings.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    folders
}

/// Whether one or more arrows lead from a module to another.
fn reaches(siblings: &Siblings, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(module) = waiting.pop() {
        for next in siblings.get(module).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                waiting.push(next);
            }
        }
    }
    false
}

/// `checks/engine/mod.rs` is `checks`, `engine`.
fn path_of(relative: &str) -> Vec<String> {
    let name = relative.trim_end_matches(".rs").trim_end_matches("/mod");
    name.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

/// The deepest module that a path names, seen from another.
fn resolved(
    known: &BTreeSet<Vec<String>>,
    from: &[String],
    used: &[String],
) -> Option<Vec<String>> {
    let mut at: Vec<String> = match used.first()?.as_str() {
        "crate" => Vec::new(),
        _ => from.to_vec(),
    };
    for part in used {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            name => {
                at.push(name.to_owned());
                if !known.contains(&at) {
                    at.pop();
                    break;
                }
            }
        }
    }
    (at != from).then_some(at)
}

/// Every path that begins with `crate`, `super` or `self`, groups taken apart.
fn paths_in(code: &str) -> impl Iterator<Item = Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                take(&code[at..], &mut Vec::new(), &mut found);
            }
        }
    }
    found.into_iter()
}

/// Takes the path at the start of a text, below what was read before it; gives what follows.
fn take<'c>(text: &'c str, above: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'c str {
    let depth = above.len();
    let mut rest = text.trim_start();
    while let Some(name) = first_name(rest) {
        rest = &rest[name.len()..];
        above.push(name);
        match rest.strip_prefix("::") {
            Some(more) => rest = more.trim_start(),
            None => break,
        }
    }
    if let Some(mut group) = rest.strip_prefix('{') {
        loop {
            group = take(group, above, found).trim_start();
            match group.strip_prefix(',') {
                Some(more) if !more.trim_start().starts_with('}') => group = more,
                Some(more) => break rest = more.trim_start().trim_start_matches('}'),
                None => break rest = group.strip_prefix('}').unwrap_or(group),
            }
        }
    } else {
        found.push(above.clone());
    }
    above.truncate(depth);
    rest
}
