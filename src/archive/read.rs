//! Reads an archive into the trees of the hosts that it holds.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use tar::{Entry, EntryType};

use super::bounds::{self, Bounded, too_large};
use super::compression::Compression;
use super::find::{self, Found};
use crate::system::{Content, MemoryTree, Node};

/// The name of a snapshot inside of a supportconfig archive.
const INNER: &str = "trento-alloy-snapshot.tar.gz";

/// Reads the hosts of an archive: the host whose files it holds, those of its folders, or the
/// snapshot inside of a supportconfig archive.
///
/// # Errors
/// It is no archive, is damaged, or reaches a bound; `InvalidData` and `FileTooLarge`.
pub fn read(bytes: &[u8]) -> io::Result<Vec<Found>> {
    let entries = entries(bytes)?;
    let inner = entries.iter().find(|(path, _)| path.file_name() == Some(INNER));
    if let Some((_, Node { content: Content::File(inner), .. })) = inner {
        // A snapshot holds no archives, so this does not go on.
        return Ok(hosts(self::entries(inner)?));
    }
    Ok(hosts(entries))
}

type Entries = BTreeMap<Utf8PathBuf, Node>;

fn hosts(entries: Entries) -> Vec<Found> {
    let prefixes = find::prefixes(entries.keys().map(Utf8PathBuf::as_path));
    let mut hosts: Vec<Found> =
        prefixes.into_iter().map(|prefix| Found { prefix, tree: MemoryTree::new() }).collect();
    for (path, node) in entries {
        for host in &mut hosts {
            if let Ok(below) = path.strip_prefix(&host.prefix) {
                host.tree.insert(below, node);
                break;
            }
        }
    }
    hosts
}

fn entries(bytes: &[u8]) -> io::Result<Entries> {
    let compression = Compression::of_bytes(bytes).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "it is no tar archive (plain, gzip, xz, zstd)")
    })?;
    let reader = Bounded::new(compression.reader(bytes)?, bytes.len() as u64);
    let mut archive = tar::Archive::new(reader);
    let mut reading = Reading::default();
    for entry in archive.entries()? {
        reading.take(entry?)?;
    }
    reading.link_names();
    Ok(reading.entries)
}

/// What has been read of an archive so far.
#[derive(Default)]
struct Reading {
    entries: Entries,
    /// Further names of a file, with the name that has its content.
    names: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    count: usize,
    held: u64,
}

impl Reading {
    fn take(&mut self, mut entry: Entry<'_, impl Read>) -> io::Result<()> {
        self.count += 1;
        if self.count > bounds::MOST_ENTRIES {
            return Err(too_large("it has more entries than a host's configuration"));
        }
        let Some(path) = plain(&entry.path_bytes()) else { return Ok(()) };
        let content = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                self.content(&mut entry)?
            }
            EntryType::Directory => Content::Dir,
            EntryType::Symlink => match entry.link_name_bytes().as_deref().map(str::from_utf8) {
                Some(Ok(target)) if target.len() <= bounds::LONGEST_NAME => {
                    Content::Link(target.into())
                }
                _ => Content::Special,
            },
            EntryType::Link => {
                if let Some(target) = entry.link_name_bytes().as_deref().and_then(plain) {
                    self.names.push((path, target));
                }
                return Ok(());
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => Content::Special,
            _ => return Ok(()),
        };
        self.entries.insert(path, node(&entry, content));
        Ok(())
    }

    /// The content of a file, as far as it is held.
    fn content(&mut self, entry: &mut Entry<'_, impl Read>) -> io::Result<Content> {
        let size = entry.size();
        if size > bounds::LARGEST_FILE || self.held + size > bounds::MOST_HELD {
            // Reading it says that it is no file that can be read; its place is known.
            return Ok(Content::Special);
        }
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        entry.take(size).read_to_end(&mut content)?;
        self.held += content.len() as u64;
        Ok(Content::File(Arc::from(content)))
    }

    /// Gives each further name of a file what the name before it has.
    fn link_names(&mut self) {
        for (path, target) in std::mem::take(&mut self.names) {
            if let Some(node) = self.entries.get(&target).cloned() {
                self.entries.insert(path, node);
            }
        }
    }
}

fn node(entry: &Entry<'_, impl Read>, content: Content) -> Node {
    let header = entry.header();
    let number = |number: io::Result<u64>| number.ok().and_then(|it| u32::try_from(it).ok());
    let name = |name: Result<Option<&str>, _>| {
        name.ok().flatten().filter(|name| !name.is_empty()).map(str::to_owned)
    };
    Node {
        content,
        mode: header.mode().unwrap_or(0o600) & 0o7777,
        uid: number(header.uid()).unwrap_or(u32::MAX),
        gid: number(header.gid()).unwrap_or(u32::MAX),
        names: name(header.username()).zip(name(header.groupname())),
        modified: header.mtime().ok().and_then(|time| i64::try_from(time).ok()).unwrap_or(0),
        is_denied: false,
    }
}

