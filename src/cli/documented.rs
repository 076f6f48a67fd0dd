//! Every command line that the documentation shows is one that the program takes.
//!
//! Transcripts (`console` blocks) are run by `tests/cmd`; here stand those that are only shown,
//! because they need a host, a server or a network.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::Cli;

#[test]
fn command_lines_of_the_documentation_are_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    markdown(&root.join("docs"), &mut pages);
    let mut count = 0;
    let mut refused = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for line in shown(&text) {
            count += 1;
            if let Err(error) = Cli::try_parse_from(words(&line))
                && !is_of_no_matter(error.kind())
            {
                refused.push(format!("{}: {line}\n{error}", page.display()));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(count > 50, "{count}");
}

/// A question for help, or a command that is only named.
fn is_of_no_matter(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::MissingRequiredArgument
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

fn markdown(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => markdown(&path, found),
            Some(extension) if extension == "md" => found.push(path),
            _ => {}
        }
    }
}

/// The command lines in the blocks of a page that are not transcripts, and those in running text.
fn shown(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    let mut paragraph = String::new();
    for line in text.lines().chain([""]) {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(kind) };
            continue;
        }
        match block {
            Some("console") => {}
            Some(_) => {
                let line = line.trim_start();
                found.push(line.strip_prefix("$ ").unwrap_or(line).to_owned());
            }
            None if line.is_empty() => {
                found.extend(paragraph.split('`').skip(1).step_by(2).map(str::to_owned));
                paragraph.clear();
            }
            None => paragraph.extend([line, " "]),
        }
    }
    found.retain(|line| line.starts_with("trento-alloy ") && !line.contains("COMMAND"));
    found.retain(|line| is_whole(line));
    found
}

/// Whether it is a command line, and not the name of one with what may follow.
fn is_whole(line: &str) -> bool {
    !line.contains(['|', '[']) || line.contains(" | ")
}

/// The words of a command line, up to a pipe, a redirection or a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('|' | '>' | '#' | ';' | '&', None) if word.is_empty() => break,
            (' ', None) => {
                words.extend(Some(std::mem::take(&mut word)).filter(|it| !it.is_empty()))
            }
            (c, _) => word.push(c),
        }
    }
    words.extend(Some(word).filter(|it| !it.is_empty()));
    // What stands for more of the same, and for a choice of values.
    words.retain(|word| word != "…");
    words
}
