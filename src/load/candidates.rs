//! Files that look as if Alloy should load them and that it does not, each with the reason.
//!
//! They are values of their own and never part of the merge set.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Kind;
use super::file::LoadedFile;
use crate::system::{FileKind, System};

/// How deep below a folder candidates are looked for.
const DEEPEST: usize = 4;
/// How many entries are looked at, and how many files read: a configuration folder has few.
const MOST_ENTRIES: usize = 10_000;
const MOST_FILES: usize = 256;

/// A file that is not loaded.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The file.
    pub file: LoadedFile,
    /// Why Alloy does not load it.
    pub reason: NotLoaded,
}

/// Why Alloy does not load a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotLoaded {
    /// Alloy loads one file, and this lies beside it.
    BesideFile(Utf8PathBuf),
    /// It lies in a folder below the one Alloy loads, and Alloy does not look there.
    Subfolder(Utf8PathBuf),
    /// The path Alloy is given is a link to a folder, and Alloy does not follow it.
    LinkedFolder(Utf8PathBuf),
    /// Alloy loads something else.
    OtherPlace(Option<Utf8PathBuf>),
    /// Alloy loads nothing, for this reason.
    Nothing(String),
}

impl NotLoaded {
    /// One clause that says it.
    pub fn text(&self) -> String {
        match self {
            NotLoaded::BesideFile(path) => format!("Alloy loads the file {path} alone"),
            NotLoaded::Subfolder(path) => format!("Alloy does not look below {path}"),
            NotLoaded::LinkedFolder(path) => {
                format!("{path} is a link to a folder, which Alloy follows only with a `/` behind")
            }
            NotLoaded::OtherPlace(Some(path)) => format!("Alloy loads {path}"),
            NotLoaded::OtherPlace(None) => "Alloy loads nothing".to_owned(),
            NotLoaded::Nothing(reason) => format!("Alloy loads nothing: {reason}"),
        }
    }

    /// A word for it, for facts and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            NotLoaded::BesideFile(_) => "beside_file",
            NotLoaded::Subfolder(_) => "subfolder",
            NotLoaded::LinkedFolder(_) => "linked_folder",
            NotLoaded::OtherPlace(_) | NotLoaded::Nothing(_) => "other_place",
        }
    }
}

/// Finds the candidates around what Alloy loads.
pub(super) fn find(
    system: &System,
    config: Option<&Utf8Path>,
    kind: &Kind,
    loaded: &[LoadedFile],
) -> Vec<Candidate> {
    let resolve = |path: &Utf8Path| system.files.resolve(path).ok();
    let mut seen: BTreeSet<Utf8PathBuf> =
        loaded.iter().filter_map(|file| resolve(&file.path)).collect();
    let mut found: Vec<Candidate> = Vec::new();
    for (folder, depth) in folders(config, kind) {
        for path in alloy_files(system, &folder, depth) {
            if found.len() >= MOST_FILES {
                break;
            }
            if !resolve(&path).is_some_and(|resolved| seen.insert(resolved)) {
                continue;
            }
            if let Ok(file) = LoadedFile::read(system, &path, &path) {
                let reason = reason(config, kind, &path);
                found.push(Candidate { file, reason });
            }
        }
    }
    found.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    found
}

/// The `*.alloy` entries below a folder that are no folders, down to a depth, sorted by name. Links
/// to folders are not followed.
fn alloy_files(system: &System, folder: &Utf8Path, depth: usize) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), depth)];
    let mut looked_at = 0;
    while let Some((folder, depth)) = waiting.pop() {
        let mut below = Vec::new();
        for entry in system.files.read_dir(&folder).unwrap_or_default() {
            looked_at += 1;
            if looked_at > MOST_ENTRIES {
                return found;
            }
            let path = folder.join(&entry.name);
            match entry.kind {
                FileKind::Dir if depth > 1 => below.push((path, depth - 1)),
                FileKind::Dir => {}
                _ if entry.name.ends_with(".alloy") => found.push(path),
                _ => {}
            }
        }
        waiting.extend(below.into_iter().rev());
    }
    found
}

/// Where candidates are looked for, and how deep.
fn folders(config: Option<&Utf8Path>, kind: &Kind) -> Vec<(Utf8PathBuf, usize)> {
    let mut folders = vec![(Utf8PathBuf::from("/etc/alloy"), DEEPEST)];
    match (config, kind) {
        (Some(path), Kind::Folder | Kind::LinkedFolder) => folders.push((path.into(), DEEPEST)),
        (Some(path), Kind::File) => {
            if let Some(parent) = path.parent().filter(|parent| parent.parent().is_some()) {
                folders.push((parent.to_owned(), 1));
                folders.push((parent.join("config.d"), 1));
            }
        }
        _ => {}
    }
    folders
}

fn reason(config: Option<&Utf8Path>, kind: &Kind, path: &Utf8Path) -> NotLoaded {
    let other = || match kind {
        Kind::Absent(reason) if !reason.is_empty() => NotLoaded::Nothing(reason.clone()),
        _ => NotLoaded::OtherPlace(config.map(Utf8Path::to_owned)),
    };
    let Some(config) = config else { return other() };
    match kind {
        Kind::LinkedFolder => NotLoaded::LinkedFolder(config.to_owned()),
        Kind::Folder if path.starts_with(config) => NotLoaded::Subfolder(config.to_owned()),
        Kind::File if config.parent().is_some_and(|parent| path.starts_with(parent)) => {
            NotLoaded::BesideFile(config.to_owned())
        }
        _ => other(),
    }
}
