//! The agent's configuration file: which one it takes, and the entries in it.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::keys::Key;
use super::places::secret_places;
use super::scalar;
use crate::secret::{self, Vault, lines};
use crate::source::{At, Source};
use crate::system::{FileKind, System};
use crate::yaml::go::{self, Fault, Field, Kind, Style, Value};

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
    pub(super) value: Value,
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
    let bytes = match system.files.metadata(path).and_then(|meta| {
        if meta.size > LARGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
        }
        system.files.read(path)
    }) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let message = error.to_string();
            return (FileState::Unreadable { path: path.to_owned(), message }, Vec::new());
        }
        Err(error) => return broken(format!("it cannot be read: {error}"), None),
    };
    let text = go::Text::decode(&bytes);
    let source = Source::new(path.as_str(), text.text.as_str());
    let entries = entries(&source, &text);
    register(&source, system.secrets());
    match entries {
        Ok(entries) => (FileState::Read(path.to_owned()), entries),
        Err(fault) => broken(refusal(&fault), source.at(fault.span)),
    }
}

/// Registers what is secret in the text: by its structure if the agent reads it, each also as the
/// agent takes it, else line by line.
fn register(source: &Source, secrets: &Vault) {
    match secret_places(source.text()) {
        Some(places) => {
            secret::register(source.text(), lines::Kind::Yaml, secrets);
            places.iter().for_each(|(_, meant)| secrets.register(meant));
        }
        None => lines::register(source.text(), lines::Kind::Yaml, secrets),
    }
}

/// The entry that the agent takes of those that differ in case only: it puts the value of one
/// that is not in lower case over the other's. Of several such it takes any; we take the last.
pub(super) fn entry_in_force<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    let all = || entries.iter().rev().filter(|entry| entry.key == key);
    all().find(|entry| entry.written_key != key).or_else(|| all().next())
}

fn entries(source: &Source, text: &go::Text) -> Result<Vec<Entry>, Fault> {
    let document = go::map(text)?;
    let entry = |field: Field| {
        let (key, node) = (document.tree.node(field.nodes.0), document.tree.node(field.nodes.1));
        let written_key = scalar::text(&Value::Scalar(field.key));
        let plain = match &node.kind {
            Kind::Scalar { text, style: Style::Plain } if node.tag.is_none() => Some(text),
            _ => None,
        };
        Entry {
            key: written_key.to_lowercase(),
            written_key,
            value: field.value,
            plain: plain.map(ToString::to_string),
            at: source.at(key.span.to(node.span)),
        }
    };
    Ok(document.content.into_iter().map(entry).collect())
}

/// Why the agent refuses the file, one clause.
fn refusal(fault: &Fault) -> String {
    match &fault.repeat {
        // A key we do not know may be anything, even a secret in a wrong place.
        Some(repeat) => match Key::named(&repeat.key.to_lowercase()) {
            Some(key) => format!("the key {} is there twice, and the agent refuses that", key.name),
            None => "a key is there twice, and the agent refuses that".to_owned(),
        },
        None => fault.message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let text = go::Text::decode(text.as_bytes());
        let source = Source::new("/etc/trento/agent.yaml", text.text.as_str());
        let entries = entries(&source, &text).map_err(|fault| refusal(&fault))?;
        Ok(entries.into_iter().map(|entry| (entry.key, scalar::text(&entry.value))).collect())
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
