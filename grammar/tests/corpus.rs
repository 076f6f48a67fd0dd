//! The corpus of this package: adding a case is adding a file.
//!
//! - `valid/`: parses without error, prints to something with the same tree.
//! - `invalid/NAME.alloy`: gives the errors of `NAME.errors`, as `LINE:COLUMN: message`.
//! - `format/NAME.alloy`: prints to `NAME.formatted`.
//!
//! `UPDATE_CORPUS=1` writes what is expected anew; look at the difference before committing it.

use std::fs;
use std::path::PathBuf;

use alloy_grammar::span::LineIndex;
use alloy_grammar::{parser, printer, visit};

/// The Alloy files of a folder of the corpus.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).join(folder);
    let entries = fs::read_dir(folder).expect("the corpus is part of the package");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "alloy"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Compares with the file of the same name and another extension.
fn expect(path: &std::path::Path, extension: &str, text: &str) {
    let wanted = path.with_extension(extension);
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(&wanted, text).expect("the corpus can be written");
    }
    let wanted = fs::read_to_string(&wanted).expect("what is expected stands beside the source");
    assert_eq!(text, wanted, "{}", path.display());
}

#[test]
fn valid_files_parse_and_print_to_the_same_tree() {
    for path in files("valid") {
        let parsed = parser::parse(&fs::read(&path).expect("corpus files are readable"));
        assert_eq!(parsed.errors, [], "{}", path.display());
        let printed = printer::print(&parsed.file);
        let again = parser::parse(printed.as_bytes());
        assert_eq!(again.errors, [], "{}", path.display());
        assert!(visit::same_tree(&parsed.file, &again.file), "{}", path.display());
    }
}

#[test]
fn invalid_files_give_their_errors() {
    for path in files("invalid") {
        let source = fs::read(&path).expect("corpus files are readable");
        let lines = LineIndex::new(&source);
        let errors = parser::parse(&source).errors;
        assert!(!errors.is_empty(), "{}", path.display());
        let mut text = String::new();
        for error in errors {
            let at = lines.position(error.span.start);
            text.push_str(&format!("{}:{}: {}\n", at.line, at.column, error.message));
        }
        expect(&path, "errors", &text);
    }
}

#[test]
fn files_are_formatted_as_expected() {
    for path in files("format") {
        let parsed = parser::parse(&fs::read(&path).expect("corpus files are readable"));
        assert_eq!(parsed.errors, [], "{}", path.display());
        let printed = printer::print(&parsed.file);
        expect(&path, "formatted", &printed);
        let again = parser::parse(printed.as_bytes()).file;
        assert_eq!(printer::print(&again), printed, "{}", path.display());
    }
}
