//! The folder where Alloy keeps samples that are not sent yet: there, writable, not full?

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::host::Seen;
use crate::system::System;

/// The key of a snapshot under which the storage is recorded.
pub(super) const KEY: &str = "storage";

/// The folder, and the file system it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The folder.
    pub path: Utf8PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Its owner.
    pub user: Option<String>,
    /// Its permissions in octal digits.
    pub mode: Option<String>,
    /// Whether the file system is mounted read-only.
    pub read_only: bool,
    /// Bytes that are free for users other than root.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Files that can still be made; none where the file system does not count them.
    pub free_files: Option<u64>,
}

/// What can be said of the folder, live or recorded.
pub fn storage(system: &System, path: &Utf8Path) -> Seen<Storage> {
    let Some(kernel) = system.kernel() else {
        let recorded = system.snapshot().and_then(|snapshot| snapshot.other.get(KEY));
        return match recorded.map(|recorded| serde_json::from_value(recorded.clone())) {
            None => Seen::NotRecorded,
            Some(Ok(storage)) => Seen::Known(storage),
            Some(Err(error)) => {
                Seen::hidden(format!("the recorded storage cannot be read: {error}"))
            }
        };
    };
    let found = system.files.metadata(path).ok();
    // Where it is not there yet, the folder that it will be made in decides.
    let nearest = path.ancestors().find(|folder| system.files.exists(folder));
    let room = match kernel.room(nearest.unwrap_or(Utf8Path::new("/"))) {
        Ok(room) => room,
        Err(error) => return Seen::hidden(format!("{path} cannot be looked at: {error}")),
    };
    let ownership = found.as_ref().and_then(|found| found.ownership.as_ref());
    Seen::Known(Storage {
        path: path.to_owned(),
        exists: found.is_some(),
        user: ownership.map(|ownership| ownership.user.clone()),
        mode: ownership.map(|ownership| format!("{:04o}", ownership.mode)),
        read_only: room.is_read_only,
        free_bytes: room.free_bytes,
        total_bytes: room.total_bytes,
        free_files: room.free_files,
    })
}
