//! How much of a host would be recorded: more than any host's configuration is refused, and before
//! it is read where that can be seen.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};
use crate::installation::Installation;
use crate::system::{FileKind, HostFiles, LookedAt};

/// The most entries of a host: owner, mode and time of each are read again from `snapshot.json`.
const MOST_ENTRIES: usize = 20_000;
/// The largest file that is packed.
pub const LARGEST_FILE: u64 = 8 << 20;
/// The most content in bytes; a snapshot that holds more is not read whole again.
const MOST_CONTENT: u64 = 64 << 20;

/// Where configurations lie.
const FOLDERS: &[&str] = &["/etc/alloy", "/etc/prometheus"];

/// Counts what stands in the folder that is loaded, and where configurations lie. Reads no file but
/// those that tell how Alloy is started.
///
/// # Errors
/// It is more than a host's configuration.
pub(super) fn before(installation: &Installation<'_>) -> Result<()> {
    let files = &installation.system().files;
    let loaded = installation.start().config.as_deref().ok().map(|path| {
        let is_folder = files.metadata(path).is_ok_and(|meta| meta.kind == FileKind::Dir);
        if is_folder { path } else { path.parent().unwrap_or(path) }
    });
    let folders = loaded.into_iter().chain(FOLDERS.iter().map(Utf8Path::new));
    let folders: BTreeSet<Utf8PathBuf> =
        folders.filter_map(|folder| files.resolve(folder).ok()).collect();
    let mut counted = Counted::default();
    for folder in &folders {
        let paths = counted.list(files, folder)?;
        for path in paths.iter().filter(|path| path.extension() == Some("alloy")) {
            counted.hold(files, path)?;
        }
    }
    Ok(())
}

/// Counts what was looked at.
///
/// # Errors
/// It is more than a host's configuration.
pub(super) fn after(files: &HostFiles, looked_at: &LookedAt) -> Result<()> {
    let mut counted = Counted::default();
    counted.add(looked_at.paths.len(), Utf8Path::new("/"))?;
    for folder in looked_at.listed.iter().filter(|path| !super::is_virtual(path)) {
        counted.list(files, folder)?;
    }
    for path in looked_at.read.iter().filter(|path| !super::is_virtual(path)) {
        counted.hold(files, path)?;
    }
    Ok(())
}

/// What has been counted so far.
#[derive(Default)]
struct Counted {
    entries: usize,
    content: u64,
}

impl Counted {
    /// Counts the entries of a folder.
    fn list(&mut self, files: &HostFiles, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        let entries = files.read_dir(folder).unwrap_or_default();
        self.add(entries.len(), folder)?;
        Ok(entries.into_iter().map(|entry| folder.join(&entry.name)).collect())
    }

    fn add(&mut self, entries: usize, of: &Utf8Path) -> Result<()> {
        self.entries += entries;
        if self.entries <= MOST_ENTRIES {
            return Ok(());
        }
        let of = if entries > MOST_ENTRIES { of } else { Utf8Path::new("/") };
        Err(too_much(&format!("more than {MOST_ENTRIES} entries below {of}")))
    }

    /// Counts the content of a file; a larger one than is packed is left out.
    fn hold(&mut self, files: &HostFiles, path: &Utf8Path) -> Result<()> {
        let size = files.metadata(path).map_or(0, |meta| meta.size);
        self.content += if size <= LARGEST_FILE { size } else { 0 };
        if self.content <= MOST_CONTENT {
            return Ok(());
        }
        Err(too_much(&format!("more than {} MiB of content", MOST_CONTENT >> 20)))
    }
}

fn too_much(what: &str) -> Error {
    Error::Invalid(format!("there is more to record than a host's configuration: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Options;
    use crate::facts::snapshot::take;
    use crate::installation::Wanted;
    use crate::system::{MemoryTree, Node, System};

    fn refused(tree: MemoryTree) -> String {
        let system = System::in_memory(tree, "host".into()).unwrap();
        let taken = take(&system, Wanted::default(), Options::default());
        taken.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_folder_of_very_many_files_is_refused_before_any_is_read() {
        let mut tree = MemoryTree::new();
        for number in 0..=MOST_ENTRIES {
            tree.insert(format!("/etc/alloy/{number}.txt"), Node::file(Vec::new()));
        }
        let why = refused(tree);
        assert!(why.ends_with("more than 20000 entries below /etc/alloy"), "{why}");
    }

    #[test]
    fn a_folder_of_large_files_is_refused_before_any_is_read() {
        let mut tree = MemoryTree::new();
        let content = vec![b'\n'; LARGEST_FILE as usize];
        for number in 0..9 {
            tree.insert(format!("/etc/alloy/{number}.txt"), Node::file(content.clone()));
        }
        assert_eq!(refused(tree.clone()), "");
        for number in 0..9 {
            tree.insert(format!("/etc/alloy/{number}.alloy"), Node::file(content.clone()));
        }
        // Alloy of the packages loads one file of the folder; a checker of all would not end here.
        assert!(refused(tree).ends_with("more than 64 MiB of content"));
    }

    #[test]
    fn a_textfile_folder_of_very_many_files_is_refused_too() {
        let unix = "prometheus.exporter.unix \"u\" {\n  textfile {\n    directory = \"/t\"\n  }\n}\n\
            prometheus.scrape \"s\" {\n  targets = prometheus.exporter.unix.u.targets\n  \
            forward_to = [prometheus.remote_write.trento.receiver]\n}\n\
            prometheus.remote_write \"trento\" {\n  endpoint { url = \"http://h/w\" }\n}\n";
        let mut tree = MemoryTree::new();
        tree.insert("/etc/alloy/config.alloy", Node::file(unix.as_bytes().to_vec()));
        for number in 0..=MOST_ENTRIES {
            tree.insert(format!("/t/{number}.txt"), Node::file(Vec::new()));
        }
        let why = refused(tree);
        assert!(why.ends_with("more than 20000 entries below /t"), "{why}");
    }
}
