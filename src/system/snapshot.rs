//! `snapshot.json`: what a plain copy of a host's files loses.

use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::error::Category;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Error, Result};
use crate::system::files::HostFiles;

/// Its name, beside the folders of the host.
const PATH: &str = "/snapshot.json";
/// The most that is read of it: it holds no file's content.
const LARGEST: u64 = 4 << 20;

/// The recorded facts of a host in a folder.
///
/// `{"version": 1, "taken_at": "2026-01-02T03:04:05Z", "packages": {"alloy": "1.18.1"},
/// "files": {"/etc/alloy": {"mode": "0770", "user": "root", "group": "alloy"}}, …}`, each file
/// with its time in `modified` where that matters;
/// other keys are kept as they are for the module that recorded them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Snapshot {
    version: u32,
    taken_at: Option<String>,
    /// Installed packages and their versions.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
    /// Owners and modes by path on the host; none if they were not recorded at all.
    pub files: Option<BTreeMap<String, RecordedFile>>,
    /// Everything else that was recorded, by its key.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// Owner and mode of one file, as recorded.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedFile {
    /// Octal digits, such as `0640`.
    pub mode: String,
    /// Name or number of the owner.
    pub user: String,
    /// Name or number of the group.
    pub group: String,
    /// Seconds since 1970 of the last change of content, where it was recorded.
    pub modified: Option<i64>,
}

impl Snapshot {
    /// Reads the `snapshot.json` of a host's files, if there is one.
    ///
    /// # Errors
    /// It cannot be read, is no such JSON, or has a version other than 1.
    pub(super) fn read(files: &HostFiles) -> Result<Option<Snapshot>> {
        let path = files.named(Utf8Path::new(PATH));
        let text = match files.read_at_most(Utf8Path::new(PATH), LARGEST) {
            Ok(text) => text,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path, source }),
        };
        let snapshot: Snapshot = serde_json::from_slice(&text).map_err(|error| {
            Error::Invalid(format!("cannot understand {path}: {}", fault(&error)))
        })?;
        if snapshot.version != 1 {
            return Err(Error::Invalid(format!(
                "{path} has version {}; this program reads version 1",
                snapshot.version
            )));
        }
        if let Some(taken_at) = &snapshot.taken_at
            && snapshot.taken_at().is_none()
        {
            return Err(Error::Invalid(format!(
                "{path}: taken_at is `{taken_at}`; write a time such as 2026-01-02T03:04:05Z"
            )));
        }
        Ok(Some(snapshot))
    }

    /// When it was taken, in seconds since 1970.
    pub fn taken_at(&self) -> Option<i64> {
        let text = self.taken_at.as_deref()?;
        OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
    }
}

/// What is wrong with the JSON, without quoting what stands there.
fn fault(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => format!(
            "a value at line {} column {} is not what a snapshot holds there",
            error.line(),
            error.column()
        ),
        Category::Io | Category::Syntax | Category::Eof => error.to_string(),
    }
}
