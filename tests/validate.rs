//! Validation against what the real command says, and the schema behind it.

#![expect(clippy::print_stderr, reason = "counts and skipped parts are for whoever runs the tests")]

#[path = "../src/graph/schema/data/pack.rs"]
mod pack;

#[test]
fn packed_schema_is_made_of_its_facts() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph/schema/data");
    let facts = std::fs::read_to_string(data.join("facts.tsv")).expect("facts.tsv is there");
    let packed = pack::pack(&facts).expect("facts.tsv is understood");
    let stale = "run `cargo run --example schema -- pack`";
    assert!(std::fs::read(data.join("tables.bin")).expect("is there") == packed.tables, "{stale}");
    let strings = std::fs::read_to_string(data.join("strings.txt")).expect("is there");
    assert!(strings == packed.strings, "{stale}");
}

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trento_alloy::inside::diagnostic::{Diagnostic, Severity};
use trento_alloy::inside::eval::Environment;
use trento_alloy::inside::graph::schema::{Schema, Stability, Version};
use trento_alloy::inside::graph::{self, Graph, Prover};
use trento_alloy::inside::system::System;
use trento_alloy::inside::validate::{Levels, Program, validate};

fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if shared.is_dir() {
        return Some(shared);
    }
    eprintln!("skipped: the shared acceptance data is not beside the checkout");
    None
}

fn levels(name: &str) -> Levels {
    let (level, community) = match name.strip_suffix("+c") {
        Some(level) => (level, true),
        None => (name, false),
    };
    let stability = match level {
        "exp" => Stability::Experimental,
        "pp" => Stability::PublicPreview,
        _ => Stability::GenerallyAvailable,
    };
    Levels { schema: Schema::latest(), stability, community }
}

/// A diagnostic as the shared verdicts write it.
fn written(diagnostic: &Diagnostic, is_set: bool) -> Value {
    let at = diagnostic.source.at(diagnostic.span);
    let severity = match diagnostic.severity {
        Severity::Warning => "warn",
        Severity::Error => "error",
    };
    let end = |value: u32| if diagnostic.span.is_empty() { 0 } else { value };
    let mut out = json!({
        "severity": severity,
        "message": diagnostic.message,
        "line": at.as_ref().map(|at| at.line),
        "col": at.as_ref().map(|at| at.column),
        "end_line": at.as_ref().map(|at| end(at.end_line)),
        "end_col": at.as_ref().map(|at| end(at.end_column)),
    });
    if is_set {
        out["file"] = json!(diagnostic.source.path());
    }
    out
}

#[test]
fn verdicts_are_those_of_the_real_command() {
    let Some(shared) = shared() else { return };
    let verdicts = std::fs::read_to_string(shared.join("schema/validate.jsonl")).expect("is there");
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut differences = Vec::new();
    for line in verdicts.lines() {
        let verdict: Value = serde_json::from_str(line).expect("JSON");
        let files = verdict["files"].as_array().expect("a list");
        let program = Program::new(files.iter().map(|file| {
            let input = shared.join(file["input"].as_str().expect("a path"));
            (
                file["name"].as_str().expect("a name").to_owned(),
                std::fs::read(input).expect("is there"),
            )
        }));
        let id = verdict["id"].as_str().expect("an id");
        let count = counts.entry(id.split('/').next().unwrap_or(id).to_owned()).or_default();
        for level in verdict["levels"].as_array().expect("a list") {
            let found = validate(&program, &levels(level.as_str().expect("a level")));
            let is_ok = found.is_ok() == verdict["ok"].as_bool().expect("a bool");
            let said: Value =
                found.diagnostics.iter().map(|one| written(one, files.len() > 1)).collect();
            let variants = verdict["variants"].as_array().into_iter().flatten();
            let is_equal = verdict["panic"].is_string()
                || found.refused.as_deref() == verdict["error"].as_str()
                    && std::iter::once(&verdict["diagnostics"])
                        .chain(variants)
                        .any(|one| *one == said);
            count[0] += 1;
            count[1] += usize::from(is_ok);
            count[2] += usize::from(is_equal);
            if !is_ok || !is_equal {
                differences.push(format!(
                    "{id} {level}\n  said {said}\n  real {}",
                    verdict["diagnostics"]
                ));
            }
        }
    }
    let [total, ok, equal] = counts
        .values()
        .fold([0; 3], |sum, count| [sum[0] + count[0], sum[1] + count[1], sum[2] + count[2]]);
    for (category, [total, ok, equal]) in &counts {
        eprintln!("{category:<16} {total:>6} ok {ok:>6} equal {equal:>6}");
    }
    eprintln!("{:<16} {total:>6} ok {ok:>6} equal {equal:>6}", "all");
    eprintln!("{}", differences.join("\n"));
    assert_eq!(ok, total, "ok differs");
    assert_eq!(equal, total, "diagnostics differ");
}

/// A program of one file.
fn program(text: String) -> Program {
    Program::new([("a.alloy".to_owned(), text.into_bytes())])
}

