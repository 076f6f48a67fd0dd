//! What the kernel of a running system shows: processes, what it enforces, room on file systems.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::system::files::{Entry, HostFiles, Metadata};

/// The kernel of the system we run on.
#[derive(Clone, Debug)]
pub struct Kernel {
    files: HostFiles,
}

/// The room on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Whether it is mounted read-only.
    pub is_read_only: bool,
    /// Bytes that are free for users other than root.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Files that can still be made; none where the file system does not count them.
    pub free_files: Option<u64>,
}

impl Kernel {
    /// The kernel that shows itself in these files, in /proc and /sys.
    pub fn new(files: HostFiles) -> Kernel {
        Kernel { files }
    }

    /// Reads a file below /proc or /sys.
    ///
    /// # Errors
    /// As [`HostFiles::read`].
    pub fn read(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        self.files.read(path)
    }

    /// The entries of a folder below /proc or /sys.
    ///
    /// # Errors
    /// As [`HostFiles::read_dir`].
    pub fn read_dir(&self, path: &Utf8Path) -> io::Result<Vec<Entry>> {
        self.files.read_dir(path)
    }

    /// Where a link below /proc points.
    ///
    /// # Errors
    /// As [`HostFiles::read_link`].
    pub fn read_link(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        self.files.read_link(path)
    }

    /// What a path below /proc is, and whose.
    ///
    /// # Errors
    /// As [`HostFiles::metadata`].
    pub fn metadata(&self, path: &Utf8Path) -> io::Result<Metadata> {
        self.files.metadata(path)
    }

    /// The room on the file system of a path.
    ///
    /// # Errors
    /// As the system's.
    pub fn room(&self, path: &Utf8Path) -> io::Result<Room> {
        let found = rustix::fs::statvfs(path.as_std_path())?;
        Ok(Room {
            is_read_only: found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
            total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
            free_files: (found.f_files > 0).then_some(found.f_favail),
        })
    }
}
