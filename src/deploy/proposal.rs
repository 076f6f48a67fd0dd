//! What a change would mean, worked out before anything is touched.

use crate::deploy::target::Target;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::{self, Change, Kind, Side};
use crate::graph::Graph;
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

/// The arguments that the agent's settings decide: another value there is no local edit.
const SET_BY_THE_AGENT: &[(&str, &[&str])] = &[
    (
        "prometheus.remote_write",
        &["endpoint.url", "endpoint.basic_auth", "endpoint.bearer_token", "endpoint.tls_config"],
    ),
    ("prometheus.scrape", &["scrape_interval"]),
    ("discovery.relabel", &["rule.replacement"]),
];

/// What a change would mean.
#[derive(Debug)]
pub struct Proposal {
    /// Everything Alloy would load then.
    pub merged: MergeSet,
    /// What would change in the file, by meaning.
    pub changes: Vec<Change>,
    /// What of that undoes what a person wrote.
    pub edits: Vec<Change>,
    /// Why Alloy would not take it.
    pub faults: Vec<Diagnostic>,
    /// Why Alloy would not even look at it.
    pub refused: Option<String>,
    /// The components that the file brings.
    pub components: Vec<String>,
}

impl Proposal {
    /// Works out what it means to give the file this content, or to take it away.
    ///
    /// `templates` are the generated texts of every template; what agrees with one of them is no
    /// local edit. None: Alloy would not load the file.
    pub fn new(
        installation: &Installation<'_>,
        target: &Target,
        content: Option<&str>,
        templates: &[String],
    ) -> Option<Proposal> {
        let bytes = content.map(|content| content.as_bytes().to_vec());
        let merged = installation.merge_set().with_file(&target.path, bytes)?;
        let graph = |text: &[u8]| {
            let file = LoadedFile::new(target.path.clone(), text.to_vec());
            installation.graph_of([&file])
        };
        let before = graph(target.before.as_ref().map_or(b"", |before| &before.content));
        let after = graph(content.unwrap_or_default().as_bytes());
        let against = |other: &Graph| diff::compare(&Side::whole(&before), &Side::whole(other));
        let changes = against(&after);
        let mut edits: Vec<Change> =
            changes.iter().filter(|change| is_edit(change)).cloned().collect();
        for template in templates {
            let other = against(&graph(template.as_bytes()));
            edits.retain(|edit| {
                other.iter().any(|also| also.component == edit.component && also.path == edit.path)
            });
        }
        let (faults, refused) = verdict(installation, &merged);
        Some(Proposal { merged, changes, edits, faults, refused, components: components(&after) })
    }

    /// Whether the file already means what it should.
    pub fn changes_nothing(&self, target: &Target, content: &str) -> bool {
        let before = target.before.as_ref().map(|before| before.content.as_slice());
        before == Some(content.as_bytes()) || (before.is_some() && self.changes.is_empty())
    }
}

/// Blocks of a file that are not Trento's own.
pub fn foreign_blocks(target: &Target) -> Vec<String> {
    let content = target.before.as_ref().map_or(&b""[..], |before| &before.content);
    let file = LoadedFile::new(target.path.clone(), content.to_vec());
    if !file.is_sound() {
        return vec!["text that does not parse".to_owned()];
    }
    let body = file.tree.body();
    let blocks = body.blocks().map(|block| match block.label() {
        Some(label) => format!("{}.{label}", block.name()),
        None => block.name().to_owned(),
    });
    let attributes = body.attrs().map(|attr| attr.name().to_owned());
    blocks.chain(attributes).filter(|id| !OWN_BLOCKS.contains(&id.as_str())).collect()
}

/// Whether a change undoes what a person wrote, rather than what the agent's settings decide.
fn is_edit(change: &Change) -> bool {
    if change.kind == Kind::Added {
        return false;
    }
    let path = without_numbers(&change.path);
    let decided = SET_BY_THE_AGENT.iter().any(|(component, paths)| {
        change.component.starts_with(component)
            && paths.iter().any(|decided| {
                path.strip_prefix(decided)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
    });
    !decided
}

/// A path without the numbers of repeated blocks: `rule[1].replacement` is `rule.replacement`.
fn without_numbers(path: &str) -> String {
    let mut bare = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => bare.push(c),
            _ => {}
        }
    }
    bare
}

fn components(graph: &Graph) -> Vec<String> {
    graph
        .components()
        .filter(|(_, component)| component.is_component() && !graph.scope(component.scope).is_idle)
        .map(|(id, _)| graph.full_id(id))
        .collect()
}

/// What Alloy of this host would say of everything it would load.
fn verdict(
    installation: &Installation<'_>,
    merged: &MergeSet,
) -> (Vec<Diagnostic>, Option<String>) {
    if let Some(unreadable) = merged.unreadable.first() {
        let why = unreadable.why.text();
        return (Vec::new(), Some(format!("{} cannot be loaded: {why}", unreadable.path)));
    }
    let program = validate::Program::of_files(&merged.files);
    let verdict = validate::validate(&program, &installation.levels());
    let is_error = |fault: &Diagnostic| fault.severity == Severity::Error;
    (verdict.diagnostics.into_iter().filter(is_error).collect(), verdict.refused)
}
