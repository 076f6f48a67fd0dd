//! Writes a file whole or not at all: beside it first, then in its place.
//!
//! The one writer of files that are already there. Never follows a link, never widens who may
//! read, keeps what a file has beyond its content (owner, mode, access control list, extended
//! attributes), and lets one program write in a folder at a time. What a killed run left beside a
//! file is tidied by the next write of that file. Which files are written at all is for the
//! commands to decide.

mod attributes;
mod lock;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};

use camino::{Utf8Path, Utf8PathBuf};

pub use lock::FolderLock;

use crate::error::{Error, Result};

/// How often another name is tried for the temporary file.
const ATTEMPTS: u32 = 16;

/// What a write did beyond the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Written {
    /// Other names (hard links) of the old file; they keep the old content.
    pub other_names: u64,
}

/// Writes `content` to `path`. A file that is there keeps its owner, its attributes and its mode,
/// less the bits that are not in `widest`; a new one gets `widest`.
///
/// # Errors
/// The folder cannot be written, or what is there is no regular file of its own (a link, a
/// device). Then what was there before is there still.
pub fn write(path: &Utf8Path, content: &[u8], widest: u32) -> Result<Written> {
    let before = before(path)?;
    let mode = before.as_ref().map_or(widest, |before| before.mode() & 0o7777 & widest);
    let look = Look { owner: before.map(|before| (before.uid(), before.gid())), mode };
    write_as(path, content, look, &mut |_| Ok(()))
}

/// Writes `content` to `path`, which must still hold `old`: what was read, and worked on, must be
/// what is replaced. Everything but the content is kept.
///
/// # Errors
/// As [`write()`], and where the file was changed meanwhile.
pub fn replace(path: &Utf8Path, old: &[u8], content: &[u8]) -> Result<Written> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let _lock = FolderLock::of(path).map_err(failed)?;
    let meta = before(path)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    if meta.len() != old.len() as u64 || fs::read(path).map_err(failed)? != old {
        return Err(failed(io::Error::other("another program changed it meanwhile: run it again")));
    }
    let look = Look { owner: Some((meta.uid(), meta.gid())), mode: meta.mode() & 0o7777 };
    write_locked(path, content, look, &mut |_| Ok(()))
}

/// Owner and mode of a file that is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Numbers of user and group; none: our own.
    pub owner: Option<(u32, u32)>,
    /// Permission bits.
    pub mode: u32,
}

/// A moment of a write. Cut short at any of them, there is the old file or the new one, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The file beside was made.
    Created,
    /// The content is in it.
    Filled,
    /// It has its owner, mode and attributes.
    Dressed,
    /// The disk has it.
    Synced,
    /// It stands in the file's place.
    Renamed,
    /// The disk knows that it does.
    Kept,
}

/// Writes `content` to `path` with this owner and mode; a file that is there keeps its attributes.
///
/// `at` is told of each moment and may end the write with an error of its own.
///
/// # Errors
/// As [`write()`], and what `at` returned. An error after [`Moment::Renamed`] leaves the new file.
pub fn write_as(
    path: &Utf8Path,
    content: &[u8],
    look: Look,
    at: &mut dyn FnMut(Moment) -> io::Result<()>,
) -> Result<Written> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let _lock = FolderLock::of(path).map_err(failed)?;
    write_locked(path, content, look, at)
}

/// Writes while nobody else does.
fn write_locked(
    path: &Utf8Path,
    content: &[u8],
    look: Look,
    at: &mut dyn FnMut(Moment) -> io::Result<()>,
) -> Result<Written> {
    let before = before(path)?;
    let failed = |source| Error::Write { path: path.to_owned(), source };
    tidy(path);
    let (beside, file) = create_beside(path).map_err(failed)?;
    let kept = before.as_ref().map(|_| path);
    let written = at(Moment::Created)
        .and_then(|()| fill(&file, content, look, kept, at))
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| at(Moment::Renamed))
        .and_then(|()| sync_folder(path))
        .and_then(|()| at(Moment::Kept));
    if written.is_err() {
        // The first failure is the one to be reported.
        let _ = fs::remove_file(&beside);
    }
    let other_names = before.map_or(0, |before| before.nlink().saturating_sub(1));
    written.map(|()| Written { other_names }).map_err(failed)
}

