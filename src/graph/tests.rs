//! The graph and the proof on small programs.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::{Context, Fault, Graph, Kind, Outcome, Program, ProgramFile, Prover, Target};
use crate::eval::Environment;
use crate::proof::{LabelState, Limits, explain, series};
use crate::source::Source;
use crate::system::System;

const EXPORTER: &str = "prometheus.exporter.unix \"trento\" { }\n";
const WRITE: &str =
    "prometheus.remote_write \"trento\" {\n endpoint { url = \"http://t/write\" }\n}\n";

pub(super) fn context(dir: &Utf8Path) -> Context {
    let mut system = System::live();
    system.hostname = Some("sap01".to_owned());
    let env = [("ID".to_owned(), "abc".to_owned())].into_iter().collect();
    Context::new(&system, Environment::known(env), dir.to_owned())
}

pub(super) fn program(texts: &[&str]) -> Program {
    let files = texts.iter().enumerate().map(|(at, text)| {
        let parsed = alloy_grammar::parser::parse(text.as_bytes());
        let source = Source::new(format!("/etc/alloy/{at}.alloy"), parsed.file.source());
        ProgramFile { source, tree: Arc::new(parsed.file) }
    });
    Program::new(files.collect())
}

fn graph(text: &str) -> Graph {
    Graph::build(&program(&[text]), context(Utf8Path::new("/nowhere")))
}

fn prover(text: &str) -> Prover {
    Prover::new(graph(text))
}

/// A pipeline with something in the `discovery.relabel`, and everything else plain.
fn with_rules(rules: &str) -> String {
    format!(
        "{EXPORTER}discovery.relabel \"trento\" {{\n targets = prometheus.exporter.unix.trento.targets\n\
         {rules}\n}}\nprometheus.scrape \"trento\" {{\n targets = discovery.relabel.trento.output\n \
         forward_to = [prometheus.remote_write.trento.receiver]\n}}\n{WRITE}"
    )
}

/// The same with something in a `prometheus.relabel` behind the scrape.
fn with_post(rules: &str) -> String {
    format!(
        "{EXPORTER}prometheus.scrape \"trento\" {{\n targets = prometheus.exporter.unix.trento.targets\n \
         forward_to = [prometheus.relabel.trento.receiver]\n}}\nprometheus.relabel \"trento\" {{\n \
         forward_to = [prometheus.remote_write.trento.receiver]\n{rules}\n}}\n{WRITE}"
    )
}

fn rule(arguments: &str) -> String {
    format!("rule {{\n{}\n}}\n", arguments.replace("; ", "\n"))
}

fn said(text: &str) -> Json {
    said_in(text, Utf8Path::new("/nowhere"))
}

fn said_in(text: &str, dir: &Utf8Path) -> Json {
    let prover = Prover::new(Graph::build(&program(&[text]), context(dir)));
    series::series(prover.graph(), &prover.feed(None))
}

/// What a label comes to on the only path, in short.
fn label(said: &Json, name: &str) -> String {
    let paths = said.as_array().unwrap();
    assert_eq!(paths.len(), 1, "{said:#}");
    short(&paths[0]["labels"][name])
}

fn short(state: &Json) -> String {
    match state["state"].as_str().unwrap() {
        "constant" => state["value"].as_str().unwrap().to_owned(),
        "one_of" => state["values"].to_string(),
        "unknown" => format!("unknown: {}", state["reason"].as_str().unwrap()),
        other => other.to_owned(),
    }
}

fn metric(said: &Json, name: &str) -> String {
    said[0]["metrics"][name]["state"].as_str().unwrap_or("not there").to_owned()
}

fn agent_id(rules: &str) -> String {
    label(&said(&with_rules(rules)), "agentID")
}

#[test]
fn rules_are_applied_in_order() {
    let set = rule("target_label = \"agentID\"; replacement = \"abc\"");
    assert_eq!(agent_id(&set), "abc");
    assert_eq!(agent_id(""), "absent");
    let upper =
        rule("action = \"uppercase\"; source_labels = [\"agentID\"]; target_label = \"agentID\"");
    assert_eq!(agent_id(&format!("{set}{upper}")), "ABC");
    let keep = rule("action = \"labelkeep\"; regex = \"__.*|job\"");
    assert_eq!(agent_id(&format!("{set}{keep}")), "absent");
    let hash = rule(
        "action = \"hashmod\"; source_labels = [\"job\"]; modulus = 1; target_label = \"agentID\"",
    );
    assert_eq!(agent_id(&hash), "0");
    let env = rule("target_label = \"agentID\"; replacement = sys.env(\"ID\")");
    assert_eq!(agent_id(&env), "abc");
    let instance = rule("source_labels = [\"instance\"]; target_label = \"agentID\"");
    assert_eq!(agent_id(&instance), "sap01");
    let id = rule(
        "source_labels = [\"__meta_component_id\", \"__meta_component_name\"]; separator = \"|\"; \
         target_label = \"agentID\"",
    );
    assert_eq!(agent_id(&id), "prometheus.exporter.unix.trento|prometheus.exporter.unix");
}

