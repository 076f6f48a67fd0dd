//! A case, and the host that is made of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tempfile::TempDir;

/// The host with Alloy as its sender, and the one with Prometheus.
const ALLOY: &str = "docs/examples/hosts/good";
const PROMETHEUS: &str = "tests/checks/base-prometheus";

/// A host with a marked word in it.
pub struct Case {
    pub name: String,
    /// The word that must not be seen.
    pub word: String,
    /// Whether its files say nothing of the word when they are looked at without the host.
    on_the_host_only: bool,
    /// The host that its files are laid over, below the checkout.
    base: &'static str,
    /// Paths below the host's root, and what is laid there.
    files: Vec<(String, String)>,
}

impl Case {
    /// A case of the project's own.
    pub fn read(path: &Path) -> Case {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("cases have names");
        let text = fs::read_to_string(path).expect("a case can be read");
        // Letters and digits of no meaning, another word in each case.
        let number = name.bytes().fold(7u64, |sum, byte| sum * 31 % 9_999_991 + u64::from(byte));
        let word = format!("Qz{number:07}Kx7vWp");
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            match (line.strip_prefix("=== "), files.last_mut()) {
                (Some(path), _) => files.push((path.trim().to_owned(), String::new())),
                (None, Some((_, content))) => content.push_str(&line.replace("CANARY", &word)),
                (None, None) => assert!(line.starts_with('#'), "{name}: {line}"),
            }
        }
        assert!(files.iter().any(|(_, text)| text.contains(&word)), "{name} has no canary");
        let on_the_host_only = text.starts_with("# on the host only");
        let base = if text.starts_with("# of prometheus") { PROMETHEUS } else { ALLOY };
        Case { name: name.to_owned(), word, on_the_host_only, base, files }
    }

    /// A case with one configuration, made by a program.
    pub fn of_configuration(name: &str, word: &str, text: String) -> Case {
        let files = vec![("etc/alloy/zz-made.alloy".to_owned(), text)];
        let (name, word) = (name.to_owned(), word.to_owned());
        Case { name, word, on_the_host_only: false, base: ALLOY, files }
    }

    /// A case of `secrets.jsonl`.
    pub fn of_json(case: &Json) -> Case {
        let text = |value: &Json| value.as_str().expect("it is a text").to_owned();
        let files = case["files"].as_object().expect("a case lists files");
        Case {
            name: text(&case["id"]),
            word: text(&case["secret"]),
            on_the_host_only: false,
            base: ALLOY,
            files: files.iter().map(|(path, content)| (path.clone(), text(content))).collect(),
        }
    }

    /// Lays the files over a copy of the example host.
    pub fn lay(&self) -> TempDir {
        let folder = TempDir::new().expect("a temporary folder can be made");
        copy(&root().join(self.base), folder.path());
        for (path, content) in &self.files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it has a parent")).expect("it can be made");
            fs::write(path, content).expect("a file can be written");
        }
        folder
    }

    /// The configurations among the files. A file with a password, given alone, is one by nothing.
    pub fn configurations(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().filter(|_| !self.on_the_host_only);
        let paths = files.map(|(path, _)| path.as_str());
        paths.filter(|path| path.ends_with(".alloy") && !path.ends_with("pw.alloy"))
    }

    /// The configurations of Prometheus among the files.
    pub fn of_prometheus(&self) -> impl Iterator<Item = &str> {
        let paths = self.files.iter().map(|(path, _)| path.as_str());
        paths.filter(|path| path.ends_with("prometheus/trento.yml"))
    }

    /// What could be recognised in an output: the word, and how it is written in other words.
    pub fn traces(&self) -> Vec<String> {
        vec![self.word.clone()]
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the example can be read") {
        let entry = entry.expect("the example can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}

/// The checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
