//! Registers the secrets of what Alloy loads: of its configuration, of the variables and files that
//! the configuration reads secrets from, and of its command line.

use std::collections::BTreeMap;

use alloy_grammar::span::Span;
use camino::Utf8Path;

use super::{LoadedFile, MergeSet, Variable};
use crate::diagnostic::Diagnostic;
use crate::secret::lines::{self, Kind};
use crate::secret::{self, Vault, names, tree};
use crate::source::Source;
use crate::system::{FileKind, System};

/// The most that is read of a file with a secret in it.
const LARGEST: u64 = 1 << 20;

/// Registers all that is secret in a merge set, files that are not loaded included.
pub(super) fn register(system: &System, set: &MergeSet) {
    let vault = system.secrets();
    let around = Around { system, set };
    let trees: Vec<_> = set.files.iter().map(|file| &*file.tree).collect();
    tree::register(&trees, &around, vault);
    for candidate in &set.candidates {
        tree::register(&[&*candidate.file.tree], &around, vault);
    }
    let others = set.candidates.iter().map(|candidate| &candidate.file);
    for file in set.files.iter().chain(others).filter(|file| !file.is_sound()) {
        register_broken(system, file, vault);
    }
    for (name, value) in set.start.environment.values() {
        vault.register_variable(name, &value.value);
    }
    if let Ok(unit) = &set.start.unit {
        register_command(&unit.exec_start, vault);
    }
}

impl MergeSet {
    /// The texts of its files, secrets covered, by path.
    pub fn shown_sources(&self, vault: &Vault) -> BTreeMap<String, Source> {
        let shown = |file: &LoadedFile| {
            let tree = file.is_sound().then_some(&*file.tree);
            secret::covered(&file.source, tree, Kind::Configuration, vault)
        };
        self.files.iter().map(|file| (file.source.path().to_owned(), shown(file))).collect()
    }

    /// Diagnostics of its files, with the secrets of the texts they point into covered.
    pub fn covered(&self, diagnostics: &[Diagnostic], vault: &Vault) -> Vec<Diagnostic> {
        let mut known: BTreeMap<String, Source> = BTreeMap::new();
        let mut shown = |source: &Source, span: Span| -> (Source, Span) {
            let source = known.entry(source.path().to_owned()).or_insert_with(|| {
                let file = self.files.iter().find(|file| file.source.path() == source.path());
                let tree = file.filter(|file| file.is_sound()).map(|file| &*file.tree);
                secret::covered(source, tree, Kind::Configuration, vault)
            });
            (source.clone(), source.shown_span(span))
        };
        let mut covered = diagnostics.to_vec();
        for diagnostic in &mut covered {
            (diagnostic.source, diagnostic.span) = shown(&diagnostic.source, diagnostic.span);
            for label in &mut diagnostic.labels {
                (label.source, label.span) = shown(&label.source, label.span);
            }
        }
        covered
    }
}

/// A file that does not parse goes by its lines. One that Alloy takes from elsewhere by a link,
/// and that not everybody may read, may be anything: nothing of it is quoted.
fn register_broken(system: &System, file: &LoadedFile, vault: &Vault) {
    lines::register(file.source.text(), Kind::Configuration, vault);
    let is_link =
        system.files.symlink_metadata(&file.path).is_ok_and(|meta| meta.kind == FileKind::Link);
    if is_link && !is_for_everybody(system, &file.path) {
        vault.register_content(file.source.text());
    }
}

fn is_for_everybody(system: &System, path: &Utf8Path) -> bool {
    let ownership = system.files.metadata(path).ok().and_then(|meta| meta.ownership);
    ownership.is_some_and(|ownership| ownership.mode & 0o004 != 0)
}

/// Credentials in flags: `--token VALUE`, `--token=VALUE`, and URLs with user-info.
fn register_command(words: &[String], vault: &Vault) {
    let mut flag = None;
    for word in words {
        vault.register_url(word);
        match (word.strip_prefix('-'), flag.take()) {
            (Some(name), _) => match name.split_once('=') {
                Some((name, value)) => vault.register_variable(name.trim_start_matches('-'), value),
                None => flag = Some(name.trim_start_matches('-')),
            },
            (None, Some(name)) if names::is_secret_name(name) => vault.register(word),
            (None, _) => {}
        }
    }
}

/// The host around the program: variables of its unit, files on it.
struct Around<'a> {
    system: &'a System,
    set: &'a MergeSet,
}

impl tree::Around for Around<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        match self.set.start.environment.get(name) {
            Variable::Set(value) => Some(value.value.clone()),
            Variable::Unset | Variable::Unknown(_) => {
                let known: &BTreeMap<_, _> = self.set.start.environment.values();
                known.get(name).map(|value| value.value.clone())
            }
        }
    }

    fn file(&self, path: &str) -> Option<String> {
        let path = self.set.start.folder.join(path);
        let meta = self.system.files.metadata(&path).ok()?;
        let is_small = meta.kind == FileKind::File && meta.size <= LARGEST;
        let content = is_small.then(|| self.system.files.read_to_string(&path).ok())??;
        self.system.files.register_secret_file(&path, &content);
        Some(content)
    }
}
