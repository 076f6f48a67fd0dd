//! A host checked in process: gathering, the whole check, and configurations of many components.

use std::fmt::Write as _;
use std::sync::LazyLock;

use camino::Utf8Path;
use divan::Bencher;
use tempfile::TempDir;
use trento_alloy::inside::checks::catalogue;
use trento_alloy::inside::checks::execution::Plan;
use trento_alloy::inside::checks::facts::{Agent, Object};
use trento_alloy::inside::checks::gathering::Gathering;
use trento_alloy::inside::checks::load::Loaded;
use trento_alloy::inside::checks::model::Check;
use trento_alloy::inside::facts::{Host, Options};
use trento_alloy::inside::installation::{Installation, Wanted};
use trento_alloy::inside::system::System;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/hosts/drifted");

static CHECKS: LazyLock<Vec<Loaded>> = LazyLock::new(catalogue::load);

fn main() {
    divan::main();
}

fn checks() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().filter_map(|loaded| loaded.check.as_deref().ok())
}

/// Reading and compiling nothing but the YAML of the catalogue.
#[divan::bench]
fn load_catalogue() -> usize {
    catalogue::load().len()
}

/// Every fact that the catalogue asks for.
#[divan::bench]
fn gather() -> bool {
    let system = System::rooted(Utf8Path::new(EXAMPLE)).expect("the example can be read");
    let host = Host::new(
        Installation::of(&system, Wanted::default()),
        Options { offline: true, ..Options::default() },
    );
    Gathering::of(&host, checks()).denied().is_empty()
}

/// Facts and verdicts, as `check --offline --root` does it after the catalogue is read.
#[divan::bench]
fn check() -> usize {
    check_root(Utf8Path::new(EXAMPLE))
}

/// The same for a configuration of so many components, Trento's pipeline among them.
#[divan::bench(args = [500, 5_000])]
fn check_components(bencher: Bencher<'_, '_>, components: usize) {
    let root = with_components(components);
    let path = Utf8Path::from_path(root.path()).expect("temporary paths are UTF-8");
    bencher.bench_local(|| check_root(path));
}

fn check_root(root: &Utf8Path) -> usize {
    let system = System::rooted(root).expect("the host can be read");
    let host = Host::new(
        Installation::of(&system, Wanted::default()),
        Options { offline: true, ..Options::default() },
    );
    let gathering = Gathering::of(&host, checks());
    let agent = Agent { agent_id: "host".to_owned(), ..Agent::default() };
    let plan = Plan::new(&CHECKS, Object::new(), &[]);
    let report = plan.on_host(&agent, None, |_| 0, &|check| gathering.supply(check), || {});
    report.check_results.len()
}

/// The example host, with another team's many components beside the pipeline.
fn with_components(components: usize) -> TempDir {
    let root = TempDir::new().expect("a temporary folder can be made");
    for entry in walkdir::WalkDir::new(EXAMPLE) {
        let entry = entry.expect("the example can be listed");
        let below = entry.path().strip_prefix(EXAMPLE).expect("it lies below");
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(root.path().join(below)).expect("a folder can be made");
        } else {
            std::fs::copy(entry.path(), root.path().join(below)).expect("it can be copied");
        }
    }
    let mut text = String::new();
    for index in 0..components / 2 {
        let _ = write!(
            text,
            "prometheus.exporter.self \"team_{index}\" {{ }}\n\nprometheus.scrape \
             \"team_{index}\" {{\n\ttargets    = prometheus.exporter.self.team_{index}.targets\n\t\
             forward_to = [prometheus.remote_write.team.receiver]\n}}\n\n"
        );
    }
    std::fs::write(root.path().join("etc/alloy/many.alloy"), text).expect("it can be written");
    root
}
