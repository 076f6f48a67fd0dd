//! The system as a value: the host's files, its clock and name, and what else it can do.
//!
//! Everything a command learns from outside comes through a [`System`], so that `--root DIR` swaps
//! the host for a folder or an archive, and a test builds one. What a system may lack is asked for
//! and is there or not: programs to run, a kernel to look at, a network, a running Alloy, and our
//! own process's environment. Nobody asks which kind of system it is.

mod disk;
mod files;
pub mod given;
mod kernel;
mod looked_at;
mod memory;
mod programs;
mod remembered;
mod snapshot;
mod tree;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

pub use files::{FileKind, HostFiles, Metadata, Ownership};
pub use kernel::Kernel;
pub use looked_at::LookedAt;
pub use memory::{Content, MemoryTree, Node};
pub use programs::Programs;
#[cfg(test)]
pub use programs::Ran;
pub use snapshot::Snapshot;

use crate::error::{Error, Result};
use crate::secret::Vault;

/// Everything outside the program that a command may look at.
#[derive(Clone, Debug)]
pub struct System {
    /// The host's files, by their paths on the host.
    pub files: HostFiles,
    /// Seconds since 1970: the clock, or the snapshot's `taken_at`.
    pub now: i64,
    /// The host's name, if it can be known.
    pub hostname: Option<String>,
    own_environment: Option<BTreeMap<String, String>>,
    programs: Option<Arc<dyn Programs>>,
    kernel: Option<Kernel>,
    network: Option<Network>,
    alloy_http: Option<AlloyHttp>,
}

/// The right to use the network. Whoever asks another machine takes one.
#[derive(Clone, Copy, Debug)]
pub struct Network(());

/// The right to ask the HTTP server of an Alloy that runs on this machine.
#[derive(Clone, Copy, Debug)]
pub struct AlloyHttp(());

impl System {
    /// The running system.
    pub fn live() -> System {
        let files = HostFiles::live();
        System {
            now: clock(),
            hostname: rustix::system::uname().nodename().to_str().ok().map(str::to_owned),
            // A variable that is not UTF-8 cannot be one we know.
            own_environment: Some(
                std::env::vars_os()
                    .filter_map(|(name, value)| {
                        Some((name.into_string().ok()?, value.into_string().ok()?))
                    })
                    .collect(),
            ),
            programs: Some(Arc::new(programs::OwnPrograms)),
            kernel: Some(Kernel::new(files.clone())),
            network: Some(Network(())),
            alloy_http: Some(AlloyHttp(())),
            files,
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
        System::elsewhere(HostFiles::rooted(root))
    }

    /// A host's files in memory, with its `snapshot.json` if there is one. `name` is what the tree
    /// is called in messages, such as the path of its archive.
    ///
    /// # Errors
    /// `snapshot.json` cannot be understood.
    pub fn in_memory(tree: MemoryTree, name: &Utf8Path) -> Result<System> {
        System::elsewhere(HostFiles::in_memory(tree, name))
    }

    /// A host of which there is nothing but files.
    fn elsewhere(files: HostFiles) -> Result<System> {
        let snapshot = files.read_snapshot()?;
        let now = snapshot.as_ref().and_then(Snapshot::taken_at).unwrap_or_else(clock);
        let files = files.with_snapshot(snapshot);
        let hostname = files.read_to_string(Utf8Path::new("/etc/hostname")).ok().and_then(|text| {
            text.lines()
                .map(str::trim)
                .find(|line| !line.is_empty() && !line.starts_with('#'))
                .map(str::to_owned)
        });
        Ok(System {
            files,
            now,
            hostname,
            own_environment: None,
            programs: None,
            kernel: None,
            network: None,
            alloy_http: None,
        })
    }

    /// The system for one look that changes nothing: what was asked of its files once is not asked
    /// again.
    pub fn for_one_look(self) -> System {
        System { files: self.files.remembered(), ..self }
    }

    /// The system with this environment of our own process.
    pub fn with_own_environment(self, environment: BTreeMap<String, String>) -> System {
        System { own_environment: Some(environment), ..self }
    }

    /// The system with these programs.
    pub fn with_programs(self, programs: Arc<dyn Programs>) -> System {
        System { programs: Some(programs), ..self }
    }

    /// The system with this kernel.
    pub fn with_kernel(self, kernel: Kernel) -> System {
        System { kernel: Some(kernel), ..self }
    }

    /// The programs that can be run: systemctl, the package tool.
    pub fn programs(&self) -> Option<&dyn Programs> {
        self.programs.as_deref()
    }

    /// What the kernel shows: processes, and what it enforces.
    pub fn kernel(&self) -> Option<&Kernel> {
        self.kernel.as_ref()
    }

    /// The network that the host is on.
    pub fn network(&self) -> Option<Network> {
        self.network
    }

    /// The HTTP server of the Alloy that runs on it.
    pub fn alloy_http(&self) -> Option<AlloyHttp> {
        self.alloy_http
    }

    /// The environment of our own process, where it runs in this system.
    pub fn own_environment(&self) -> Option<&BTreeMap<String, String>> {
        self.own_environment.as_ref()
    }

    /// What `snapshot.json` recorded; none on a live host.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.files.snapshot()
    }

    /// What on it is secret, as far as it has been read.
    pub fn secrets(&self) -> &Vault {
        self.files.secrets()
    }

    /// The path on this machine of a path on the host, for whoever writes there.
    ///
    /// # Errors
    /// The host is an archive, into which nothing is written.
    pub fn outer(&self, path: &Utf8Path) -> Result<Utf8PathBuf> {
        self.files.outer(path).ok_or_else(|| {
            let path = self.files.named(path);
            Error::Usage(format!("{path} is in an archive, into which nothing is written"))
        })
    }

    /// The path on this machine of a folder of the host that is there, or is to be made. Links on
    /// the way are followed inside of the host.
    ///
    /// # Errors
    /// A link on the way leads to nothing, or a part cannot be read; as [`System::outer()`].
    pub fn outer_folder(&self, path: &Utf8Path) -> Result<Utf8PathBuf> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        let mut missing = Vec::new();
        let mut at = path;
        loop {
            match self.files.resolve(at) {
                Ok(mut found) => {
                    found.extend(missing.iter().rev());
                    return self.outer(&found);
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                Err(_) => {}
            }
            if self.files.symlink_metadata(at).is_ok() {
                let message = format!("{at} is a link to a folder that does not exist: make it");
                return Err(failed(io::Error::new(io::ErrorKind::NotFound, message)));
            }
            let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else {
                return Err(failed(io::ErrorKind::NotFound.into()));
            };
            missing.push(name);
            at = parent;
        }
    }
}

fn clock() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