#[test]
fn a_target_without_an_address_is_not_asked() {
    let text = with_rules(&rule("action = \"labelkeep\"; regex = \"job\""));
    let said = said(&text);
    assert_eq!(label(&said, "agentID"), "[]");
    assert_eq!(metric(&said, "up"), "dropped");
}

#[test]
fn labels_copied_onto_one_name_are_told_apart() {
    let two = [
        rule("target_label = \"a_agentID\"; replacement = \"one\""),
        rule("target_label = \"b_agentID\"; replacement = \"two\""),
        rule("action = \"labelmap\"; regex = \"._(.+)\""),
    ]
    .concat();
    // Alloy copies the labels of a target in random order.
    assert_eq!(agent_id(&two), "[\"one\",\"two\"]");
    assert_eq!(label(&said(&with_post(&two)), "agentID"), "two");
}

#[test]
fn a_rule_on_the_name_splits_the_series() {
    let on_name = |regex: &str| {
        with_post(&rule(&format!(
            "source_labels = [\"__name__\"]; regex = \"{regex}\"; target_label = \"agentID\"; \
             replacement = \"abc\""
        )))
    };
    assert_eq!(label(&said(&on_name("node_.*")), "agentID"), "[null,\"abc\"]");
    assert_eq!(label(&said(&on_name("node_.*|up|scrape_.*")), "agentID"), "abc");
    assert_eq!(label(&said(&on_name("(.+)")), "agentID"), "abc");
    assert_eq!(label(&said(&on_name("nothing_like_it")), "agentID"), "absent");
}

#[test]
fn dropped_metrics_are_seen() {
    let drop = |regex: &str| {
        said(&with_post(&rule(&format!(
            "action = \"drop\"; source_labels = [\"__name__\"]; regex = \"{regex}\""
        ))))
    };
    let memory = drop("node_memory_.*");
    assert_eq!(metric(&memory, "node_memory_MemFree_bytes"), "dropped");
    assert_eq!(metric(&memory, "node_cpu_seconds_total"), "kept");
    assert_eq!(metric(&memory, "up"), "kept");
    let by_mode =
        said(&with_post(&rule("action = \"drop\"; source_labels = [\"mode\"]; regex = \"idle\"")));
    assert_eq!(metric(&by_mode, "node_cpu_seconds_total"), "unknown");
    assert_eq!(metric(&by_mode, "node_memory_MemFree_bytes"), "kept");
    let limited =
        with_rules("").replace("targets = discovery", "sample_limit = 5\n targets = discovery");
    assert_eq!(metric(&said(&limited), "node_cpu_seconds_total"), "unknown");
    assert_eq!(metric(&said(&limited), "up"), "kept");
    let few =
        with_rules("").replace("\"trento\" { }", "\"trento\" {\n set_collectors = [\"cpu\"]\n}");
    assert_eq!(metric(&said(&few), "node_memory_MemFree_bytes"), "not there");
}

#[test]
fn outside_targets_may_bring_any_label() {
    let text = format!(
        "prometheus.scrape \"trento\" {{\n targets = [{{__address__ = \"h:9100\", agentID = \"abc\"}}]\n \
         forward_to = [prometheus.remote_write.trento.receiver]\n}}\n{WRITE}"
    );
    let plain = said(&text);
    assert_eq!(label(&plain, "agentID"), "abc");
    assert!(label(&plain, "exporter_name").starts_with("unknown"));
    assert_eq!(short(&plain[0]["labels_by_metric"]["up"]["exporter_name"]), "absent");
    assert_eq!(metric(&plain, "node_cpu_seconds_total"), "unknown");
    let honored = said(&text.replace("targets =", "honor_labels = true\n targets ="));
    assert!(label(&honored, "agentID").starts_with("unknown"));
}