#[test]
fn nesting_needs_no_stack() {
    let deep = 10_000;
    let nested =
        |open: &str, close: &str| program(format!("{}{}", open.repeat(deep), close.repeat(deep)));
    let shapes = [
        nested("declare \"d\" {\n", "}\n"),
        nested("foreach \"f\" {\n template {\n", "}\n}\n"),
        nested("loki.process \"p\" {\n stage.match {\n", "}\n}\n"),
        program(format!(
            "loki.process \"p\" {{\n{}{}}}",
            "stage.match {\n".repeat(deep),
            "}\n".repeat(deep)
        )),
        program(format!(
            "local.file \"f\" {{ filename = {}1{} }}",
            "[".repeat(deep),
            "]".repeat(deep)
        )),
        program(format!("local.file \"f\" {{ filename = a{} }}", ".b".repeat(deep))),
        program(format!("local.file \"f\" {{ filename = {}1 }}", "-".repeat(deep))),
        program(format!("local.file \"f\" {{ filename = 1{} }}", " + 1".repeat(deep))),
    ];
    let levels = Levels { stability: Stability::Experimental, ..levels("ga") };
    for program in &shapes {
        let found = validate(program, &levels);
        let again = validate(program, &levels);
        assert_eq!(found.diagnostics.len(), again.diagnostics.len());
        beyond(program, &levels);
    }
}

#[test]
fn many_of_a_kind_take_no_time_each() {
    let many = 10_000;
    let levels = levels("ga");
    let lines = |line: &str| {
        (0..many).map(|number| line.replace('#', &number.to_string())).collect::<String>()
    };
    for text in [
        lines("local.file \"f\" { }\n"),
        lines("local.file \"f#\" { filename = local.file.f#.content }\n"),
        format!("prometheus.scrape \"s\" {{\n{}}}", lines("targetts# = 1\n")),
        format!("prometheus.scrape \"s\" {{\n{}}}", lines("targets = 1\n")),
        format!("prometheus.remote_write \"s\" {{\n{}}}", lines("endpoint { url = \"x\" }\n")),
        format!("declare \"d\" {{\n{}}}\nd \"x\" {{ }}", lines("argument \"a#\" { }\n")),
    ] {
        let program = program(text);
        beyond(&program, &levels);
    }
}

/// What is said beyond the real command, on a host with a few files.
fn beyond(program: &Program, levels: &Levels) -> Vec<Diagnostic> {
    let root = tempfile::tempdir().expect("a folder");
    let module = "import.file \"m\" { filename = \"/m.alloy\" }";
    std::fs::write(root.path().join("m.alloy"), module).expect("can be written");
    std::fs::create_dir(root.path().join("folder")).expect("can be made");
    let root = camino::Utf8Path::from_path(root.path()).expect("UTF-8");
    let system = System::rooted(root).expect("a root");
    let context = graph::Context::new(&system, Environment::known(BTreeMap::new()), "/".into());
    let files = program
        .files()
        .iter()
        .map(|file| graph::ProgramFile { source: file.source.clone(), tree: file.tree.clone() });
    let graph = Graph::build(&graph::Program::new(files.collect()), context);
    trento_alloy::inside::validate::strict(
        program,
        &Prover::new(graph),
        levels,
        &validate(program, levels),
    )
}

