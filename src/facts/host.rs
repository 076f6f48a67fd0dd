//! The host as gatherers see it: every part derived once, when the first of them asks.

use std::cell::{OnceCell, RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value as Json, json};

use crate::agent::{Setting, Settings};
use crate::eval;
use crate::facts::deployment::Deployment;
use crate::facts::endpoint::Endpoint;
use crate::facts::faults::Faults;
use crate::facts::permission::{Access, Account};
use crate::facts::running::Running;
use crate::graph::drawing::Drawing;
use crate::graph::schema::Schema;
use crate::graph::{ComponentId, Context, Graph, Program, ProgramFile, Prover, Values};
use crate::host::Seen;
use crate::host::alloy_http::Answers;
use crate::host::package;
use crate::load::{Kind, LoadedFile, MergeSet, Variable};
use crate::probe;
use crate::secret::{Secret, SecretNames};
use crate::source::{At, Source};
use crate::system::System;
use crate::validate::installed::{self, Installed};

/// What a run wants of the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// The systemd unit that runs Alloy.
    pub unit: String,
    /// The path Alloy loads, if not what its unit says.
    pub alloy_config: Option<Utf8PathBuf>,
    /// The version of Alloy, if it is given.
    pub alloy_version: Option<String>,
    /// Whether the network is left alone.
    pub offline: bool,
    /// How long to wait between two looks at the delivery metrics.
    pub watch: Option<Duration>,
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
            unit: "alloy.service".to_owned(),
            alloy_config: None,
            alloy_version: None,
            offline: false,
            watch: None,
            timeout: Duration::from_secs(5),
            last_step: probe::Step::Write,
            url: None,
            fingerprint_key: None,
        }
    }
}

/// A host, and what has been derived of it so far.
pub struct Host<'w> {
    system: &'w System,
    options: Options,
    merge_set: OnceCell<MergeSet>,
    prover: OnceCell<Prover>,
    settings: OnceCell<Settings>,
    deployment: OnceCell<Option<Deployment>>,
    faults: OnceCell<Faults>,
    account: OnceCell<Account>,
    installed: OnceCell<Installed>,
    pub(super) secrets: OnceCell<BTreeSet<String>>,
    pub(super) configuration_files: OnceCell<Vec<LoadedFile>>,
    pub(super) running: OnceCell<Running>,
    pub(super) answers: OnceCell<Seen<Answers>>,
    pub(super) probes: OnceCell<Result<Vec<probe::Report>, String>>,
    secret_names: RefCell<SecretNames>,
}

