//! The host's files: reads, and what stands around them (kind, owner, mode).
//!
//! Paths are those on the host. Under a root folder, and in a tree in memory, links resolve inside
//! it and `..` never leaves it, so a copied `/etc/alloy -> /srv/alloy` is followed into the folder,
//! not out of it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};
use crate::secret::Vault;
use crate::system::disk::Disk;
use crate::system::looked_at::LookedAt;
use crate::system::memory::MemoryTree;
use crate::system::remembered::Remembered;
use crate::system::snapshot::{self, RecordedFile, Snapshot};
use crate::system::tree::{Stat, Tree};

pub use crate::system::tree::{Entry, FileKind};

/// The most that is read of one file; a configuration of this size is a mistake.
const LARGEST_FILE: u64 = 128 << 20;

/// The files of a host.
#[derive(Clone, Debug)]
pub struct HostFiles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tree: Arc<dyn Tree>,
    place: Place,
    snapshot: Option<Snapshot>,
    accounts: OnceLock<Accounts>,
    /// Whether owners and modes are those of the host.
    kept_owners: OnceLock<bool>,
    /// What was looked at, where somebody wants to know.
    looked_at: Option<Mutex<LookedAt>>,
    /// What in them is secret, as far as it has been read.
    secrets: Vault,
}

/// Where the files are.
#[derive(Clone, Debug)]
enum Place {
    /// They are our own system's.
    Here,
    /// They are those of a host elsewhere; what the folder or the archive is called.
    Elsewhere(Utf8PathBuf),
}

/// Names of users and groups by number, from the host's own files.
#[derive(Debug, Default)]
struct Accounts {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

/// Who may do what with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Inner {
    fn new(tree: Arc<dyn Tree>, place: Place) -> Inner {
        Inner {
            tree,
            place,
            snapshot: None,
            accounts: OnceLock::new(),
            kept_owners: OnceLock::new(),
            looked_at: None,
            secrets: Vault::new(),
        }
    }
}

impl HostFiles {
    /// The running system's files.
    pub fn live() -> HostFiles {
        HostFiles::new(Arc::new(Disk::new(Utf8Path::new("/"))), Place::Here)
    }

    /// The files of a host in a folder.
    pub fn rooted(root: &Utf8Path) -> HostFiles {
        HostFiles::new(Arc::new(Disk::new(root)), Place::Elsewhere(root.to_owned()))
    }

    /// The files of a host in memory; `name` is what the tree is called, such as its archive.
    pub fn in_memory(tree: MemoryTree, name: &Utf8Path) -> HostFiles {
        HostFiles::new(Arc::new(tree), Place::Elsewhere(name.to_owned()))
    }

    fn new(tree: Arc<dyn Tree>, place: Place) -> HostFiles {
        HostFiles(Arc::new(Inner::new(tree, place)))
    }

    /// The same files, with what `snapshot.json` recorded of them.
    pub(super) fn with_snapshot(&self, snapshot: Option<Snapshot>) -> HostFiles {
        let inner = Inner::new(self.0.tree.clone(), self.0.place.clone());
        HostFiles(Arc::new(Inner { snapshot, ..inner }))
    }

    /// The same files as they are when they are first looked at.
    pub(super) fn remembered(&self) -> HostFiles {
        let tree = Arc::new(Remembered::new(self.0.tree.clone()));
        let inner = Inner::new(tree, self.0.place.clone());
        HostFiles(Arc::new(Inner {
            snapshot: self.0.snapshot.clone(),
            secrets: self.0.secrets.clone(),
            ..inner
        }))
    }

    /// The same files, with a memory of what is looked at.
    pub fn watched(&self) -> HostFiles {
        let inner = Inner::new(self.0.tree.clone(), self.0.place.clone());
        HostFiles(Arc::new(Inner {
            snapshot: self.0.snapshot.clone(),
            looked_at: Some(Mutex::default()),
            secrets: self.0.secrets.clone(),
            ..inner
        }))
    }

    /// What was looked at since [`HostFiles::watched`].
    pub fn looked_at(&self) -> LookedAt {
        let looked_at = self.0.looked_at.as_ref().and_then(|looked| looked.lock().ok());
        looked_at.map(|looked| looked.clone()).unwrap_or_default()
    }

    /// Whether they are where they were: a folder may go away while it is read.
    pub fn is_still_there(&self) -> bool {
        match self.0.tree.outer(Utf8Path::new("/")) {
            Some(root) => root.is_dir(),
            None => true,
        }
    }

