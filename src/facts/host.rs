//! The host as gatherers see it: every part derived once, when the first of them asks.

use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::time::Duration;

use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value as Json, json};

use crate::agent::{FileState, Setting, Settings};
use crate::diagnostic::Diagnostic;
use crate::facts::deployment::Deployment;
use crate::facts::drift::Distance;
use crate::facts::endpoint::Endpoint;
use crate::facts::faults::Faults;
use crate::facts::permission::{Access, Account};
use crate::facts::place::place;
use crate::facts::secrets::Read;
use crate::graph::drawing::Drawing;
use crate::graph::schema::Schema;
use crate::graph::{ComponentId, Graph, Prover, Values};
use crate::installation::{Installation, Installed, Prometheus, SenderNames};
use crate::load::{LoadedFile, MergeSet};
use crate::probe;
use crate::prometheus::Part;
use crate::secret::{Secret, SecretNames};
use crate::source::Source;
use crate::system::System;
use crate::unit::{HiddenBy, NotKnown};
use crate::validate;

/// What a run wants of the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the network is left alone.
    pub offline: bool,
    /// How long all questions to the network may take together.
    pub timeout: Duration,
    /// The last step that a probe of an endpoint takes.
    pub last_step: probe::Step,
    /// With which URL the fact `series` is wanted, if not with Trento's.
    pub url: Option<String>,
    /// The key of the names under which secrets are shown; letters without one.
    pub fingerprint_key: Option<Secret>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            offline: false,
            timeout: Duration::from_secs(5),
            last_step: probe::Step::Edge,
            url: None,
            fingerprint_key: None,
        }
    }
}

/// A host, and what has been derived of it so far.
pub struct Host<'w> {
    installation: Installation<'w>,
    options: Options,
    settings: OnceCell<Settings>,
    deployment: OnceCell<Option<Deployment>>,
    faults: OnceCell<Faults>,
    beyond: OnceCell<Vec<Diagnostic>>,
    pub(super) distances: OnceCell<Vec<Distance>>,
    account: OnceCell<Account>,
    pub(super) secrets: OnceCell<()>,
    pub(super) secret_reads: OnceCell<Vec<Read>>,
    pub(super) further_files: OnceCell<Vec<LoadedFile>>,
    pub(super) probes: OnceCell<Result<Vec<probe::Report>, String>>,
    beside_prometheus: OnceCell<Vec<Utf8PathBuf>>,
    pub(super) generated_parts: OnceCell<Result<Vec<Part>, String>>,
    secret_names: RefCell<SecretNames>,
    looked: Cell<Looked>,
}

/// What a gatherer looked at, so that what is not known of that is not known of its fact.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looked {
    merge_set: bool,
    settings: bool,
}

impl<'w> Host<'w> {
    /// The host of an Alloy.
    pub fn new(installation: Installation<'w>, options: Options) -> Host<'w> {
        let names =
            options.fingerprint_key.clone().map_or_else(SecretNames::new, SecretNames::with_key);
        let names = names.knowing(installation.system().secrets());
        Host {
            installation,
            options,
            settings: OnceCell::new(),
            deployment: OnceCell::new(),
            faults: OnceCell::new(),
            beyond: OnceCell::new(),
            distances: OnceCell::new(),
            account: OnceCell::new(),
            secrets: OnceCell::new(),
            secret_reads: OnceCell::new(),
            further_files: OnceCell::new(),
            probes: OnceCell::new(),
            beside_prometheus: OnceCell::new(),
            generated_parts: OnceCell::new(),
            secret_names: RefCell::new(names),
            looked: Cell::default(),
        }
    }

    /// The Alloy on it.
    pub fn installation(&self) -> &Installation<'w> {
        &self.installation
    }

