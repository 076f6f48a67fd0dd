//! Pairs of configurations and the changes between them: judged ones where they are at hand, and
//! our own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use alloy_grammar::parser::parse;
use camino::Utf8PathBuf;
use serde_json::{Value as Json, json};

use super::*;
use crate::eval::Environment;
use crate::graph::{Context, Program, ProgramFile};
use crate::source::Source;
use crate::system::System;

fn graph(text: &str) -> Graph {
    let parsed = parse(text.as_bytes());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let source = Source::new("/etc/alloy/config.alloy", text);
    let program = Program::new(vec![ProgramFile { source, tree: Arc::new(parsed.file) }]);
    let environment = Environment::known(BTreeMap::new());
    Graph::build(&program, Context::new(&System::live(), environment, Utf8PathBuf::from("/")))
}

fn changes(a: &str, b: &str) -> Vec<Change> {
    let (a, b) = (graph(a), graph(b));
    compare(&Side::whole(&a), &Side::whole(&b))
}

/// Kind, component and path, as one line each.
fn told(a: &str, b: &str) -> Vec<String> {
    let line = |x: &Change| format!("{} {} {}", x.kind.name(), x.component, x.path);
    changes(a, b).iter().map(|x| line(x).trim_end().to_owned()).collect()
}

#[test]
fn judged_pairs_have_the_changes_they_are_judged_to_have() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/diffs/pairs.jsonl");
    let Ok(cases) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the shared acceptance data is not beside the checkout");
        return;
    };
    let (mut passed, mut wrong) = (0, Vec::new());
    for case in cases.lines() {
        let case: Json = serde_json::from_str(case).unwrap();
        let text = |side: &str| case[side].as_str().unwrap().to_owned();
        let found = changes(&text("a"), &text("b"));
        let mut short: Vec<Json> = found
            .iter()
            .map(|x| json!({"component": x.component, "kind": x.kind.name(), "path": x.path}))
            .collect();
        let mut expected = case["changes"].as_array().unwrap().clone();
        short.sort_by_key(Json::to_string);
        expected.sort_by_key(Json::to_string);
        let shown = serde_json::to_string(&found).unwrap();
        if short == expected && !shown.contains("canary") {
            passed += 1;
        } else {
            wrong.push(format!("{}: {shown}", case["id"]));
        }
    }
    eprintln!("pairs: {passed} of {}", passed + wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PIPELINE: &str = r#"
prometheus.exporter.unix "host" { }

discovery.relabel "host" {
	targets = prometheus.exporter.unix.host.targets

	rule {
		target_label = "agentID"
		replacement  = "1"
	}

	rule {
		target_label = "site"
		replacement  = "north"
	}
}

prometheus.scrape "host" {
	targets         = discovery.relabel.host.output
	forward_to      = [prometheus.remote_write.out.receiver]
	scrape_interval = "1m30s"
}

prometheus.remote_write "out" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"

		basic_auth {
			username = "me"
			password = "hunter2"
		}
	}
}
"#;