    /// What in them is secret, as far as it has been read.
    pub fn secrets(&self) -> &Vault {
        &self.0.secrets
    }

    /// Registers the content of a file that is a secret as a whole.
    pub fn register_secret_file(&self, path: &Utf8Path, content: &str) {
        self.0.secrets.register_content(content);
        if let Ok(resolved) = self.resolve(path) {
            self.note(|looked| looked.secret.insert(resolved));
        }
    }

    fn note(&self, note: impl FnOnce(&mut LookedAt) -> bool) {
        if let Some(mut looked) = self.0.looked_at.as_ref().and_then(|looked| looked.lock().ok()) {
            note(&mut looked);
        }
    }

    fn note_asked(&self, path: &Utf8Path) {
        if self.0.looked_at.is_some()
            && let Ok(path) = self.absolute(path)
        {
            self.note(|looked| looked.asked.insert(path));
        }
    }

    /// Reads the `snapshot.json` of these files, if there is one.
    ///
    /// # Errors
    /// It cannot be read, is no such JSON, or has a version other than 1.
    pub(super) fn read_snapshot(&self) -> Result<Option<Snapshot>> {
        let path = self.named(Utf8Path::new(snapshot::PATH));
        match self.read_at_most(Utf8Path::new(snapshot::PATH), snapshot::LARGEST) {
            Ok(text) => Snapshot::parse(&text, &path).map(Some),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// What `snapshot.json` recorded.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.0.snapshot.as_ref()
    }

    /// Reads a regular file, following links inside the root.
    ///
    /// # Errors
    /// As the system's, `InvalidInput` for anything that is no regular file (a FIFO would block
    /// for ever), `FileTooLarge` for more than 128 MiB.
    pub fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        self.read_at_most(path, LARGEST_FILE)
    }

