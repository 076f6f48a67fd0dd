//! What is wrong with the program as a whole, component by component, so that checks which depend
//! on a faulted component leave it to the check whose subject the fault is.

use std::collections::BTreeMap;

use alloy_grammar::span::Span;
use camino::Utf8PathBuf;

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::Host;
use crate::graph::{ComponentId, Graph};
use crate::load::{Candidate, LoadedFile};
use crate::validate::{self, Program, Verdict};

/// The faults of what Alloy loads.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The first fault of each component, and the check that reports it.
    by_component: BTreeMap<ComponentId, String>,
    /// What validation says that no other check owns.
    pub(super) verdict: Verdict,
    /// Everything for which Alloy refuses the files that parse, whichever check owns it.
    pub(super) refused: Vec<Diagnostic>,
}

/// Codes that other checks report: syntax, uniqueness, references, cycles.
const OWNED_ELSEWHERE: &[&str] = &[
    "syntax-error",
    "wrong-encoding",
    "duplicate-block",
    "unknown-reference",
    "cycle",
    "self-reference",
];

impl Faults {
    /// Finds them.
    pub(super) fn find(host: &Host<'_>) -> Faults {
        let graph = host.graph();
        let mut by_component = BTreeMap::new();
        for reference in graph.unresolved() {
            by_component.entry(reference.from).or_insert_with(|| {
                format!("a reference of `{}` leads nowhere (A11003)", graph.full_id(reference.from))
            });
        }
        for id in graph.cycles().iter().flatten() {
            by_component
                .entry(*id)
                .or_insert_with(|| format!("`{}` depends on itself (A11003)", graph.full_id(*id)));
        }
        let mut verdict = verdict(host);
        let mut refused = verdict.diagnostics.clone();
        refused.retain(|it| it.severity == Severity::Error);
        verdict.diagnostics.retain(|it| !OWNED_ELSEWHERE.contains(&it.code.name));
        let blocks = Blocks::of(graph);
        for diagnostic in verdict.diagnostics.iter().filter(|it| it.severity == Severity::Error) {
            if let Some(id) = blocks.at(diagnostic) {
                by_component
                    .entry(id)
                    .or_insert_with(|| format!("Alloy refuses `{}` (A11004)", graph.full_id(id)));
            }
        }
        Faults { by_component, verdict, refused }
    }

    /// Why nothing can be said of the pipeline, if a fault lies on it.
    pub(super) fn of_the_pipeline(&self, host: &Host<'_>) -> Option<String> {
        if self.by_component.is_empty() {
            return None;
        }
        let graph = host.graph();
        let deployment = host.deployment();
        let pipeline =
            deployment.filter(|found| found.is_in_what_is_loaded()).map(|found| &found.pipeline);
        let has_no_path = deployment.is_none_or(|found| found.pipeline.paths.is_empty());
        let depends = |id: &ComponentId| {
            let component = graph.component(*id);
            let label = component.label.as_deref().unwrap_or_default();
            label == "trento"
                || label.starts_with("trento_")
                || pipeline.is_some_and(|it| it.leading.contains(id) || it.members.contains(id))
                || (has_no_path && moves_series(&component.name))
        };
        self.by_component.iter().find(|(id, _)| depends(id)).map(|(_, reason)| reason.clone())
    }
}

/// Whether a path could lead through a component of that name.
fn moves_series(name: &str) -> bool {
    ["prometheus.", "discovery."].iter().any(|family| name.starts_with(family))
        && !name.starts_with("prometheus.operator.")
}

/// What validation says of the files that parse; a warning is what Alloy starts with.
fn verdict(host: &Host<'_>) -> Verdict {
    let sound = host.merge_set().files.iter().filter(|file| file.is_sound());
    let levels = host.installation().levels();
    let mut verdict = validate::validate(&Program::of_files(sound), &levels);
    validate::soften(host.graph(), &mut verdict);
    verdict
}

/// The outermost blocks of each file, by place.
pub(super) struct Blocks<'g>(BTreeMap<&'g str, Vec<(Span, ComponentId)>>);

impl<'g> Blocks<'g> {
    pub(super) fn of(graph: &'g Graph) -> Blocks<'g> {
        let mut files: BTreeMap<&str, Vec<(Span, ComponentId)>> = BTreeMap::new();
        for (id, component) in graph.components() {
            let path = graph.source(component.file).path();
            files.entry(path).or_default().push((graph.block(id).span(), id));
        }
        for blocks in files.values_mut() {
            // The outer before the inner, and of one block in several scopes the first.
            blocks.sort_by_key(|(span, id)| (span.start, std::cmp::Reverse(span.end), *id));
            let mut end = 0;
            blocks.retain(|(span, _)| {
                let is_outer = span.start >= end;
                end = end.max(span.end);
                is_outer
            });
        }
        Blocks(files)
    }

    /// The component whose block a diagnostic points into.
    pub(super) fn at(&self, diagnostic: &Diagnostic) -> Option<ComponentId> {
        let blocks = self.0.get(diagnostic.source.path())?;
        let before = blocks.partition_point(|(span, _)| span.start <= diagnostic.span.start);
        let (span, id) = blocks[..before].last()?;
        (diagnostic.span.start < span.end).then_some(*id)
    }
}

/// The loaded file that does not parse and holds part of the pipeline, as far as its text tells.
pub(super) fn lies_in_a_broken_file(host: &Host<'_>) -> Option<Utf8PathBuf> {
    let mut broken = host.merge_set().files.iter().filter(|file| !file.is_sound());
    match broken.find(|file| names_trento(host, file)) {
        Some(file) => Some(file.path.clone()),
        None => broken_candidate(host).map(|candidate| candidate.file.path.clone()),
    }
}

/// The file that is not loaded, does not parse, and holds the pipeline that is nowhere else.
pub(super) fn broken_candidate<'h>(host: &'h Host<'_>) -> Option<&'h Candidate> {
    if host.has_deployment() {
        return None;
    }
    let mut broken = host.merge_set().candidates.iter().filter(|it| !it.file.is_sound());
    broken.find(|candidate| names_trento(host, &candidate.file))
}

fn names_trento(host: &Host<'_>, file: &LoadedFile) -> bool {
    // A file in UTF-16 reads as its letters with zeros between them.
    is_about_trento(host, &String::from_utf8_lossy(file.bytes()).replace('\0', ""))
}

/// Whether a text names the pipeline, as far as can be told without parsing it.
pub(super) fn is_about_trento(host: &Host<'_>, text: &str) -> bool {
    ["\"trento\"", "\"trento_", ".trento.", ".trento_"].iter().any(|it| text.contains(it))
        || host.settings_url().is_some_and(|url| text.contains(url.as_str()))
}
