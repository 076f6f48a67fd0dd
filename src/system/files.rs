//! The host's files: reads, and what stands around them (kind, owner, mode).
//!
//! Paths are those on the host. Under a root folder links resolve inside it and `..` never leaves
//! it, so a copied `/etc/alloy -> /srv/alloy` is followed into the folder, not out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, OnceLock};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::system::snapshot::{RecordedFile, Snapshot};

/// The most that is read of one file; a configuration of this size is a mistake.
const LARGEST_FILE: u64 = 128 << 20;
/// As Linux does: more links than this on one path is a loop.
const MOST_LINKS: u32 = 40;

/// The files of a host.
#[derive(Clone, Debug)]
pub struct HostFiles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// None: the running system's own root.
    root: Option<Utf8PathBuf>,
    snapshot: Option<Snapshot>,
    accounts: OnceLock<Accounts>,
    /// The paths that were looked at, where somebody wants to know.
    looked_at: Option<Mutex<BTreeSet<Utf8PathBuf>>>,
}

/// Names of users and groups by number, from the host's own files.
#[derive(Debug, Default)]
struct Accounts {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link (only where links are not followed).
    Link,
    /// A FIFO, a socket or a device: never read.
    Special,
}

/// Who may do what with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Permission bits, such as `0o640`.
    pub mode: u32,
    /// Name of the owner, or the number where it has no name.
    pub user: String,
    /// Name of the group, or the number where it has no name.
    pub group: String,
}

/// What stands around a file's content.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Seconds since 1970 of the last change of content.
    pub modified: i64,
    /// Owner and mode; none where a copy has lost them (design: "whose permissions").
    pub ownership: Option<Ownership>,
}

/// One entry of a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name; bytes that are not UTF-8 are shown as U+FFFD.
    pub name: String,
    /// What it is, links not followed.
    pub kind: FileKind,
}

impl HostFiles {
    /// The running system's files.
    pub fn live() -> HostFiles {
        HostFiles(Arc::new(Inner {
            root: None,
            snapshot: None,
            accounts: OnceLock::new(),
            looked_at: None,
        }))
    }

    /// The files of a host in a folder.
    pub fn rooted(root: &Utf8Path, snapshot: Option<Snapshot>) -> HostFiles {
        HostFiles(Arc::new(Inner {
            root: Some(root.to_owned()),
            snapshot,
            accounts: OnceLock::new(),
            looked_at: None,
        }))
    }

    /// The same files, with a memory of what is looked at.
    pub fn watched(&self) -> HostFiles {
        HostFiles(Arc::new(Inner {
            root: self.0.root.clone(),
            snapshot: self.0.snapshot.clone(),
            accounts: OnceLock::new(),
            looked_at: Some(Mutex::default()),
        }))
    }

    /// What was looked at since [`HostFiles::watched`], links followed, sorted.
    pub fn looked_at(&self) -> BTreeSet<Utf8PathBuf> {
        let looked_at = self.0.looked_at.as_ref().and_then(|paths| paths.lock().ok());
        looked_at.map(|paths| paths.clone()).unwrap_or_default()
    }

    fn note(&self, path: &Utf8Path) {
        if let Some(mut paths) = self.0.looked_at.as_ref().and_then(|paths| paths.lock().ok()) {
            paths.insert(path.to_owned());
        }
    }