#[test]
fn what_is_received_is_unknown_until_a_rule_sets_it() {
    let text = format!(
        "prometheus.receive_http \"in\" {{\n http {{ }}\n forward_to = [prometheus.relabel.add.receiver]\n}}\n\
         prometheus.relabel \"add\" {{\n forward_to = [prometheus.remote_write.trento.receiver]\n {}\n}}\n{WRITE}",
        rule("target_label = \"agentID\"; replacement = \"abc\"")
    );
    let said = said(&text);
    assert_eq!(label(&said, "agentID"), "abc");
    assert!(label(&said, "exporter_name").starts_with("unknown"));
    assert_eq!(said[0]["source"], "prometheus.receive_http.in");
}

#[test]
fn external_labels_fill_only_what_is_missing() {
    let write = |labels: &str| {
        with_rules(&rule("target_label = \"agentID\"; replacement = \"abc\""))
            .replace("endpoint {", &format!("external_labels = {labels}\n endpoint {{"))
    };
    let both = said(&write("{ agentID = \"other\", exporter_name = \"x\" }"));
    assert_eq!(label(&both, "agentID"), "abc");
    assert_eq!(label(&both, "exporter_name"), "x");
    let unknown = said(&write("{ exporter_name = remote.http.x.content }"));
    assert!(label(&unknown, "exporter_name").starts_with("unknown"));
}

#[test]
fn a_component_nobody_knows_makes_the_path_unknown() {
    let text = with_rules("")
        .replace("prometheus.remote_write.trento.receiver", "prometheus.magic.x.receiver")
        + "prometheus.magic \"x\" {\n forward_to = [prometheus.remote_write.trento.receiver]\n}\n";
    let said = said(&text);
    assert!(label(&said, "agentID").contains("prometheus.magic.x"), "{said:#}");
    assert_eq!(metric(&said, "up"), "unknown");
}

#[test]
fn modules_are_seen_through() {
    let inner = with_rules(&rule("target_label = \"agentID\"; replacement = argument.id.value"));
    let text = format!(
        "declare \"outer\" {{\n argument \"id\" {{ }}\n declare \"inner\" {{\n argument \"id\" {{ }}\n{inner}}}\n\
         inner \"x\" {{ id = argument.id.value }}\n}}\nouter \"y\" {{\n id = \"abc\"\n}}\n"
    );
    let nested = said(&text);
    assert_eq!(label(&nested, "agentID"), "abc");
    assert_eq!(nested[0]["source"], "outer.y/inner.x/prometheus.exporter.unix.trento");
    let handed = format!(
        "declare \"label\" {{\n argument \"targets\" {{ }}\n argument \"to\" {{ optional = true }}\n\
         discovery.relabel \"t\" {{\n targets = argument.targets.value\n {}\n}}\n\
         export \"output\" {{ value = discovery.relabel.t.output }}\n}}\n\
         label \"l\" {{\n targets = array.concat(prometheus.exporter.unix.trento.targets, [])\n}}\n{}",
        rule("target_label = \"agentID\"; replacement = \"abc\""),
        with_rules("").replace("discovery.relabel.trento.output", "label.l.output"),
    );
    let handed = said(&handed);
    assert_eq!(label(&handed, "agentID"), "abc");
    assert_eq!(handed[0]["path"][1], "label.l/discovery.relabel.t");
}

#[test]
fn what_is_repeated_is_looked_at_each_time() {
    let text = format!(
        "foreach \"ids\" {{\n collection = [\"a\", \"b\"]\n var = \"id\"\n template {{\n\
         prometheus.exporter.self \"x\" {{ }}\nprometheus.scrape \"x\" {{\n\
         targets = [{{__address__ = \"h\", agentID = id}}]\n\
         forward_to = [prometheus.remote_write.trento.receiver]\n}}\n}}\n}}\n{WRITE}"
    );
    let said = said(&text);
    let seen: Vec<String> =
        said.as_array().unwrap().iter().map(|path| short(&path["labels"]["agentID"])).collect();
    assert_eq!(seen, ["a", "b"]);
    let unknown = graph(&text.replace("[\"a\", \"b\"]", "remote.http.x.content"));
    assert!(unknown.components().any(|(_, found)| found.local_id == "prometheus.scrape.x"));
}

