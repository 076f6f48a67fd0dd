//! Beyond the real command: whether Alloy starts, what it only finds then, and what it never says.
//!
//! The real command looks at names and literals. Here every component that Alloy would build is
//! read as Alloy reads it, with the values its expressions have on this host, and held against the
//! rules of its type (`rules`). An error means that Alloy does not start or crashes; what depends
//! on something unknown, and what runs without doing its work, is a warning.

mod body;
mod calls;
mod decode;
mod judge;
mod modules;
mod places;
mod rules;
mod softening;

use super::{Levels, Program, Verdict, codes, text};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::go::{regexp, url};
use crate::graph::schema::{Component as Known, Type};
use crate::graph::{Component, ComponentId, Graph, Kind, Prover, ScopeKind};
use body::Body;
use judge::Judge;
use places::Places;

pub use softening::{is_of_validate_only, soften};

/// What Alloy will say or do only when it runs, in the order of the files. `prover` knows
/// the program on its host, `verdict` what the real command says, which is not repeated.
///
/// Nothing for a program with syntax errors.
pub fn strict(
    program: &Program,
    prover: &Prover,
    levels: &Levels,
    verdict: &Verdict,
) -> Vec<Diagnostic> {
    if program.refused().is_some() || !program.syntax_diagnostics().is_empty() {
        return Vec::new();
    }
    unsaid(prover, levels, &verdict.diagnostics)
}

/// What [`strict`] finds of the files that parse, but for what is said already at its place.
pub fn unsaid(prover: &Prover, levels: &Levels, said: &[Diagnostic]) -> Vec<Diagnostic> {
    let said = Places::of(said);
    let mut out = starting(prover, levels);
    out.retain(|found| !said.meet(found));
    out
}

/// Whether a diagnostic of [`strict`] is about the start of Alloy: that it fails, or on what
/// that depends. The others are about what runs without doing its work.
pub fn is_about_start(one: &Diagnostic) -> bool {
    const DEPENDING: [Code; 4] = [
        codes::MISSING_FILE,
        codes::ASKED_AT_START,
        codes::CONFLICTING_SETTINGS,
        codes::CONFLICTING_AUTHENTICATION,
    ];
    one.severity == Severity::Error || DEPENDING.contains(&one.code)
}

/// What keeps Alloy from starting with a graph, and what will not work, in the order of the files.
fn starting(prover: &Prover, levels: &Levels) -> Vec<Diagnostic> {
    let graph = prover.graph();
    let judge = Judge::new(prover.values(), levels);
    modules::declares(&judge);
    for (id, component) in graph.components() {
        if is_built(graph, id, component) {
            component_of(&judge, id, component);
        }
    }
    let out = judge.into_found();
    // What an expression fails on is told more closely by other rules.
    let (vague, mut out): (Vec<_>, Vec<_>) =
        out.into_iter().partition(|found| found.code == codes::FAILING_EXPRESSION);
    let places = Places::of(&out);
    let vague: Vec<_> = vague.into_iter().filter(|found| !places.meet(found)).collect();
    out.extend(vague);
    out.sort_by_cached_key(|found| (found.source.path().to_owned(), found.span));
    out
}

/// Whether Alloy builds a component: not where nothing uses the module that it stands in.
fn is_built(graph: &Graph, id: ComponentId, component: &Component) -> bool {
    let scope = graph.scope(component.scope);
    // What a module imports is read when the module is.
    let is_import = component.kind == Kind::Import
        && matches!(scope.kind, ScopeKind::Module { .. } | ScopeKind::Root);
    component.duplicate_of.is_none() && (!scope.is_idle || is_import) && id_is_certain(graph, id)
}

/// Whether a component is built for certain: not in a `foreach` over something unknown.
fn id_is_certain(graph: &Graph, id: ComponentId) -> bool {
    let mut at = graph.component(id).scope;
    loop {
        let of = match graph.scope(at).kind {
            ScopeKind::Item { index: None, .. } => return false,
            ScopeKind::Root => return true,
            ScopeKind::Item { of, .. }
            | ScopeKind::Instance { of, .. }
            | ScopeKind::Module { of }
            | ScopeKind::Definition { of } => of,
        };
        at = graph.component(of).scope;
    }
}

fn component_of(judge: &Judge<'_>, id: ComponentId, component: &Component) {
    if component.kind == Kind::Declare {
        return;
    }
    body::structure::component(judge, id);
    modules::references(judge, id);
    calls::check(judge, id);
    match component.kind {
        Kind::Custom { .. } => modules::custom(judge, id),
        Kind::Foreach => modules::foreach(judge, id),
        _ => {
            if let Some(shape) = arguments(judge, component) {
                let body = Body::read(judge, id, shape);
                rules::check(&body);
            }
            if component.kind == Kind::Import {
                modules::import(judge, id);
            }
        }
    }
}

/// What a component's body takes in this version.
fn arguments(judge: &Judge<'_>, component: &Component) -> Option<Type> {
    let schema = judge.levels.schema;
    let name = component.name.as_str();
    match component.kind {
        Kind::Builtin => schema.component(name),
        Kind::Argument | Kind::Export | Kind::Import => schema.config_block(name),
        Kind::Setting => schema.config_block(name).or_else(|| schema.service(name)),
        _ => None,
    }
    .and_then(Known::arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Environment;
    use crate::graph;
    use crate::system::System;
    use crate::validate::validate;

    /// What a configuration raises on a host without any file or variable.
    pub(super) fn found(text: &str) -> Vec<Diagnostic> {
        let program = Program::new([("a.alloy".to_owned(), text.as_bytes().to_vec())]);
        assert!(program.syntax_diagnostics().is_empty(), "{text}");
        let files = program.files().iter().map(|file| graph::ProgramFile {
            source: file.source.clone(),
            tree: file.tree.clone(),
        });
        let root = std::env::temp_dir().join("trento-alloy-no-such-folder");
        let root = camino::Utf8PathBuf::from_path_buf(root).expect("UTF-8");
        let mut system = System::live();
        system.files = crate::system::HostFiles::rooted(&root);
        let context =
            graph::Context::new(&system, Environment::known(Default::default()), "/".into());
        let graph = Graph::build(&graph::Program::new(files.collect()), context);
        let levels = Levels::default();
        let verdict = validate(&program, &levels);
        strict(&program, &Prover::new(graph), &levels, &verdict)
    }

    /// The codes that a configuration raises.
    pub(super) fn raised(text: &str) -> Vec<&'static str> {
        found(text).iter().map(|found| found.code.name).collect()
    }

    #[test]
    fn a_sound_pipeline_raises_nothing() {
        let text = r#"
prometheus.exporter.unix "trento" { }
discovery.relabel "trento" {
  targets = prometheus.exporter.unix.trento.targets
  rule {
    target_label = "agentID"
    replacement  = "x"
  }
}
prometheus.scrape "trento" {
  targets    = discovery.relabel.trento.output
  forward_to = [prometheus.remote_write.trento.receiver]
  scrape_interval = "15s"
}
prometheus.remote_write "trento" {
  endpoint {
    url = "https://trento.example/api/v1/write"
    basic_auth {
      username = "u"
      password = sys.env("PASSWORD")
    }
  }
}
"#;
        assert!(raised(text).is_empty(), "{:?}", raised(text));
    }

    #[test]
    fn the_order_is_that_of_the_text() {
        let text = "prometheus.scrape \"a\" {\n forward_to = [\"x\"]\n targets = string.nope\n}";
        assert_eq!(raised(text), [codes::WRONG_CAPSULE.name, codes::UNKNOWN_FUNCTION.name]);
    }
}
