//! The agent's configuration file: which one it takes, and the entries in it.

use std::collections::BTreeSet;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::keys::Key;
use super::scalar::Scalar;
use crate::secret::lines::{self, Kind};
use crate::source::{At, Source};
use crate::system::{FileKind, System};
use crate::yaml::{self, Node, Style};

/// The folders the agent looks in, then `.config/trento` in its home.
const FOLDERS: &[&str] = &["/etc/trento", "/usr/etc/trento"];
/// What the file may be called, in the order in which one is taken; all are read as YAML.
const NAMES: &[&str] = &[
    "agent.json",
    "agent.toml",
    "agent.yaml",
    "agent.yml",
    "agent.properties",
    "agent.props",
    "agent.prop",
    "agent.hcl",
    "agent.tfvars",
    "agent.dotenv",
    "agent.env",
    "agent.ini",
    "agent",
];
/// The most that is read of the file.
const LARGEST: u64 = 4 << 20;

/// What became of the agent's configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It was read.
    Read(Utf8PathBuf),
    /// There is none.
    Missing,
    /// The agent does not start with it.
    Broken {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong, one clause.
        message: String,
        /// Where.
        at: Option<At>,
    },
    /// We may not read it.
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// Why, in the system's words.
        message: String,
    },
}

impl FileState {
    /// The file's path, if there is one.
    pub fn path(&self) -> Option<&Utf8Path> {
        match self {
            FileState::Read(path)
            | FileState::Broken { path, .. }
            | FileState::Unreadable { path, .. } => Some(path),
            FileState::Missing => None,
        }
    }
}

/// One entry of the file.
#[derive(Clone)]
pub(super) struct Entry {
    /// The key as written.
    pub(super) written_key: String,
    /// The key as the agent compares it: in lower case.
    pub(super) key: String,
    /// The value.
    pub(super) value: Scalar,
    /// The text of the value as written, if it is a scalar without quotes.
    pub(super) plain: Option<String>,
    /// Where key and value stand.
    pub(super) at: Option<At>,
}