/// The pipeline with some text in it replaced.
fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(PIPELINE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn told_of(edits: &[(&str, &str)]) -> Vec<String> {
    told(PIPELINE, &edited(edits))
}

#[test]
fn spelling_is_no_change() {
    for edits in [
        &[("\"1m30s\"", "\"90\" + `s`")][..],
        &[("\"1m30s\"", "\"0.025h\"")],
        &[(
            "[prometheus.remote_write.out.receiver]",
            "([(prometheus.remote_write.out.receiver),])",
        )],
        &[(
            "prometheus.exporter.unix \"host\" { }",
            "prometheus.exporter.unix \"host\" { textfile { } }",
        )],
        &[("replacement  = \"1\"", "replacement = 1\nregex = \"(.*)\"\naction = \"replace\"")],
        &[("username = \"me\"", "username = string.to_lower(\"ME\")")],
        &[("https://metrics.example.com/", "HTTPS://metrics.EXAMPLE.com:443/")],
        &[("url =", "queue_config { }\nenable_http2 = null\nurl =")],
    ] {
        assert_eq!(told_of(edits), [""; 0], "{edits:?}");
    }
}

#[test]
fn changes_are_told_with_component_and_path() {
    for (edits, expected) in [
        (
            &[("\"hunter2\"", "\"hunter3\"")][..],
            &["changed prometheus.remote_write.out endpoint.basic_auth.password"][..],
        ),
        (
            &[("\"hunter2\"", "sys.env(\"PASSWORD\")")],
            &["changed prometheus.remote_write.out endpoint.basic_auth.password"],
        ),
        (&[("\"north\"", "\"south\"")], &["changed discovery.relabel.host rule[1].replacement"]),
        (
            &[("= \"1\"", "= \"1\"\nsource_labels = [\"b\", \"a\"]")],
            &["added discovery.relabel.host rule[0].source_labels"],
        ),
        (
            &[(
                "prometheus.scrape \"host\"",
                "logging {\nlevel = \"debug\"\n}\n\nprometheus.scrape \"host\"",
            )],
            &["added logging"],
        ),
        (&[("prometheus.scrape \"host\"", "logging { }\n\nprometheus.scrape \"host\"")], &[]),
        (
            &[("\"host\"", "\"box\""), (".host.", ".box.")],
            &[
                "renamed prometheus.exporter.unix.box",
                "renamed discovery.relabel.box",
                "renamed prometheus.scrape.box",
            ],
        ),
    ] {
        assert_eq!(told_of(edits), expected, "{edits:?}");
    }
}

#[test]
fn a_pipeline_in_a_module_is_the_same_pipeline() {
    let module = format!(
        "declare \"push\" {{\nargument \"url\" {{ }}\nargument \"site\" {{\noptional = true\n\
         default = \"north\"\n}}\n{}\n}}\n\npush \"here\" {{\nurl = \"https://metrics.example.com/api/v1/write\"\n}}\n",
        edited(&[
            ("\"https://metrics.example.com/api/v1/write\"", "argument.url.value"),
            ("\"north\"", "argument.site.value"),
        ])
    );
    assert_eq!(told(PIPELINE, &module), [""; 0]);
    let elsewhere = module.replace("https://metrics", "https://other");
    assert_eq!(told(PIPELINE, &elsewhere), ["changed prometheus.remote_write.out endpoint.url"]);
    let unused = module.split("push \"here\"").next().unwrap();
    assert!(told(PIPELINE, unused).contains(&"removed prometheus.scrape.host".to_owned()));
}

#[test]
fn what_a_module_exports_is_followed_to_its_end() {
    let out = PIPELINE.split("prometheus.remote_write \"out\"").nth(1).unwrap();
    let module = format!(
        "declare \"sink\" {{\nprometheus.remote_write \"out\"{out}\nexport \"receiver\" {{\n\
         value = prometheus.remote_write.out.receiver\n}}\n}}\nsink \"s\" {{ }}\n{}",
        PIPELINE
            .replace(&format!("prometheus.remote_write \"out\"{out}"), "")
            .replace("prometheus.remote_write.out.receiver", "sink.s.receiver")
    );
    assert_eq!(told(PIPELINE, &module), [""; 0]);
}

#[test]
fn a_rule_elsewhere_has_moved_and_endpoints_have_no_order() {
    let rule =
        |label: &str| format!("rule {{\ntarget_label = \"{label}\"\nreplacement = \"x\"\n}}\n");
    let relabel = |labels: &[&str]| {
        let rules: String = labels.iter().map(|label| rule(label)).collect();
        format!("discovery.relabel \"r\" {{\ntargets = []\n{rules}}}\n")
    };
    let told = |a: &[&str], b: &[&str]| told(&relabel(a), &relabel(b));
    assert_eq!(told(&["a", "b", "c"], &["b", "c", "a"]), ["moved discovery.relabel.r rule[2]"]);
    assert_eq!(told(&["a", "b", "c"], &["c", "a", "b"]), ["moved discovery.relabel.r rule[0]"]);
    assert_eq!(
        told(&["a", "b", "c"], &["a", "x", "b"]),
        ["removed discovery.relabel.r rule[2]", "added discovery.relabel.r rule[1]"]
    );
    let endpoint = |url: &str| format!("endpoint {{\nurl = \"{url}\"\n}}\n");
    let write = |urls: &[&str]| {
        let endpoints: String = urls.iter().map(|url| endpoint(url)).collect();
        format!("prometheus.remote_write \"w\" {{\n{endpoints}}}\n")
    };
    assert_eq!(super::tests::told(&write(&["a", "b"]), &write(&["b", "a"])), [""; 0]);
}

#[test]
fn secrets_are_fingerprinted_wherever_they_stand() {
    let edits = [
        ("\"hunter2\"", "\"hunter3\""),
        ("https://metrics", "https://me:hunter2@metrics"),
        ("url =", "headers = {\"Authorization\" = \"Bearer hunter4\"}\nurl ="),
    ];
    let found = changes(PIPELINE, &edited(&edits));
    let shown = serde_json::to_string(&found).unwrap();
    assert!(!shown.contains("hunter"), "{shown}");
    let password = found.iter().find(|x| x.path == "endpoint.basic_auth.password").unwrap();
    assert_ne!(password.before, password.after);
    assert_eq!(found.len(), 3, "{shown}");
}

#[test]
fn what_is_not_known_is_compared_by_how_it_is_written() {
    let with =
        |text: &str| format!("prometheus.scrape \"x\" {{\ntargets = {text}\nforward_to = []\n}}\n");
    let a = with("concat([{__address__ = \"a\"}], discovery.dns.d.targets)");
    let b = with("concat( [{ \"__address__\" = `a` }], (discovery.dns.d.targets) )");
    assert_eq!(told(&a, &b), [""; 0]);
    let c = with("concat([{__address__ = \"b\"}], discovery.dns.d.targets)");
    assert_eq!(told(&a, &c), ["changed prometheus.scrape.x targets"]);
}

#[test]
fn only_the_chosen_components_count() {
    let (a, b) = (graph(PIPELINE), graph("prometheus.exporter.self \"mine\" { }"));
    let chosen = a.find("prometheus.scrape.host").unwrap();
    let side = Side::of_components(&a, [chosen]);
    let found = compare(&side, &Side::of_components(&b, []));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].kind, found[0].component.as_str()),
        (Kind::Removed, "prometheus.scrape.host")
    );
}

