//! A tree of files as a backend gives it, and how a path is followed in it.
//!
//! A backend answers for paths none of whose folders is a link. Following links, the same for
//! every backend, is done here, so that none ever leads out of the tree.

use std::fmt::Debug;
use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// As Linux does: more links than this on one path is a loop.
const MOST_LINKS: u32 = 40;

/// Where files come from.
pub(super) trait Tree: Debug + Send + Sync {
    /// What stands at a path; the last part is not followed.
    fn stat(&self, path: &Utf8Path) -> io::Result<Stat>;

    /// Where a link points, as it is written there.
    fn link(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf>;

    /// The entries of a folder, in any order.
    fn list(&self, path: &Utf8Path) -> io::Result<Vec<Entry>>;

    /// The content of a regular file; more than `largest` bytes are an error.
    fn read(&self, path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>>;

    /// An extended attribute, if there is one.
    fn attribute(&self, _path: &Utf8Path, _name: &str) -> Option<Vec<u8>> {
        None
    }

    /// Where a path is on this machine, if it is there at all.
    fn outer(&self, _path: &Utf8Path) -> Option<Utf8PathBuf> {
        None
    }

    /// Follows an absolute path to its end: the path without links, and what stands there.
    fn find(&self, path: &Utf8Path) -> io::Result<(Utf8PathBuf, Stat)>;
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

/// One entry of a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name; bytes that are not UTF-8 are shown as U+FFFD.
    pub name: String,
    /// What it is, links not followed.
    pub kind: FileKind,
}

/// What a backend knows of a file.
#[derive(Clone, Debug)]
pub(super) struct Stat {
    pub(super) kind: FileKind,
    pub(super) size: u64,
    pub(super) modified: i64,
    /// Permission bits.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Names of owner and group, where the backend has more than numbers.
    pub(super) names: Option<(String, String)>,
}

/// Follows a path part by part, which every backend can do.
pub(super) fn walk(tree: &dyn Tree, path: &Utf8Path) -> io::Result<(Utf8PathBuf, Stat)> {
    let mut resolved = Utf8PathBuf::from("/");
    let mut todo = components(path);
    let mut links = 0;
    let mut last = None;
    while let Some(part) = todo.pop() {
        last = None;
        match part.as_str() {
            "/" => resolved = Utf8PathBuf::from("/"),
            ".." => {
                resolved.pop();
            }
            _ => {
                let next = resolved.join(&part);
                let stat = tree.stat(&next)?;
                match stat.kind {
                    FileKind::Link => {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(io::Error::other("its symbolic links form a loop"));
                        }
                        todo.extend(components(&tree.link(&next)?));
                    }
                    FileKind::File | FileKind::Special if !todo.is_empty() => {
                        return Err(no_folder());
                    }
                    _ => {
                        resolved = next;
                        last = Some(stat);
                    }
                }
            }
        }
    }
    let stat = match last {
        Some(stat) => stat,
        None => tree.stat(&resolved)?,
    };
    Ok((resolved, stat))
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

pub(super) fn no_folder() -> io::Error {
    io::Error::new(io::ErrorKind::NotADirectory, "a part of the path is no folder")
}

pub(super) fn is_folder() -> io::Error {
    io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")
}

pub(super) fn no_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

pub(super) fn too_large(largest: u64) -> io::Error {
    let size = match largest >> 20 {
        0 => format!("{largest} bytes"),
        mebibytes => format!("{mebibytes} MiB"),
    };
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {size}"))
}
