//! What is kept between runs, outside of what Alloy loads: a lock, the files that were replaced,
//! and what was applied.
//!
//! Everything is named after the path of the file that it is about, as systemd escapes paths, so
//! that two files of one name are two. A backup is named after its content as well: none is ever
//! overwritten by another.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, OFlags, flock};
use sha2::{Digest, Sha256};

use crate::atomic::{self, Look, Moment};
use crate::deploy::backups;
use crate::error::{Error, Result};
use crate::system::System;

const FOLDER: &str = "/var/lib/trento-alloy";
/// Credentials are in what is kept: nobody else may read it.
const PRIVATE: Look = Look { owner: None, mode: 0o600 };

/// How often a lock that is held is tried again, and after how long.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// How many contents are remembered as applied.
const REMEMBERED: usize = 20;
/// A longer path is named by its hash.
const LONGEST_NAME: usize = 160;
/// The largest file of the state that is read.
const LARGEST: u64 = 32 << 20;

/// What happens in a moment of a write, which may end it there.
pub(super) type At<'a> = dyn FnMut(Moment) -> io::Result<()> + 'a;

/// The state folder, locked while this value lives.
#[derive(Debug)]
pub struct State {
    folder: Utf8PathBuf,
    _lock: File,
}

/// What earlier runs applied to a file.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The hashes of what was applied, the newest first.
    hashes: Vec<String>,
    /// What was applied last. Holds secrets: never shown.
    content: Option<Vec<u8>>,
}

impl Applied {
    /// Reads what is remembered of a file, by its path on the host. Changes nothing.
    pub fn read(system: &System, target: &Utf8Path) -> Applied {
        let read = |ending: &str| {
            let path = Utf8Path::new(FOLDER).join(format!("{}.{ending}", name(target)));
            system.files.read_at_most(&path, LARGEST).ok()
        };
        let hashes = read("sha256").unwrap_or_default();
        let hashes = String::from_utf8_lossy(&hashes);
        let hashes: Vec<String> = hashes.lines().map(|line| line.trim().to_owned()).collect();
        let is_last = |content: &Vec<u8>| hashes.contains(&hash(content));
        Applied { content: read("applied").filter(is_last), hashes }
    }

    /// Whether a file holds what was once applied; none if nothing is remembered of it.
    pub fn knows(&self, content: &[u8]) -> Option<bool> {
        (!self.hashes.is_empty()).then(|| self.hashes.contains(&hash(content)))
    }

    /// What was applied last, where it is kept.
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }
}

impl State {
    /// Opens the state of a host and locks it against a second run.
    ///
    /// # Errors
    /// Another run holds the lock, or the folder cannot be made.
    pub fn lock(system: &System) -> Result<State> {
        State::lock_in(&system.outer_folder(Utf8Path::new(FOLDER))?)
    }