    /// What `snapshot.json` recorded.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.0.snapshot.as_ref()
    }

    /// Reads a regular file, following links inside the root.
    ///
    /// # Errors
    /// As the system's, and `InvalidInput` for anything that is no regular file (a FIFO would
    /// block for ever) or is larger than 128 MiB.
    pub fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        let outer = self.outer_resolved(path)?;
        if self.0.looked_at.is_some() {
            self.note(&self.resolve(path)?);
        }
        let meta = fs::metadata(&outer)?;
        if meta.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        if meta.len() > LARGEST_FILE {
            return Err(too_large());
        }
        let mut content = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
        let read = File::open(&outer)?.take(LARGEST_FILE + 1).read_to_end(&mut content)?;
        if read as u64 > LARGEST_FILE { Err(too_large()) } else { Ok(content) }
    }

    /// Reads a regular file as text.
    ///
    /// # Errors
    /// As [`HostFiles::read`], and `InvalidData` if it is not UTF-8.
    pub fn read_to_string(&self, path: &Utf8Path) -> io::Result<String> {
        String::from_utf8(self.read(path)?)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }

    /// The entries of a folder, sorted by the bytes of their names.
    ///
    /// # Errors
    /// As the system's.
    pub fn read_dir(&self, path: &Utf8Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.outer_resolved(path)?)? {
            let entry = entry?;
            entries.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                kind: kind(entry.file_type()?),
            });
        }
        entries.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        Ok(entries)
    }

    /// What a path is, links followed inside the root.
    ///
    /// # Errors
    /// As the system's; `NotFound` for a dangling link.
    pub fn metadata(&self, path: &Utf8Path) -> io::Result<Metadata> {
        let resolved = self.resolve(path)?;
        self.metadata_at(&resolved)
    }

    /// What a path is, its last component not followed.
    ///
    /// # Errors
    /// As the system's.
    pub fn symlink_metadata(&self, path: &Utf8Path) -> io::Result<Metadata> {
        let resolved = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.resolve(parent)?.join(name),
            _ => self.resolve(path)?,
        };
        self.metadata_at(&resolved)
    }

    /// A path that we were given, from the folder we were started in; under a root folder, from
    /// that. A trailing slash stays.
    ///
    /// # Errors
    /// The folder we were started in is gone, or its path is not UTF-8.
    pub fn absolute(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let here = match self.0.root {
            Some(_) => Utf8PathBuf::from("/"),
            None => Utf8PathBuf::try_from(std::path::absolute(".")?)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "its path is not UTF-8"))?,
        };
        Ok(here.join(path))
    }

    /// Where a symbolic link points, as it is written there.
    ///
    /// # Errors
    /// As the system's; `InvalidInput` for what is no link, `InvalidData` for a target that is
    /// not UTF-8.
    pub fn read_link(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        let resolved = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.resolve(parent)?.join(name),
            _ => self.resolve(path)?,
        };
        link_target(&self.outer(&resolved))
    }

    /// Whether the path leads to something.
    pub fn exists(&self, path: &Utf8Path) -> bool {
        self.metadata(path).is_ok()
    }

    /// The path on the host with every link followed.
    ///
    /// # Errors
    /// As the system's, and `FilesystemLoop` for a loop of links.
    pub fn resolve(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        let mut resolved = Utf8PathBuf::from("/");
        let mut todo: Vec<String> = components(&self.absolute(path)?);
        let mut links = 0;
        while let Some(part) = todo.pop() {
            match part.as_str() {
                "/" => resolved = Utf8PathBuf::from("/"),
                ".." => {
                    resolved.pop();
                }
                _ => {
                    let next = resolved.join(&part);
                    let outer = self.outer(&next);
                    let meta = fs::symlink_metadata(&outer)?;
                    if meta.file_type().is_symlink() {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(io::Error::other("its symbolic links form a loop"));
                        }
                        todo.extend(components(&link_target(&outer)?));
                    } else if !meta.is_dir() && !todo.is_empty() {
                        return Err(io::Error::new(
                            io::ErrorKind::NotADirectory,
                            "a part of the path is no folder",
                        ));
                    } else {
                        resolved = next;
                    }
                }
            }
        }
        Ok(resolved)
    }

    /// The path on this machine of a path on the host; links are not looked at.
    pub fn outer(&self, path: &Utf8Path) -> Utf8PathBuf {
        match &self.0.root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_owned(),
        }
    }

    fn outer_resolved(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        match self.0.root {
            Some(_) => Ok(self.outer(&self.resolve(path)?)),
            None => Ok(path.to_owned()),
        }
    }

    fn metadata_at(&self, resolved: &Utf8Path) -> io::Result<Metadata> {
        let meta = fs::symlink_metadata(self.outer(resolved))?;
        self.note(resolved);
        Ok(Metadata {
            kind: kind(meta.file_type()),
            size: meta.len(),
            modified: self.recorded(resolved).and_then(|it| it.modified).unwrap_or(meta.mtime()),
            ownership: self.ownership(resolved, &meta),
        })
    }

    fn recorded(&self, path: &Utf8Path) -> Option<&RecordedFile> {
        self.0.snapshot.as_ref()?.files.as_ref()?.get(path.as_str())
    }

    fn ownership(&self, path: &Utf8Path, meta: &fs::Metadata) -> Option<Ownership> {
        if let Some(files) = self.0.snapshot.as_ref().and_then(|snapshot| snapshot.files.as_ref()) {
            let recorded = files.get(path.as_str());
            let unlisted = if meta.is_dir() { 0o755 } else { 0o644 };
            return Some(Ownership {
                mode: recorded
                    .and_then(|file| u32::from_str_radix(&file.mode, 8).ok())
                    .unwrap_or(unlisted)
                    & 0o7777,
                user: recorded.map_or_else(|| "root".to_owned(), |file| file.user.clone()),
                group: recorded.map_or_else(|| "root".to_owned(), |file| file.group.clone()),
            });
        }
        if self.0.root.is_some() && !self.copy_kept_owners() {
            return None;
        }
        let accounts = self.accounts();
        Some(Ownership {
            mode: meta.mode() & 0o7777,
            user: name_of(&accounts.users, meta.uid()),
            group: name_of(&accounts.groups, meta.gid()),
        })
    }

    /// Whether the root folder is a mount or an image rather than a plain copy.
    fn copy_kept_owners(&self) -> bool {
        fs::metadata(self.outer(Utf8Path::new("/etc/passwd"))).is_ok_and(|meta| meta.uid() == 0)
    }

    fn accounts(&self) -> &Accounts {
        self.0.accounts.get_or_init(|| Accounts {
            users: self.names(Utf8Path::new("/etc/passwd")),
            groups: self.names(Utf8Path::new("/etc/group")),
        })
    }

    /// Names by number from a file of `name:password:number:…` lines.
    fn names(&self, path: &Utf8Path) -> BTreeMap<u32, String> {
        let mut names = BTreeMap::new();
        for line in self.read_to_string(path).unwrap_or_default().lines() {
            let mut fields = line.split(':');
            if let (Some(name), Some(Ok(number))) =
                (fields.next(), fields.nth(1).map(str::parse::<u32>))
            {
                names.entry(number).or_insert_with(|| name.to_owned());
            }
        }
        names
    }
}

fn link_target(outer: &Utf8Path) -> io::Result<Utf8PathBuf> {
    Utf8PathBuf::try_from(fs::read_link(outer)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a link's target is not UTF-8"))
}

/// The components of a path, last first, `/` for an absolute one.
fn components(path: &Utf8Path) -> Vec<String> {
    let mut parts: Vec<String> = path
        .components()
        .filter(|part| *part != Utf8Component::CurDir)
        .map(|part| part.as_str().to_owned())
        .collect();
    parts.reverse();
    parts
}

fn kind(file_type: fs::FileType) -> FileKind {
    if file_type.is_symlink() {
        FileKind::Link
    } else if file_type.is_dir() {
        FileKind::Dir
    } else if file_type.is_file() {
        FileKind::File
    } else {
        FileKind::Special
    }
}

fn name_of(names: &BTreeMap<u32, String>, number: u32) -> String {
    names.get(&number).cloned().unwrap_or_else(|| number.to_string())
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is larger than 128 MiB")
}
