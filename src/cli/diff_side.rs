//! What may stand on either side of a comparison: what is deployed, what would be generated, a
//! template, a host in a folder, files, standard input.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use alloy_grammar::parser::parse;
use alloy_grammar::printer;
use camino::Utf8Path;

use crate::agent::{Given, Settings};
use crate::cli::host_args::HostArgs;
use crate::diff::Side;
use crate::error::{Error, Result};
use crate::eval::Environment;
use crate::generate::{Layout, Plan, Template};
use crate::graph::{ComponentId, Context, Graph, Program, ProgramFile, Prover};
use crate::load::{Kind, LoadedFile, MergeSet};
use crate::source::Source;
use crate::system::System;

/// A file's name and text.
pub type Text = (String, String);

/// One side, loaded.
pub struct Loaded {
    /// The graph.
    pub graph: Arc<Graph>,
    /// The files: name and text.
    pub files: Vec<Text>,
    /// Whether it is all a host runs, and not only what is Trento's.
    pub is_host: bool,
}

/// The host that sides without a name of their own belong to.
pub struct Host<'h> {
    /// Its flags.
    pub args: &'h HostArgs,
    /// The agent's settings on the command line.
    pub given: Given,
    /// The template that is generated.
    pub template: Template,
}

impl Host<'_> {
    /// What Alloy loads.
    pub fn deployed(&self) -> Result<Loaded> {
        let system = self.args.system()?;
        let set = MergeSet::read(&system, &self.args.unit, self.args.alloy_config.as_deref());
        of_host(&system, &set)
    }

    /// What would be generated.
    pub fn generated(&self, template: Template) -> Result<Loaded> {
        let plan = self.plan(template)?;
        let name = format!("generated ({})", template.name());
        let text = printer::print(&plan.file(Layout::Plain));
        let system = self.args.system()?;
        // Nothing in a generated text asks for the environment.
        let context = Context::new(&system, Environment::default(), "/".into());
        let tree = Arc::new(parse(text.as_bytes()).file);
        let source = Source::new(name.as_str(), text.as_str());
        let graph = Graph::build(&Program::new(vec![ProgramFile { source, tree }]), context).into();
        Ok(Loaded { graph, files: vec![(name, text)], is_host: false })
    }

    fn plan(&self, template: Template) -> Result<Plan> {
        let settings = Settings::of_command(&self.args.system()?, &self.given);
        Plan::as_agent(&settings, template).map_err(|refusals| {
            let messages: Vec<String> = refusals.into_iter().map(|x| x.message).collect();
            Error::Invalid(messages.join("; "))
        })
    }

    /// What a name on the command line means: a template, standard input, a host in a folder, or
    /// a file or folder of configuration.
    pub fn named(&self, path: &Utf8Path, stdin: &mut dyn Read) -> Result<Loaded> {
        if let Some(template) = Template::named(path.as_str()) {
            return self.generated(template);
        }
        if is_root(path) {
            let system = System::rooted(path)?;
            let config = self.args.alloy_config.as_deref();
            return of_host(&system, &MergeSet::read(&system, &self.args.unit, config));
        }
        let system = System::live();
        let set = MergeSet::of_paths(&system, &[path], stdin)?;
        of_set(&system, &set, false)
    }

    /// The URL that Trento's endpoint has by the settings, if they can be read.
    fn url(&self) -> Option<String> {
        self.plan(self.template).ok().map(|plan| plan.url.expose().to_owned())
    }

    /// What of a host is Trento's.
    pub fn pipeline(&self, loaded: &Loaded) -> BTreeSet<ComponentId> {
        Prover::new(loaded.graph.clone()).feed(self.url().as_deref()).members
    }
}

/// Whether a folder holds a host's files at their paths.
pub fn is_root(path: &Utf8Path) -> bool {
    path.join("snapshot.json").is_file() || path.join("etc").is_dir()
}

impl Loaded {
    /// The files in which these components stand, or all.
    pub fn texts(&self, only: Option<&BTreeSet<ComponentId>>) -> Vec<Text> {
        let Some(only) = only else { return self.files.clone() };
        let path = |id: &ComponentId| self.graph.source(self.graph.component(*id).file).path();
        let paths: BTreeSet<&str> = only.iter().map(path).collect();
        self.files.iter().filter(|(name, _)| paths.contains(name.as_str())).cloned().collect()
    }

    /// The side to compare, with only these components if any are named.
    pub fn side<'g>(&'g self, only: Option<&BTreeSet<ComponentId>>) -> Side<'g> {
        match only {
            Some(only) => Side::of_components(&self.graph, only.iter().copied()),
            None => Side::whole(&self.graph),
        }
    }
}

fn of_host(system: &System, set: &MergeSet) -> Result<Loaded> {
    if let Kind::Absent(reason) = &set.kind {
        return Err(Error::Invalid(format!(
            "nothing is deployed that could be compared: {reason}"
        )));
    }
    of_set(system, set, true)
}

fn of_set(system: &System, set: &MergeSet, is_host: bool) -> Result<Loaded> {
    if let Some(unreadable) = set.unreadable.first() {
        let why = unreadable.why.text();
        return Err(Error::Invalid(format!("{} cannot be compared: {why}", unreadable.path)));
    }
    if let Some(broken) = set.files.iter().find(|file| !file.is_sound()) {
        return Err(Error::Invalid(first_error(broken)));
    }
    let context = Context::of_start(system, &set.start);
    let graph = Graph::build(&Program::of_merge_set(set), context).into();
    let file = |x: &LoadedFile| (x.source.path().to_owned(), x.source.text().to_owned());
    Ok(Loaded { graph, files: set.files.iter().map(file).collect(), is_host })
}

fn first_error(file: &LoadedFile) -> String {
    let first = file.parsed.errors.first();
    let at = first.and_then(|error| file.source.at(error.span));
    let place = at.map_or(String::new(), |at| format!(":{}:{}", at.line, at.column));
    let message = first.map_or("it is no text", |error| error.message.as_str());
    format!("{}{place}: {message}", file.path)
}
