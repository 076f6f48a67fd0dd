//! Every input of the shared acceptance data beside the checkout, against the reference's verdict:
//! tokens, diagnostics, tree, formatting. Without that folder the tests say so and pass; the
//! corpus of this package is tested by `corpus.rs`.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use alloy_grammar::ast::File;
use alloy_grammar::lexer;
use alloy_grammar::parser::{self, SyntaxError};
use alloy_grammar::span::LineIndex;
use alloy_grammar::{json, printer, token, visit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The folder, or nothing where it is missing.
fn folder() -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance"));
    if path.is_dir() {
        return Some(path);
    }
    note(&format!("skipped: {} is not there", path.display()));
    None
}

/// Says something even where the test passes.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn lines(path: PathBuf) -> Vec<Value> {
    let text = fs::read_to_string(&path).expect("the file of the acceptance data is readable");
    let mut values = Vec::new();
    for line in text.lines() {
        let mut deserializer = serde_json::Deserializer::from_str(line);
        deserializer.disable_recursion_limit();
        let value = serde::Deserialize::deserialize(&mut deserializer);
        values.push(value.expect("each line is JSON"));
    }
    values
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The errors as the verdicts have them.
fn diagnostics(source: &[u8], errors: &[SyntaxError]) -> Value {
    let lines = LineIndex::new(source);
    let one = |error: &SyntaxError| {
        let start = lines.position(error.span.start);
        let mut value = json!({
            "severity": "error", "message": error.message,
            "line": start.line, "col": start.column, "offset": error.span.start,
        });
        if !error.span.is_empty() {
            let last = error.span.end - 1;
            let end = lines.position(last);
            value["end_line"] = json!(end.line);
            value["end_col"] = json!(end.column);
            value["end_offset"] = json!(last);
        }
        value
    };
    errors.iter().map(one).collect()
}

fn comments(file: &File) -> Vec<Cow<'_, str>> {
    file.comments().iter().map(|comment| file.comment_text(*comment)).collect()
}

struct Count {
    what: &'static str,
    passed: usize,
    failed: Vec<String>,
}

impl Count {
    fn new(what: &'static str) -> Count {
        Count { what, passed: 0, failed: Vec::new() }
    }

    fn add(&mut self, id: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed.push(id.to_owned());
        }
    }

    fn finish(self) {
        let all = self.passed + self.failed.len();
        note(&format!("{}: {} of {all}", self.what, self.passed));
        let shown = &self.failed[..self.failed.len().min(20)];
        assert!(self.failed.is_empty(), "{}: {} fail: {shown:#?}", self.what, self.failed.len());
    }
}

#[test]
fn verdicts_diagnostics_and_trees_are_the_references() {
    let Some(folder) = folder() else { return };
    let mut verdicts = Count::new("diagnostics");
    let mut trees = Count::new("trees");
    for case in lines(folder.join("verdicts.jsonl")) {
        let id = case["id"].as_str().expect("each case has an id");
        let input = case["input"].as_str().expect("each case has an input");
        let source = fs::read(folder.join(input)).expect("each input is there");
        let parsed = parser::parse(&source);
        let ok = parsed.errors.is_empty();
        let same = case["diagnostics"] == diagnostics(&source, &parsed.errors);
        verdicts.add(id, same && case["ok"] == json!(ok));
        if let Some(wanted) = case["ast_sha256"].as_str() {
            trees.add(id, wanted == hash(json::write(&parsed.file).as_bytes()));
        }
    }
    verdicts.finish();
    trees.finish();
}

#[test]
fn formatting_is_the_references() {
    let Some(folder) = folder() else { return };
    let mut exact = Count::new("formatted as the reference does");
    let mut count = Count::new("formatted as the reference does, or safely where it does not");
    for case in lines(folder.join("verdicts.jsonl")) {
        let id = case["id"].as_str().expect("each case has an id");
        let Some(wanted) = case["fmt_sha256"].as_str() else { continue };
        let input = case["input"].as_str().expect("each case has an input");
        let source = fs::read(folder.join(input)).expect("each input is there");
        let file = parser::parse(&source).file;
        let reference = printer::as_reference(&file).expect("the text is not too long");
        exact.add(id, wanted == hash(reference.as_bytes()));
        let printed = printer::print(&file);
        let is_unsafe = !case["refmt"].is_null() || !case["fmt_changes_ast"].is_null();
        let again = parser::parse(printed.as_bytes()).into_sound().expect("it parses");
        let is_safe = visit::same_tree(&file, &again)
            && comments(&file) == comments(&again)
            && printer::print(&again) == printed;
        count.add(id, is_safe && (is_unsafe || printed == reference));
    }
    exact.finish();
    count.finish();
}

#[test]
fn tokens_and_scanner_errors_are_the_references() {
    let Some(folder) = folder() else { return };
    let mut count = Count::new("token lists");
    for (case, verdict) in
        lines(folder.join("tokens.jsonl")).into_iter().zip(lines(folder.join("verdicts.jsonl")))
    {
        let id = case["id"].as_str().expect("each case has an id");
        assert_eq!(case["id"], verdict["id"]);
        let input = verdict["input"].as_str().expect("each case has an input");
        let source = fs::read(folder.join(input)).expect("each input is there");
        let lexed = lexer::lex(&source);
        let errors: Value =
            lexed.errors.iter().map(|error| json!([error.offset, error.message])).collect();
        let tokens: Vec<Value> =
            lexed.tokens.iter().map(|token| token_value(&source, *token)).collect();
        let same = case["tokens_sha256"] == hash(json!(tokens).to_string().as_bytes());
        count.add(id, case["count"] == tokens.len() && case["errors"] == errors && same);
    }
    count.finish();
}

fn token_value(source: &[u8], token: token::Token) -> Value {
    use token::TokenKind;
    let text = &source[token.span.range()];
    let literal = match token.kind {
        TokenKind::Terminator => b"\n".to_vec(),
        TokenKind::Comment => comment_text(text),
        TokenKind::Illegal if std::str::from_utf8(text).is_err() && text.len() == 1 => {
            "\u{fffd}".into()
        }
        TokenKind::Illegal => text.to_vec(),
        kind if kind.ends_statement() && !kind.is_closing() => text.to_vec(),
        _ => Vec::new(),
    };
    let start = token.span.start as usize;
    let mut value = json!([token.kind.name(), start, literal.len()]);
    let plain = source.get(start..start + literal.len()) == Some(&literal[..]);
    if !plain && token.kind != TokenKind::Terminator {
        let hex: String = literal.iter().map(|byte| format!("{byte:02x}")).collect();
        value.as_array_mut().expect("it is an array").push(json!(hex));
    }
    value
}

fn comment_text(text: &[u8]) -> Vec<u8> {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let mut kept: Vec<u8> = Vec::new();
    for (index, &byte) in text.iter().enumerate() {
        let guards = text.starts_with(b"/*")
            && kept.len() > 2
            && kept.last() == Some(&b'*')
            && text.get(index + 1) == Some(&b'/');
        if byte != b'\r' || guards {
            kept.push(byte);
        }
    }
    kept
}
