//! The system as a value: the host's files, the environment and the clock.
//!
//! Everything a command learns from outside comes through a [`System`], so that `--root DIR`
//! swaps the host for a folder and a test builds one. Only reads; network and processes belong to
//! `probe` and `host`, which ask [`System::is_live`] first.

mod files;
mod snapshot;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

pub use files::{Entry, FileKind, HostFiles, Metadata, Ownership};
pub use snapshot::{RecordedFile, Snapshot};

use crate::error::{Error, Result};

/// Everything outside the program that a command may look at.
#[derive(Clone, Debug)]
pub struct System {
    /// The host's files, by their paths on the host.
    pub files: HostFiles,
    /// The environment of our own process; empty under `--root`, where it says nothing of the host.
    pub env: BTreeMap<String, String>,
    /// Seconds since 1970: the clock, or the snapshot's `taken_at`.
    pub now: i64,
    /// The host's name, if it can be known.
    pub hostname: Option<String>,
    live: bool,
}

impl System {
    /// The running system.
    pub fn live() -> System {
        System {
            files: HostFiles::live(),
            // A variable that is not UTF-8 cannot be one we know.
            env: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            hostname: rustix::system::uname().nodename().to_str().ok().map(str::to_owned),
            live: true,
        }
    }

    /// A host's files in a folder, with its `snapshot.json` if there is one.
    ///
    /// # Errors
    /// The folder does not exist or is none, or `snapshot.json` cannot be understood.
    pub fn rooted(root: &Utf8Path) -> Result<System> {
        let meta = std::fs::metadata(root)
            .map_err(|source| Error::Read { path: root.to_owned(), source })?;
        if !meta.is_dir() {
            return Err(Error::Usage(format!(
                "{root} is a file: --root takes a folder that holds a host's files at their paths"
            )));
        }
        let snapshot = Snapshot::read(root)?;
        let live = System::live();
        let now = snapshot.as_ref().and_then(Snapshot::taken_at).unwrap_or(live.now);
        let files = HostFiles::rooted(root, snapshot);
        let hostname = files.read_to_string(Utf8Path::new("/etc/hostname")).ok().and_then(|text| {
            text.lines()
                .map(str::trim)
                .find(|line| !line.is_empty() && !line.starts_with('#'))
                .map(str::to_owned)
        });
        Ok(System { files, env: BTreeMap::new(), now, hostname, live: false })
    }

    /// Whether this is the running system, so that processes and network may be asked.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// What `snapshot.json` recorded; none on a live host.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.files.snapshot()
    }

    /// A variable of our process's environment.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// The path on this machine of a path on the host, for messages and for `deploy`.
    pub fn outer(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.files.outer(path)
    }
}
