//! What is kept between runs, outside of what Alloy loads: a lock, one backup, the last hash.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use crate::atomic::{self, Look, Moment};
use crate::error::{Error, Result};
use crate::system::System;

const FOLDER: &str = "/var/lib/trento-alloy";
/// Credentials are in what is kept: nobody else may read it.
const PRIVATE: Look = Look { owner: None, mode: 0o600 };

/// How often a lock that is held is tried again, and after how long.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The state folder, locked while this value lives.
#[derive(Debug)]
pub struct State {
    folder: Utf8PathBuf,
    _lock: File,
}

impl State {
    /// Opens the state of a host and locks it against a second run.
    ///
    /// # Errors
    /// Another run holds the lock, or the folder cannot be made.
    pub fn lock(system: &System) -> Result<State> {
        State::lock_in(&system.outer(Utf8Path::new(FOLDER))?)
    }

    fn lock_in(folder: &Utf8Path) -> Result<State> {
        let failed = |source| Error::Write { path: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(failed)?;
        let mut locked = flock(&lock, FlockOperation::NonBlockingLockExclusive);
        for _ in 0..TRIES {
            // A program that is just being started holds a copy of every lock until it runs.
            if locked != Err(rustix::io::Errno::WOULDBLOCK) {
                break;
            }
            std::thread::sleep(PAUSE);
            locked = flock(&lock, FlockOperation::NonBlockingLockExclusive);
        }
        match locked {
            Ok(()) => Ok(State { folder: folder.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Invalid(
                "another trento-alloy is changing this host: wait until it is done".to_owned(),
            )),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Where the backup of a file is kept.
    pub fn backup_path(&self, target: &Utf8Path) -> Utf8PathBuf {
        let name = target.file_name().unwrap_or("trento.alloy");
        self.folder.join(format!("{name}.backup"))
    }

    pub(super) fn keep(
        &self,
        target: &Utf8Path,
        content: &[u8],
        at: &mut dyn FnMut(Moment) -> io::Result<()>,
    ) -> Result<()> {
        atomic::write_as(&self.backup_path(target), content, PRIVATE, at).map(drop)
    }

    /// Remembers what was applied, so that a later run knows a local edit when it sees one.
    pub(super) fn remember(
        &self,
        target: &Utf8Path,
        content: Option<&[u8]>,
        at: &mut dyn FnMut(Moment) -> io::Result<()>,
    ) -> Result<()> {
        let path = self.hash_path(target);
        match content {
            Some(content) => {
                atomic::write_as(&path, format!("{}\n", hash(content)).as_bytes(), PRIVATE, at)
                    .map(drop)
            }
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(Error::Write { path, source: error })
                }
                _ => Ok(()),
            },
        }
    }

    /// Whether a file still holds what was applied last; none if nothing is remembered.
    pub fn is_as_applied(&self, target: &Utf8Path, content: &[u8]) -> Option<bool> {
        let known = fs::read_to_string(self.hash_path(target)).ok()?;
        Some(known.trim() == hash(content))
    }

    /// Takes away what a run that was killed left beside the file.
    pub(super) fn tidy(target: &Utf8Path) {
        let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else { return };
        let prefix = format!(".{name}.");
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let left = entry.file_name();
            let Some(left) = left.to_str() else { continue };
            if left.starts_with(&prefix) && left.ends_with('~') {
                // What cannot be taken away does no harm: Alloy does not load it.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn hash_path(&self, target: &Utf8Path) -> Utf8PathBuf {
        let name = target.file_name().unwrap_or("trento.alloy");
        self.folder.join(format!("{name}.sha256"))
    }
}

fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_until_the_first_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("state");
        let first = State::lock_in(&path).unwrap();
        assert!(State::lock_in(&path).unwrap_err().to_string().contains("another"));
        drop(first);
        assert!(State::lock_in(&path).is_ok());
    }

    #[test]
    fn only_left_over_temporary_files_are_tidied_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        for name in [".trento.alloy.12-0~", "trento.alloy", ".other.alloy.1-0~", "trento.alloy~"] {
            fs::write(path.join(name), "").unwrap();
        }
        State::tidy(&path.join("trento.alloy"));
        assert_eq!(fs::read_dir(path).unwrap().count(), 3);
        assert!(!path.join(".trento.alloy.12-0~").exists());
    }
}
