//! What Alloy would load on this host, as one merge set, and why each other file is not loaded.
//!
//! Reads and parses files and decides their order. What they mean is for `graph` and `eval`.

mod candidates;
mod command_line;
mod file;
mod folder;
mod secrets;
mod start;

use std::io::{self, Read};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

pub use candidates::{Candidate, NotLoaded};
pub use command_line::AlloyArgs;
pub use file::{LARGEST_CONFIG, LoadedFile, SYNTAX_ERROR, WRONG_ENCODING};
pub use folder::{Unreadable, WhyUnreadable};
pub use start::{
    ENVIRONMENT_FILES, Environment, Origin, PACKAGED_CONFIG, Start, Variable, working_folder,
};

use crate::error::{Error, Result};
use crate::system::{FileKind, System, given};

/// What standard input is called.
pub const STDIN: &str = "<stdin>";

/// What Alloy loads: one program made of files in a fixed order.
#[derive(Clone, Debug)]
pub struct MergeSet {
    /// How Alloy is started: unit, path, flags, environment.
    pub start: Arc<Start>,
    /// What the path it is given turns out to be.
    pub kind: Kind,
    /// The files, in Alloy's order.
    pub files: Vec<LoadedFile>,
    /// Entries that Alloy would have to read and cannot: the load fails as a whole.
    pub unreadable: Vec<Unreadable>,
    /// Files that are not loaded, with the reason.
    pub candidates: Vec<Candidate>,
    /// The value of `alloy_config_hash`; none where not every file could be read.
    pub hash: Option<String>,
}

/// What the path that Alloy is given turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file: loaded alone.
    File,
    /// A folder: its `*.alloy` files.
    Folder,
    /// A link to a folder without a slash behind it: Alloy loads nothing.
    LinkedFolder,
    /// Nothing that can be loaded, for this reason: Alloy does not start.
    Absent(String),
    /// Files that were given one by one.
    Paths,
}

impl MergeSet {
    /// Reads what an Alloy that is started like this loads.
    pub fn read(system: &System, start: Arc<Start>) -> MergeSet {
        let mut set = MergeSet {
            kind: Kind::Absent(String::new()),
            start,
            files: Vec::new(),
            unreadable: Vec::new(),
            candidates: Vec::new(),
            hash: None,
        };
        match set.start.config.clone() {
            Ok(path) => set.load(system, &path),
            Err(reason) => set.kind = Kind::Absent(reason),
        }
        let is_absent = matches!(set.kind, Kind::Absent(_));
        set.hash = (set.unreadable.is_empty() && !is_absent).then(|| file::hash(&set.files));
        let config = set.config_path();
        set.candidates = candidates::find(system, config, &set.kind, &set.files);
        secrets::register(system, &set);
        set
    }

    /// Reads files and folders that were given one by one, as one program; `-` is `stdin`.
    ///
    /// # Errors
    /// A path cannot be read; an entry of a folder that cannot be is part of the set instead.
    pub fn of_paths<P: AsRef<Utf8Path>>(
        system: &System,
        start: Arc<Start>,
        paths: &[P],
        stdin: &mut dyn Read,
    ) -> Result<MergeSet> {
        let mut set = MergeSet {
            start,
            kind: Kind::Paths,
            files: Vec::new(),
            unreadable: Vec::new(),
            candidates: Vec::new(),
            hash: None,
        };
        for path in paths.iter().map(AsRef::as_ref) {
            let failed = |source| Error::Read { path: path.to_owned(), source };
            if path == "-" || given::is_stream(path) {
                let bytes = given::read(path, stdin, LARGEST_CONFIG).map_err(failed)?;
                let shown = if path == "-" { STDIN } else { path.as_str() };
                set.files.push(LoadedFile::new(shown, bytes));
                continue;
            }
            let absolute = system.files.absolute(path).map_err(failed)?;
            let meta = system.files.metadata(&absolute).map_err(failed)?;
            if meta.kind == FileKind::Dir {
                let (files, unreadable) = folder::read(system, &absolute, path).map_err(failed)?;
                set.files.extend(files);
                set.unreadable.extend(unreadable);
            } else {
                set.files.push(LoadedFile::read(system, &absolute, path).map_err(failed)?);
            }
        }
        set.hash = set.unreadable.is_empty().then(|| file::hash(&set.files));
        secrets::register(system, &set);
        Ok(set)
    }

    /// The set as it would be with other bytes at a path, or with nothing there. Reads no file.
    ///
    /// None: Alloy would not load that path, so nothing would change.
    pub fn with_file(&self, path: &Utf8Path, bytes: Option<Vec<u8>>) -> Option<MergeSet> {
        let config: Utf8PathBuf = self.config_path()?.components().collect();
        let path: Utf8PathBuf = path.components().collect();
        let is_loaded = match self.kind {
            Kind::File => path == config,
            Kind::Folder => path.parent() == Some(&*config) && path.extension() == Some("alloy"),
            Kind::LinkedFolder | Kind::Absent(_) | Kind::Paths => false,
        };
        if !is_loaded {
            return None;
        }
        let mut set = self.clone();
        set.files.retain(|file| file.path != path);
        set.unreadable.retain(|entry| entry.path != path);
        set.candidates.retain(|candidate| candidate.file.path != path);
        if let Some(bytes) = bytes {
            set.files.push(LoadedFile::new(path, bytes));
        }
        set.files.sort_by(|a, b| a.path.as_str().as_bytes().cmp(b.path.as_str().as_bytes()));
        set.hash = set.unreadable.is_empty().then(|| file::hash(&set.files));
        Some(set)
    }

    /// The path Alloy is given, a trailing slash kept; none if there is none.
    pub fn config_path(&self) -> Option<&Utf8Path> {
        self.start.config.as_deref().ok()
    }

    fn load(&mut self, system: &System, path: &Utf8Path) {
        let meta = match system.files.metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let why = WhyUnreadable::Permission;
                self.kind = Kind::File;
                return self.unreadable.push(Unreadable { path: path.to_owned(), why });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.kind = Kind::Absent(format!("{path} does not exist"));
                return;
            }
            Err(error) => {
                self.kind = Kind::Absent(format!("{path} cannot be read: {error}"));
                return;
            }
        };
        let outcome = match meta.kind {
            FileKind::Dir if is_unfollowed_link(system, path) => {
                self.kind = Kind::LinkedFolder;
                Ok((Vec::new(), Vec::new()))
            }
            FileKind::Dir => {
                self.kind = Kind::Folder;
                folder::read(system, path, &shown_folder(path))
            }
            FileKind::Special => {
                self.kind = Kind::Absent(format!("{path} is no regular file"));
                return;
            }
            FileKind::File | FileKind::Link => {
                self.kind = Kind::File;
                LoadedFile::read(system, path, path).map(|file| (vec![file], Vec::new()))
            }
        };
        match outcome {
            Ok((files, unreadable)) => (self.files, self.unreadable) = (files, unreadable),
            Err(error) => {
                let why = WhyUnreadable::of(&error);
                self.unreadable.push(Unreadable { path: path.to_owned(), why });
            }
        }
    }
}

/// Whether the path is a link that Alloy does not follow: one without a slash behind it.
fn is_unfollowed_link(system: &System, path: &Utf8Path) -> bool {
    !path.as_str().ends_with('/')
        && !path.as_str().ends_with("/.")
        && system.files.symlink_metadata(path).is_ok_and(|meta| meta.kind == FileKind::Link)
}

/// The folder's path without a trailing slash, as Alloy joins names to it.
fn shown_folder(path: &Utf8Path) -> Utf8PathBuf {
    path.components().collect()
}
