//! Prometheus as a sender: its jobs as sources of series, its remote writes as where they leave.
//!
//! Which file it is, and what its environment holds, is the caller's to say.

mod compare;
mod described;
mod endpoints;
mod jobs;
mod rules;
mod secrets;
mod targets;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use super::decode::Item;
use super::file::{self, Finding, Loaded, Refusal};
use super::jobs::{self as all_jobs, Included, JobIn};
use super::version::Version;
use crate::proof::{
    self, Choice, ComponentId, Endpoint, Feed, FileId, Gives, Hop, Limits, Names, Origin, Path,
    Pipeline, Place, Sink, Source as Origins, Trails,
};
use crate::source::{At, Source};
use crate::system::HostFiles;

pub use described::Job;
pub(super) use endpoints::is_secret;
pub(super) use rules::{dialect, rules};
pub(super) use targets::{fault, of_files as targets_of_files, target};

/// A configuration that Prometheus would run with, all its files read.
#[derive(Debug)]
pub struct Configuration {
    pub(super) loaded: Loaded,
    included: Vec<Included>,
    pub(super) version: Version,
}

/// What a configuration is looked at with.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The files of the host.
    pub files: &'a HostFiles,
    /// The value of a variable of Prometheus' environment, if it is known to be set.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether a variable without a value is certainly not set.
    pub knows_unset: bool,
    /// Whether `$` in external labels is expanded; none where its flags are not known.
    pub expands: Option<bool>,
}

/// Why Prometheus does not load its configuration.
#[derive(Clone, Debug)]
pub struct NotLoaded {
    /// What it prints.
    pub message: String,
    /// Each thing that is wrong, with its place.
    pub faults: Vec<Finding>,
    /// Whether they stand in a file that `scrape_config_files` brings in.
    pub is_included: bool,
}

impl NotLoaded {
    fn new(refusal: Refusal, source: &Source, is_included: bool) -> NotLoaded {
        let found = |(message, span)| Finding { message, source: source.clone(), span };
        let faults = refusal.faults.into_iter().map(found).collect();
        NotLoaded { message: refusal.message, faults, is_included }
    }
}

impl Configuration {
    /// Reads a configuration as a start does.
    ///
    /// # Errors
    /// Prometheus would not load it; what it says.
    pub fn read(
        files: &HostFiles,
        path: &Utf8Path,
        bytes: &[u8],
        version: &Version,
    ) -> Result<Configuration, NotLoaded> {
        file::register(bytes, files);
        let loaded = Loaded::read(path, bytes, version).map_err(|refusal| {
            let source = Source::new(path.as_str(), String::from_utf8_lossy(bytes));
            NotLoaded::new(refusal, &source, false)
        })?;
        let included = all_jobs::included(files, &loaded, version)
            .map_err(|(refusal, source)| NotLoaded::new(refusal, &source, true))?;
        Ok(Configuration { loaded, included, version: version.clone() })
    }

    /// The version it was read for.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What agent mode does not take of it; nothing where it takes all.
    pub fn refused_by_agent_mode(&self) -> Option<NotLoaded> {
        let refusal = self.loaded.check_agent_mode().err()?;
        Some(NotLoaded::new(refusal, &self.loaded.source, false))
    }

