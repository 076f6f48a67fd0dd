//! Where Trento's pipeline lies on a host: in what Alloy loads, in a module that Alloy refuses, or
//! in files that it does not load. The last two are examined too, so that whoever repairs the load
//! does not meet the next fault only then.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::Value as Json;

use crate::facts::Host;
use crate::graph::{Context, Graph, Outcome, Prover};
use crate::load::{Candidate, LoadedFile};
use crate::proof::{Choice, Feed, Names, Path, series};

/// A pipeline, the graph it is part of, and whether Alloy has it.
#[derive(Debug)]
pub(super) struct Deployment {
    /// A prover made for it; none where it is part of what Alloy loads.
    own: Option<Prover>,
    /// The pipeline.
    pub(super) pipeline: Feed,
    /// The files that are not loaded and hold part of it, each with the reason.
    pub(super) not_loaded: BTreeMap<Utf8PathBuf, String>,
    /// Every path of it, described once.
    described: OnceCell<Vec<(usize, Json)>>,
}

impl Deployment {
    fn new(
        own: Option<Prover>,
        pipeline: Feed,
        not_loaded: BTreeMap<Utf8PathBuf, String>,
    ) -> Deployment {
        Deployment { own, pipeline, not_loaded, described: OnceCell::new() }
    }

    /// Finds the pipeline, what is loaded first.
    pub(super) fn find(host: &Host<'_>) -> Option<Deployment> {
        let url = host.settings_url();
        if host.installation().is_of_prometheus() {
            let pipeline = host.prometheus()?.feed(url.as_deref())?;
            let found = Deployment::new(None, pipeline, BTreeMap::new());
            return Some(found).filter(|found| found.pipeline.choice != Choice::None);
        }
        let loaded = host.prover().feed(url.as_deref());
        if loaded.choice != Choice::None {
            return Some(Deployment::new(None, loaded, BTreeMap::new()));
        }
        in_refused_modules(host, url.as_deref()).or_else(|| in_candidates(host, url.as_deref()))
    }

    /// The prover of the program it is part of.
    pub(super) fn prover<'d>(&'d self, host: &'d Host<'_>) -> &'d Prover {
        self.own.as_ref().unwrap_or_else(|| host.prover())
    }

    /// The graph it is part of.
    pub(super) fn graph<'d>(&'d self, host: &'d Host<'_>) -> &'d Graph {
        self.prover(host).graph()
    }

    /// What its components and places are called.
    pub(super) fn names<'d>(&'d self, host: &'d Host<'_>) -> &'d dyn Names {
        match host.prometheus().map(|prometheus| &prometheus.configuration) {
            Some(Ok(configuration)) => configuration,
            _ => self.graph(host),
        }
    }

    /// What its endpoints see of the host.
    pub(super) fn context<'d>(&'d self, host: &'d Host<'_>) -> &'d Context {
        match host.prometheus() {
            Some(prometheus) => prometheus.context(),
            None => self.graph(host).context(),
        }
    }

    /// A path of it, as JSON.
    pub(super) fn series_of(&self, host: &Host<'_>, path: &Path) -> Json {
        match host.prometheus().map(|prometheus| &prometheus.configuration) {
            Some(Ok(configuration)) => configuration.series_of(&self.pipeline, path),
            _ => series::of_path(self.graph(host), &self.pipeline, path),
        }
    }

    /// Paths of it by number, as `describe` gives them the first time.
    pub(super) fn described(
        &self,
        describe: impl FnOnce() -> Vec<(usize, Json)>,
    ) -> &[(usize, Json)] {
        self.described.get_or_init(describe)
    }

    /// Whether it belongs to what Alloy loads, or to a module that Alloy refuses.
    pub(super) fn is_loaded(&self) -> bool {
        self.not_loaded.is_empty()
    }

    /// Whether its graph is what Alloy loads, so that what is said of that is said of it.
    pub(super) fn is_in_what_is_loaded(&self) -> bool {
        self.own.is_none()
    }
}

/// A pipeline imported as a module, which Alloy refuses silently.
fn in_refused_modules(host: &Host<'_>, url: Option<&str>) -> Option<Deployment> {
    let graph = host.graph();
    let mut extra = Vec::new();
    for import in graph.imports() {
        if let Outcome::NotAModule { files, .. } = &import.outcome {
            for file in files {
                let source = graph.source(*file);
                let path = Utf8PathBuf::from(source.path());
                extra.push(LoadedFile::new(path, source.text().as_bytes().to_vec()));
            }
        }
    }
    if extra.is_empty() {
        return None;
    }
    examine(host, &extra.iter().collect::<Vec<_>>(), url, BTreeMap::new())
}

/// A pipeline in a file that is not loaded: the best of the folders that hold such files.
fn in_candidates(host: &Host<'_>, url: Option<&str>) -> Option<Deployment> {
    let mut folders: BTreeMap<Utf8PathBuf, Vec<&Candidate>> = BTreeMap::new();
    for candidate in &host.merge_set().candidates {
        let folder = candidate.file.path.parent().map(ToOwned::to_owned).unwrap_or_default();
        folders.entry(folder).or_default().push(candidate);
    }
    let found = folders.into_values().filter_map(|candidates| {
        let sound: Vec<&Candidate> =
            candidates.into_iter().filter(|candidate| candidate.file.is_sound()).collect();
        let files: Vec<&LoadedFile> = sound.iter().map(|candidate| &candidate.file).collect();
        let reasons = sound
            .iter()
            .map(|candidate| (candidate.file.path.clone(), candidate.reason.text()))
            .collect();
        examine(host, &files, url, reasons)
    });
    found
        .min_by_key(|deployment| (deployment.pipeline.choice, deployment.pipeline.paths.is_empty()))
}

/// What is loaded and these files, as one program.
fn examine(
    host: &Host<'_>,
    files: &[&LoadedFile],
    url: Option<&str>,
    reasons: BTreeMap<Utf8PathBuf, String>,
) -> Option<Deployment> {
    let loaded = host.merge_set().files.iter().filter(|file| file.is_sound());
    let prover = Prover::new(host.graph_of(loaded.chain(files.iter().copied())));
    prover.of_version(host.installed().version());
    let pipeline = prover.feed(url);
    if pipeline.choice == Choice::None {
        return None;
    }
    let parts = pipeline.members.iter().chain(&pipeline.leading);
    let graph = prover.graph();
    let holding: Vec<String> = parts
        .copied()
        .chain(pipeline.endpoints.iter().map(|endpoint| endpoint.sink.component))
        .map(|id| graph.source(graph.component(id).file).path().to_owned())
        .collect();
    let not_loaded = reasons
        .into_iter()
        .filter(|(path, _)| holding.iter().any(|held| held == path.as_str()))
        .collect();
    Some(Deployment::new(Some(prover), pipeline, not_loaded))
}
