//! What a change would mean, worked out before anything is touched.

use crate::deploy::edits::{self, Edits, Known};
use crate::deploy::state::Applied;
use crate::deploy::target::Target;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::Change;
use crate::graph::{Graph, Prover};
use crate::installation::Installation;
use crate::load::{LoadedFile, MergeSet};
use crate::validate;

/// The blocks that are Trento's own, in every template and as a module.
const OWN_BLOCKS: &[&str] = &[
    "prometheus.exporter.unix.trento_system",
    "discovery.relabel.trento_system",
    "prometheus.scrape.trento_system",
    "prometheus.remote_write.trento",
    "declare.trento",
];

/// What a change would mean.
#[derive(Debug)]
pub struct Proposal {
    /// Everything Alloy would load then.
    pub merged: MergeSet,
    /// What would change in the file, by meaning.
    pub changes: Vec<Change>,
    /// What of that undoes what a person wrote.
    pub edits: Edits,
    /// Why Alloy would not take it.
    pub faults: Vec<Diagnostic>,
    /// What keeps Alloy from starting already, and the change does not touch.
    pub old_faults: Vec<Diagnostic>,
    /// Why Alloy would not even look at it.
    pub refused: Option<String>,
    /// Other files that are loaded and hold blocks of Trento's pipeline, with their names.
    pub rivals: Vec<(String, Vec<String>)>,
    /// The components that the file brings.
    pub components: Vec<String>,
}

impl Proposal {
    /// Works out what it means to give the file this content, or to take it away, so that Alloy
    /// loads `merged`.
    ///
    /// `templates` are the generated texts of every template; what agrees with one of them is no
    /// local edit, and neither is what `applied` knows.
    pub fn new(
        installation: &Installation<'_>,
        target: &Target,
        content: Option<&str>,
        merged: MergeSet,
        (templates, applied): (&[String], &Applied),
    ) -> Proposal {
        let graph = |text: &[u8]| {
            let file = LoadedFile::new(target.path.clone(), text.to_vec());
            installation.graph_of([&file])
        };
        let before = graph(target.before.as_ref().map_or(b"", |before| &before.content));
        let after = graph(content.unwrap_or_default().as_bytes());
        let changes = edits::against(&before, &after);
        let edits = match content {
            Some(new) => {
                let known = Known { installation, target, applied, templates };
                edits::find(&known, new, &changes)
            }
            None => Edits::default(),
        };
        let Verdict { mut faults, starting, refused } = verdict(installation, &merged);
        let before = || verdict(installation, installation.merge_set()).starting;
        let (old_faults, new) = match starting.is_empty() {
            true => (Vec::new(), starting),
            false => split(starting, &before()),
        };
        faults.extend(new);
        Proposal {
            changes,
            edits,
            faults,
            old_faults,
            refused,
            rivals: rivals(&merged, target),
            components: components(&after),
            merged,
        }
    }

    /// Whether the file already means what it should.
    pub fn changes_nothing(&self, target: &Target, content: &str) -> bool {
        let before = target.before.as_ref().map(|before| before.content.as_slice());
        before == Some(content.as_bytes()) || (before.is_some() && self.changes.is_empty())
    }
}

/// What stands at the top of a file that is not Trento's own.
#[derive(Debug, Default)]
pub struct Foreign {
    /// Blocks by their names, attributes, as far as they can be read.
    pub ids: Vec<String>,
    /// Whether the file does not parse, so that there may be more.
    pub is_broken: bool,
}

/// What of a file is not Trento's own.
pub fn foreign(target: &Target) -> Foreign {
    let content = target.before.as_ref().map_or(&b""[..], |before| &before.content);
    let file = LoadedFile::new(target.path.clone(), content.to_vec());
    let is_other = |id: &String| !OWN_BLOCKS.contains(&id.as_str());
    Foreign { ids: ids(&file).filter(is_other).collect(), is_broken: !file.is_sound() }
}

/// The statements at the top of a file, by name.
fn ids(file: &LoadedFile) -> impl Iterator<Item = String> + '_ {
    let body = file.tree.body();
    let blocks = body.blocks().map(|block| match block.label() {
        Some(label) => format!("{}.{label}", block.name()),
        None => block.name().to_owned(),
    });
    blocks.chain(body.attrs().map(|attr| attr.name().to_owned()))
}

/// Other files that are loaded and hold blocks of Trento's pipeline.
fn rivals(merged: &MergeSet, target: &Target) -> Vec<(String, Vec<String>)> {
    let others = merged.files.iter().filter(|file| file.path != target.path);
    let own = others.map(|file| {
        let own = ids(file).filter(|id| OWN_BLOCKS.contains(&id.as_str()));
        (file.path.to_string(), own.collect::<Vec<_>>())
    });
    own.filter(|(_, own)| !own.is_empty()).collect()
}

fn components(graph: &Graph) -> Vec<String> {
    graph
        .components()
        .filter(|(_, component)| component.is_component() && !graph.scope(component.scope).is_idle)
        .map(|(id, _)| graph.full_id(id))
        .collect()
}

struct Verdict {
    /// Why the files would not be loaded.
    faults: Vec<Diagnostic>,
    /// Why Alloy would not start with them, or not take them when it reloads.
    starting: Vec<Diagnostic>,
    refused: Option<String>,
}

/// Whether Alloy of this host would load everything, and start with it.
fn verdict(installation: &Installation<'_>, merged: &MergeSet) -> Verdict {
    if let Some(unreadable) = merged.unreadable.first() {
        let why = unreadable.why.text();
        let refused = Some(format!("{} cannot be loaded: {why}", unreadable.path));
        return Verdict { faults: Vec::new(), starting: Vec::new(), refused };
    }
    let program = validate::Program::of_files(&merged.files);
    let levels = installation.levels();
    let prover = Prover::new(installation.graph_of(&merged.files));
    let mut verdict = validate::validate(&program, &levels);
    let beyond = validate::strict(&program, &prover, &levels, &verdict);
    validate::soften(prover.graph(), &mut verdict);
    let is_error = |fault: &Diagnostic| fault.severity == Severity::Error;
    Verdict {
        faults: verdict.diagnostics.into_iter().filter(is_error).collect(),
        starting: beyond.into_iter().filter(is_error).collect(),
        refused: verdict.refused,
    }
}

/// The faults that were there before, and the new ones.
fn split(faults: Vec<Diagnostic>, before: &[Diagnostic]) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let is_old = |fault: &Diagnostic| {
        before.iter().any(|old| {
            old.code.name == fault.code.name
                && old.message == fault.message
                && old.source.path() == fault.source.path()
        })
    };
    faults.into_iter().partition(is_old)
}