#[test]
fn a_new_template_is_compared_with_what_was_edited() {
    let deployed = edited(&[("\"1m30s\"", "\"30s\""), ("\"north\"", "\"south\"")]);
    let new = edited(&[("\"1m30s\"", "\"15s\""), ("/api/v1/write", "/write")]);
    let (old, deployed, new) = (graph(PIPELINE), graph(&deployed), graph(&new));
    let found = three_way::compare(
        &Side::whole(&old),
        &Side::whole(&deployed),
        &Side::whole(&new),
        Schema::latest(),
        &mut SecretNames::new(),
    );
    let paths = |changes: &[Change]| changes.iter().map(|x| x.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&found.by_the_upgrade), ["scrape_interval", "endpoint.url"]);
    assert_eq!(paths(&found.local_edits), ["rule[1].replacement", "scrape_interval"]);
    let lost: Vec<(&str, Option<&Json>)> = found
        .conflicts
        .iter()
        .map(|x| (x.local.path.as_str(), x.upgrade.as_ref().map(|upgrade| &upgrade.after)))
        .collect();
    assert_eq!(lost, [("rule[1].replacement", None), ("scrape_interval", Some(&json!("15s")))]);
}

#[test]
fn many_blocks_and_deep_bodies_take_no_time() {
    let rules = |from: usize| -> String {
        (from..from + 3_000)
            .map(|i| format!("rule {{\ntarget_label = \"l{i}\"\nreplacement = \"{i}\"\n}}\n"))
            .collect()
    };
    let relabel = |from| format!("discovery.relabel \"r\" {{\ntargets = []\n{}}}\n", rules(from));
    assert_eq!(told(&relabel(0), &relabel(1)).len(), 2);
    let deep = |depth: usize| {
        format!("a.b \"c\" {{\n{}x = 1\n{}}}\n", "d {\n".repeat(depth), "}\n".repeat(depth))
    };
    assert_eq!(told(&deep(5_000), &deep(5_000)), [""; 0]);
    assert_eq!(told(&deep(5_000), &deep(4_999)).len(), 1);
    let spread = deep(40).replace("x = 1", "  x   =    1\n\n y=[2,3]");
    assert_eq!(told(&spread, &spread.replace("   ", " ").replace(",3", ", 3")), [""; 0]);
    assert_eq!(told(&spread, &spread.replace(",3", ",4")).len(), 1);
}
