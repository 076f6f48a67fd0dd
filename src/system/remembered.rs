//! A tree of which every answer is remembered: one look at a host asks for the same few files again
//! and again, and sees them all as they were when it first asked.
//!
//! For a look that changes nothing itself. What the kernel shows under `/proc` and `/sys` is asked
//! for each time, and so is what failed in a way that may not last.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::io::Errno;

use crate::system::tree::{Entry, Stat, Tree};

/// Larger files are read anew; what asks for one of them more than once keeps it.
const LARGEST_FILE: usize = 64 << 10;

/// So many answers of a kind are remembered: a folder may hold any number of files.
const MOST: usize = 1_000;

/// A tree, and what it answered.
pub(super) struct Remembered {
    tree: Arc<dyn Tree>,
    found: Memory<(Utf8PathBuf, Stat)>,
    stats: Memory<Stat>,
    folders: Memory<Vec<Entry>>,
    contents: Memory<Arc<[u8]>>,
}

/// Answers by path.
struct Memory<T>(Mutex<HashMap<String, Result<T, Errno>>>);

impl Remembered {
    /// A tree that nothing has been asked of.
    pub(super) fn new(tree: Arc<dyn Tree>) -> Remembered {
        Remembered {
            tree,
            found: Memory::new(),
            stats: Memory::new(),
            folders: Memory::new(),
            contents: Memory::new(),
        }
    }

    /// Whether a folder of a path is known to lead to nothing.
    fn is_in_nothing(&self, path: &Utf8Path) -> bool {
        let mut folders = path.ancestors().skip(1);
        !path.as_str().contains("..") && folders.any(|folder| self.found.is_missing(folder))
    }
}

impl<T: Clone> Memory<T> {
    fn new() -> Memory<T> {
        Memory(Mutex::new(HashMap::new()))
    }

    /// What was answered for a path, or is now; remembered where `is_kept` says so.
    fn ask(
        &self,
        path: &Utf8Path,
        answer: impl FnOnce() -> io::Result<T>,
        is_kept: impl FnOnce(&T) -> bool,
    ) -> io::Result<T> {
        if let Some(known) = self.known(path) {
            return known;
        }
        let answered = answer();
        let kept = match &answered {
            Ok(answer) if is_kept(answer) => Some(Ok(answer.clone())),
            Ok(_) => None,
            Err(error) => Errno::from_io_error(error).filter(lasts).map(Err),
        };
        if let Some(kept) = kept
            && is_remembered(path)
        {
            let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.len() < MOST {
                answers.insert(path.as_str().to_owned(), kept);
            }
        }
        answered
    }

    fn is_missing(&self, path: &Utf8Path) -> bool {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(answers.get(path.as_str()), Some(Err(Errno::NOENT)))
    }

    fn known(&self, path: &Utf8Path) -> Option<io::Result<T>> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(answers.get(path.as_str())?.clone().map_err(io::Error::from))
    }
}

/// Whether what a path leads to stays as it is while somebody looks.
fn is_remembered(path: &Utf8Path) -> bool {
    !["/proc/", "/sys/"].iter().any(|top| path.as_str().starts_with(top))
}

/// Whether asking again would fail in the same way.
fn lasts(error: &Errno) -> bool {
    matches!(*error, Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::PERM | Errno::LOOP)
}

impl Tree for Remembered {
    fn stat(&self, path: &Utf8Path) -> io::Result<Stat> {
        self.stats.ask(path, || self.tree.stat(path), |_| true)
    }

    fn link(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        self.tree.link(path)
    }

    fn list(&self, path: &Utf8Path) -> io::Result<Vec<Entry>> {
        self.folders.ask(path, || self.tree.list(path), |entries| entries.len() <= MOST)
    }

    fn read(&self, path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
        let mut whole = None;
        let answer = || {
            let content = self.tree.read(path, largest)?;
            let kept = Arc::from(if content.len() <= LARGEST_FILE { &content[..] } else { &[] });
            whole = Some(content);
            Ok(kept)
        };
        // An empty one is as quickly read again as remembered.
        let content = self.contents.ask(path, answer, |content| !content.is_empty())?;
        match whole {
            Some(whole) => Ok(whole),
            // Only where somebody allows less than what another read.
            None if content.len() as u64 > largest => self.tree.read(path, largest),
            None => Ok(content.to_vec()),
        }
    }

    fn attribute(&self, path: &Utf8Path, name: &str) -> Option<Vec<u8>> {
        self.tree.attribute(path, name)
    }

    fn outer(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.tree.outer(path)
    }

    fn find(&self, path: &Utf8Path) -> io::Result<(Utf8PathBuf, Stat)> {
        let answer = || {
            if self.is_in_nothing(path) {
                return Err(Errno::NOENT.into());
            }
            let found = self.tree.find(path);
            if matches!(&found, Err(error) if error.kind() == io::ErrorKind::NotFound) {
                // A folder that is not there holds none of its other files, which are asked for next.
                let folder = path.parent().unwrap_or(path);
                let _ = self.found.ask(folder, || self.tree.find(folder), |_| true);
            }
            found
        };
        self.found.ask(path, answer, |_| true)
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remembered").field(&self.tree).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::system::disk::Disk;

    #[test]
    fn a_file_stays_as_it_was_when_it_was_first_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let large = vec![b'x'; LARGEST_FILE + 1];
        fs::write(root.join("a"), "one").unwrap();
        fs::write(root.join("large"), &large).unwrap();
        let tree = Remembered::new(Arc::new(Disk::new(root)));
        let (a, none, big) = ("/a".into(), "/none".into(), "/large".into());
        let look = |largest| tree.read(a, largest);
        assert_eq!(look(100).unwrap(), b"one");
        assert_eq!(tree.find(none).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(tree.read(big, 1 << 20).unwrap(), large);
        fs::write(root.join("a"), "other").unwrap();
        fs::write(root.join("none"), "").unwrap();
        fs::write(root.join("large"), "small").unwrap();
        assert_eq!(look(100).unwrap(), b"one");
        assert_eq!(look(2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(tree.find(none).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(tree.read(big, 1 << 20).unwrap(), b"small");
    }

    #[test]
    fn nothing_is_in_a_folder_that_was_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let tree = Remembered::new(Arc::new(Disk::new(root)));
        let is_there = |path: &str| tree.find(path.into()).is_ok();
        assert!(!is_there("/etc/alloy/config.alloy"));
        fs::create_dir_all(root.join("etc/alloy/d")).unwrap();
        fs::write(root.join("etc/alloy/other.alloy"), "").unwrap();
        assert!(!is_there("/etc/alloy/other.alloy"));
        assert!(!is_there("/etc/alloy/d/none"));
        assert!(is_there("/etc/alloy/../alloy/other.alloy"));
        assert!(is_there("/etc"));
    }

    #[test]
    fn what_the_kernel_shows_is_asked_for_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir(root.join("proc")).unwrap();
        let tree = Remembered::new(Arc::new(Disk::new(root)));
        assert!(tree.find("/proc/7".into()).is_err());
        fs::create_dir(root.join("proc/7")).unwrap();
        assert!(tree.find("/proc/7".into()).is_ok());
    }
}