#[test]
fn files_are_read_from_the_host() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    std::fs::write(dir.join("id"), "abc\n").unwrap();
    std::fs::write(dir.join("ids.json"), "{\"a\": {\"id\": \"abc\"}}").unwrap();
    let file = format!("local.file \"id\" {{ filename = \"{dir}/id\" }}\n");
    let trimmed =
        rule("target_label = \"agentID\"; replacement = string.trim_space(local.file.id.content)");
    let text = format!("{file}{}", with_rules(&trimmed));
    assert_eq!(label(&said_in(&text, &dir), "agentID"), "abc");
    let relative = text.replace(&format!("{dir}/id"), "id");
    assert_eq!(label(&said_in(&relative, &dir), "agentID"), "abc");
    let json = text.replace("/id\"", "/ids.json\"").replace(
        "string.trim_space(local.file.id.content)",
        "json_path(local.file.id.content, \".a.id\")[0]",
    );
    assert_eq!(label(&said_in(&json, &dir), "agentID"), "abc");
    let missing = text.replace("/id\"", "/gone\"");
    assert!(label(&said_in(&missing, &dir), "agentID").contains("gone"));
}

#[test]
fn modules_come_from_files_and_folders() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    let module = format!(
        "declare \"pipe\" {{\n{}}}\n",
        with_rules(&rule("target_label = \"agentID\"; replacement = \"abc\""))
    );
    std::fs::create_dir(dir.join("m")).unwrap();
    std::fs::write(dir.join("m/pipe.alloy"), &module).unwrap();
    std::fs::write(dir.join("m/other.alloy"), "declare \"x\" { }\n").unwrap();
    std::fs::write(dir.join("m/ignored.txt"), "nonsense").unwrap();
    let import = |path: &str, user: &str| {
        format!("import.file \"m\" {{ filename = \"{path}\" }}\n{user} \"x\" {{ }}\n")
    };
    for path in [format!("{dir}/m"), format!("{dir}/m/pipe.alloy"), "m".to_owned()] {
        assert_eq!(label(&said_in(&import(&path, "m.pipe"), &dir), "agentID"), "abc", "{path}");
    }
    let nested = "import.file \"n\" { filename = file.path_join(module_path, \"pipe.alloy\") }\n\
                  declare \"wrap\" {\n n.pipe \"y\" { }\n}\n";
    std::fs::write(dir.join("m/nested.alloy"), nested).unwrap();
    let nested = said_in(&import(&format!("{dir}/m/nested.alloy"), "m.wrap"), &dir);
    assert_eq!(label(&nested, "agentID"), "abc");
}

#[test]
fn an_import_that_alloy_refuses_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    std::fs::write(dir.join("raw.alloy"), EXPORTER).unwrap();
    std::fs::write(dir.join("broken.alloy"), "declare {").unwrap();
    let itself =
        "import.file \"me\" { filename = \"me.alloy\" }\ndeclare \"d\" {\n me.d \"x\" { }\n}\n";
    std::fs::write(dir.join("me.alloy"), itself).unwrap();
    let outcome = |name: &str| {
        let text = format!("import.file \"m\" {{ filename = \"{name}\" }}\nm.d \"x\" {{ }}\n");
        let graph = Graph::build(&program(&[&text]), context(&dir));
        graph.imports()[0].outcome.clone()
    };
    assert!(
        matches!(outcome("raw.alloy"), Outcome::NotAModule { name, .. } if name == "prometheus.exporter.unix")
    );
    assert!(matches!(outcome("broken.alloy"), Outcome::Broken { .. }));
    assert!(matches!(outcome("gone.alloy"), Outcome::Missing));
    assert!(matches!(outcome("me.alloy"), Outcome::Loaded(_)));
    let git =
        graph("import.git \"g\" { repository = \"https://x/y\"\n path = \"m\" }\ng.d \"x\" { }\n");
    assert!(
        matches!(&git.imports()[0].outcome, Outcome::Unknown(why) if why.contains("import.git"))
    );
}

#[test]
fn configuration_from_elsewhere_is_named() {
    let found = graph(
        "remotecfg { url = \"https://x/y\" }\n\
         import.git \"g\" { repository = \"https://x/y\"\n path = \"m\" }\n\
         import.http \"h\" { url = \"https://x/y\" }\n",
    );
    let blocks: Vec<String> = found.elsewhere().into_iter().map(|it| it.block).collect();
    assert_eq!(blocks, ["remotecfg", "import.git.g", "import.http.h"]);
    assert_eq!(graph("remotecfg { }\nlogging { }\n").elsewhere(), []);
}

