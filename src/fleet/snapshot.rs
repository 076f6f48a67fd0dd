//! A snapshot: a host as the checks see it and no more, with a token in the place of every secret.
//!
//! Packed are the files whose content the facts read, the names of what else stands in the folders
//! they listed, the links on the way, owners, modes, times, and what the running host said. What
//! cannot be made safe is left out and named. Then the checks are run on host and snapshot: one
//! that does not stand the same is marked as not answered.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json, json};

use crate::agent::{Settings, secret_places};
use crate::checks::execution::Plan;
use crate::checks::judging;
use crate::checks::standing::Standing;
use crate::error::{Error, Result};
use crate::facts::snapshot::{self, LARGEST_FILE, is_virtual};
use crate::facts::{Host, Options};
use crate::host::Hidden;
use crate::installation::{Installation, Wanted};
use crate::probe::without_private_keys;
use crate::secret::lines::Kind;
use crate::secret::{Secret, Tokens, Vault};
use crate::system::{Content, FileKind, HostFiles, LookedAt, MemoryTree, Node, System};

/// Where owner and group are not known, so that nobody takes the numbers for the host's.
const UNKNOWN_OWNER: u32 = 65_534;

/// A host packed.
pub struct Packed {
    /// Its files, `snapshot.json` among them.
    pub tree: MemoryTree,
    /// How many different secrets were replaced.
    pub secrets: usize,
    /// The files that were left out, and why.
    pub left_out: BTreeMap<String, String>,
    /// The checks that are not answered, and why.
    pub unproven: BTreeMap<String, String>,
    /// What of the running host could not be seen.
    pub hidden: Vec<Hidden>,
}

/// Packs a host. The checks of the plan tell whether it stands the same afterwards.
///
/// # Errors
/// There are no random numbers here, or it is no host's configuration that is so large.
pub fn pack(
    system: &System,
    wanted: &Wanted,
    options: &Options,
    plan: &Plan<'_>,
) -> Result<Packed> {
    let options = Options { offline: true, ..options.clone() };
    let taken = snapshot::take(system, wanted.clone(), options.clone())?;
    let before = standings(system, wanted, &options, plan);
    let packing = Packing {
        files: &system.files,
        settings: Settings::of_service(system),
        looked_at: &taken.looked_at,
        tokens: Tokens::new(random_key()?),
        vault: system.secrets(),
    };
    let (mut tree, left_out) = packing.tree();
    let mut record = packing.recorded(Json::Object(taken.snapshot));
    record["left_out"] = json!(left_out);
    let name = Utf8Path::new("snapshot");
    tree.insert("snapshot.json", Node::file(format!("{record:#}\n").into_bytes()));
    let after = standings(&System::in_memory(tree.clone(), name)?, wanted, &options, plan);
    let mut unproven = BTreeMap::new();
    for (id, standing) in before {
        if after.get(&id) != Some(&standing) {
            unproven.insert(id, NOT_THE_SAME.to_owned());
        }
    }
    if !unproven.is_empty() {
        record["unproven"] = json!(unproven);
        tree.insert("snapshot.json", Node::file(format!("{record:#}\n").into_bytes()));
    }
    let secrets = packing.tokens.count();
    Ok(Packed { tree, secrets, left_out, unproven, hidden: taken.hidden })
}

const NOT_THE_SAME: &str = "with its secrets replaced, the host would be judged otherwise";

/// What each check stands at on a host.
fn standings(
    system: &System,
    wanted: &Wanted,
    options: &Options,
    plan: &Plan<'_>,
) -> BTreeMap<String, Standing> {
    let host = Host::new(Installation::of(system, wanted.clone()), options.clone());
    let (report, _) = judging::judge(&host, plan);
    let results = report.check_results.into_iter();
    results.map(|check| (check.check_id.text().into_owned(), check.result)).collect()
}

