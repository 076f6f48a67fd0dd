//! Grafana Alloy on a host: how it is started, what it loads, which version it is, what runs.
//!
//! Made once from a system. Each part has one maker, which is called here only and once, when the
//! first asks for it: unit and command line, environment, working folder, merge set, program,
//! version, and what the running Alloy answers. Judges nothing.

pub mod installed;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Result;
use crate::eval::Environment;
use crate::graph::schema::{Schema, Stability};
use crate::graph::{Context, Graph, Outcome, Program, ProgramFile, Prover};
use crate::host::alloy_http::{self, Access, Answers, Patience, Server};
use crate::host::process::{self, Process};
use crate::host::service::{self, Service};
use crate::host::{Seen, package, running};
use crate::load::{Kind, LoadedFile, MergeSet, Start};
use crate::system::System;
use crate::unit::NotKnown;
use crate::validate::Levels;

pub use installed::Installed;

/// Trento's agent on the same host.
const AGENT: &str = "trento-agent.service";

/// Which Alloy is meant, where that is not for the host to tell.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The systemd unit that runs it.
    pub unit: String,
    /// The path it loads, if not what its unit says.
    pub alloy_config: Option<Utf8PathBuf>,
    /// Its version, if it is given.
    pub alloy_version: Option<Installed>,
    /// How long the running one is asked.
    pub patience: Patience,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            unit: "alloy.service".to_owned(),
            alloy_config: None,
            alloy_version: None,
            patience: Patience::default(),
        }
    }
}

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
}

impl<'s> Installation<'s> {
    /// The Alloy of a host.
    pub fn of(system: &'s System, wanted: Wanted) -> Installation<'s> {
        Installation {
            system,
            wanted,
            start: OnceCell::new(),
            merge_set: OnceCell::new(),
            program: OnceCell::new(),
            prover: OnceCell::new(),
            installed: OnceCell::new(),
            unknown: OnceCell::new(),
            services: OnceCell::new(),
            process: OnceCell::new(),
            answers: OnceCell::new(),
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
        let set = MergeSet::of_paths(system, start.clone(), paths, stdin)?;
        let _ = installation.start.set(start);
        let _ = installation.merge_set.set(set);
        Ok(installation)
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

    /// The units of Alloy and of the agent.
    pub fn services(&self) -> &Seen<BTreeMap<String, Service>> {
        let units = [self.wanted.unit.as_str(), AGENT];
        self.services.get_or_init(|| service::services(self.system, &units))
    }

    /// What systemd says of its own unit.
    pub fn service(&self) -> Option<&Service> {
        match self.services() {
            Seen::Known(services) => services.get(&self.wanted.unit),
            Seen::NotRecorded | Seen::Hidden(_) => None,
        }
    }

    /// Its process.
    pub fn process(&self) -> &Seen<Option<Process>> {
        self.process.get_or_init(|| process::alloy(self.system, &self.wanted.unit, self.service()))
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

    /// The version that it says it is while it runs.
    fn running_version(&self) -> Option<String> {
        match self.answers() {
            Seen::Known(answers) => running::running(answers).ok()?.version,
            Seen::NotRecorded | Seen::Hidden(_) => None,
        }
    }
}