#[test]
fn names_that_lead_nowhere_are_told_once() {
    let graph = graph(
        "declare \"d\" {\n argument \"a\" { optional = true }\n\
         local.file \"f\" { filename = argument.b.value }\n}\nd \"x\" { }\nd \"y\" { }\n\
         declare \"unused\" {\n local.file \"g\" { filename = local.file.gone.content }\n}\n\
         local.file \"a\" { filename = local.file.b.contents + string.nope(1) + nope.x }\n\
         local.file \"b\" { filename = constants.hostname }\n\
         local.file \"c\" { filename = argument.x.value }\n",
    );
    let faults: Vec<String> = graph
        .unresolved()
        .into_iter()
        .map(|reference| {
            let kind = match &reference.target {
                Target::Nothing(Fault::Component) => "component",
                Target::Nothing(Fault::Export { .. }) => "export",
                Target::Nothing(Fault::Argument { .. }) => "argument",
                Target::Nothing(Fault::Function) => "function",
                other => panic!("{other:?}"),
            };
            format!("{kind} {}", reference.path)
        })
        .collect();
    let mut faults = faults;
    faults.sort();
    assert_eq!(
        faults,
        [
            "argument argument.b.value",
            "argument argument.x.value",
            "component local.file.gone.content",
            "component nope.x",
            "export local.file.b.contents",
            "function string.nope",
        ]
    );
}

#[test]
fn the_first_block_of_an_id_is_the_component() {
    let graph = Graph::build(
        &program(&[
            "local.file \"a\" { filename = \"1\" }\nlogging { }\n",
            "local.file \"a\" { filename = \"2\" }\nlogging { }\n",
        ]),
        context(Utf8Path::new("/nowhere")),
    );
    let clashes: Vec<(String, String)> = graph
        .duplicates()
        .into_iter()
        .map(|(second, first)| {
            let file = |id| graph.at(graph.header(id)).unwrap().file;
            (file(second), file(first))
        })
        .collect();
    assert_eq!(clashes.len(), 2);
    assert!(
        clashes
            .iter()
            .all(|(second, first)| second.ends_with("1.alloy") && first.ends_with("0.alloy"))
    );
    let first = graph.find("local.file.a").unwrap();
    assert_eq!(graph.component(first).kind, Kind::Builtin);
    let value = Prover::new(graph).values().argument(first, "filename").unwrap();
    assert_eq!(value.as_str(), Some("1"));
}

#[test]
fn circles_are_found_and_do_no_harm() {
    let text = format!(
        "{EXPORTER}prometheus.scrape \"trento\" {{\n targets = prometheus.exporter.unix.trento.targets\n\
         forward_to = [prometheus.relabel.a.receiver]\n}}\n\
         prometheus.relabel \"a\" {{ forward_to = [prometheus.relabel.b.receiver] }}\n\
         prometheus.relabel \"b\" {{ forward_to = [prometheus.relabel.a.receiver, prometheus.remote_write.trento.receiver] }}\n{WRITE}"
    );
    let found = graph(&text);
    let names: Vec<String> =
        found.cycles()[0].iter().map(|&id| found.component(id).local_id.to_string()).collect();
    assert_eq!(names, ["prometheus.relabel.a", "prometheus.relabel.b"]);
    assert_eq!(said(&text).as_array().unwrap().len(), 1);
    let own = graph("local.file \"a\" { filename = local.file.a.content }\n");
    assert_eq!(own.cycles().len(), 1);
    let id = own.find("local.file.a").unwrap();
    let value = Prover::new(own).values().argument(id, "filename");
    assert!(value.unwrap().unknown_reason().is_some());
}

#[test]
fn a_declare_that_uses_itself_is_bounded() {
    let graph = graph("declare \"d\" {\n d \"a\" { }\n d \"b\" { }\n}\nd \"x\" { }\n");
    assert!(graph.components().len() < 20);
    let doubling: String = (0..40)
        .map(|at| {
            format!(
                "declare \"d{at}\" {{\n d{} \"a\" {{ }}\n d{} \"b\" {{ }}\n}}\n",
                at + 1,
                at + 1
            )
        })
        .collect();
    let graph = super::tests::graph(&format!("{doubling}declare \"d40\" {{ }}\nd0 \"x\" {{ }}\n"));
    assert!(graph.components().len() < 200_000);
    assert!(!graph.incomplete().is_empty());
}

