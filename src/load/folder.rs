//! A folder as Alloy loads it: its `*.alloy` entries in byte order, nothing below it.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::file::LoadedFile;
use crate::system::{FileKind, System};

/// An entry that Alloy would have to read and cannot, so that the whole load fails; or that we
/// may not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its path on the host.
    pub path: Utf8PathBuf,
    /// Why it cannot be read.
    pub why: WhyUnreadable,
}

/// Why an entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyUnreadable {
    /// A symbolic link whose target does not exist.
    DanglingLink,
    /// The link `.#NAME` that an editor keeps while a file is open in it.
    EditorLock,
    /// A link to a folder.
    LinkToFolder,
    /// A FIFO, a socket or a device.
    Special,
    /// We may not read it; whether Alloy may is another question.
    Permission,
    /// It is larger than any configuration.
    TooLarge,
    /// Another error, in the system's words.
    Other(String),
}

impl WhyUnreadable {
    /// One clause that says it.
    pub fn text(&self) -> &str {
        match self {
            WhyUnreadable::DanglingLink => "it is a link to a file that does not exist",
            WhyUnreadable::EditorLock => "it is the lock of an editor: a link that leads nowhere",
            WhyUnreadable::LinkToFolder => "it is a link to a folder",
            WhyUnreadable::Special => "it is a FIFO, a socket or a device",
            WhyUnreadable::Permission => "we have no permission to read it",
            WhyUnreadable::TooLarge => "it is larger than 32 MiB, which no Alloy configuration is",
            WhyUnreadable::Other(reason) => reason,
        }
    }

    /// Whether it says something of us rather than of the host.
    pub fn is_ours(&self) -> bool {
        *self == WhyUnreadable::Permission
    }

    pub(super) fn of(error: &io::Error) -> WhyUnreadable {
        match error.kind() {
            io::ErrorKind::PermissionDenied => WhyUnreadable::Permission,
            io::ErrorKind::FileTooLarge => WhyUnreadable::TooLarge,
            io::ErrorKind::NotFound => WhyUnreadable::DanglingLink,
            io::ErrorKind::IsADirectory => WhyUnreadable::LinkToFolder,
            _ => WhyUnreadable::Other(error.to_string()),
        }
    }
}

/// Reads the `*.alloy` entries of a folder; `shown` is the folder's path as it is shown.
pub(super) fn read(
    system: &System,
    folder: &Utf8Path,
    shown: &Utf8Path,
) -> io::Result<(Vec<LoadedFile>, Vec<Unreadable>)> {
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for entry in system.files.read_dir(folder)? {
        // A folder is passed over, whatever it is called.
        if !entry.name.ends_with(".alloy") || entry.kind == FileKind::Dir {
            continue;
        }
        let path = shown.join(&entry.name);
        match read_entry(system, &folder.join(&entry.name), &path, &entry.name) {
            Ok(file) => files.push(file),
            Err(why) => unreadable.push(Unreadable { path, why }),
        }
    }
    Ok((files, unreadable))
}

fn read_entry(
    system: &System,
    path: &Utf8Path,
    shown: &Utf8Path,
    name: &str,
) -> Result<LoadedFile, WhyUnreadable> {
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err(WhyUnreadable::Other("its name is not UTF-8".to_owned()));
    }
    let meta = system.files.metadata(path).map_err(|error| match WhyUnreadable::of(&error) {
        WhyUnreadable::DanglingLink if name.starts_with(".#") => WhyUnreadable::EditorLock,
        why => why,
    })?;
    match meta.kind {
        FileKind::Dir => Err(WhyUnreadable::LinkToFolder),
        FileKind::Special => Err(WhyUnreadable::Special),
        FileKind::File | FileKind::Link => {
            LoadedFile::read(system, path, shown).map_err(|error| WhyUnreadable::of(&error))
        }
    }
}
