//! What may stand on either side of a comparison: what is deployed, what would be generated, a
//! template, a host in a folder, files, standard input.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use alloy_grammar::parser::parse;
use alloy_grammar::printer;
use camino::Utf8Path;

use crate::agent::{Given, Settings};
use crate::archive;
use crate::cli::host_args::{self, HostArgs};
use crate::diff::Side;
use crate::error::{Error, Result};
use crate::generate::{Layout, Plan, Template};
use crate::graph::schema::Version;
use crate::graph::{ComponentId, ProgramFile, Prover};
use crate::installation::{Installation, Installed};
use crate::load::{Kind, LoadedFile};
use crate::secret::Vault;
use crate::source::Source;
use crate::system::System;

/// A file's name and text.
pub type Text = (String, String);

/// One side, loaded.
pub struct Loaded {
    /// The graph, and what was found out about it.
    pub prover: Prover,
    /// The files: name and text.
    pub files: Vec<Text>,
    /// Whether it is all a host runs, and not only what is Trento's.
    pub is_host: bool,
    /// The version of Alloy that a host has, where it is known.
    pub version: Option<Version>,
}

/// The host that sides without a name of their own belong to.
pub struct Host<'h> {
    /// Its flags.
    pub args: &'h HostArgs,
    /// The agent's settings on the command line.
    pub given: Given,
    /// The template that is generated.
    pub template: Template,
    /// What must not be shown.
    pub secrets: Vault,
}

impl Host<'_> {
    /// What Alloy loads.
    pub fn deployed(&self) -> Result<Loaded> {
        of_host(self.args.installation(&self.args.system(&self.secrets)?))
    }

    /// What would be generated.
    pub fn generated(&self, template: Template) -> Result<Loaded> {
        let plan = self.plan(template)?;
        let name = format!("generated ({})", template.name());
        let text = printer::print(&plan.file(Layout::Plain));
        let system = self.args.system(&self.secrets)?;
        let tree = Arc::new(parse(text.as_bytes()).file);
        let source = Source::new(name.as_str(), text.as_str());
        let file = ProgramFile { source, tree };
        let prover = Prover::new(self.args.installation(&system).graph_of_text(file));
        Ok(Loaded { prover, files: vec![(name, text)], is_host: false, version: None })
    }

    fn plan(&self, template: Template) -> Result<Plan> {
        plan(&Settings::of_command(&self.args.system(&self.secrets)?, &self.given), template)
    }

    /// What a name on the command line means: a template, standard input, a host in a folder or an
    /// archive, or a file or folder of configuration.
    pub fn named(&self, path: &Utf8Path, stdin: &mut dyn Read) -> Result<Loaded> {
        if let Some(template) = Template::named(path.as_str()) {
            return self.generated(template);
        }
        if is_host(path) {
            let is_archive = path.is_file();
            let system = if is_archive { archive::open(path)? } else { System::rooted(path)? };
            host_args::tell(&system, &self.secrets);
            return of_host(self.args.installation(&system));
        }
        let system = System::live();
        system.secrets().pass_on(&self.secrets);
        let wanted = self.args.wanted();
        of_alloy(Installation::of_paths(&system, wanted, &[path], stdin)?, false)
    }

    /// The URL that Trento's endpoint has by the settings, if they can be read.
    fn url(&self) -> Option<String> {
        self.plan(self.template).ok().map(|plan| plan.url.expose().to_owned())
    }

    /// What of a host is Trento's.
    pub fn pipeline(&self, loaded: &Loaded) -> BTreeSet<ComponentId> {
        loaded.prover.feed(self.url().as_deref()).members
    }
}

/// Whether a folder holds a host's files at their paths.
pub fn is_root(path: &Utf8Path) -> bool {
    path.join("snapshot.json").is_file() || path.join("etc").is_dir()
}

/// Whether a path is a host's: a folder of one, or an archive.
pub fn is_host(path: &Utf8Path) -> bool {
    is_root(path) || path.is_file() && archive::Compression::of_name(path).is_some()
}

/// What the agent's settings ask for.
///
/// # Errors
/// They ask for nothing that could be generated; all reasons are named.
pub fn plan(settings: &Settings, template: Template) -> Result<Plan> {
    Plan::as_agent(settings, template).map_err(|refusals| {
        let messages: Vec<String> = refusals.into_iter().map(|it| it.message).collect();
        Error::Invalid(messages.join("; "))
    })
}

impl Loaded {
    /// The files in which these components stand, or all.
    pub fn texts(&self, only: Option<&BTreeSet<ComponentId>>) -> Vec<Text> {
        let Some(only) = only else { return self.files.clone() };
        let path = |id: &ComponentId| {
            self.prover.graph().source(self.prover.graph().component(*id).file).path()
        };
        let paths: BTreeSet<&str> = only.iter().map(path).collect();
        self.files.iter().filter(|(name, _)| paths.contains(name.as_str())).cloned().collect()
    }

    /// The side to compare, with only these components if any are named.
    pub fn side<'g>(&'g self, only: Option<&BTreeSet<ComponentId>>) -> Side<'g> {
        match only {
            Some(only) => Side::of_components(self.prover.graph(), only.iter().copied()),
            None => Side::whole(self.prover.graph()),
        }
    }
}

fn of_host(installation: Installation<'_>) -> Result<Loaded> {
    if let Kind::Absent(reason) = &installation.merge_set().kind {
        return Err(Error::Invalid(format!(
            "nothing is deployed that could be compared: {reason}"
        )));
    }
    of_alloy(installation, true)
}

fn of_alloy(installation: Installation<'_>, is_host: bool) -> Result<Loaded> {
    let set = installation.merge_set();
    if let Some(unreadable) = set.unreadable.first() {
        let why = unreadable.why.text();
        return Err(Error::Invalid(format!("{} cannot be compared: {why}", unreadable.path)));
    }
    if let Some(broken) = set.files.iter().find(|file| !file.is_sound()) {
        return Err(Error::Invalid(first_error(broken)));
    }
    let file = |x: &LoadedFile| (x.source.path().to_owned(), x.source.text().to_owned());
    let files = set.files.iter().map(file).collect();
    let known = || Some(installation.installed()).filter(|found| found.written.is_some());
    let version = is_host.then(known).flatten().map(Installed::version);
    Ok(Loaded { prover: installation.into_prover(), files, is_host, version })
}

fn first_error(file: &LoadedFile) -> String {
    let first = file.errors.first();
    let at = first.and_then(|error| file.source.at(error.span));
    let place = at.map_or(String::new(), |at| format!(":{}:{}", at.line, at.column));
    let message = first.map_or("it is no text", |error| error.message.as_str());
    format!("{}{place}: {message}", file.path)
}
