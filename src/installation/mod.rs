//! What pushes from a host: how it is started, what it loads, which version it is, what runs.
//!
//! Made once from a system. Each part has one maker, which is called here only and once, when the
//! first asks for it: unit and command line, environment, working folder, merge set, program,
//! version, and what the running Alloy answers. Judges nothing.

pub mod installed;
mod names;
pub mod node_exporter;
pub mod prometheus;
mod wanted;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use camino::Utf8Path;

use crate::error::{Error, Result};
use crate::eval::Environment;
use crate::graph::schema::{Schema, Stability};
use crate::graph::{Context, Graph, Outcome, Program, ProgramFile, Prover};
use crate::host::alloy_http::{self, Access, Answers, Server};
use crate::host::process::{self, Process};
use crate::host::prometheus_http;
use crate::host::service::{self, Service};
use crate::host::{Seen, package, running};
use crate::load::{Kind, LoadedFile, MergeSet, Start};
use crate::system::System;
use crate::unit::NotKnown;
use crate::validate::Levels;

pub use installed::Installed;
pub use names::SenderNames;
pub use prometheus::Prometheus;
pub use wanted::{Sender, Wanted};

/// Where the packages put Alloy's program.
const ALLOY: &str = "/usr/bin/alloy";
/// Trento's agent on the same host.
const AGENT: &str = "trento-agent.service";

/// The Alloy of a system, and what is known of it so far.
pub struct Installation<'s> {
    system: &'s System,
    wanted: Wanted,
    start: OnceCell<Arc<Start>>,
    merge_set: OnceCell<MergeSet>,
    program: OnceCell<Program>,
    prover: OnceCell<Prover>,
    installed: OnceCell<Installed>,
    unknown: OnceCell<Option<NotKnown>>,
    services: OnceCell<Seen<BTreeMap<String, Service>>>,
    process: OnceCell<Seen<Option<Process>>>,
    answers: OnceCell<Seen<Answers>>,
    prometheus: OnceCell<Option<Prometheus>>,
    prometheus_answers: OnceCell<Seen<Answers>>,
    names: OnceCell<SenderNames>,
}

impl<'s> Installation<'s> {
    /// The Alloy of a host.
    pub fn of(system: &'s System, wanted: Wanted) -> Installation<'s> {
        Installation {
            system,
            wanted: wanted.on(system),
            start: OnceCell::new(),
            merge_set: OnceCell::new(),
            program: OnceCell::new(),
            prover: OnceCell::new(),
            installed: OnceCell::new(),
            unknown: OnceCell::new(),
            services: OnceCell::new(),
            process: OnceCell::new(),
            answers: OnceCell::new(),
            prometheus: OnceCell::new(),
            prometheus_answers: OnceCell::new(),
            names: OnceCell::new(),
        }
    }

    /// An Alloy that loads these files and folders as one program; `-` is `stdin`. Without any
    /// path, the Alloy of the host.
    ///
    /// # Errors
    /// A path cannot be read.
    pub fn of_paths<P: AsRef<Utf8Path>>(
        system: &'s System,
        wanted: Wanted,
        paths: &[P],
        stdin: &mut dyn Read,
    ) -> Result<Installation<'s>> {
        let installation = Installation::of(system, wanted);
        if paths.is_empty() {
            return Ok(installation);
        }
        let start = Arc::new(Start::of_paths(system, &installation.wanted.unit));
        if installation.wanted.sender == Sender::PrometheusAgent {
            installation.load_for_prometheus(paths, stdin)?;
        }
        let is_alloys = installation.wanted.sender != Sender::PrometheusAgent;
        let paths = if is_alloys { paths } else { &[] };
        let set = MergeSet::of_paths(system, start.clone(), paths, stdin)?;
        let _ = installation.start.set(start);
        let _ = installation.merge_set.set(set);
        Ok(installation)
    }

    fn load_for_prometheus<P: AsRef<Utf8Path>>(
        &self,
        paths: &[P],
        stdin: &mut dyn Read,
    ) -> Result<()> {
        let [path] = paths else {
            return Err(Error::Usage("give the one file that Prometheus loads".to_owned()));
        };
        let version = self.wanted.prometheus_version.as_ref();
        let found = Prometheus::of_file(self.system, path.as_ref(), version, stdin)?;
        let _ = self.prometheus.set(Some(found));
        Ok(())
    }

