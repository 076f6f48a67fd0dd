//! How fast real configurations are lexed, parsed and printed, on one thread, and what that
//! allocates. `cargo bench -p trento-alloy-grammar --bench language`
//!
//! The text is all valid real configurations of the shared acceptance data beside the checkout,
//! one after the other; without that folder, this package's own corpus, repeated.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::OnceLock;

use alloy_grammar::{lexer, parser, printer};
use divan::Bencher;
use divan::counter::BytesCount;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

/// Categories of real files, as the first part of an id names them.
const REAL: &[&str] = &["alloy-repo/", "k8s-monitoring/", "river/", "other-docs/"];

/// The text has at least this many bytes.
const LEAST: usize = 4 << 20;

fn main() {
    divan::main();
}

fn text() -> &'static [u8] {
    static TEXT: OnceLock<Vec<u8>> = OnceLock::new();
    TEXT.get_or_init(|| {
        let once = shared().or_else(own).expect("there is a corpus");
        let mut text = Vec::new();
        while text.len() < LEAST {
            text.extend_from_slice(&once);
        }
        assert!(parser::parse(&text).errors.is_empty(), "the corpus is valid");
        text
    })
}

fn shared() -> Option<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance"));
    let verdicts = fs::read_to_string(folder.join("verdicts.jsonl")).ok()?;
    let mut text = Vec::new();
    for line in verdicts.lines() {
        let value = |key: &str| {
            let (_, rest) = line.split_once(&format!("\"{key}\":"))?;
            Some(rest.trim_start_matches('"'))
        };
        let is_real = REAL.iter().any(|kind| value("id").is_some_and(|id| id.starts_with(kind)));
        if !is_real || !value("ok").is_some_and(|ok| ok.starts_with("true")) {
            continue;
        }
        let input = value("input").and_then(|input| input.split('"').next())?;
        let source = fs::read(folder.join(input)).ok()?;
        text.extend_from_slice(source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&source));
        text.push(b'\n');
    }
    Some(text)
}

fn own() -> Option<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/valid"));
    let mut files: Vec<_> = fs::read_dir(folder).ok()?.flatten().map(|file| file.path()).collect();
    files.sort();
    let mut text = Vec::new();
    for file in files {
        let source = fs::read(file).ok()?;
        if parser::parse(&source).errors.is_empty() && !source.starts_with(b"\xef\xbb\xbf") {
            text.extend_from_slice(&source);
            text.push(b'\n');
        }
    }
    Some(text)
}

#[divan::bench]
fn lex(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(text())).bench(|| lexer::lex(black_box(text())));
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(text())).bench(|| parser::parse(black_box(text())));
}

#[divan::bench]
fn print(bencher: Bencher<'_, '_>) {
    let file = parser::parse(text()).file;
    bencher.counter(BytesCount::of_slice(text())).bench(|| printer::print(black_box(&file)));
}

#[divan::bench]
fn print_unchecked(bencher: Bencher<'_, '_>) {
    let file = parser::parse(text()).file;
    bencher.counter(BytesCount::of_slice(text())).bench(|| printer::as_reference(black_box(&file)));
}

#[divan::bench]
fn parse_and_print(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_slice(text()))
        .bench(|| printer::print(&parser::parse(black_box(text())).file));
}