/// The file that is there, if it is one that may be replaced.
fn before(path: &Utf8Path) -> Result<Option<fs::Metadata>> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => Ok(Some(meta)),
        Ok(meta) => Err(failed(refused(&meta))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn refused(meta: &fs::Metadata) -> io::Error {
    let what = if meta.is_symlink() {
        "it is a symbolic link; name the file it leads to"
    } else {
        "it is no regular file"
    };
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// Creates a hidden file in the same folder, under a name that Alloy does not load.
fn create_beside(path: &Utf8Path) -> io::Result<(Utf8PathBuf, File)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 0..ATTEMPTS {
        let beside = path.with_file_name(format!(".{name}.{}-{attempt}~", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Removes what a run that was killed left beside a file. Nobody else writes in the folder now.
pub fn tidy(path: &Utf8Path) {
    let Some(name) = path.file_name() else { return };
    let prefix = format!(".{name}.");
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let left = entry.file_name();
        let Some(number) = left
            .to_str()
            .and_then(|left| left.strip_prefix(&prefix)?.strip_suffix('~'))
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
        else {
            continue;
        };
        if number.contains('-') && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // What cannot be removed does no harm: Alloy does not load it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn fill(
    mut file: &File,
    content: &[u8],
    look: Look,
    kept: Option<&Utf8Path>,
    at: &mut dyn FnMut(Moment) -> io::Result<()>,
) -> io::Result<()> {
    file.write_all(content)?;
    at(Moment::Filled)?;
    if let Some((user, group)) = look.owner {
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (user, group) {
            fchown(file, Some(user), Some(group))?;
        }
    }
    file.set_permissions(Permissions::from_mode(look.mode))?;
    if let Some(old) = kept {
        attributes::copy(old, file, look.mode)?;
    }
    at(Moment::Dressed)?;
    file.sync_all()?;
    at(Moment::Synced)
}

fn sync_folder(path: &Utf8Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Utf8Path) -> &Utf8Path {
    path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    fn mode(path: &Utf8Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_new_file_gets_the_mode_and_an_old_one_keeps_less() {
        let (_keep, folder) = folder();
        let path = folder.join("trento.alloy");
        assert_eq!(write(&path, b"one", 0o640).unwrap(), Written::default());
        assert_eq!(mode(&path), 0o640);
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        assert_eq!(write(&path, b"two", 0o640).unwrap(), Written::default());
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_link_and_a_folder_are_left_alone() {
        let (_keep, folder) = folder();
        fs::write(folder.join("target"), "precious").unwrap();
        symlink("target", folder.join("link")).unwrap();
        assert!(write(&folder.join("link"), b"x", 0o644).is_err());
        assert!(write(&folder, b"x", 0o644).is_err());
        assert!(write(&folder.join("none/x"), b"x", 0o644).is_err());
        assert_eq!(fs::read(folder.join("target")).unwrap(), b"precious");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[test]
    fn other_names_of_a_file_are_counted() {
        let (_keep, folder) = folder();
        let path = folder.join("trento.alloy");
        fs::write(&path, "old").unwrap();
        fs::hard_link(&path, folder.join("twin")).unwrap();
        assert_eq!(write(&path, b"new", 0o644).unwrap(), Written { other_names: 1 });
        assert_eq!(fs::read(folder.join("twin")).unwrap(), b"old");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_not_replaced() {
        let (_keep, folder) = folder();
        let path = folder.join("trento.alloy");
        fs::write(&path, "theirs").unwrap();
        let error = replace(&path, b"ours..", b"new").unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("meanwhile"));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(replace(&path, b"theirs", b"new").unwrap(), Written::default());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn what_a_killed_run_left_is_removed_by_the_next_write_of_that_file() {
        let (_keep, folder) = folder();
        let left =
            [".trento.alloy.12-0~", ".other.alloy.1-0~", ".trento.alloy.swp~", "trento.alloy~"];
        for name in left {
            fs::write(folder.join(name), "").unwrap();
        }
        let _ = write(&folder.join("trento.alloy"), b"x", 0o644).unwrap();
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [".other.alloy.1-0~", ".trento.alloy.swp~", "trento.alloy", "trento.alloy~"]
        );
    }

    #[test]
    fn attributes_of_the_old_file_are_on_the_new_one() {
        let (_keep, folder) = folder();
        let path = folder.join("trento.alloy");
        fs::write(&path, "old").unwrap();
        let set = rustix::fs::setxattr(
            path.as_std_path(),
            "user.origin",
            b"ansible",
            rustix::fs::XattrFlags::empty(),
        );
        if set.is_err() {
            eprintln!("skipped: the file system of the temporary folder has no user attributes");
            return;
        }
        let _ = replace(&path, b"old", b"new").unwrap();
        let mut value = Vec::with_capacity(64);
        let read = rustix::fs::getxattr(
            path.as_std_path(),
            "user.origin",
            rustix::buffer::spare_capacity(&mut value),
        );
        assert_eq!(read, Ok(7));
        assert_eq!(value, b"ansible");
    }
}