    /// The Prometheus that pushes from this host, if it is the one that does.
    pub fn prometheus(&self) -> Option<&Prometheus> {
        match self.wanted.sender {
            Sender::Alloy => None,
            Sender::PrometheusAgent => self.prometheus_beside(),
            Sender::Auto if self.is_files_only() || self.has_alloy() => None,
            Sender::Auto => self.prometheus_beside().filter(|found| found.is_set_up()),
        }
    }

    /// Whether Prometheus is what pushes, or is meant to be.
    pub fn is_of_prometheus(&self) -> bool {
        self.wanted.sender == Sender::PrometheusAgent || self.prometheus().is_some()
    }

    /// The sender that Trento's part is to be given to: the one that is meant or set up, else the
    /// one that is installed and waits for its first file.
    ///
    /// # Errors
    /// Both are installed, and neither has a file that tells which one sends.
    pub fn to_be_set_up(&self) -> Result<Sender> {
        if self.is_of_prometheus() {
            return Ok(Sender::PrometheusAgent);
        }
        if self.wanted.sender != Sender::Auto || self.is_files_only() || self.has_alloy() {
            return Ok(Sender::Alloy);
        }
        let is_agent = |found: &Prometheus| found.unit.is_ok() && found.asks_for_agent();
        if !self.prometheus_beside().is_some_and(is_agent) {
            return Ok(Sender::Alloy);
        }
        match self.start().unit.is_ok() || self.system.files.exists(Utf8Path::new(ALLOY)) {
            false => Ok(Sender::PrometheusAgent),
            true => Err(Error::Usage(
                "Alloy and Prometheus in agent mode are both installed, and neither has a \
                 configuration yet: name the one that is to send with --sender alloy or --sender \
                 prometheus-agent"
                    .to_owned(),
            )),
        }
    }

    /// The Prometheus of this host, whether it is the sender or not.
    pub fn prometheus_beside(&self) -> Option<&Prometheus> {
        let Wanted { prometheus_unit, prometheus_version, .. } = &self.wanted;
        let found = self.prometheus.get_or_init(|| {
            Prometheus::of_host(self.system, prometheus_unit, prometheus_version.as_ref())
        });
        found.as_ref()
    }

    /// The unit of the program that pushes.
    fn sender_unit(&self) -> &str {
        match self.is_of_prometheus() {
            true => &self.wanted.prometheus_unit,
            false => &self.wanted.unit,
        }
    }

    /// Whether Alloy is set up here, as far as that can be known.
    fn has_alloy(&self) -> bool {
        let set = self.merge_set();
        !matches!(set.kind, Kind::Absent(_))
            || !set.candidates.is_empty()
            || self.start().unknown.is_some()
    }

