//! Manual pages, completions, and every command line that the packaging files show.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{PROGRAM, packaging, succeed, tool};

#[test]
fn manual_pages_are_written_and_can_be_formatted() {
    let folder = tempfile::tempdir().unwrap();
    succeed(Command::new(PROGRAM).args(["man", "--output"]).arg(folder.path()));
    let pages: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() > 13, "{pages:?}");
    let Some(_) = tool("groff") else { return };
    for page in pages {
        let said = succeed(Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(&page));
        assert_eq!(said, "", "{}", page.display());
    }
}

#[test]
fn a_page_can_be_read_without_being_installed() {
    let page = succeed(Command::new(PROGRAM).args(["man", "inspect", "tree"]));
    assert!(page.contains("TRENTO-ALLOY-INSPECT-TREE"));
    let output = Command::new(PROGRAM).args(["man", "nothing"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn shells_take_the_completions() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = succeed(Command::new(PROGRAM).args(["completions", shell]));
        assert!(script.contains("trento-alloy"), "{shell}");
        let path = folder.path().join(shell);
        fs::write(&path, script).unwrap();
        if let Some(mut command) = tool(shell) {
            succeed(command.arg("-n").arg(path));
        }
    }
}

/// Every file under a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The flags of a line that calls the program, with its subcommand of one or two words.
fn call(line: &str) -> Option<(Vec<String>, Vec<String>)> {
    let is_separator = |c: char| c.is_whitespace() || "\"'`,()[]{}|".contains(c);
    let words: Vec<&str> = line.split(is_separator).filter(|word| !word.is_empty()).collect();
    let at =
        words.iter().position(|word| *word == "trento-alloy" || word.ends_with("/trento-alloy"))?;
    let is_nested = |word: &str| ["catalog", "facts", "inspect"].contains(&word);
    let length = if is_nested(words.get(at + 1)?) { 2 } else { 1 };
    let subcommand = words.get(at + 1..=at + length)?.iter().map(ToString::to_string).collect();
    let rest = words[at + 2..].iter();
    let flags = rest.filter(|word| word.starts_with("--") && word.len() > 2);
    let flags = flags.map(|flag| flag.split('=').next().unwrap_or(flag).to_string()).collect();
    Some((subcommand, flags))
}

#[test]
fn commands_shown_in_the_files_exist_with_their_flags() {
    let mut found = Vec::new();
    files(&packaging(""), &mut found);
    found.push(packaging("../plugin.md"));
    let help = succeed(Command::new(PROGRAM).arg("--help"));
    let known: BTreeSet<&str> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let mut count = 0;
    for path in found {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for line in text.lines() {
            let Some((words, flags)) = call(line) else { continue };
            if !known.contains(words[0].as_str()) {
                continue;
            }
            let help = succeed(Command::new(PROGRAM).args(&words).arg("--help"));
            for flag in flags {
                assert!(help.contains(&flag), "{}: {line}\n{flag}", path.display());
                count += 1;
            }
        }
    }
    eprintln!("flags shown and known: {count}");
}

#[test]
fn the_example_for_alloy_is_valid_and_formatted() {
    let example = packaging("textfile/textfile.alloy");
    let validate = ["validate", "--alloy-version", "1.18.1"];
    succeed(Command::new(PROGRAM).args(validate).arg(&example));
    succeed(Command::new(PROGRAM).args(["fmt", "--check"]).arg(&example));
}
