//! Writes a file whole or not at all: beside it first, then in its place.
//!
//! Never follows a link and never widens who may read. Which files are written at all is for the
//! commands to decide.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};

/// How often another name is tried for the temporary file.
const ATTEMPTS: u32 = 16;

/// Writes `content` to `path`. A file that is there keeps its owner and its mode, less the bits
/// that are not in `widest`; a new one gets `widest`.
///
/// # Errors
/// The folder cannot be written, or what is there is no regular file of its own (a link, a
/// device). Then what was there before is there still.
pub fn write(path: &Utf8Path, content: &[u8], widest: u32) -> Result<()> {
    let before = before(path)?;
    let mode = before.as_ref().map_or(widest, |before| before.mode() & 0o7777 & widest);
    let look = Look { owner: before.map(|before| (before.uid(), before.gid())), mode };
    write_as(path, content, look, &mut |_| Ok(()))
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
    /// It has its owner and mode.
    Dressed,
    /// The disk has it.
    Synced,
    /// It stands in the file's place.
    Renamed,
    /// The disk knows that it does.
    Kept,
}

/// Writes `content` to `path` with this owner and mode, whatever the file had before.
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
) -> Result<()> {
    before(path)?;
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let (beside, file) = create_beside(path).map_err(failed)?;
    let written = at(Moment::Created)
        .and_then(|()| fill(&file, content, look, at))
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| at(Moment::Renamed))
        .and_then(|()| sync_folder(path))
        .and_then(|()| at(Moment::Kept));
    if written.is_err() {
        // The first failure is the one to be told.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(failed)
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

fn fill(
    mut file: &File,
    content: &[u8],
    look: Look,
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
    at(Moment::Dressed)?;
    file.sync_all()?;
    at(Moment::Synced)
}

fn sync_folder(path: &Utf8Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty());
    File::open(folder.unwrap_or(Utf8Path::new(".")))?.sync_all()
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
        write(&path, b"one", 0o640).unwrap();
        assert_eq!(mode(&path), 0o640);
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        write(&path, b"two", 0o640).unwrap();
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
}