#[test]
fn the_pipeline_is_what_leads_from_the_exporter_to_the_endpoint() {
    let text = with_rules("")
        + "prometheus.exporter.self \"own\" { }\nprometheus.scrape \"own\" {\n\
           targets = prometheus.exporter.self.own.targets\n\
           forward_to = [prometheus.remote_write.trento.receiver]\n}\n\
           local.file \"token\" { filename = \"t\" }\nlocal.file \"shared\" { filename = \"t\" }\n\
           prometheus.remote_write \"other\" {\n endpoint {\n url = local.file.shared.content\n}\n}\n";
    let text = text.replace(
        "url = \"http://t/write\"",
        "url = \"http://t/write\"\n bearer_token = local.file.token.content + local.file.shared.content",
    );
    let prover = prover(&text);
    let graph = prover.graph();
    let pipeline = prover.feed(Some("http://elsewhere/"));
    let names = |ids: &std::collections::BTreeSet<super::ComponentId>| -> Vec<String> {
        ids.iter().map(|&id| graph.full_id(id)).collect()
    };
    assert_eq!(
        names(&pipeline.members),
        [
            "prometheus.exporter.unix.trento",
            "discovery.relabel.trento",
            "prometheus.scrape.trento",
            "prometheus.remote_write.trento",
            "local.file.token",
        ]
    );
    // The other scrape sends to the same endpoint.
    assert!(!names(&pipeline.exclusive).contains(&"prometheus.remote_write.trento".to_owned()));
    assert!(names(&pipeline.leading).contains(&"prometheus.scrape.own".to_owned()));
}

#[test]
fn a_value_tells_what_made_it_so() {
    let rules = [
        rule("target_label = \"agentID\"; replacement = \"abc\""),
        rule("action = \"labeldrop\"; regex = \"agent.*\""),
    ]
    .concat();
    let said = said(&with_rules(&rules));
    let steps = said[0]["labels"]["agentID"]["because"][0]["steps"].as_array().unwrap().clone();
    assert_eq!(steps.len(), 2, "{said:#}");
    assert_eq!(steps[0]["what"], "sets `agentID` to \"abc\"");
    assert_eq!(steps[1]["what"], "takes `agentID` away: `labeldrop` with `agent.*`");
    assert_eq!(steps[1]["at"]["file"], "/etc/alloy/0.alloy");
}

#[test]
fn half_a_file_gives_half_a_graph() {
    for text in [
        "prometheus.scrape \"a\" {\n targets = [\n forward_to = \n",
        "declare \"\" { }\ndeclare { }\nimport.file { }\nforeach { }\nargument { }\nexport \"x\" { }\n",
        "discovery.relabel \"a\" {\n rule { action = 1\n regex = [] }\n rule { source_labels = 3 }\n}\n",
        "foreach \"a\" {\n collection = 3\n var = 5\n template { }\n}\n",
        "a = 1\nb.c \"d\" { e { f { } } }\n",
        "d.e \"x\" { }\ndeclare \"d\" { }\nimport.string \"s\" { content = 5 }\ns.x \"y\" { }\ns \"z\" { }\n",
    ] {
        let said = said(text);
        assert!(said.is_array());
    }
}

#[test]
fn many_ways_through_diamonds_are_bounded() {
    let mut text = format!(
        "{EXPORTER}prometheus.scrape \"trento\" {{\n targets = prometheus.exporter.unix.trento.targets\n\
         forward_to = [prometheus.relabel.l0a.receiver, prometheus.relabel.l0b.receiver]\n}}\n{WRITE}"
    );
    for level in 0..30 {
        let next = if level == 29 {
            "prometheus.remote_write.trento.receiver".to_owned()
        } else {
            format!(
                "prometheus.relabel.l{0}a.receiver, prometheus.relabel.l{0}b.receiver",
                level + 1
            )
        };
        for side in ["a", "b"] {
            text += &format!("prometheus.relabel \"l{level}{side}\" {{ forward_to = [{next}] }}\n");
        }
    }
    let prover = prover(&text);
    let sinks = [super::endpoints(&prover.values()).next().unwrap().sink];
    let limits = Limits { steps: 2_000, paths: 100 };
    let paths = prover.paths(&sinks, limits);
    assert!((2..=32).contains(&paths.len()), "{}", paths.len());
    let states: Vec<String> =
        paths.iter().map(|path| format!("{:?}", path.reached.labels["agentID"])).collect();
    assert!(states.iter().all(|state| state.starts_with("Absent")), "{states:?}");
    let paths = prover.paths(&sinks, Limits { steps: 50, ..limits });
    assert!(paths.iter().any(|path| {
        format!("{:?}", path.reached.labels["agentID"]).contains("there are more paths")
    }));
}