    /// Reads a regular file of a bounded size.
    ///
    /// # Errors
    /// As [`HostFiles::read`], with this bound.
    pub fn read_at_most(&self, path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
        self.note_asked(path);
        let resolved = self.resolve(path)?;
        self.note(|looked| {
            looked.read.insert(resolved.clone());
            looked.paths.insert(resolved.clone())
        });
        let snapshot = self.0.snapshot.as_ref();
        if let Some(why) = snapshot.and_then(|it| it.left_out.get(resolved.as_str())) {
            let why = format!("it was left out of the snapshot: {why}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        self.0.tree.read(&resolved, largest)
    }

    /// Reads a regular file as text.
    ///
    /// # Errors
    /// As [`HostFiles::read`], and `InvalidData` if it is not UTF-8.
    pub fn read_to_string(&self, path: &Utf8Path) -> io::Result<String> {
        self.read_text(path, LARGEST_FILE)
    }

    /// Reads a regular file of a bounded size as text.
    ///
    /// # Errors
    /// As [`HostFiles::read_at_most`], and `InvalidData` if it is not UTF-8.
    pub fn read_text(&self, path: &Utf8Path, largest: u64) -> io::Result<String> {
        String::from_utf8(self.read_at_most(path, largest)?)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }

    /// The entries of a folder, sorted by the bytes of their names.
    ///
    /// # Errors
    /// As the system's.
    pub fn read_dir(&self, path: &Utf8Path) -> io::Result<Vec<Entry>> {
        self.note_asked(path);
        let resolved = self.resolve(path)?;
        self.note(|looked| looked.listed.insert(resolved.clone()));
        let mut entries = self.0.tree.list(&resolved)?;
        entries.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        Ok(entries)
    }

    /// What a path is, links followed inside the root.
    ///
    /// # Errors
    /// As the system's; `NotFound` for a dangling link.
    pub fn metadata(&self, path: &Utf8Path) -> io::Result<Metadata> {
        self.note_asked(path);
        let (resolved, stat) = self.0.tree.find(&self.absolute(path)?)?;
        Ok(self.described(&resolved, &stat))
    }

    /// What a path is, its last component not followed.
    ///
    /// # Errors
    /// As the system's.
    pub fn symlink_metadata(&self, path: &Utf8Path) -> io::Result<Metadata> {
        self.note_asked(path);
        let resolved = self.unfollowed(path)?;
        let stat = self.0.tree.stat(&resolved)?;
        Ok(self.described(&resolved, &stat))
    }

    /// A path that we were given, from the folder we were started in; that of a host elsewhere,
    /// from its root. A trailing slash stays.
    ///
    /// # Errors
    /// The folder we were started in is gone, or its path is not UTF-8.
    pub fn absolute(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let here = match self.0.place {
            Place::Elsewhere(_) => Utf8PathBuf::from("/"),
            Place::Here => Utf8PathBuf::try_from(std::path::absolute(".")?)
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
        self.note_asked(path);
        self.0.tree.link(&self.unfollowed(path)?)
    }

    /// An extended attribute of a path whose links are followed.
    pub fn attribute(&self, path: &Utf8Path, name: &str) -> Option<Vec<u8>> {
        self.0.tree.attribute(&self.resolve(path).ok()?, name)
    }

    /// Whether the path leads to something.
    pub fn exists(&self, path: &Utf8Path) -> bool {
        self.metadata(path).is_ok()
    }

    /// Whether a path that leads to nothing may lead to something on the host: a copy of a host
    /// need not hold what lies in folders of which it holds nothing, nor what the kernel shows.
    pub fn may_lack(&self, path: &Utf8Path) -> bool {
        let is_copy = matches!(self.0.place, Place::Elsewhere(_));
        let is_shown = ["/proc", "/sys", "/dev", "/run"].iter().any(|top| path.starts_with(top));
        is_copy && (is_shown || !self.exists(path.parent().unwrap_or(path)))
    }

    /// The path on the host with every link followed.
    ///
    /// # Errors
    /// As the system's, and for a loop of links.
    pub fn resolve(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        Ok(self.0.tree.find(&self.absolute(path)?)?.0)
    }

    /// The path on this machine of a path on the host; links are not looked at. None where the
    /// files are on no disk of this machine.
    pub fn outer(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.0.tree.outer(path)
    }

    /// What to call a path on the host where the host is one of several, or an archive.
    pub fn named(&self, path: &Utf8Path) -> Utf8PathBuf {
        match &self.0.place {
            Place::Here => path.to_owned(),
            Place::Elsewhere(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
        }
    }

    /// The path with the links of its folders followed, but not its last part.
    fn unfollowed(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Ok(self.resolve(parent)?.join(name)),
            _ => self.resolve(path),
        }
    }

    fn described(&self, resolved: &Utf8Path, stat: &Stat) -> Metadata {
        self.note(|looked| looked.paths.insert(resolved.to_owned()));
        let recorded = self.recorded(resolved);
        Metadata {
            kind: stat.kind,
            size: stat.size,
            modified: recorded.and_then(|it| it.modified).unwrap_or(stat.modified),
            ownership: self.ownership(resolved, stat),
        }
    }

    fn recorded(&self, path: &Utf8Path) -> Option<&RecordedFile> {
        self.0.snapshot.as_ref()?.files.as_ref()?.get(path.as_str())
    }

    fn ownership(&self, path: &Utf8Path, stat: &Stat) -> Option<Ownership> {
        if let Some(files) = self.0.snapshot.as_ref().and_then(|snapshot| snapshot.files.as_ref()) {
            let recorded = files.get(path.as_str());
            let unlisted = if stat.kind == FileKind::Dir { 0o755 } else { 0o644 };
            return Some(Ownership {
                mode: recorded
                    .and_then(|file| u32::from_str_radix(&file.mode, 8).ok())
                    .unwrap_or(unlisted)
                    & 0o7777,
                user: recorded.map_or_else(|| "root".to_owned(), |file| file.user.clone()),
                group: recorded.map_or_else(|| "root".to_owned(), |file| file.group.clone()),
            });
        }
        if !self.kept_owners() {
            return None;
        }
        let accounts = self.accounts();
        let (user, group) = stat.names.clone().unzip();
        Some(Ownership {
            mode: stat.mode,
            user: user.unwrap_or_else(|| name_of(&accounts.users, stat.uid)),
            group: group.unwrap_or_else(|| name_of(&accounts.groups, stat.gid)),
        })
    }

    /// Whether these are a system's own files, a mount or an image rather than a plain copy.
    fn kept_owners(&self) -> bool {
        let passwd = Utf8Path::new("/etc/passwd");
        let is_root = || self.0.tree.find(passwd).is_ok_and(|(_, stat)| stat.uid == 0);
        *self.0.kept_owners.get_or_init(|| matches!(self.0.place, Place::Here) || is_root())
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

fn name_of(names: &BTreeMap<u32, String>, number: u32) -> String {
    names.get(&number).cloned().unwrap_or_else(|| number.to_string())
}
