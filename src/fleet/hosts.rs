//! Which hosts are meant: folders of a host's files, archives of them, and folders of both.
//!
//! Found while the run goes on, in the order of the paths and, below a folder, of the names. Reads
//! no host.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};

use crate::archive;

/// So many folders stand above a host, below the path that was given.
const DEEPEST: usize = 8;
/// The longest line of a list of paths.
const LONGEST_LINE: u64 = 8192;

/// Something that should be a host, or hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// What is there.
    pub kind: ItemKind,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A folder with a host's files at their paths.
    Folder,
    /// An archive.
    Archive,
    /// Nothing that could be judged, and why.
    Fault(String),
}

/// The hosts that paths mean; `-` is a list of paths on standard input, one a line, where empty
/// lines and those that begin with `#` do not count.
pub struct Hosts<'i> {
    paths: VecDeque<Utf8PathBuf>,
    list: BufReader<&'i mut dyn Read>,
    is_in_list: bool,
    /// Folders that are being gone through, the innermost last.
    open: Vec<OpenFolder>,
}

struct OpenFolder {
    path: Utf8PathBuf,
    entries: VecDeque<Utf8PathBuf>,
    depth: usize,
    has_found: bool,
}

impl<'i> Hosts<'i> {
    /// The hosts of these paths.
    pub fn new(paths: &[Utf8PathBuf], stdin: &'i mut dyn Read) -> Hosts<'i> {
        Hosts {
            paths: paths.iter().cloned().collect(),
            list: BufReader::new(stdin),
            is_in_list: false,
            open: Vec::new(),
        }
    }

    /// The next path that was given; none at the end.
    fn given(&mut self) -> Option<Result<Utf8PathBuf, Item>> {
        loop {
            if self.is_in_list {
                match self.line() {
                    Ok(Some(path)) => return Some(Ok(path)),
                    Ok(None) => self.is_in_list = false,
                    Err(why) => {
                        self.is_in_list = false;
                        return Some(Err(fault("-".into(), format!("its list of hosts: {why}"))));
                    }
                }
            }
            let path = self.paths.pop_front()?;
            if path != "-" {
                return Some(Ok(path));
            }
            self.is_in_list = true;
        }
    }

    fn line(&mut self) -> io::Result<Option<Utf8PathBuf>> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.list).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == LONGEST_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, "a line is not UTF-8");
            let line = String::from_utf8(line).map_err(invalid)?;
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                return Ok(Some(Utf8PathBuf::from(line)));
            }
        }
    }

    /// What a path is that was given or stands in a folder; none for what is passed over, and for
    /// a folder that is gone into.
    fn look_at(&mut self, path: Utf8PathBuf, depth: usize) -> Option<Item> {
        let is_given = depth == 0;
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            // A link to nowhere beside hosts is none of them.
            Err(_) if !is_given => return None,
            Err(error) => return Some(fault(path, error.to_string())),
        };
        if meta.is_file() {
            let is_archive = is_given || archive::Compression::of_name(&path).is_some();
            return is_archive.then_some(Item { path, kind: ItemKind::Archive });
        }
        if !meta.is_dir() {
            return is_given.then(|| fault(path, "it is neither a folder nor a file".to_owned()));
        }
        if archive::is_host_folder(&path) {
            return Some(Item { path, kind: ItemKind::Folder });
        }
        let is_hidden = path.file_name().is_some_and(|name| name.starts_with('.'));
        let is_link = || fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
        if !is_given && (is_hidden || is_link() || depth >= DEEPEST) {
            return None;
        }
        match entries(&path) {
            Ok(entries) => {
                self.open.push(OpenFolder { path, entries, depth, has_found: false });
                None
            }
            Err(error) => Some(fault(path, error.to_string())),
        }
    }
}

impl Iterator for Hosts<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let Some(folder) = self.open.last_mut() else {
                match self.given()? {
                    Err(fault) => return Some(fault),
                    Ok(path) => match self.look_at(path, 0) {
                        Some(item) => return Some(item),
                        None => continue,
                    },
                }
            };
            let depth = folder.depth;
            if let Some(path) = folder.entries.pop_front() {
                if let Some(item) = self.look_at(path, depth + 1) {
                    self.open.iter_mut().for_each(|folder| folder.has_found = true);
                    return Some(item);
                }
                continue;
            }
            let done = self.open.pop()?;
            // What was given, and each folder in it, should be hosts; deeper ones may be anything.
            if !done.has_found && done.depth <= 1 {
                self.open.iter_mut().for_each(|folder| folder.has_found = true);
                return Some(fault(done.path, NO_HOST.to_owned()));
            }
        }
    }
}

const NO_HOST: &str =
    "it holds no host: a host's files stand at their paths, such as etc/alloy, or in an archive";

fn fault(path: Utf8PathBuf, why: String) -> Item {
    Item { path, kind: ItemKind::Fault(why) }
}

/// What a folder holds, by name; what has no name in UTF-8 is passed over.
fn entries(path: &Utf8Path) -> io::Result<VecDeque<Utf8PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        found.extend(Utf8PathBuf::from_path_buf(entry?.path()).ok());
    }
    found.sort();
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(root: &Utf8Path, paths: &[&str], stdin: &str) -> Vec<String> {
        let paths: Vec<Utf8PathBuf> = paths
            .iter()
            .map(|path| if *path == "-" { path.into() } else { root.join(path) })
            .collect();
        let mut stdin = stdin.as_bytes();
        let shown = |item: Item| {
            let path = item.path.strip_prefix(root).unwrap_or(&item.path).to_string();
            match item.kind {
                ItemKind::Folder => path,
                ItemKind::Archive => format!("{path} (archive)"),
                ItemKind::Fault(_) => format!("{path} (fault)"),
            }
        };
        Hosts::new(&paths, &mut stdin).map(shown).collect()
    }

    #[test]
    fn hosts_are_found_in_order_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        for path in ["a/etc/alloy", "c/deep/b/etc/trento", "d", ".git/x", "c/etcetera"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in ["b.tar.gz", "notes.txt", "scc_x.txz", "scc_x.txz.md5"] {
            fs::write(root.join(path), "x").unwrap();
        }
        std::os::unix::fs::symlink("/nowhere", root.join("gone")).unwrap();
        std::os::unix::fs::symlink("..", root.join("c/up")).unwrap();
        let all = ["a", "b.tar.gz (archive)", "c/deep/b", "d (fault)", "scc_x.txz (archive)"];
        assert_eq!(found(root, &[""], ""), all);
        let list = format!("\n# ours\n  {root}/a\r\n{root}/no\n{root}/notes.txt");
        let of_list = ["a", "no (fault)", "notes.txt (archive)", "c/deep/b", "c/etcetera (fault)"];
        assert_eq!(found(root, &["-", "c"], &list), of_list);
        assert_eq!(found(root, &["d"], ""), ["d (fault)"]);
    }
}