/// A name as a path from the root of the archive, without a slash in front; none where it is no
/// text, too long, or has `..` in it.
fn plain(name: &[u8]) -> Option<Utf8PathBuf> {
    let name = str::from_utf8(name).ok().filter(|name| name.len() <= bounds::LONGEST_NAME)?;
    let mut path = Utf8PathBuf::new();
    for part in Utf8Path::new(name).components() {
        match part {
            Utf8Component::Normal(part) => path.push(part),
            Utf8Component::RootDir | Utf8Component::CurDir => {}
            Utf8Component::ParentDir | Utf8Component::Prefix(_) => return None,
        }
    }
    (!path.as_str().is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::super::write::write;
    use super::*;
    use crate::system::System;

    fn built(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        build(&mut builder);
        builder.into_inner().unwrap()
    }

    fn file(builder: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o640);
        header.set_username("root").unwrap();
        header.set_groupname("alloy").unwrap();
        // Written into the header as it is: a builder refuses the names that matter here.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }

    fn linked(builder: &mut tar::Builder<Vec<u8>>, kind: EntryType, path: &str, target: &str) {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        builder.append_link(&mut header, path, target).unwrap();
    }

    fn text(found: Found, path: &str) -> io::Result<String> {
        let system = System::in_memory(found.tree, Utf8Path::new("x.tar")).unwrap();
        system.files.read_to_string(Utf8Path::new(path))
    }

    fn only(bytes: &[u8]) -> Found {
        let mut found = read(bytes).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn links_and_names_lead_nowhere_outside_and_the_last_of_two_wins() {
        let bytes = built(|builder| {
            file(builder, "./etc/alloy/a.alloy", b"one");
            file(builder, "./etc/alloy/a.alloy", b"two");
            file(builder, "/etc/hostname", b"sap01\n");
            file(builder, "../../etc/escaped", b"x");
            linked(builder, EntryType::Symlink, "etc/out", "../../../../etc/hostname");
            linked(builder, EntryType::Link, "etc/alloy/b.alloy", "etc/alloy/a.alloy");
            linked(builder, EntryType::Link, "etc/gone", "../../../etc/shadow");
            let mut fifo = tar::Header::new_gnu();
            fifo.set_entry_type(EntryType::Fifo);
            fifo.set_size(0);
            builder.append_data(&mut fifo, "etc/alloy/fifo.alloy", io::empty()).unwrap();
        });
        assert_eq!(text(only(&bytes), "/etc/alloy/a.alloy").unwrap(), "two");
        assert_eq!(text(only(&bytes), "/etc/alloy/b.alloy").unwrap(), "two");
        assert_eq!(text(only(&bytes), "/etc/out").unwrap(), "sap01\n");
        for absent in ["/etc/escaped", "/escaped", "/etc/gone", "/etc/alloy/fifo.alloy"] {
            assert!(text(only(&bytes), absent).is_err(), "{absent}");
        }
    }

    #[test]
    fn every_compression_gives_the_same_host() {
        let plain = built(|builder| file(builder, "sap01/etc/trento/agent.yaml", b"a: 1\n"));
        let xz = {
            let mut writer =
                lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
            io::Write::write_all(&mut writer, &plain).unwrap();
            writer.finish().unwrap()
        };
        let of = |compression: Compression| compression.compress(&plain).unwrap().unwrap();
        for bytes in [plain.clone(), of(Compression::Gzip), of(Compression::Zstd), xz] {
            let found = only(&bytes);
            assert_eq!(found.prefix, "sap01");
            assert_eq!(text(found, "/etc/trento/agent.yaml").unwrap(), "a: 1\n");
            // Cut anywhere, it is an error or less of the same, and no panic.
            for length in (0..bytes.len()).step_by(97) {
                let _ = read(&bytes[..length]);
            }
        }
    }

    #[test]
    fn a_snapshot_inside_of_a_supportconfig_archive_is_the_host() {
        let tree = MemoryTree::new().with("/etc/hostname", Node::file(*b"sap07\n"));
        let inner = write(&tree, Compression::Gzip).unwrap();
        let outer = built(|builder| {
            file(builder, "scc_sap07_261129/basic-environment.txt", b"x");
            file(builder, "scc_sap07_261129/trento-alloy-snapshot.tar.gz", &inner);
        });
        assert_eq!(text(only(&outer), "/etc/hostname").unwrap(), "sap07\n");
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        for bytes in [&b""[..], b"no tar", &[0x1f, 0x8b, 8], &[0x28, 0xb5, 0x2f, 0xfd, 1, 2]] {
            assert!(read(bytes).is_err());
        }
    }
}