#[test]
fn ways_that_differ_are_told_apart_where_many_meet() {
    let mut text = format!(
        "{EXPORTER}prometheus.scrape \"trento\" {{\n targets = prometheus.exporter.unix.trento.targets\n\
         forward_to = [prometheus.relabel.l0a.receiver, prometheus.relabel.l0b.receiver]\n}}\n{WRITE}"
    );
    for level in 0..8 {
        let next = if level == 7 {
            "prometheus.remote_write.trento.receiver".to_owned()
        } else {
            format!(
                "prometheus.relabel.l{0}a.receiver, prometheus.relabel.l{0}b.receiver",
                level + 1
            )
        };
        for side in ["a", "b"] {
            let rules = rule(&format!("target_label = \"agentID\"; replacement = \"{side}\""));
            text += &format!(
                "prometheus.relabel \"l{level}{side}\" {{\nforward_to = [{next}]\n{rules}\n}}\n"
            );
        }
    }
    let feed = prover(&text).feed(None);
    let ids: std::collections::BTreeSet<String> = feed
        .paths
        .iter()
        .map(|path| match &path.reached.labels["agentID"] {
            LabelState::Constant { value, .. } => value.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn doublings_of_targets_and_chains_of_files_cost_what_they_hold() {
    let mut text = "discovery.relabel \"r0\" { targets = [{__address__ = \"a:1\"}] }\n".to_owned();
    for at in 1..=30 {
        let from = format!("discovery.relabel.r{}.output", at - 1);
        let set = rule(&format!("target_label = \"x{at}\"; replacement = \"y\""));
        text += &format!(
            "discovery.relabel \"r{at}\" {{\ntargets = array.concat({from}, {from})\n{set}}}\n"
        );
    }
    text += "prometheus.scrape \"s\" {\ntargets = discovery.relabel.r30.output\n\
             forward_to = [prometheus.remote_write.trento.receiver]\n}\n";
    let feed = prover(&format!("{text}{WRITE}")).feed(None);
    assert_eq!(feed.paths.len(), 1);
    assert_eq!(feed.paths[0].components.len(), 33);
    let mut text = "local.file \"f0\" { filename = \"/none\" }\n".to_owned();
    for at in 1..=300 {
        let before = at - 1;
        text += &format!("local.file \"f{at}\" {{ filename = local.file.f{before}.content }}\n");
    }
    let prover = prover(&text);
    let values = prover.values();
    let last = prover.graph().components().map(|(id, _)| values.export(id, "content")).last();
    let last = last.unwrap();
    let reason = last.unknown_reason().unwrap();
    assert!(reason.len() < 200 && reason.contains("cannot be read"), "{reason}");
}

#[test]
fn many_rules_that_depend_on_unknowns_are_bounded() {
    let rules: String = (0..60)
        .map(|at| {
            rule(&format!(
                "source_labels = [\"mode\"]; regex = \"m{at}.*\"; target_label = \"l{at}\"; replacement = \"x\""
            ))
        })
        .collect();
    let said = said(&with_post(&rules));
    assert!(label(&said, "agentID").starts_with("unknown") || label(&said, "agentID") == "absent");
}

#[test]
fn thousands_of_components_take_no_longer_than_they_must() {
    let mut times = Vec::new();
    for pipelines in [100, 400] {
        let mut text = WRITE.to_owned();
        for at in 0..pipelines {
            let rules = rule("target_label = \"agentID\"; replacement = \"abc\"");
            text += &format!(
                "prometheus.exporter.unix \"p{at}\" {{ }}\ndiscovery.relabel \"p{at}\" {{\n\
                 targets = prometheus.exporter.unix.p{at}.targets\n{rules}}}\n\
                 prometheus.scrape \"p{at}\" {{\n targets = discovery.relabel.p{at}.output\n\
                 forward_to = [prometheus.remote_write.trento.receiver]\n}}\n"
            );
        }
        let program = program(&[&text]);
        let started = std::time::Instant::now();
        let graph = Graph::build(&program, context(Utf8Path::new("/nowhere")));
        let built = started.elapsed();
        let prover = Prover::new(graph);
        prover.flow();
        let flowed = started.elapsed();
        let pipeline = prover.feed(None);
        assert_eq!(pipeline.paths.len(), pipelines);
        times.push(started.elapsed());
        eprintln!(
            "{} components: graph {built:?}, flow {flowed:?}, proof {:?}",
            prover.graph().components().len(),
            started.elapsed()
        );
    }
    assert!(times[1] < times[0] * 16, "growth is worse than n log n: {times:?}");
}

#[test]
fn a_label_that_is_wrong_is_explained_with_the_places_that_make_it_so() {
    let explained = |text: &str| {
        let prover = prover(text);
        let feed = prover.feed(None);
        let graph = prover.graph();
        let found = explain(graph, &feed.paths[0], "agentID", Some("abc")).unwrap();
        let line = |place| graph.at(place).unwrap().line;
        let also: Vec<String> =
            found.also.iter().map(|(place, text)| format!("{}: {text}", line(*place))).collect();
        let message = found.message.split(" on `").next().unwrap().to_owned();
        (message, line(found.at), also, found.help)
    };
    let set = rule("target_label = \"agentID\"; replacement = \"abc\"");
    let (message, at, also, _) = explained(&with_rules(""));
    assert_eq!((message.as_str(), at), ("agentID is never set", 2));
    assert_eq!(also, ["10: arrives without agentID"]);
    let dropped = format!("{set}{}", rule("action = \"labeldrop\"; regex = \"agentID\""));
    let (message, at, also, _) = explained(&with_rules(&dropped));
    assert_eq!((message.as_str(), at), ("agentID is removed", 8));
    assert_eq!(also, ["4: sets `agentID` to \"abc\""]);
    let other = rule("target_label = \"agentID\"; replacement = \"xyz\"");
    let (message, at, also, _) = explained(&with_rules(&other));
    assert_eq!((message.as_str(), at), ("agentID is `xyz`", 4));
    assert!(also.is_empty());
    let some = |value: &str| {
        rule(&format!(
            "source_labels = [\"__name__\"]; regex = \"node_.*|scrape_.*\"; \
             target_label = \"agentID\"; replacement = \"{value}\""
        ))
    };
    let (message, at, also, _) = explained(&with_post(&some("abc")));
    assert_eq!((message.as_str(), at), ("agentID is one of absent, `abc`", 2));
    assert_eq!(also, ["8: sets `agentID` to \"abc\", on other series only"]);
    // The rule that sets the right value is innocent, and no series arrives without one.
    let (message, at, also, help) = explained(&with_post(&format!("{set}{}", some("xyz"))));
    assert_eq!((message.as_str(), at), ("agentID is one of `abc`, `xyz`", 12));
    assert!(also.is_empty(), "{also:?}");
    assert_eq!(help, "take out what sets agentID to another value on some series");
}

#[test]
fn the_worked_example_says_what_its_page_says() {
    let page = include_str!("../../docs/proof.md");
    let example = page.split("```alloy\n").nth(1).unwrap().split("```").next().unwrap();
    let said = said(example);
    let id = "779cdd70-e9e2-58ca-b18a-bf3eb3f71244";
    assert_eq!(label(&said, "exporter_name"), "grafana_alloy");
    assert_eq!(label(&said, "agentID"), format!("[null,\"{id}\"]"));
    let by_metric = &said[0]["labels_by_metric"];
    assert_eq!(short(&by_metric["up"]["agentID"]), "absent");
    for (name, ..) in crate::proof::node_exporter::CHARTED {
        assert_eq!(short(&by_metric[name]["agentID"]), id);
    }
    let nested = example.replace("node_.*", "node_.+");
    assert_eq!(
        short(&super::tests::said(&nested)[0]["labels_by_metric"]["up"]["agentID"]),
        "absent"
    );
}

#[test]
fn what_is_never_scraped_never_arrives() {
    let every = |interval: &str| {
        let text = with_rules("");
        let to = "forward_to = [prometheus.remote_write.trento.receiver]\n";
        let text = text.replace(to, &format!("{to} scrape_interval = {interval}\n"));
        let up = said(&text)[0]["metrics"]["up"]["state"].clone();
        up.as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(every("\"0s\""), "dropped");
    assert_eq!(every("null"), "dropped");
    assert_eq!(every("\"-1m\""), "dropped");
    assert_eq!(every("\"1s\""), "kept");
}
