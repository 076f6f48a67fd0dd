//! Entry points for fuzzing: one for each kind of input that others write.
//!
//! Built for tests and for `fuzz/`, never into the program. Each entry takes any bytes; what it
//! asserts beside the absence of panics is what the modules promise. `cargo test` runs the corpus
//! of `fuzz/seeds` through them.

mod files;
mod host;
mod language;
mod recorded;

use crate::system::{MemoryTree, Node, System};

/// A kind of input.
pub struct Entry {
    /// Its name, and that of its target and corpus.
    pub name: &'static str,
    run: fn(&[u8]),
}

/// Every kind of input.
pub const ENTRIES: &[Entry] = &[
    Entry { name: "agent", run: host::agent },
    Entry { name: "agent_yaml", run: files::agent_yaml },
    Entry { name: "alloy_http", run: recorded::alloy_http },
    Entry { name: "archive", run: recorded::archive },
    Entry { name: "check_yaml", run: files::check_yaml },
    Entry { name: "eval", run: language::eval },
    Entry { name: "facts", run: recorded::facts },
    Entry { name: "host", run: host::host },
    Entry { name: "parse", run: language::parse },
    Entry { name: "plugin", run: recorded::plugin },
    Entry { name: "program", run: language::program },
    Entry { name: "prometheus_yml", run: files::prometheus_yml },
    Entry { name: "regex", run: language::regex },
    Entry { name: "rhai", run: files::rhai },
    Entry { name: "snapshot", run: recorded::snapshot },
    Entry { name: "unit", run: files::unit },
    Entry { name: "waivers", run: files::waivers },
    Entry { name: "x509", run: recorded::x509 },
];

/// Runs an input through the entry of a name.
///
/// # Panics
/// There is no such entry, or a promise does not hold.
pub fn run(name: &str, input: &[u8]) {
    let entry = ENTRIES.iter().find(|entry| entry.name == name);
    (entry.expect("a target has the name of an entry").run)(input);
}

/// A host with these files and nothing else; none where `snapshot.json` is refused.
fn system(files: &[(&str, &[u8])]) -> Option<System> {
    let mut tree = MemoryTree::new();
    for (path, content) in files {
        tree.insert(path, Node::file(*content));
    }
    System::in_memory(tree, "host".into()).ok()
}

/// The parts of an input that stand for several files, between lines of three dashes.
fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    const LINE: &[u8] = b"\n---\n";
    let mut rest = input;
    std::array::from_fn(|_| {
        let end = rest.windows(LINE.len()).position(|window| window == LINE);
        let (part, after) = match end {
            Some(end) => (&rest[..end], &rest[end + LINE.len()..]),
            None => (rest, &b""[..]),
        };
        rest = after;
        part
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_input_of_the_corpus_keeps_the_promises() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        for entry in ENTRIES {
            let folder = fs::read_dir(seeds.join(entry.name)).expect("every entry has a corpus");
            let mut inputs = 0;
            for input in folder {
                let path = input.unwrap().path();
                eprintln!("{}", path.display());
                run(entry.name, &fs::read(&path).unwrap());
                inputs += 1;
            }
            assert!(inputs > 0, "{} has an empty corpus", entry.name);
        }
    }

    #[test]
    fn every_entry_is_a_target() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let targets: BTreeSet<&str> = manifest
            .lines()
            .skip_while(|line| *line != "[[bin]]")
            .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            .collect();
        assert_eq!(targets, ENTRIES.iter().map(|entry| entry.name).collect());
    }

    #[test]
    fn parts_stand_between_lines() {
        assert_eq!(parts(b"a\n---\n---\nb\n---\nc"), [&b"a"[..], b"---\nb", b"c", b""]);
    }
}