    /// The system it stands in.
    pub fn system(&self) -> &'w System {
        self.installation.system()
    }

    /// What the run wants of it.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Does something, and notes what it looks at: what Alloy loads, the agent's settings. One
    /// place for every fact, whatever it is derived from.
    pub(super) fn watching<T>(&self, work: impl FnOnce() -> T) -> (T, Looked) {
        let outer = self.looked.take();
        let done = work();
        (done, self.looked.replace(outer))
    }

    pub(super) fn note_merge_set(&self) {
        self.looked.set(Looked { merge_set: true, ..self.looked.get() });
    }

    /// Why what was looked at is not known in full, if it is not.
    pub(super) fn unknown(&self, looked: Looked) -> Option<NotKnown> {
        if looked.merge_set
            && let Some(unknown) = self.installation.unknown()
        {
            return Some(unknown.clone());
        }
        match &self.settings().file {
            FileState::Unreadable { path, .. } if looked.settings => {
                Some(NotKnown { reason: format!("we may not read {path}"), is_denied: true })
            }
            _ if looked.settings => self.settings().unknown.clone(),
            _ => None,
        }
    }

    /// What Alloy loads.
    pub fn merge_set(&self) -> &MergeSet {
        self.note_merge_set();
        self.installation.merge_set()
    }

    /// The agent's settings, as its service reads them.
    pub fn settings(&self) -> &Settings {
        self.looked.set(Looked { settings: true, ..self.looked.get() });
        self.settings.get_or_init(|| Settings::of_service(self.system()))
    }

    /// The Prometheus that pushes from this host, if it is the one that does.
    pub(super) fn prometheus(&self) -> Option<&Prometheus> {
        self.note_merge_set();
        self.installation.prometheus()
    }

    /// The files beside the one that Prometheus loads that hold a remote write for Trento.
    pub(super) fn beside_prometheus(&self) -> &[Utf8PathBuf] {
        self.beside_prometheus.get_or_init(|| match self.prometheus() {
            Some(prometheus) => {
                prometheus.candidates(self.system(), self.settings_url().as_deref())
            }
            None => Vec::new(),
        })
    }

    /// What people call the program that pushes from this host, and what belongs to it.
    pub(super) fn names(&self) -> &SenderNames {
        self.installation.names()
    }

    /// The URL of the settings, if they set one.
    pub fn settings_url(&self) -> Option<String> {
        let is_set = !self.is_files_only() && self.settings().is_set("prometheus-url");
        is_set.then(|| self.settings().value("prometheus-url").to_owned())
    }

    /// Whether files were given instead of a host.
    pub fn is_files_only(&self) -> bool {
        self.installation.is_files_only()
    }

    /// The graph of what Alloy loads.
    pub fn graph(&self) -> &Graph {
        self.note_merge_set();
        self.installation.graph()
    }

    /// What is evaluated and proven of that graph, each part once.
    pub fn prover(&self) -> &Prover {
        self.note_merge_set();
        let prover = self.installation.prover();
        prover.of_version(self.installation.installed().version())
    }

    /// A graph of these files, as if Alloy loaded them.
    pub(super) fn graph_of<'f>(&self, files: impl Iterator<Item = &'f LoadedFile>) -> Graph {
        self.installation.graph_of(files)
    }

    /// Trento's pipeline, wherever on the host it lies.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        self.note_merge_set();
        self.deployment.get_or_init(|| Deployment::find(self)).as_ref()
    }

    /// Whether a pipeline lies on the host, loaded or not.
    pub fn has_deployment(&self) -> bool {
        self.deployment().is_some()
    }

    /// What the checks of the loaded program as a whole find fault with.
    pub(super) fn faults(&self) -> &Faults {
        self.note_merge_set();
        self.faults.get_or_init(|| Faults::find(self))
    }

    /// What is wrong with the loaded program beyond that: what Alloy only finds when it starts.
    pub(super) fn beyond(&self) -> &[Diagnostic] {
        self.note_merge_set();
        self.beyond.get_or_init(|| {
            let levels = self.installation.levels();
            validate::unsaid(self.prover(), &levels, &self.faults().refused)
        })
    }

    /// The version of Alloy, and how it is known.
    pub fn installed(&self) -> &Installed {
        self.installation.installed()
    }

    /// What the installed Alloy takes.
    pub(super) fn schema(&self) -> Schema {
        Schema::for_version(self.installed().version())
    }

    /// Describes each endpoint of the pipeline.
    pub(super) fn for_each_endpoint(
        &self,
        mut describe: impl FnMut(&Endpoint<'_>) -> Json,
    ) -> Json {
        let Some(deployment) = self.deployment() else { return json!([]) };
        let names = deployment.names(self);
        let folder = &deployment.context(self).working_dir;
        deployment
            .pipeline
            .endpoints
            .iter()
            .map(|block| describe(&Endpoint { names, folder, block }))
            .collect()
    }

    /// The scrapes of host exporters in the pipeline.
    pub(super) fn host_scrapes(&self) -> impl Iterator<Item = (Values<'_>, ComponentId)> {
        self.deployment().into_iter().flat_map(|found| {
            let values = found.prover(self).values();
            found.pipeline.host_scrapes.iter().map(move |&id| (values, id))
        })
    }

    /// The graph that the pipeline stands in, ready to be drawn.
    pub fn drawing(&self) -> Drawing {
        if let Some(prometheus) = self.prometheus() {
            return super::prometheus::drawing(self, prometheus);
        }
        match self.deployment() {
            Some(found) => Drawing::of(found.prover(self), &found.pipeline),
            None => Drawing::of(self.prover(), &self.prover().feed(None)),
        }
    }

    /// The agent's ID, empty where it cannot be known.
    pub fn agent_id_or_empty(&self) -> String {
        if self.is_files_only() { String::new() } else { self.agent_id().unwrap_or_default() }
    }

    /// The name under which Trento expects this host's metrics, where there are settings.
    pub(super) fn exporter_name(&self) -> Option<String> {
        (!self.is_files_only()).then(|| self.settings().exporter_name().to_owned())
    }

    /// The user that the sender runs as.
    pub(super) fn sender_user(&self) -> &str {
        &self.account().name
    }

    /// Whether that user can read a file; none where owners and modes are not known.
    pub(super) fn sender_can_read(&self, path: &Utf8Path) -> Option<Access> {
        let access = self.account().can_read(self.system(), path)?;
        let unit = match self.installation.prometheus() {
            Some(prometheus) => &prometheus.unit,
            None => &self.installation.start().unit,
        };
        let Ok(unit) = unit else { return Some(access) };
        let resolved = self.system().files.resolve(path).unwrap_or_else(|_| path.to_owned());
        Some(match unit.sandbox.hides(&resolved) {
            None => access,
            Some(HiddenBy { setting, folder, .. }) => Access {
                readable: false,
                blocked_by: format!(
                    "{setting} of {} hides {folder} from {}",
                    unit.name,
                    self.names().program
                ),
                unproven: String::new(),
                is_hidden: true,
            },
        })
    }

    /// Whether that user can make files in a folder; none where owners and modes are not known.
    pub(super) fn account_can_fill(&self, folder: &Utf8Path) -> Option<Access> {
        self.account().can_fill(self.system(), folder)
    }

    fn account(&self) -> &Account {
        let (unit, usual) = match self.installation.prometheus() {
            Some(prometheus) => (&prometheus.unit, "prometheus"),
            None => (&self.installation.start().unit, "alloy"),
        };
        self.account.get_or_init(|| match unit {
            Ok(unit) => {
                let user = unit.user.as_ref().map_or("root", |user| user.value.as_str());
                let group = unit.group.as_ref().map(|group| group.value.as_str());
                Account::read(self.system(), user, group, &unit.supplementary_groups)
            }
            Err(_) => Account::read(self.system(), usual, None, &[]),
        })
    }

    /// The name under which a secret is shown.
    pub(super) fn secret_name(&self, secret: &Secret) -> String {
        self.secret_names.borrow_mut().name(secret)
    }

    /// The names under which secrets are shown.
    pub(super) fn secret_names(&self) -> RefMut<'_, SecretNames> {
        self.secret_names.borrow_mut()
    }

    /// A setting as it may be shown.
    pub(super) fn shown(&self, setting: &Setting) -> String {
        setting.shown(&mut self.secret_names.borrow_mut())
    }

    /// A place in one of the host's texts, as facts carry it.
    pub(super) fn at(&self, source: &Source, span: Span) -> Json {
        place(source.at(span))
    }

    /// A file as a whole: its first line.
    pub(super) fn at_file(&self, path: &Utf8Path) -> Json {
        json!({"file": path, "line": 1, "column": 1, "end_line": 1, "end_column": 1})
    }
}