impl<'w> Host<'w> {
    /// The host of a system.
    pub fn new(system: &'w System, options: Options) -> Host<'w> {
        let names =
            options.fingerprint_key.clone().map_or_else(SecretNames::new, SecretNames::with_key);
        Host {
            system,
            options,
            merge_set: OnceCell::new(),
            prover: OnceCell::new(),
            settings: OnceCell::new(),
            deployment: OnceCell::new(),
            faults: OnceCell::new(),
            account: OnceCell::new(),
            installed: OnceCell::new(),
            secrets: OnceCell::new(),
            configuration_files: OnceCell::new(),
            running: OnceCell::new(),
            answers: OnceCell::new(),
            probes: OnceCell::new(),
            secret_names: RefCell::new(names),
        }
    }

    /// Only these files, as one program: what needs a host does not apply.
    pub fn of_files(system: &'w System, options: Options, files: MergeSet) -> Host<'w> {
        let host = Host::new(system, options);
        let _ = host.merge_set.set(files);
        host
    }

    /// The system it stands in.
    pub fn system(&self) -> &'w System {
        self.system
    }

    /// What the run wants of it.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What Alloy loads.
    pub fn merge_set(&self) -> &MergeSet {
        self.merge_set.get_or_init(|| {
            let config = self.options.alloy_config.as_deref();
            MergeSet::read(self.system, &self.options.unit, config)
        })
    }

    /// The agent's settings, as its service reads them.
    pub fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| Settings::of_service(self.system))
    }

    /// The URL of the settings, if they set one.
    pub fn settings_url(&self) -> Option<String> {
        let is_set = !self.is_files_only() && self.settings().is_set("prometheus-url");
        is_set.then(|| self.settings().value("prometheus-url").to_owned())
    }

    /// Whether files were given instead of a host.
    pub fn is_files_only(&self) -> bool {
        self.merge_set().kind == Kind::Paths
    }

    /// The graph of what Alloy loads.
    pub fn graph(&self) -> &Graph {
        self.prover().graph()
    }

    /// What is evaluated and proven of that graph, each part once.
    pub fn prover(&self) -> &Prover {
        self.prover.get_or_init(|| {
            let files = self.merge_set().files.iter();
            Prover::new(self.graph_of(files.filter(|file| file.is_sound())))
        })
    }

    /// A graph of these files, as if Alloy loaded them.
    pub(super) fn graph_of<'f>(&self, files: impl Iterator<Item = &'f LoadedFile>) -> Graph {
        let files = files
            .map(|file| ProgramFile {
                source: file.source.clone(),
                tree: Arc::new(file.parsed.file.clone()),
            })
            .collect();
        Graph::build(&Program::new(files), self.context())
    }

    /// What any program sees of this host.
    pub(super) fn context(&self) -> Context {
        let start = &self.merge_set().start;
        let folder = start
            .unit
            .as_ref()
            .ok()
            .and_then(|unit| unit.working_directory.as_ref())
            .map_or_else(|| Utf8PathBuf::from("/var/lib/alloy"), |it| it.value.clone().into());
        Context::new(self.system, self.environment(), folder)
    }

    /// What `sys.env` sees: the environment of Alloy's unit, as far as it is known.
    fn environment(&self) -> eval::Environment {
        let environment = &self.merge_set().start.environment;
        let known: BTreeMap<String, String> = environment
            .values()
            .iter()
            .map(|(name, value)| (name.clone(), value.value.clone()))
            .collect();
        match environment.get("a name that no file sets") {
            Variable::Unknown(reason) => eval::Environment::partly_known(known, reason),
            Variable::Set(_) | Variable::Unset => eval::Environment::known(known),
        }
    }

    /// Trento's pipeline, wherever on the host it lies.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        self.deployment.get_or_init(|| Deployment::find(self)).as_ref()
    }

    /// Whether a pipeline lies on the host, loaded or not.
    pub fn has_deployment(&self) -> bool {
        self.deployment().is_some()
    }

    /// What the checks of the loaded program as a whole find fault with.
    pub(super) fn faults(&self) -> &Faults {
        self.faults.get_or_init(|| Faults::find(self))
    }

    /// The version of Alloy, and how it is known.
    pub fn installed(&self) -> &Installed {
        self.installed.get_or_init(|| {
            let given = self.options.alloy_version.as_deref();
            match given.map(installed::given) {
                Some(Ok(given)) => given,
                _ if self.is_files_only() => installed::newest(),
                _ => {
                    let running = self.running_version();
                    let package = match (&running, self.system.is_live()) {
                        (None, true) => package::version("alloy"),
                        _ => None,
                    };
                    installed::detect(self.system, running.as_deref(), package.as_deref())
                }
            }
        })
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
        let graph = deployment.graph(self);
        deployment
            .pipeline
            .endpoints
            .iter()
            .map(|block| describe(&Endpoint { graph, block }))
            .collect()
    }

    /// Describes each scrape of a host exporter in the pipeline.
    pub(super) fn for_each_scrape(
        &self,
        mut describe: impl FnMut(&Values<'_>, ComponentId) -> Json,
    ) -> Json {
        let Some(deployment) = self.deployment() else { return json!([]) };
        let values = deployment.prover(self).values();
        deployment.pipeline.host_scrapes.iter().map(|&id| describe(&values, id)).collect()
    }

    /// The graph that the pipeline stands in, ready to be drawn.
    pub fn drawing(&self) -> Drawing {
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

    /// The user that Alloy runs as.
    pub(super) fn alloy_user(&self) -> &str {
        &self.account().name
    }

    /// Whether that user can read a file; none where owners and modes are not known.
    pub(super) fn alloy_can_read(&self, path: &Utf8Path) -> Option<Access> {
        self.account().can_read(self.system, path)
    }

    fn account(&self) -> &Account {
        self.account.get_or_init(|| match &self.merge_set().start.unit {
            Ok(unit) => {
                let user = unit.user.as_ref().map_or("root", |user| user.value.as_str());
                let group = unit.group.as_ref().map(|group| group.value.as_str());
                Account::read(self.system, user, group, &unit.supplementary_groups)
            }
            Err(_) => Account::read(self.system, "alloy", None, &[]),
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

/// A place as JSON; null where there is none.
pub(super) fn place(at: Option<At>) -> Json {
    at.map_or(Json::Null, |at| json!(at))
}
