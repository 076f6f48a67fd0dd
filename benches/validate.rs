//! How long a verdict takes, without the start of a process. `cargo bench --bench validate`.

use std::collections::BTreeMap;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use trento_alloy::inside::eval::Environment;
use trento_alloy::inside::graph::schema::{Schema, Version};
use trento_alloy::inside::graph::{self, Graph, Prover};
use trento_alloy::inside::system::System;
use trento_alloy::inside::validate::{Levels, Program, strict, validate};

fn main() {
    divan::main();
}

/// A pipeline as the agent writes it, about a hundred lines.
fn trento() -> String {
    let collectors: String = (0..45).map(|_| "\t\t\"meminfo\",\n").collect();
    format!(
        "prometheus.exporter.unix \"trento_system\" {{\n\tset_collectors = [\n{collectors}\t]\n}}\n\
         {}",
        r#"
discovery.relabel "trento_system" {
	targets = prometheus.exporter.unix.trento_system.targets

	rule {
		target_label = "agentID"
		replacement  = "15f04cb2-4033-51b9-9cc5-611b8af5d8fd"
	}

	rule {
		target_label = "exporter_name"
		replacement  = "grafana_alloy"
	}
}

prometheus.scrape "trento_system" {
	targets         = discovery.relabel.trento_system.output
	forward_to      = [prometheus.remote_write.trento.receiver]
	scrape_interval = "15s"
}

prometheus.remote_write "trento" {
	endpoint {
		url = "https://trento.example/prometheus/api/v1/write"

		basic_auth {
			username = "user"
			password = "password"
		}

		tls_config {
			insecure_skip_verify = false
		}
	}
}
"#
    )
}

fn program(text: &str) -> Program {
    Program::new([("config.alloy".to_owned(), text.as_bytes().to_vec())])
}

/// The program's graph on a host without variables.
fn graph(program: &Program) -> Graph {
    let files = program
        .files()
        .iter()
        .map(|file| graph::ProgramFile { source: file.source.clone(), tree: file.tree.clone() });
    let environment = Environment::known(BTreeMap::new());
    let context = graph::Context::new(&System::live(), environment, "/".into());
    Graph::build(&graph::Program::new(files.collect()), context)
}

/// The largest configuration of the shared data, if that is there; else many small pipelines.
fn large() -> String {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    let verdicts = std::fs::read_to_string(inputs.join("verdicts.jsonl")).unwrap_or_default();
    let largest = verdicts
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|verdict| verdict["id"].as_str().is_some_and(|id| id.starts_with("k8s-monitoring")))
        .filter_map(|verdict| std::fs::read_to_string(inputs.join(verdict["input"].as_str()?)).ok())
        .max_by_key(String::len);
    largest.unwrap_or_else(|| {
        (0..100).map(|number| trento().replace("trento", &format!("trento_{number}"))).collect()
    })
}

#[divan::bench]
fn hundred_lines(bencher: Bencher<'_, '_>) {
    let text = trento();
    let program = program(&text);
    assert!(validate(&program, &Levels::default()).is_ok());
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| validate(divan::black_box(&program), &Levels::default()));
}

#[divan::bench]
fn hundred_lines_parsed_and_strict(bencher: Bencher<'_, '_>) {
    let text = trento();
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let program = program(divan::black_box(&text));
        let levels = Levels::default();
        let verdict = validate(&program, &levels);
        let found = strict(&program, &Prover::new(graph(&program)), &levels, &verdict);
        (verdict, found)
    });
}

#[divan::bench]
fn largest_file(bencher: Bencher<'_, '_>) {
    let text = large();
    let program = program(&text);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| validate(divan::black_box(&program), &Levels::default()));
}

#[divan::bench]
fn look_up_every_component() -> usize {
    let schema = Schema::for_version(divan::black_box(Version::latest()));
    schema.components().filter(|found| schema.component(found.name()).is_some()).count()
}
