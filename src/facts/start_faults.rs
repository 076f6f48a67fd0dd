//! `start_faults`: what keeps Alloy from starting with what it loads, whoever wrote it.
//!
//! What another check reports at the same place is left to it.

use std::collections::BTreeSet;
use std::io;

use alloy_grammar::ast::Block;
use alloy_grammar::span::Span;
use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::authentication::Authentication;
use crate::facts::deployment::Deployment;
use crate::facts::faults::Blocks;
use crate::facts::modules;
use crate::facts::place::place;
use crate::facts::scrapes::Scrapes;
use crate::facts::tls_files::TlsFiles;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::schema::Stability;
use crate::graph::{Graph, Place};
use crate::load::{Kind, Origin};
use crate::validate::is_about_start;

/// The gatherer.
pub(super) struct StartFaults;

const ABOUT: About = About {
    argument: "start_faults",
    meaning: "What makes Alloy exit or crash when it starts with the files that it loads and that \
              parse: an `error` does, a `warning` does unless something that is not known here is \
              right, which it names. What `validation`, `unresolved_references`, `modules` and the \
              facts about the pipeline's endpoint and scrapes tell is not in it. Of more than a \
              thousand errors come first, and the rest is left out.",
    shape: r#"{"alloy_version": "v1.18.1", "note": "", "faults": [{"component": "local.file.x", "severity": "error", "code": "missing-file", "message": "…", "at": {…}}]}"#,
    live: false,
};

impl Gatherer for StartFaults {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        if missing(host).is_some() { Ok(()) } else { host.has_alloys_own_format() }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let graph = host.graph();
        let told = Told::of(host);
        let missing = missing(host).into_iter();
        let blocks = Blocks::of(graph);
        let found = host.beyond().iter().filter(|one| is_about_start(one) && !told.holds(one));
        let found = long::bounded(found.collect(), |one| one.severity == Severity::Error);
        let found = found.into_iter();
        let faults: Vec<Json> = missing
            .chain(flag(host))
            .chain(found.map(|one| {
                json!({
                    "component": blocks.at(one).map(|id| graph.full_id(id)).unwrap_or_default(),
                    "severity": match one.severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                    },
                    "code": one.code.name,
                    "message": one.message,
                    "help": one.help,
                    "at": host.at(&one.source, one.span),
                })
            }))
            .collect();
        let installed = host.installed();
        Ok(json!({
            "alloy_version": installed.version().name(),
            "note": installed.note().unwrap_or_default(),
            "faults": faults,
        }))
    }
}

/// That Alloy is given a path with nothing there, unless a pipeline elsewhere makes A11005 report it.
///
/// Where the folder is not there either, files of the host were left out, and nothing is known.
fn missing(host: &Host<'_>) -> Option<Json> {
    let start = host.installation().start();
    let at = match &start.origin {
        Origin::Variable(at) | Origin::Command(at) if start.unit.is_ok() => at.clone(),
        _ => return None,
    };
    let (Kind::Absent(reason), Ok(path)) = (&host.merge_set().kind, &start.config) else {
        return None;
    };
    let files = &host.system().files;
    let is_missing = files.metadata(path).is_err_and(|it| it.kind() == io::ErrorKind::NotFound);
    if !is_missing || path.parent().is_none_or(|folder| files.metadata(folder).is_err()) {
        return None;
    }
    if host.pushes().is_err() || host.deployment().is_some_and(|found| !found.is_loaded()) {
        return None;
    }
    Some(json!({
        "component": "",
        "severity": "error",
        "code": "missing-file",
        "message": format!("{reason}: Alloy will not start"),
        "help": "set CONFIG_FILE to the file or folder that Alloy should load",
        "at": place(at),
    }))
}

/// A flag of the command line that Alloy does not take.
fn flag(host: &Host<'_>) -> Option<Json> {
    let start = host.installation().start();
    let level = start.args.stability();
    if Stability::parse(level).is_some() {
        return None;
    }
    let at = start.unit.as_ref().ok().and_then(|unit| unit.exec_start_at.clone());
    Some(json!({
        "component": "",
        "severity": "error",
        "code": "unusable-value",
        "message": format!("`--stability.level={level}` names no level: Alloy will not start"),
        "help": "write generally-available, public-preview or experimental",
        "at": place(at),
    }))
}

/// What other checks report, by code and place.
#[derive(Default)]
struct Told<'h> {
    /// References that lead nowhere, imports that cannot be used, and what uses them.
    places: BTreeSet<(&'h str, Span)>,
    /// Codes inside of blocks of the pipeline.
    inside: Vec<(&'static [&'static str], &'h str, Span)>,
}

impl<'h> Told<'h> {
    fn of(host: &'h Host<'_>) -> Told<'h> {
        let mut told = Told::default();
        let graph = host.graph();
        told.places.extend(graph.unresolved().iter().map(|found| at(graph, found.place)));
        told.places.extend(modules::places(graph).into_iter().map(|place| at(graph, place)));
        if let Some(found) = host.deployment().filter(|found| found.is_in_what_is_loaded()) {
            told.add_pipeline(host, graph, found);
        }
        told
    }

    fn add_pipeline(&mut self, host: &Host<'_>, graph: &'h Graph, found: &Deployment) {
        let applies = |gatherer: &dyn Gatherer| gatherer.applies(host).is_ok();
        if applies(&Scrapes) {
            for &id in &found.pipeline.host_scrapes {
                let (path, span) = at(graph, graph.place(id, graph.block(id).span()));
                self.inside.push((&["scrape-timeout"], path, span));
            }
        }
        let (knows_method, knows_files) = (applies(&Authentication), applies(&TlsFiles));
        for endpoint in &found.pipeline.endpoints {
            let id = endpoint.sink.component;
            let path = graph.source(graph.component(id).file).path();
            let mut blocks = graph.block(id).body().blocks_named("endpoint");
            let Some(block) = blocks.nth(endpoint.sink.endpoint) else { continue };
            if knows_method {
                self.inside.push((&["conflicting-authentication"], path, block.span()));
            }
            let tls = block.body().block("tls_config").filter(|_| knows_files);
            if let Some(span) = tls.map(Block::span) {
                self.inside.push((&["missing-file", "unusable-file"], path, span));
            }
        }
    }

    fn holds(&self, one: &Diagnostic) -> bool {
        let path = one.source.path();
        self.places.contains(&(path, one.span))
            || self.inside.iter().any(|(codes, of, span)| {
                codes.contains(&one.code.name)
                    && *of == path
                    && span.start <= one.span.start
                    && one.span.end <= span.end
            })
    }
}

fn at(graph: &Graph, place: Place) -> (&str, Span) {
    (graph.source(place.file).path(), place.span)
}
