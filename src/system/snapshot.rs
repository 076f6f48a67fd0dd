//! `snapshot.json`: what a plain copy of a host's files loses.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::error::Category;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Error, Result};

/// Its name, beside the folders of the host.
pub(super) const PATH: &str = "/snapshot.json";
/// The most that is read of it: it holds no file's content.
pub(super) const LARGEST: u64 = 4 << 20;

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
    /// Files that a snapshot does not hold, by path, each with the reason: they cannot be read.
    #[serde(default)]
    pub left_out: BTreeMap<String, String>,
    /// Checks that a snapshot does not answer, by id, each with the reason.
    #[serde(default)]
    pub unproven: BTreeMap<String, String>,
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
    /// Understands the text of a `snapshot.json`; `path` is named in errors.
    ///
    /// # Errors
    /// It is no such JSON, or has a version other than 1.
    pub(super) fn parse(text: &[u8], path: &Utf8Path) -> Result<Snapshot> {
        let snapshot: Snapshot = serde_json::from_slice(text).map_err(|error| {
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
        Ok(snapshot)
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
