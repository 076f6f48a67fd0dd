//! The architecture as a test: which module may use which, and which module may use which crate.
//!
//! Both tables are the ones of `docs/architecture.md`. A new arrow or a new door fails here, so
//! that it is added on purpose or not at all.

#[path = "layers/circles.rs"]
mod circles;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The layers, highest first. A module may use those of lower layers, and itself.
const LAYERS: &[&[&str]] = &[
    &["fuzzing"],
    &["cli"],
    &["plugin", "render", "deploy"],
    &["fleet"],
    &["checks"],
    &["facts"],
    &["installation"],
    &["validate", "generate", "diff", "probe", "host"],
    &["graph", "prometheus"],
    &["proof"],
    &["eval"],
    &["load", "agent"],
    &[
        "archive",
        "atomic",
        "unit",
        "yaml",
        "diagnostic",
        "duration",
        "source",
        "secret",
        "site",
        "system",
        "error",
        "go",
        "visible",
    ],
];

/// Modules of the lowest layer know each other; everywhere else siblings do not.
const LOWEST: usize = LAYERS.len() - 1;

/// External crates that may be used anywhere: types that everybody speaks, and pure functions.
const VOCABULARY: &[&str] = &[
    "alloy_grammar",
    "base64",
    "camino",
    "serde",
    "serde_json",
    "sha2",
    "strsim",
    "thiserror",
    "time",
    "url",
];