/// Finds the files that could be the agent's, the one it takes first.
pub(super) fn find(system: &System, home: &str) -> Vec<Utf8PathBuf> {
    let home = Utf8Path::new(home).join(".config/trento");
    let folders = FOLDERS.iter().map(|folder| Utf8PathBuf::from(*folder)).chain([home]);
    let mut found = Vec::new();
    for folder in folders {
        for path in NAMES.iter().map(|name| folder.join(name)) {
            match system.files.metadata(&path) {
                Ok(meta) if meta.kind != FileKind::Dir => found.push(path),
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// Reads one file; a broken one has no entries.
pub(super) fn read(system: &System, path: &Utf8Path) -> (FileState, Vec<Entry>) {
    let broken = |message: String, at| {
        (FileState::Broken { path: path.to_owned(), message, at }, Vec::new())
    };
    let text = match system.files.metadata(path).and_then(|meta| {
        if meta.size > LARGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
        }
        system.files.read_to_string(path)
    }) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let message = error.to_string();
            return (FileState::Unreadable { path: path.to_owned(), message }, Vec::new());
        }
        Err(error) => return broken(format!("it cannot be read: {error}"), None),
    };
    let source = Source::new(path.as_str(), text);
    lines::register(source.text(), Kind::Yaml, system.secrets());
    match entries(&source) {
        Ok(entries) => (FileState::Read(path.to_owned()), entries),
        Err((message, at)) => broken(message, at),
    }
}

type Refusal = (String, Option<At>);

fn entries(source: &Source) -> Result<Vec<Entry>, Refusal> {
    let documents = yaml::parse(first_document(source.text()))
        .map_err(|error| (error.message, source.at(error.span)))?;
    let Some(root) = documents.first() else { return Ok(Vec::new()) };
    let Some(entries) = root.mapping() else {
        return match Scalar::of(root) {
            Ok(Scalar::Null) => Ok(Vec::new()),
            _ => Err(("it is no map of keys and values".to_owned(), source.at(root.span))),
        };
    };
    refuse_repeated_keys(source, root)?;
    let mut found: Vec<Entry> = Vec::new();
    for (key, value) in entries.iter().filter(|(key, _)| !is_merge(key)) {
        found.push(entry(source, key, value)?);
    }
    // Merged maps give way to what the map says itself, and to those merged before.
    for (_, merged) in entries.iter().filter(|(key, _)| is_merge(key)) {
        let maps = merged.sequence().unwrap_or(std::slice::from_ref(merged));
        for (key, value) in maps.iter().filter_map(Node::mapping).flatten() {
            let entry = entry(source, key, value)?;
            if !found.iter().any(|own| own.written_key == entry.written_key) {
                found.push(entry);
            }
        }
    }
    Ok(found)
}

fn entry(source: &Source, key: &Node, value: &Node) -> Result<Entry, Refusal> {
    let at = source.at(key.span.to(value.span));
    let Some((written_key, _)) = key.scalar() else {
        return Err(("a key is a list or a map".to_owned(), source.at(key.span)));
    };
    let plain = match value.scalar() {
        Some((text, Style::Plain)) if value.tag.is_none() => Some(text.to_owned()),
        _ => None,
    };
    let value = Scalar::of(value).map_err(|message| (message, source.at(value.span)))?;
    let key = written_key.to_lowercase();
    Ok(Entry { written_key: written_key.to_owned(), key, value, plain, at })
}

/// The agent refuses a file in which any map has a key twice.
fn refuse_repeated_keys(source: &Source, root: &Node) -> Result<(), Refusal> {
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        todo.extend(node.sequence().into_iter().flatten());
        let mut seen = BTreeSet::new();
        for (key, value) in node.mapping().into_iter().flatten() {
            todo.extend([key, value]);
            if let Some((text, _)) = key.scalar()
                && !seen.insert(text)
            {
                // A key we do not know may be anything, even a secret in a wrong place.
                let name = match Key::named(&text.to_lowercase()) {
                    Some(key) => format!("the key {}", key.name),
                    None => "a key".to_owned(),
                };
                let message = format!("{name} stands there twice, and the agent refuses the file");
                return Err((message, source.at(key.span)));
            }
        }
    }
    Ok(())
}

fn is_merge(key: &Node) -> bool {
    key.scalar() == Some(("<<", Style::Plain)) && key.core_tag().is_none_or(|tag| tag == "merge")
}

/// The agent reads the first document only; what follows need not even be YAML.
fn first_document(text: &str) -> &str {
    let mut has_content = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let ends = |mark: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        };
        if has_content && (ends("---") || ends("...")) {
            return &text[..at];
        }
        let bare = line.trim();
        has_content |= !bare.is_empty() && !bare.starts_with(['#', '%']);
        at += line.len();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let source = Source::new("/etc/trento/agent.yaml", text);
        let entries = entries(&source).map_err(|(message, _)| message)?;
        Ok(entries.into_iter().map(|entry| (entry.key, entry.value.text())).collect())
    }

    #[test]
    fn only_the_first_document_counts() {
        let one = vec![("a".to_owned(), "1".to_owned())];
        assert_eq!(read("# x\n---\nA: 1\n---\n[broken\n"), Ok(one));
        assert_eq!(read(""), Ok(Vec::new()));
        assert_eq!(read("---\n# nothing\n"), Ok(Vec::new()));
    }

    #[test]
    fn a_repeated_key_anywhere_is_refused() {
        assert!(read("a: 1\na: 2\n").is_err());
        assert!(read("a: 1\nb: {c: 1, 'c': 2}\n").is_err());
        assert!(read("a: 1\nA: 2\n").is_ok());
    }

    #[test]
    fn merged_maps_give_way() {
        let text = "base: &b {x: 1, y: 2}\n<<: *b\nx: own\n";
        let entries = read(text).expect("it parses");
        assert!(entries.contains(&("x".into(), "own".into())));
        assert!(entries.contains(&("y".into(), "2".into())));
    }

    #[test]
    fn a_list_or_a_text_is_no_configuration() {
        assert!(read("- a\n").is_err());
        assert!(read("just text\n").is_err());
    }
}