    /// The texts it was read from, the main file first.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.loaded.source).chain(self.included.iter().map(|file| &file.source))
    }

    /// What feeds Trento; `url` is what the agent's settings say, if they do.
    pub fn feed(&self, around: Surroundings<'_>, url: Option<&str>) -> Feed {
        let all = self.endpoints();
        if let Some(url) = url {
            let found: Vec<Endpoint> =
                all.iter().filter(|endpoint| writes_to(endpoint, url)).cloned().collect();
            if !found.is_empty() {
                return self.feed_to(around, Choice::Url, found);
            }
        }
        let named =
            all.into_iter().find(|it| self.full_id(it.sink.component) == "remote_write.trento");
        match named {
            Some(found) => self.feed_to(around, Choice::Name, vec![found]),
            None => self.feed_to(around, Choice::None, Vec::new()),
        }
    }

    /// What feeds the endpoints of exactly that URL.
    pub fn feed_of_url(&self, around: Surroundings<'_>, url: &str) -> Feed {
        let mut found = self.endpoints();
        found.retain(|endpoint| writes_to(endpoint, url));
        let choice = if found.is_empty() { Choice::None } else { Choice::Url };
        self.feed_to(around, choice, found)
    }

    /// The fact `series` of a feed.
    pub fn series(&self, feed: &Feed) -> Json {
        feed.paths.iter().map(|path| self.series_of(feed, path)).collect()
    }

    /// One path of that fact.
    pub fn series_of(&self, feed: &Feed, path: &Path) -> Json {
        let mut told = proof::series::of_path(self, feed, path);
        let source = told["source"].as_str().unwrap_or_default();
        if let Some(job) = source.strip_prefix("scrape_configs.") {
            told["source"] = json!(format!("job/{job}"));
        }
        told
    }

    fn feed_to(&self, around: Surroundings<'_>, choice: Choice, endpoints: Vec<Endpoint>) -> Feed {
        let trails = Trails::default();
        let sinks: Vec<Sink> = endpoints.iter().map(|endpoint| endpoint.sink).collect();
        let pipeline = self.pipeline(&trails, around, &sinks);
        let paths = proof::paths(&trails, &pipeline, Limits::default());
        let is_of_host =
            |path: &&Path| self.is_host_job(path.source) && path.reached.is_something();
        let of_host: Vec<&Path> = paths.iter().filter(is_of_host).collect();
        let members: BTreeSet<ComponentId> =
            of_host.iter().flat_map(|path| path.components.iter().copied()).collect();
        let jobs: BTreeSet<ComponentId> = of_host.iter().map(|path| path.source).collect();
        let origin = if of_host.is_empty() { Origin::Nowhere } else { Origin::Outside };
        let leading = paths.iter().flat_map(|path| path.components.iter().copied()).collect();
        Feed {
            choice,
            endpoints,
            origin,
            exclusive: members.clone(),
            members,
            leading,
            host_scrapes: jobs.clone(),
            host_exporters: jobs,
            paths,
        }
    }

    fn pipeline(&self, trails: &Trails, around: Surroundings<'_>, sinks: &[Sink]) -> Pipeline {
        let to: Vec<ComponentId> = sinks.iter().map(|sink| sink.component).collect();
        let none = || Rc::new(Ok(Vec::new()));
        let mut pipeline = Pipeline::default();
        for (number, of) in self.jobs().into_iter().enumerate() {
            let component = ComponentId::new(number);
            let gives = jobs::gives(self, trails, around, component, of);
            pipeline.sources.push(Origins { component, way: Vec::new(), gives });
            pipeline.hops.insert(component, Hop { rules: none(), to: to.clone() });
        }
        if self.has_rules() {
            let component = self.rules_id();
            let reason = "what recording and alerting rules make is not known";
            let gives = Gives::Anything(reason.into());
            pipeline.sources.push(Origins { component, way: Vec::new(), gives });
            pipeline.hops.insert(component, Hop { rules: none(), to: to.clone() });
        }
        let external = endpoints::external(self, trails, around);
        for &sink in sinks {
            pipeline.exits.push(endpoints::exit(self, sink, external.clone()));
            pipeline.hops.insert(sink.component, Hop { rules: none(), to: Vec::new() });
        }
        pipeline
    }

    pub(super) fn jobs(&self) -> Vec<JobIn<'_>> {
        all_jobs::jobs(&self.loaded, &self.included)
    }

    fn rules_id(&self) -> ComponentId {
        ComponentId::new(self.jobs().len() + self.loaded.fields.list("remote_write").len())
    }

    /// Whether there are rules, which only a server takes.
    fn has_rules(&self) -> bool {
        !self.loaded.fields.list("rule_files").is_empty()
    }

    /// Whether a job scrapes a node_exporter, as far as its targets tell.
    fn is_host_job(&self, id: ComponentId) -> bool {
        let jobs = self.jobs();
        let Some(of) = jobs.get(id.index()) else { return false };
        of.job.text("job_name").starts_with("trento")
            || of.job.list("static_configs").iter().filter_map(Item::fields).any(|group| {
                group.list("targets").iter().any(|target| target.text().ends_with(":9100"))
            })
    }

    /// The numbers of a file and a place in it.
    fn place(&self, source: &Source, span: alloy_grammar::span::Span) -> Place {
        let number = self.included.iter().position(|file| file.source.path() == source.path());
        let is_main = source.path() == self.loaded.source.path();
        let number = if is_main { 0 } else { number.map_or(0, |number| number + 1) };
        Place { file: FileId::new(number), span }
    }

    fn names(&self) -> BTreeMap<usize, String> {
        let jobs = self.jobs();
        let mut names: BTreeMap<usize, String> = jobs
            .iter()
            .enumerate()
            .map(|(number, of)| (number, format!("scrape_configs.{}", of.job.text("job_name"))))
            .collect();
        let writes = self.loaded.fields.list("remote_write").iter().filter_map(Item::fields);
        for (number, write) in writes.enumerate() {
            let name = match write.text("name") {
                "" => format!("remote_write[{number}]"),
                name => format!("remote_write.{name}"),
            };
            names.insert(jobs.len() + number, name);
        }
        names.insert(self.rules_id().index(), "rule_files".to_owned());
        names
    }
}

/// Whether an endpoint writes to a URL; who it is that writes does not matter.
fn writes_to(endpoint: &Endpoint, url: &str) -> bool {
    let own = endpoint.shown_url();
    own.is_some_and(|own| proof::is_same_url(&own, &proof::without_user(url)))
}

impl Names for Configuration {
    fn full_id(&self, id: ComponentId) -> String {
        self.names().remove(&id.index()).unwrap_or_default()
    }

    fn header(&self, id: ComponentId) -> Place {
        let jobs = self.jobs();
        if let Some(of) = jobs.get(id.index()) {
            return self.place(of.source, of.job.span_of("job_name"));
        }
        let writes: Vec<_> =
            self.loaded.fields.list("remote_write").iter().filter_map(Item::fields).collect();
        match writes.get(id.index() - jobs.len()) {
            Some(write) => self.place(&self.loaded.source, write.span_of("url")),
            None => self.place(&self.loaded.source, self.loaded.fields.span_of("rule_files")),
        }
    }

    fn setter(&self, path: &Path) -> Place {
        self.header(path.source)
    }

    fn at(&self, place: Place) -> Option<At> {
        let source = match place.file.index() {
            0 => &self.loaded.source,
            number => &self.included.get(number - 1)?.source,
        };
        source.at(place.span)
    }
}
