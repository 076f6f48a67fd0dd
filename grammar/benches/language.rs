//! How fast real configurations are lexed, parsed and printed, on one thread, and what that
//! allocates. `cargo bench -p trento-alloy-grammar --bench language`
//!
//! The files are all valid real configurations of the shared acceptance data beside the checkout,
//! each taken by itself; without that folder, this package's own corpus.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::OnceLock;

use alloy_grammar::ast::File;
use alloy_grammar::{lexer, parser, printer};
use divan::Bencher;
use divan::counter::BytesCount;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

/// Categories of real files, as the first part of an id names them.
const REAL: &[&str] = &["alloy-repo/", "k8s-monitoring/", "river/", "other-docs/"];

fn main() {
    divan::main();
}

fn files() -> &'static [Vec<u8>] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| shared().or_else(own).expect("there is a corpus"))
}

fn trees() -> Vec<File> {
    files().iter().map(|source| parser::parse(source).file).collect()
}

fn size() -> BytesCount {
    BytesCount::new(files().iter().map(Vec::len).sum::<usize>())
}

fn shared() -> Option<Vec<Vec<u8>>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance"));
    let verdicts = fs::read_to_string(folder.join("verdicts.jsonl")).ok()?;
    let mut sources = Vec::new();
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
        sources.push(fs::read(folder.join(input)).ok()?);
    }
    Some(sources)
}

fn own() -> Option<Vec<Vec<u8>>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/valid"));
    let mut files: Vec<_> = fs::read_dir(folder).ok()?.flatten().map(|file| file.path()).collect();
    files.sort();
    let sources = files.iter().filter_map(|file| fs::read(file).ok());
    Some(sources.filter(|source| parser::parse(source).errors.is_empty()).collect())
}

#[divan::bench]
fn lex(bencher: Bencher<'_, '_>) {
    bencher.counter(size()).bench(|| {
        for source in files() {
            black_box(lexer::lex(black_box(source)));
        }
    });
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    bencher.counter(size()).bench(|| {
        for source in files() {
            black_box(parser::parse(black_box(source)));
        }
    });
}

#[divan::bench]
fn print(bencher: Bencher<'_, '_>) {
    let trees = trees();
    bencher.counter(size()).bench(|| {
        for file in &trees {
            black_box(printer::print(black_box(file)));
        }
    });
}

#[divan::bench]
fn parse_and_print(bencher: Bencher<'_, '_>) {
    bencher.counter(size()).bench(|| {
        for source in files() {
            black_box(printer::print(&parser::parse(black_box(source)).file));
        }
    });
}