/// A small program for each code that `validate` knows.
const CASES: &[(&str, &str)] = &[
    ("top-level-attribute", "a = 1"),
    ("missing-label", "prometheus.exporter.self { }"),
    (
        "duplicate-block",
        "local.file \"f\" { filename = \"a\" }\nlocal.file \"f\" { filename = \"b\" }",
    ),
    ("module-only", "argument \"a\" { }"),
    ("root-only", "declare \"d\" { logging { } }"),
    ("not-configurable", "cluster { }"),
    ("unstable", "database_observability.sql_server \"d\" { }"),
    ("community", "otelcol.exporter.datadog \"d\" { }"),
    ("missing-template", "foreach \"f\" {\n collection = [1]\n var = \"v\"\n}"),
    ("unexpected-attribute", "declare \"d\" {\n a = 1\n}"),
    ("unknown-component", "prometheus.nothing \"n\" { }"),
    ("unknown-argument", "local.file \"f\" {\n filename = \"a\"\n file_name = \"b\"\n}"),
    ("unknown-block", "local.file \"f\" {\n filename = \"a\"\n client { }\n}"),
    ("not-an-attribute", "prometheus.remote_write \"w\" {\n endpoint = 1\n}"),
    ("not-a-block", "local.file \"f\" {\n filename { }\n}"),
    ("duplicate-argument", "local.file \"f\" {\n filename = \"a\"\n filename = \"b\"\n}"),
    ("repeated-block", "http {\n tls { }\n tls { }\n}"),
    ("missing-argument", "local.file \"f\" { }"),
    ("missing-block", "otelcol.receiver.otlp \"o\" { }"),
    ("wrong-type", "local.file \"f\" { filename = true }"),
    ("wrong-value", "local.file \"f\" {\n filename = \"a\"\n poll_frequency = \"15\"\n}"),
    ("unknown-reference", "local.file \"f\" { filename = local.file.g.content }"),
    (
        "shadowed-function",
        "declare \"sys\" { export \"env\" { value = 1 } }\nsys \"sys\" { }\n\
         local.file \"f\" { filename = sys.sys.env }",
    ),
    ("deprecated-function", "local.file \"f\" { filename = env(\"A\") }"),
    (
        "cycle",
        "local.file \"a\" { filename = local.file.b.content }\n\
         local.file \"b\" { filename = local.file.a.content }",
    ),
    ("self-reference", "local.file \"a\" { filename = local.file.a.content }"),
    ("alloy-crashes", "declare \"d\" {\n argument \"_a\" { }\n}"),
    (
        "conflicting-authentication",
        "prometheus.remote_write \"w\" {\n endpoint {\n url = \"http://x/\"\n basic_auth { }\n \
         bearer_token = \"t\"\n}\n}",
    ),
    (
        "conflicting-settings",
        "prometheus.remote_write \"w\" {\n endpoint {\n url = \"http://x/\"\n no_proxy = \"y\"\n}\n}",
    ),
    (
        "incomplete-tls-pair",
        "prometheus.remote_write \"w\" {\n endpoint {\n url = \"http://x/\"\n tls_config {\n \
         cert_file = \"/c\"\n}\n}\n}",
    ),
    ("incomplete-rule", "discovery.relabel \"r\" {\n targets = []\n rule { }\n}"),
    (
        "wrong-regex",
        "loki.process \"p\" {\n forward_to = []\n stage.regex {\n expression = \"(\"\n}\n}",
    ),
    (
        "scrape-timeout",
        "prometheus.scrape \"s\" {\n targets = []\n forward_to = []\n scrape_interval = \"5s\"\n}",
    ),
    (
        "scrape-interval",
        "prometheus.scrape \"s\" {\n targets = []\n forward_to = []\n scrape_interval = \"0s\"\n \
         scrape_timeout = \"0s\"\n}",
    ),
    ("wrong-url", "prometheus.remote_write \"w\" {\n endpoint {\n url = \"x\"\n}\n}"),
    ("empty-targets", "prometheus.scrape \"s\" {\n targets = []\n forward_to = []\n}"),
    ("wrong-capsule", "prometheus.scrape \"s\" {\n targets = []\n forward_to = [\"x\"]\n}"),
    (
        "unknown-export",
        "prometheus.exporter.self \"s\" { }\n\
         discovery.relabel \"r\" { targets = prometheus.exporter.self.s.output }",
    ),
    ("out-of-scope", "declare \"d\" { }\nlocal.file \"f\" { filename = argument.a.value }"),
    ("unknown-function", "local.file \"f\" { filename = string.nope }"),
    ("wrong-call", "local.file \"f\" { filename = sys.env() }"),
    (
        "unusable-value",
        "prometheus.scrape \"s\" {\n targets = []\n forward_to = []\n \
         scrape_protocols = [\"x\"]\n}",
    ),
    ("missing-setting", "loki.write \"w\" { }"),
    ("missing-file", "local.file \"f\" { filename = \"/folder/f\" }"),
    ("unusable-file", "local.file \"f\" { filename = \"/folder\" }"),
    (
        "needs-stability",
        "prometheus.scrape \"s\" {\n targets = []\n forward_to = []\n honor_metadata = true\n}",
    ),
    (
        "duplicate-endpoint",
        "prometheus.remote_write \"w\" {\n endpoint {\n url = \"http://x/\"\n}\n \
         endpoint {\n url = \"http://x/\"\n}\n}",
    ),
    ("failing-expression", "local.file \"f\" { filename = encoding.from_json(sys.env(\"A\")) }"),
    ("unusable-module", "import.string \"m\" { content = \"declare \\\"d\\\" {\" }\nm.d \"x\" { }"),
    ("endless-import", "import.file \"m\" { filename = \"/m.alloy\" }"),
    ("asked-at-start", "remote.http \"h\" { url = \"http://x/\" }"),
    ("no-effect", "prometheus.exporter.unix \"u\" { systemd { } }"),
    ("validate-only", "livedebugging { }"),
];

#[test]
fn every_code_has_a_case_that_raises_it() {
    let mut wrong = Vec::new();
    for (code, text) in CASES {
        let mut levels = levels("ga");
        if *code == "validate-only" {
            // The newest command knows all that Alloy knows.
            levels.schema = Schema::for_version(Version::parse("1.9.0").expect("it is known"));
        }
        let program = program((*text).to_owned());
        let found = validate(&program, &levels).diagnostics;
        let raised: Vec<&str> =
            found.iter().chain(&beyond(&program, &levels)).map(|one| one.code.name).collect();
        if !raised.contains(code) {
            wrong.push(format!("{code} is not among {raised:?} of\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let cases: Vec<&str> = CASES.iter().map(|(code, _)| *code).collect();
    for code in trento_alloy::inside::validate::CODES {
        assert!(cases.contains(&code.name), "{} has no case", code.name);
    }
}