/// All other external crates and the places that may name them.
const DOORS: &[(&str, &[&str])] = &[
    ("rhai", &["checks/engine"]),
    ("reqwest", &["probe", "host"]),
    ("rustls", &["probe", "host"]),
    ("rustls_platform_verifier", &["probe"]),
    ("tokio_rustls", &["probe", "host"]),
    ("tokio", &["probe", "host", "plugin"]),
    ("saphyr_parser", &["yaml"]),
    ("serde_yaml", &["agent", "checks"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("annotate_snippets", &["render"]),
    ("comfy_table", &["render"]),
    ("similar", &["diff"]),
    ("walkdir", &["cli"]),
    ("x509_cert", &["probe"]),
    ("regex", &["go", "proof"]),
    ("rustix", &["atomic", "checks/engine", "cli", "deploy", "plugin", "render", "system"]),
    ("anstream", &["cli", "render"]),
    ("flate2", &["archive"]),
    ("lzma_rust2", &["archive"]),
    ("ruzstd", &["archive"]),
    ("tar", &["archive"]),
    ("globset", &["checks", "unit"]),
    ("hmac", &["secret"]),
    ("percent_encoding", &["render", "secret"]),
    ("aho_corasick", &["secret"]),
    ("arbitrary", &["fuzzing"]),
    ("pulldown_cmark", &["render"]),
    ("quick_junit", &["render"]),
    ("supports_hyperlinks", &["cli"]),
    ("indicatif", &["cli"]),
    ("signal_hook", &["cli"]),
    ("uuid", &["agent"]),
    ("nom", &[]),
    ("memchr", &["secret"]),
];

#[test]
fn modules_use_only_what_stands_below_them() {
    let layer_of: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(layer, modules)| modules.iter().map(move |module| (*module, layer)))
        .collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let module = module_of(&file);
        let Some(&own) = layer_of.get(module.as_str()) else {
            if !matches!(module.as_str(), "inside" | "lib" | "main") {
                wrong.push(format!("{} belongs to no layer", file.display()));
            }
            continue;
        };
        for used in crate_paths(&code(&file)) {
            let Some(&other) = layer_of.get(used.as_str()) else { continue };
            let allowed = used == module || own < other || (own == LOWEST && other == LOWEST);
            if !allowed {
                wrong.push(format!("{} uses crate::{used}", relative(&file)));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up or sideways:\n{}", wrong.join("\n"));
}

/// Makers of what an installation is made of, and of what is read from outside: each question has
/// one answer, so that only these places call them.
const MAKERS: &[(&str, &[&str])] = &[
    ("Start::read(", &["installation", "load"]),
    ("Start::of_paths(", &["installation"]),
    ("MergeSet::read(", &["installation"]),
    ("MergeSet::of_paths(", &["installation"]),
    ("Context::new(", &["installation"]),
    ("Environment::from(", &["installation"]),
    ("installed::detect(", &["installation"]),
    ("package::version(", &["installation"]),
    ("prometheus.candidates(", &["facts/host", "cli/inspect"]),
    ("working_directory", &["unit", "load/start"]),
    ("std::env::", &["system", "cli"]),
    ("std::process::Command", &["system"]),
    ("process::{Child, Command", &["system"]),
];

#[test]
fn each_question_is_answered_in_one_place() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in sources().iter().filter(|file| !is_test(file)) {
        let (relative, code) = (relative(file), code(file));
        for (maker, places) in MAKERS.iter().filter(|(maker, _)| code.contains(maker)) {
            seen.insert(*maker);
            if !places.iter().any(|place| is_below(&relative, place)) {
                wrong.push(format!("{relative} calls {maker}"));
            }
        }
        for forbidden in ["is_live", "/environ\""] {
            if code.contains(forbidden) {
                wrong.push(format!("{relative} has {forbidden}"));
            }
        }
    }
    assert!(wrong.is_empty(), "second answers to a question:\n{}", wrong.join("\n"));
    assert!(seen.contains("MergeSet::read("), "the scan found no maker: it is broken");
}

#[test]
fn modules_are_private_so_that_the_compiler_finds_what_is_dead() {
    let lib = code(&root().join("src/lib.rs"));
    let open: Vec<&str> = lib.lines().filter(|line| line.starts_with("pub mod ")).collect();
    assert_eq!(open, ["pub mod inside;"], "tests look through `inside`, nothing else is open");
}

#[test]
fn each_external_crate_has_one_door() {
    let mut wrong = Vec::new();
    let mut opened = BTreeSet::new();
    for file in sources() {
        let relative = relative(&file);
        let code = code(&file);
        for (name, doors) in DOORS {
            if !names_crate(&code, name) {
                continue;
            }
            if doors.iter().any(|door| is_below(&relative, door)) {
                opened.insert(*name);
            } else {
                wrong.push(format!("{relative} uses {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "crates used outside their door:\n{}", wrong.join("\n"));
    assert!(opened.contains("clap"), "the scan found no use of any crate: it is broken");
}

#[test]
fn the_page_of_the_architecture_has_the_same_tables() {
    let page =
        std::fs::read_to_string(root().join("docs/architecture.md")).expect("the page can be read");
    let rows = |title: &str| -> Vec<Vec<String>> {
        let section = page.split(title).nth(1).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
        rows.map(|row| row.split('|').skip(1).map(|cell| cell.trim().to_owned()).collect())
            .collect()
    };
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let layers: Vec<Vec<String>> = rows("## Layers").iter().map(|row| quoted(&row[1])).collect();
    let (language, layers) = layers.split_last().expect("the table of layers was not found");
    assert_eq!(language, &["trento-alloy-grammar"]);
    assert_eq!(layers, LAYERS, "the layers of docs/architecture.md");

    let mut doors = BTreeMap::new();
    for row in rows("## Doors") {
        for name in row[0].split(" (").next().unwrap_or_default().split(", ") {
            doors.insert(name.replace('-', "_"), quoted(&row[1]));
        }
    }
    let here: BTreeMap<String, Vec<String>> = DOORS
        .iter()
        .map(|(name, doors)| ((*name).to_owned(), doors.iter().map(|it| it.to_string()).collect()))
        .collect();
    assert_eq!(doors, here, "the doors of docs/architecture.md");
}

/// Who may open a stream of the process: the command line, which hands out an `Outlet`, and the
/// plugin, whose streams are a protocol and a log.
const STREAMS: &[&str] = &["cli/mod.rs", "cli/plugin.rs"];

/// Who may print a configuration as it is, secrets and all.
const AS_IT_IS: &[&str] =
    &["cli/fmt.rs", "cli/generate.rs", "cli/inspect/eval.rs", "cli/inspect/tree.rs"];

#[test]
fn what_is_printed_has_one_way_out() {
    let mut wrong = Vec::new();
    for file in sources() {
        let relative = relative(&file);
        let code = code(&file);
        let opens = ["stdout().lock()", "stderr().lock()", "mut io::stdout()", "io::stderr()"];
        if opens.iter().any(|opens| code.contains(opens)) && !STREAMS.contains(&&*relative) {
            wrong.push(format!("{relative} opens a stream of the process"));
        }
        if code.contains(".as_it_is()")
            && !AS_IT_IS.contains(&&*relative)
            && relative != "secret/outlet.rs"
        {
            wrong.push(format!("{relative} prints something as it is"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_dependency_is_vocabulary_or_has_a_door_and_is_used() {
    let code: String = sources().iter().map(|file| code(file)).collect();
    let known =
        |name: &str| VOCABULARY.contains(&name) || DOORS.iter().any(|(listed, _)| *listed == name);
    let own = dependencies(&root().join("Cargo.toml"));
    let unused: Vec<&String> = own.iter().filter(|name| !names_crate(&code, name)).collect();
    assert!(unused.is_empty(), "in Cargo.toml, but not used: {unused:?}");
    let of_grammar = dependencies(&root().join("grammar/Cargo.toml"));
    let listed: BTreeSet<&String> = own.union(&of_grammar).collect();
    let unknown: Vec<_> = listed.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "in a Cargo.toml, but in no table: {unknown:?}");
    let of_tables = VOCABULARY.iter().chain(DOORS.iter().map(|(name, _)| name));
    let gone: Vec<&&str> = of_tables.filter(|name| !listed.contains(&name.to_string())).collect();
    assert!(gone.is_empty(), "in a table, but in no Cargo.toml: {gone:?}");
}

#[test]
fn the_grammar_touches_nothing_outside() {
    let mut wrong = Vec::new();
    for file in files_below(&root().join("grammar/src")) {
        let code = code(&file);
        for outside in ["std::fs", "std::env", "std::net", "std::process", "println!", "eprintln!"]
        {
            if code.contains(outside) {
                wrong.push(format!("{} uses {outside}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<PathBuf> {
    let files = files_below(&root().join("src"));
    assert!(files.len() > 10, "the sources were not found");
    files
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the sources can be listed").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

fn relative(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).expect("a source lies under src");
    below.to_str().expect("our file names are UTF-8").to_owned()
}

/// Whether a source is a module's own file or lies in its folder.
fn is_below(relative: &str, module: &str) -> bool {
    relative == format!("{module}.rs") || relative.starts_with(&format!("{module}/"))
}

/// Whether a source holds nothing but tests.
fn is_test(file: &Path) -> bool {
    let relative = relative(file);
    ["tests.rs", "graph/arrived.rs"].iter().any(|name| relative.ends_with(name))
        || relative.contains("/tests/")
}

/// The names of a package's dependencies, as code writes them.
fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(manifest).expect("a manifest can be read");
    let mut is_listing = false;
    text.lines()
        .filter(|line| {
            if line.starts_with('[') {
                is_listing = *line == "[dependencies]" || line.ends_with(".dependencies]");
            }
            is_listing
        })
        .filter_map(|line| line.split_once(" ="))
        .map(|(name, _)| name.replace('-', "_"))
        .collect()
}

/// The top-level module a file belongs to.
fn module_of(file: &Path) -> String {
    let relative = relative(file);
    let first = relative.split('/').next().unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// The text without comments and without its inline tests, which may use what they like.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a source can be read");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules named as `crate::NAME`, also in `use crate::{a, b::c}`.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(top_level_names(group)),
            None => used.extend(first_name(rest)),
        }
    }
    used
}

fn top_level_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.extend(first_name(group[start..at].trim()));
                return names;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.extend(first_name(group[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> Option<String> {
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
    (end > 0).then(|| path[..end].to_owned())
}

/// Whether the code names a crate: `NAME::`, not as part of a longer path.
fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    code.match_indices(&path)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}
