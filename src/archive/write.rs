//! Writes a tree as an archive: the same tree gives the same bytes.

use std::io;

use camino::Utf8Path;
use tar::{EntryType, Header};

use super::compression::Compression;
use crate::system::{Content, MemoryTree, Node};

/// The archive of a tree.
///
/// # Errors
/// A name or a link cannot be written into a tar file, or the compression is only read.
pub fn write(tree: &MemoryTree, compression: Compression) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, node) in tree.nodes() {
        append(&mut builder, path, node)?;
    }
    let bytes = builder.into_inner()?;
    compression.compress(&bytes).unwrap_or_else(|| {
        let why = "xz archives are read, not written: name the file .tar.gz or .tar.zst";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    })
}

fn append(builder: &mut tar::Builder<Vec<u8>>, path: &Utf8Path, node: &Node) -> io::Result<()> {
    let Ok(name) = path.strip_prefix("/") else { return Ok(()) };
    if name.as_str().is_empty() {
        return Ok(());
    }
    let mut header = Header::new_gnu();
    header.set_mode(node.mode);
    header.set_uid(node.uid.into());
    header.set_gid(node.gid.into());
    header.set_mtime(u64::try_from(node.modified).unwrap_or(0));
    if let Some((user, group)) = &node.names {
        header.set_username(user)?;
        header.set_groupname(group)?;
    }
    match &node.content {
        Content::File(content) => {
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, &content[..])
        }
        Content::Dir => {
            header.set_entry_type(EntryType::Directory);
            header.set_size(0);
            builder.append_data(&mut header, format!("{name}/"), io::empty())
        }
        Content::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, name, target)
        }
        // Its being there is what matters: Alloy does not start with such an entry.
        Content::Special => {
            header.set_entry_type(EntryType::Fifo);
            header.set_size(0);
            builder.append_data(&mut header, name, io::empty())
        }
    }
}
