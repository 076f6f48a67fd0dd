//! Random edits of corpus files, a bounded number from a fixed seed: whatever comes, nothing
//! panics, and what parses is printed safely. `ALLOY_MUTANTS=100000` asks for more of them.

use std::fs;
use std::path::{Path, PathBuf};

use alloy_grammar::ast::File;
use alloy_grammar::{json, lexer, parser, printer, visit};

/// What is put into sources.
const PIECES: &[&str] = &[
    "\n",
    " ",
    "\t",
    "\r\n",
    ",",
    ".",
    "=",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "`",
    "'",
    "\\",
    "//",
    "// c\n",
    "/* c */",
    "/* c\nd */",
    "\n// own\n",
    "\n\n",
    "-",
    "!",
    "^",
    "+",
    "&&",
    "|",
    "1",
    ".5",
    "1.",
    "x",
    "\"s\"",
    "`r\n\t r`",
    "null",
    "a = 1\n",
    "b {}\n",
    "b \"l\" { }\n",
    "f(",
    "[1,\n2]",
    "{a = 1,\n\"b\" = 2}",
    "\0",
    "\u{feff}",
    "é",
    "\u{2028}",
    "\u{c}",
    "\u{b}",
    "$",
];

/// A small generator of numbers that look random: the same ones every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance/inputs");
    let folders = [own.join("valid"), own.join("invalid"), own.join("format"), shared.into()];
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if let Ok(entries) = fs::read_dir(folder) {
            files.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    files.sort();
    let sources = files.iter().map(|file| fs::read(file).expect("corpus files are readable"));
    sources.filter(|source| source.len() < 4_000).collect()
}

fn mutate(source: &mut Vec<u8>, random: &mut Random) {
    let tokens = lexer::lex(source).tokens;
    let at = |random: &mut Random| {
        let span = tokens[random.below(tokens.len())].span;
        span.range()
    };
    match random.below(6) {
        0 => drop(source.drain(at(random))),
        1 | 2 => {
            let place = at(random).start;
            source.splice(place..place, PIECES[random.below(PIECES.len())].bytes());
        }
        3 => {
            let copied = source[at(random)].to_vec();
            let place = at(random).start;
            source.splice(place..place, copied);
        }
        4 => {
            let range = at(random);
            source.splice(range, PIECES[random.below(PIECES.len())].bytes());
        }
        _ => {
            let place = random.below(source.len());
            if let Some(byte) = source.get_mut(place) {
                *byte = random.below(256) as u8;
            }
        }
    }
}

/// The comments of a file in order.
fn comments(file: &File) -> Vec<String> {
    file.comments().iter().map(|comment| file.comment_text(*comment).into_owned()).collect()
}

/// Whether the source is a valid configuration; fails if anything is wrong with how it is read.
fn check(source: &[u8]) -> bool {
    let shown = || String::from_utf8_lossy(source);
    let parsed = parser::parse(source);
    assert_eq!(parsed.file.source().len(), source.len());
    for (_, stmt) in visit::statements(parsed.file.body()) {
        assert!(parsed.file.source().get(stmt.span().range()).is_some(), "{:?}", shown());
    }
    json::write(&parsed.file);
    let Ok(file) = parsed.into_sound() else { return false };
    let printed = printer::print(&file);
    let again = parser::parse(printed.as_bytes());
    assert_eq!(again.errors, [], "{:?} -> {printed:?}", shown());
    assert!(visit::same_tree(&file, &again.file), "{:?} -> {printed:?}", shown());
    assert_eq!(comments(&file), comments(&again.file), "{:?} -> {printed:?}", shown());
    assert_eq!(printer::print(&again.file), printed, "{:?}", shown());
    if let Some(fixed) = fixed_point(&file) {
        assert_eq!(printed, fixed, "{:?}", shown());
    }
    true
}

/// What the reference comes to when it formats again and again, if that is safe.
fn fixed_point(file: &File) -> Option<String> {
    let mut text = printer::as_reference(file)?;
    for _ in 0..6 {
        let parsed = parser::parse(text.as_bytes()).into_sound().ok()?;
        let again = printer::as_reference(&parsed)?;
        if again == text {
            let same = visit::same_tree(file, &parsed) && comments(file) == comments(&parsed);
            return same.then_some(text);
        }
        text = again;
    }
    None
}

#[test]
fn edited_files_are_read_without_panic_and_printed_safely() {
    let corpus = corpus();
    let wanted = std::env::var("ALLOY_MUTANTS").ok().and_then(|rounds| rounds.parse().ok());
    let rounds = wanted.unwrap_or(3_000);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut valid = 0;
    for _ in 0..rounds {
        let mut source = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(3) {
            mutate(&mut source, &mut random);
        }
        valid += usize::from(check(&source));
    }
    // Without valid ones among them, nothing would have been shown.
    assert!(valid * 20 > rounds, "{valid} of {rounds} are valid");
}

#[test]
fn random_bytes_are_read_without_panic() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..2_000 {
        let mut source = Vec::new();
        for _ in 0..random.below(40) {
            if random.below(3) == 0 {
                source.push(random.below(256) as u8);
            } else {
                source.extend_from_slice(PIECES[random.below(PIECES.len())].as_bytes());
            }
        }
        check(&source);
    }
}