/// A key that is used once.
fn random_key() -> Result<Secret> {
    let path = Utf8Path::new("/dev/urandom");
    let mut key = [0; 32];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut key));
    read.map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(Secret::new(key.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// A host that is being packed.
struct Packing<'h> {
    files: &'h HostFiles,
    settings: Settings,
    looked_at: &'h LookedAt,
    tokens: Tokens,
    vault: &'h Vault,
}

impl Packing<'_> {
    /// The files of the snapshot, and those that it lacks.
    fn tree(&self) -> (MemoryTree, BTreeMap<String, String>) {
        let mut tree = MemoryTree::new();
        let mut left_out = BTreeMap::new();
        // First, as it tells what must stay a number.
        if let Some(path) = self.settings.file.path() {
            self.put(path, &mut tree, &mut left_out);
        }
        for path in self.looked_at.paths.iter().filter(|path| !is_virtual(path)) {
            self.put(path, &mut tree, &mut left_out);
        }
        for folder in self.looked_at.listed.iter().filter(|path| !is_virtual(path)) {
            self.put(folder, &mut tree, &mut left_out);
            for entry in self.files.read_dir(folder).unwrap_or_default() {
                self.put(&folder.join(&entry.name), &mut tree, &mut left_out);
            }
        }
        for path in self.looked_at.asked.iter().filter(|path| !is_virtual(path)) {
            self.links(path, &mut tree);
        }
        (tree, left_out)
    }

    /// Puts what stands at a path into the tree; links are not followed.
    fn put(&self, path: &Utf8Path, tree: &mut MemoryTree, left_out: &mut BTreeMap<String, String>) {
        let Ok(meta) = self.files.symlink_metadata(path) else { return };
        let content = match meta.kind {
            FileKind::Dir => Content::Dir,
            FileKind::Special => Content::Special,
            FileKind::Link => match self.files.read_link(path) {
                Ok(target) => Content::Link(target),
                Err(_) => return,
            },
            FileKind::File => {
                let content = self.content(path, meta.size);
                let content = content.unwrap_or_else(|why| {
                    left_out.insert(path.to_string(), why);
                    Vec::new()
                });
                Content::File(Arc::from(content))
            }
        };
        let (mode, names) = match meta.ownership {
            Some(owner) => (owner.mode, Some((owner.user, owner.group))),
            None if meta.kind == FileKind::Dir => (0o755, None),
            None => (0o644, None),
        };
        let (uid, gid) = (UNKNOWN_OWNER, UNKNOWN_OWNER);
        let modified = meta.modified;
        tree.insert(path, Node { content, mode, uid, gid, names, modified, is_denied: false });
    }

    /// Puts the links into the tree that stand on the way of a path that was asked for.
    fn links(&self, path: &Utf8Path, tree: &mut MemoryTree) {
        let mut todo = vec![path.to_owned()];
        for _ in 0..40 {
            let Some(path) = todo.pop() else { return };
            let above: Vec<&Utf8Path> = path.ancestors().collect();
            let is_link = |part: &&&Utf8Path| {
                let meta = self.files.symlink_metadata(part);
                meta.is_ok_and(|meta| meta.kind == FileKind::Link)
            };
            let Some(link) = above.iter().rev().find(is_link) else { continue };
            let (Ok(target), Some(folder)) = (self.files.read_link(link), link.parent()) else {
                continue;
            };
            let Ok(folder) = self.files.resolve(folder) else { continue };
            let Some(name) = link.file_name() else { continue };
            tree.insert(folder.join(name), Node::link(target.clone()));
            let rest = path.strip_prefix(link).unwrap_or(Utf8Path::new(""));
            todo.push(folder.join(target).join(rest));
        }
    }

    /// The content of a file without any secret, or why it is left out. A file that nobody read
    /// keeps its place only.
    fn content(&self, path: &Utf8Path, size: u64) -> std::result::Result<Vec<u8>, String> {
        if !self.looked_at.read.contains(path) {
            return Ok(if size == 0 { Vec::new() } else { b"\n".to_vec() });
        }
        if size > LARGEST_FILE {
            return Err("it is larger than 8 MiB".to_owned());
        }
        let bytes =
            self.files.read_at_most(path, LARGEST_FILE).map_err(|error| match error.kind() {
                io::ErrorKind::PermissionDenied => "there was no permission to read it".to_owned(),
                _ => error.to_string(),
            })?;
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            return self.binary(bytes);
        };
        let safe = self.replaced(path, &text);
        if self.is_safe(&safe) {
            Ok(safe.into_bytes())
        } else {
            Err("a secret in it cannot be replaced".to_owned())
        }
    }

    /// A file that is no text: as it is, if nothing secret can be seen in it in any encoding.
    fn binary(&self, bytes: Vec<u8>) -> std::result::Result<Vec<u8>, String> {
        let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        let text = String::from_utf8_lossy(&narrow);
        let holds = !self.vault.find(&text).is_empty()
            || !crate::secret::lines::places(&text, Kind::Configuration).is_empty();
        if holds { Err("it is no text, and holds a secret".to_owned()) } else { Ok(bytes) }
    }

    fn replaced(&self, path: &Utf8Path, text: &str) -> String {
        let text = without_private_keys(text);
        let is_key = text.contains("-----BEGIN ");
        let replaced = if self.is_of_the_agent(path) {
            match secret_places(&text) {
                Some(places) => self.comments(&self.tokens.at(&text, places)),
                None => self.tokens.lines(&text, Kind::Yaml, &|_| None),
            }
        } else if path.extension() == Some("alloy") {
            self.tokens.configuration(&text)
        } else if self.looked_at.secret.contains(path) && !is_key {
            self.tokens.whole(&text)
        } else if is_of_the_system(path) {
            text
        } else if let Some(places) = yaml_places(path, &text) {
            self.comments(&self.tokens.at(&text, places))
        } else if is_key {
            self.around_certificates(&text)
        } else {
            self.tokens.lines(&text, Kind::Settings, &|_| None)
        };
        self.tokens.known(&replaced, self.vault)
    }

    fn is_of_the_agent(&self, path: &Utf8Path) -> bool {
        path.parent().is_some_and(|folder| folder.ends_with("trento"))
            && path.file_stem() == Some("agent")
            || self.settings.file.path() == Some(path)
    }

    /// A file with certificates in it: they stay, and what stands around them is read as settings.
    fn around_certificates(&self, text: &str) -> String {
        let (mut safe, mut rest) = (String::new(), text);
        while let Some(begins) = rest.find("-----BEGIN ") {
            let (before, block) = rest.split_at(begins);
            let end = block.find("-----END ").map_or(block.len(), |end| {
                block[end..].find('\n').map_or(block.len(), |line| end + line)
            });
            safe += &self.tokens.lines(before, Kind::Settings, &|_| None);
            safe += &block[..end];
            rest = &block[end..];
        }
        safe += &self.tokens.lines(rest, Kind::Settings, &|_| None);
        safe
    }

    /// A file with tokens in the old lines of its comments.
    fn comments(&self, text: &str) -> String {
        let line = |line: &str| match line.find('#') {
            Some(at) => {
                let (before, comment) = line.split_at(at);
                format!("{before}{}", self.tokens.lines(comment, Kind::Comment, &|_| None))
            }
            None => line.to_owned(),
        };
        text.split_inclusive('\n').map(line).collect()
    }

    /// Whether nothing that is known to be secret is left in a text.
    fn is_safe(&self, text: &str) -> bool {
        self.vault.find_forms(text).iter().all(|(_, form)| form.is_none())
    }

    /// What the running host said, with tokens.
    fn recorded(&self, value: Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.tokens.known(&text, self.vault)),
            Json::Array(items) => items.into_iter().map(|item| self.recorded(item)).collect(),
            Json::Object(fields) => {
                let fields = fields.into_iter();
                let replaced = fields.map(|(name, value)| {
                    (self.tokens.known(&name, self.vault), self.recorded(value))
                });
                Json::Object(replaced.collect::<Map<String, Json>>())
            }
            other => other,
        }
    }
}

/// Where secrets stand in a file that is YAML by its name and by its text.
fn yaml_places(path: &Utf8Path, text: &str) -> Option<Vec<(std::ops::Range<usize>, String)>> {
    let is_yaml = matches!(path.extension(), Some("yml" | "yaml" | "json"));
    is_yaml.then(|| crate::secret::meanings(text)).flatten()
}

/// Files of the system that hold names and numbers only, in which nothing is a setting.
fn is_of_the_system(path: &Utf8Path) -> bool {
    const FILES: &[&str] = &[
        "/etc/passwd",
        "/etc/group",
        "/etc/hostname",
        "/etc/machine-id",
        "/etc/os-release",
        "/usr/lib/os-release",
        "/var/lib/dpkg/status",
    ];
    FILES.iter().any(|file| path == *file)
}

/// Where a tree's files would lie below a folder, with their modes.
pub fn files_below(tree: &MemoryTree) -> impl Iterator<Item = (Utf8PathBuf, &Node)> {
    tree.nodes().filter_map(|(path, node)| {
        let below = path.strip_prefix("/").ok().filter(|below| !below.as_str().is_empty())?;
        Some((below.to_owned(), node))
    })
}
