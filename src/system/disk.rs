//! The files below a folder of this machine, be it `/`.
//!
//! The kernel keeps every path inside the folder where it can (`openat2` with `RESOLVE_IN_ROOT`,
//! Linux 5.6): one call, and no gap between looking and opening. Elsewhere paths are followed part
//! by part. Nothing but a regular file is opened for reading, so that a FIFO cannot block and a
//! device does nothing.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags};

use crate::system::tree::{self, Entry, FileKind, Stat, Tree};

/// The files below a folder.
#[derive(Debug)]
pub(super) struct Disk {
    root: Utf8PathBuf,
    /// The open folder; none where the kernel cannot keep paths inside it.
    opened: OnceLock<Option<OwnedFd>>,
}

impl Disk {
    /// The files below this folder.
    pub(super) fn new(root: &Utf8Path) -> Disk {
        Disk { root: root.to_owned(), opened: OnceLock::new() }
    }

    fn opened(&self) -> Option<&OwnedFd> {
        let open = || {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::open(self.root.as_std_path(), flags, Mode::empty()).ok()?;
            beneath(&root, "/", flags).ok().map(|_| root)
        };
        self.opened.get_or_init(open).as_ref()
    }

    fn on_machine(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Opens a path without a link in it.
    fn open(&self, path: &Utf8Path, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match self.opened() {
            Some(root) => beneath(root, path.as_str(), flags),
            None => {
                Ok(rustix::fs::open(self.on_machine(path).as_std_path(), flags, Mode::empty())?)
            }
        }
    }
}

impl Tree for Disk {
    fn stat(&self, path: &Utf8Path) -> io::Result<Stat> {
        if self.opened().is_some() {
            return Ok(stat(&rustix::fs::fstat(self.open(path, OFlags::PATH)?)?));
        }
        Ok(stat(&rustix::fs::lstat(self.on_machine(path).as_std_path())?))
    }

    fn link(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        target(fs::read_link(self.on_machine(path))?)
    }

    fn list(&self, path: &Utf8Path) -> io::Result<Vec<Entry>> {
        let folder = self.open(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => {
                    let found = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                    FileType::from_raw_mode(found.st_mode)
                }
                known => known,
            };
            let name = name.to_string_lossy().into_owned();
            entries.push(Entry { name, kind: file_kind(kind) });
        }
        Ok(entries)
    }

    fn read(&self, path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
        // Looked at before it is opened: to open a device may do something.
        regular(self.stat(path)?.kind)?;
        let file = File::from(self.open(path, OFlags::RDONLY | OFlags::NONBLOCK)?);
        read_open(file, largest)
    }

    fn attribute(&self, path: &Utf8Path, name: &str) -> Option<Vec<u8>> {
        let mut value = vec![0; 4096];
        let path = self.on_machine(path);
        let length = rustix::fs::lgetxattr(path.as_std_path(), name, &mut value[..]).ok()?;
        value.truncate(length);
        Some(value)
    }

    fn outer(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        Some(self.on_machine(path))
    }

    fn find(&self, path: &Utf8Path) -> io::Result<(Utf8PathBuf, Stat)> {
        let is_plain = !path.components().any(|part| part.as_str() == "..");
        if is_plain && self.opened().is_some() {
            let lexical: Utf8PathBuf = path.components().collect();
            match self.stat(&lexical) {
                Ok(stat) if stat.kind != FileKind::Link => return Ok((lexical, stat)),
                Err(error) if error.raw_os_error() != Some(LOOP) => return Err(error),
                // There is a link on the way.
                _ => {}
            }
        }
        tree::walk(self, path)
    }
}

/// What the kernel answers where a path that may have no link in it has one.
const LOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();

/// Opens a path below a folder, no link followed.
fn beneath(root: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
    Ok(rustix::fs::openat2(root, path, flags, Mode::empty(), resolve)?)
}

/// Reads a regular file of this machine that is named by its path, following links.
pub(super) fn read_regular(path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
    regular(kind_of(&fs::metadata(path)?))?;
    let nonblocking = OFlags::NONBLOCK.bits() as i32;
    read_open(File::options().read(true).custom_flags(nonblocking).open(path)?, largest)
}

fn read_open(file: File, largest: u64) -> io::Result<Vec<u8>> {
    let meta = file.metadata()?;
    regular(kind_of(&meta))?;
    if meta.size() > largest {
        return Err(tree::too_large(largest));
    }
    read_bounded(file, meta.size(), largest)
}

/// Reads to the end, which comes within a bound.
pub(super) fn read_bounded(reader: impl Read, expected: u64, largest: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    let read = reader.take(largest.saturating_add(1)).read_to_end(&mut content)?;
    if read as u64 > largest { Err(tree::too_large(largest)) } else { Ok(content) }
}

fn regular(kind: FileKind) -> io::Result<()> {
    match kind {
        FileKind::File => Ok(()),
        FileKind::Dir => Err(tree::is_folder()),
        FileKind::Link | FileKind::Special => Err(tree::no_file()),
    }
}

fn kind_of(meta: &fs::Metadata) -> FileKind {
    file_kind(FileType::from_raw_mode(meta.mode()))
}

fn file_kind(file_type: FileType) -> FileKind {
    match file_type {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Dir,
        FileType::Symlink => FileKind::Link,
        _ => FileKind::Special,
    }
}

fn stat(found: &rustix::fs::Stat) -> Stat {
    Stat {
        kind: file_kind(FileType::from_raw_mode(found.st_mode)),
        size: u64::try_from(found.st_size).unwrap_or(0),
        modified: found.st_mtime,
        mode: found.st_mode & 0o7777,
        uid: found.st_uid,
        gid: found.st_gid,
        names: None,
    }
}

fn target(path: std::path::PathBuf) -> io::Result<Utf8PathBuf> {
    Utf8PathBuf::try_from(path)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a link's target is not UTF-8"))
}