    /// The same Alloy on the same system, of which nothing has been read yet.
    pub fn again(&self) -> Installation<'s> {
        Installation::of(self.system, self.wanted.clone())
    }

    /// The system it stands in.
    pub fn system(&self) -> &'s System {
        self.system
    }

    /// Which Alloy was meant.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Whether files were given, so that the host's own are not meant.
    pub fn is_files_only(&self) -> bool {
        self.merge_set.get().is_some_and(|set| set.kind == Kind::Paths)
    }

    /// How it is started: unit, command line, environment, working folder.
    pub fn start(&self) -> &Arc<Start> {
        self.start.get_or_init(|| {
            let config = self.wanted.alloy_config.as_deref();
            Arc::new(Start::read(self.system, &self.wanted.unit, config))
        })
    }

    /// What it loads.
    pub fn merge_set(&self) -> &MergeSet {
        self.merge_set.get_or_init(|| MergeSet::read(self.system, self.start().clone()))
    }

    /// The files it loads that parse, as one program.
    pub fn program(&self) -> &Program {
        self.program.get_or_init(|| Program::of_merge_set(self.merge_set()))
    }

    /// The graph of what it loads.
    pub fn graph(&self) -> &Graph {
        self.prover().graph()
    }

    /// What is evaluated and proven of that graph, each part once.
    pub fn prover(&self) -> &Prover {
        self.prover.get_or_init(|| Prover::new(Graph::build(self.program(), self.context())))
    }

    /// The prover of what it loads, for whoever needs nothing else.
    pub fn into_prover(mut self) -> Prover {
        let made = self.prover.take();
        made.unwrap_or_else(|| Prover::new(Graph::build(self.program(), self.context())))
    }

    /// Why it is not known in full what it loads, if it is not: something that we may not read, or
    /// that files do not tell. Whatever looks at what it loads is then unknown too.
    pub fn unknown(&self) -> Option<&NotKnown> {
        self.unknown.get_or_init(|| self.find_unknown()).as_ref()
    }

    fn find_unknown(&self) -> Option<NotKnown> {
        if self.is_of_prometheus() {
            return self.prometheus()?.unknown.clone();
        }
        let denied = |path: &Utf8Path| NotKnown {
            reason: format!("we may not read {path}"),
            is_denied: true,
        };
        let set = self.merge_set();
        if let Some(unknown) = &set.start.unknown {
            return Some(unknown.clone());
        }
        if let Some(unreadable) = set.unreadable.iter().find(|it| it.why.is_ours()) {
            return Some(denied(&unreadable.path));
        }
        self.graph().imports().iter().find_map(|import| match &import.outcome {
            Outcome::Denied(path) => Some(denied(path)),
            _ => None,
        })
    }

    /// The graph of other files, as if this Alloy loaded them.
    pub fn graph_of<'f>(&self, files: impl IntoIterator<Item = &'f LoadedFile>) -> Graph {
        Graph::build(&Program::of_files(files), self.context())
    }

    /// The graph of a text that is on no disk, as if this Alloy loaded it.
    pub fn graph_of_text(&self, file: ProgramFile) -> Graph {
        Graph::build(&Program::new(vec![file]), self.context())
    }

    /// What any program sees of its host.
    fn context(&self) -> Context {
        let start = self.start();
        let environment = Environment::from(&start.environment);
        Context::new(self.system, environment, start.folder.clone())
    }

    /// Its version, and how it is known.
    pub fn installed(&self) -> &Installed {
        self.installed.get_or_init(|| match &self.wanted.alloy_version {
            Some(given) => given.clone(),
            // Files that stand for themselves belong to no host.
            None if self.is_files_only() && self.system.own_environment().is_some() => {
                installed::newest()
            }
            None => {
                let running = self.running_version();
                let package = match running {
                    None => package::version(self.system, "alloy"),
                    Some(_) => None,
                };
                installed::detect(self.system, running.as_deref(), package.as_deref())
            }
        })
    }

    /// What it takes: the components of its version, as far as its flags allow them.
    pub fn levels(&self) -> Levels {
        let args = &self.start().args;
        Levels {
            schema: Schema::for_version(self.installed().version()),
            stability: Stability::parse(args.stability()).unwrap_or(Stability::GenerallyAvailable),
            community: args.allows_community(),
        }
    }

    /// The units of the sender, of the agent, and of an exporter of its own.
    pub fn services(&self) -> &Seen<BTreeMap<String, Service>> {
        self.services.get_or_init(|| {
            let mut units = vec![self.sender_unit(), AGENT];
            if self.is_of_prometheus() {
                units.extend(node_exporter::unit_name(self.system));
            }
            service::services(self.system, &units)
        })
    }

    /// What systemd says of its own unit.
    pub fn service(&self) -> Option<&Service> {
        match self.services() {
            Seen::Known(services) => services.get(self.sender_unit()),
            Seen::NotRecorded | Seen::Hidden(_) => None,
        }
    }

    /// Its process.
    pub fn process(&self) -> &Seen<Option<Process>> {
        let is_it = match self.is_of_prometheus() {
            true => Process::is_prometheus,
            false => Process::is_alloy,
        };
        self.process.get_or_init(|| {
            process::of_unit(self.system, self.sender_unit(), self.service(), is_it)
        })
    }

    /// Where its HTTP server listens, and how to be let in.
    pub fn http_server(&self) -> Server {
        let arguments = match self.process() {
            Seen::Known(Some(process)) => process.alloy_args(),
            _ => self.start().args.clone(),
        };
        let mut server = Server::of(&arguments);
        server.access = Access::of_program(&self.prover().values());
        server
    }

    /// What its HTTP server answers.
    pub fn answers(&self) -> &Seen<Answers> {
        self.answers.get_or_init(|| {
            alloy_http::answers(self.system, &self.http_server(), self.wanted.patience)
        })
    }

    /// What the HTTP server of the Prometheus that pushes from here answers.
    pub fn prometheus_answers(&self) -> &Seen<Answers> {
        self.prometheus_answers.get_or_init(|| match self.prometheus() {
            Some(found) => {
                let server = found.http_server(self.system);
                prometheus_http::answers(self.system, &server, self.wanted.patience)
            }
            None => Seen::NotRecorded,
        })
    }

    /// The version that it says it is while it runs.
    fn running_version(&self) -> Option<String> {
        match self.answers() {
            Seen::Known(answers) => running::running(answers).ok()?.version,
            Seen::NotRecorded | Seen::Hidden(_) => None,
        }
    }
}
