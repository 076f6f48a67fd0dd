//! A tree of files held in memory: what an archive holds, or what a test needs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::system::tree::{self, Entry, FileKind, Stat, Tree};

/// Files by their paths on the host. `Debug` shows no content, which may hold secrets.
#[derive(Clone, Default)]
pub struct MemoryTree {
    nodes: BTreeMap<Utf8PathBuf, Node>,
    children: BTreeMap<Utf8PathBuf, BTreeSet<String>>,
}

/// What stands at a path.
#[derive(Clone)]
pub struct Node {
    /// What it is, and what it holds.
    pub content: Content,
    /// Permission bits.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Names of owner and group, where there is more than numbers.
    pub names: Option<(String, String)>,
    /// Seconds since 1970 of the last change of content.
    pub modified: i64,
    /// Whether reading it is refused, as to somebody without the rights.
    pub is_denied: bool,
}

/// What a node holds.
#[derive(Clone)]
pub enum Content {
    /// A regular file.
    File(Arc<[u8]>),
    /// A folder; its entries are the nodes below it.
    Dir,
    /// A symbolic link, with its target as it is written.
    Link(Utf8PathBuf),
    /// A FIFO, a socket or a device.
    Special,
}

impl Node {
    /// A file, root's and readable by all.
    pub fn file(content: impl Into<Arc<[u8]>>) -> Node {
        Node::new(Content::File(content.into()), 0o644)
    }

    /// A folder, root's and open to all.
    pub fn dir() -> Node {
        Node::new(Content::Dir, 0o755)
    }

    /// A symbolic link.
    pub fn link(target: impl Into<Utf8PathBuf>) -> Node {
        Node::new(Content::Link(target.into()), 0o777)
    }

    /// The same, with reading refused.
    pub fn denied(self) -> Node {
        Node { is_denied: true, ..self }
    }

    fn new(content: Content, mode: u32) -> Node {
        Node { content, mode, uid: 0, gid: 0, names: None, modified: 0, is_denied: false }
    }

    fn kind(&self) -> FileKind {
        match self.content {
            Content::File(_) => FileKind::File,
            Content::Dir => FileKind::Dir,
            Content::Link(_) => FileKind::Link,
            Content::Special => FileKind::Special,
        }
    }
}

impl MemoryTree {
    /// A tree with nothing in it.
    pub fn new() -> MemoryTree {
        MemoryTree::default()
    }

    /// Puts a node at a path, over what stood there. Folders on the way that are not there yet
    /// come into being, open to all. `..` leads nowhere: such a path is left out.
    pub fn insert(&mut self, path: impl AsRef<Utf8Path>, node: Node) {
        let path = Utf8Path::new("/").join(path.as_ref());
        if path.components().any(|part| part.as_str() == "..") {
            return;
        }
        let path: Utf8PathBuf = path.components().collect();
        let mut below = path.as_path();
        while let (Some(folder), Some(name)) = (below.parent(), below.file_name()) {
            let names = self.children.entry(folder.to_owned()).or_default();
            if !names.insert(name.to_owned()) {
                break;
            }
            below = folder;
        }
        self.nodes.insert(path, node);
    }

    /// The tree with a node at a path.
    pub fn with(mut self, path: impl AsRef<Utf8Path>, node: Node) -> MemoryTree {
        self.insert(path, node);
        self
    }

    /// Everything that stands in it, by path.
    pub fn nodes(&self) -> impl Iterator<Item = (&Utf8Path, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_path(), node))
    }

    fn node(&self, path: &Utf8Path) -> io::Result<Option<&Node>> {
        for folder in path.ancestors().skip(1) {
            match self.nodes.get(folder) {
                Some(node) if node.kind() != FileKind::Dir => return Err(tree::no_folder()),
                Some(node) if node.is_denied => return Err(denied()),
                _ => {}
            }
        }
        match self.nodes.get(path) {
            Some(node) => Ok(Some(node)),
            None if path == "/" || self.children.contains_key(path) => Ok(None),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

impl std::fmt::Debug for MemoryTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.nodes.keys()).finish()
    }
}

impl Tree for MemoryTree {
    fn stat(&self, path: &Utf8Path) -> io::Result<Stat> {
        let implied = Node::dir();
        let node = self.node(path)?.unwrap_or(&implied);
        let size = match &node.content {
            Content::File(bytes) => bytes.len() as u64,
            _ => 0,
        };
        Ok(Stat {
            kind: node.kind(),
            size,
            modified: node.modified,
            mode: node.mode & 0o7777,
            uid: node.uid,
            gid: node.gid,
            names: node.names.clone(),
        })
    }

    fn link(&self, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
        match self.node(path)?.map(|node| &node.content) {
            Some(Content::Link(target)) => Ok(target.clone()),
            _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        }
    }

    fn list(&self, path: &Utf8Path) -> io::Result<Vec<Entry>> {
        match self.node(path)? {
            Some(node) if node.kind() != FileKind::Dir => return Err(tree::no_folder()),
            Some(node) if node.is_denied => return Err(denied()),
            _ => {}
        }
        let names = self.children.get(path).into_iter().flatten();
        Ok(names
            .map(|name| {
                let kind = self.nodes.get(&path.join(name)).map_or(FileKind::Dir, Node::kind);
                Entry { name: name.clone(), kind }
            })
            .collect())
    }

    fn read(&self, path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
        let Some(node) = self.node(path)? else { return Err(tree::is_folder()) };
        match &node.content {
            Content::File(_) if node.is_denied => Err(denied()),
            Content::File(bytes) if bytes.len() as u64 > largest => Err(tree::too_large(largest)),
            Content::File(bytes) => Ok(bytes.to_vec()),
            Content::Dir => Err(tree::is_folder()),
            Content::Link(_) | Content::Special => Err(tree::no_file()),
        }
    }

    fn find(&self, path: &Utf8Path) -> io::Result<(Utf8PathBuf, Stat)> {
        tree::walk(self, path)
    }
}

fn denied() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "Permission denied")
}