    fn lock_in(folder: &Utf8Path) -> Result<State> {
        let failed = |source| Error::Write { path: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
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

    /// Where the backup of a file with this content is kept.
    pub fn backup_path(&self, target: &Utf8Path, content: &[u8]) -> Utf8PathBuf {
        self.folder.join(backups::name(&name(target), &hash(content)))
    }

    /// Keeps the content that a file has, beside what was kept before.
    pub(super) fn keep(&self, target: &Utf8Path, content: &[u8], at: &mut At<'_>) -> Result<()> {
        let _ = atomic::write_as(&self.backup_path(target, content), content, PRIVATE, at)?;
        backups::tidy(&self.folder, &name(target));
        Ok(())
    }

    /// Remembers what is about to be applied, so that a later run knows a local edit when it sees
    /// one. What was applied before stays known: the file holds that until the new one is there.
    pub(super) fn remember(
        &self,
        target: &Utf8Path,
        content: &[u8],
        at: &mut At<'_>,
    ) -> Result<()> {
        let path = self.path(target, "sha256");
        let before = fs::read_to_string(&path).unwrap_or_default();
        let new = hash(content);
        let older = before.lines().map(str::trim).filter(|line| *line != new);
        let lines: Vec<&str> =
            std::iter::once(new.as_str()).chain(older).take(REMEMBERED).collect();
        let _ = atomic::write_as(&path, format!("{}\n", lines.join("\n")).as_bytes(), PRIVATE, at)?;
        // Without it an edit is known all the same, only less closely.
        atomic::write(&self.path(target, "applied"), content, PRIVATE.mode).map(drop)
    }

    /// Forgets what was applied to a file that is gone.
    pub(super) fn forget(&self, target: &Utf8Path) -> Result<()> {
        ["sha256", "applied"].iter().try_for_each(|ending| remove(&self.path(target, ending)))
    }

    /// Writes a file of the state that is about no single file.
    pub(super) fn write(&self, name: &str, content: &[u8], at: &mut At<'_>) -> Result<()> {
        atomic::write_as(&self.folder.join(name), content, PRIVATE, at).map(drop)
    }

    /// Removes such a file.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        remove(&self.folder.join(name))
    }

    /// The path on the host of such a file.
    pub(super) fn host_path(name: &str) -> Utf8PathBuf {
        Utf8Path::new(FOLDER).join(name)
    }

    fn path(&self, target: &Utf8Path, ending: &str) -> Utf8PathBuf {
        self.folder.join(format!("{}.{ending}", name(target)))
    }
}

/// What the files about a path are called: the path with `-` for its slashes.
fn name(target: &Utf8Path) -> String {
    let name = target.as_str().trim_matches('/').replace('-', "\\x2d").replace('/', "-");
    if name.is_empty() || name.len() > LONGEST_NAME {
        return hash(target.as_str().as_bytes());
    }
    name
}

fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn remove(path: &Utf8Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn root() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    #[test]
    fn a_second_run_is_refused_until_the_first_is_done() {
        let (_keep, path) = root();
        let first = State::lock_in(&path.join("state")).unwrap();
        assert!(State::lock_in(&path.join("state")).unwrap_err().to_string().contains("another"));
        drop(first);
        assert!(State::lock_in(&path.join("state")).is_ok());
    }

    #[test]
    fn links_on_the_way_are_followed_inside_of_the_root() {
        let (_keep, root) = root();
        let (_outside, outside) = self::root();
        fs::create_dir_all(root.join("data")).unwrap();
        fs::create_dir_all(root.join("var")).unwrap();
        symlink("/data", root.join("var/lib")).unwrap();
        let system = System::rooted(&root).unwrap();
        drop(State::lock(&system).unwrap());
        assert!(root.join("data/trento-alloy/lock").exists());

        // The folder that the link names is outside, and none inside: nothing is made there.
        fs::remove_file(root.join("var/lib")).unwrap();
        symlink(&outside, root.join("var/lib")).unwrap();
        let error = State::lock(&System::rooted(&root).unwrap()).unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("is a link"));
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_that_is_a_link_is_refused() {
        let (_keep, path) = root();
        symlink(path.join("elsewhere"), path.join("lock")).unwrap();
        assert!(State::lock_in(&path).is_err());
        assert!(!path.join("elsewhere").exists());
    }

    #[test]
    fn what_was_applied_stays_known_while_the_next_is_on_its_way() {
        let (_keep, root) = root();
        let system = System::rooted(&root).unwrap();
        let target = Utf8Path::new("/etc/alloy/my-own.alloy");
        let read = || Applied::read(&system, target);
        assert_eq!(read().knows(b"one"), None);
        let state = State::lock(&system).unwrap();
        for content in [b"one", b"two"] {
            state.remember(target, content, &mut |_| Ok(())).unwrap();
        }
        assert_eq!(
            [b"one", b"two", b"six"].map(|it| read().knows(it).unwrap()),
            [true, true, false]
        );
        assert_eq!(read().content(), Some(&b"two"[..]));
        assert!(root.join("var/lib/trento-alloy/etc-alloy-my\\x2down.alloy.sha256").exists());
        state.forget(target).unwrap();
        assert_eq!(read().knows(b"one"), None);
    }
}
