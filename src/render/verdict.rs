//! A verdict of `validate`, for programs; for people, `snippet` draws its diagnostics.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostic, Severity};

/// Writes a verdict as JSON: `{ok, diagnostics: [{severity, message, file, line, col, end_line,
/// end_col}]}`, and `error` where the program was not even parsed. `strict` ones have `code` and
/// `help` as well.
pub fn json(
    refused: Option<&str>,
    diagnostics: &[Diagnostic],
    strict: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut verdict = Map::new();
    let is_ok = refused.is_none() && diagnostics.is_empty() && strict.is_empty();
    verdict.insert("ok".to_owned(), Value::Bool(is_ok));
    if let Some(refused) = refused {
        verdict.insert("error".to_owned(), Value::from(refused));
    }
    let beyond = strict.iter().map(|one| {
        let mut value = value(one);
        value["code"] = Value::from(one.code.name);
        value["help"] = Value::from(one.help.as_deref());
        value
    });
    let all: Vec<Value> = diagnostics.iter().map(value).chain(beyond).collect();
    verdict.insert("diagnostics".to_owned(), Value::Array(all));
    serde_json::to_writer(&mut *out, &verdict)?;
    writeln!(out)
}

fn value(one: &Diagnostic) -> Value {
    let at = one.source.at(one.span);
    // Alloy gives a syntax error no end.
    let has_end = !one.span.is_empty();
    json!({
        "severity": severity(one),
        "message": one.message,
        "file": one.source.path(),
        "line": at.as_ref().map_or(0, |at| at.line),
        "col": at.as_ref().map_or(0, |at| at.column),
        "end_line": at.as_ref().filter(|_| has_end).map_or(0, |at| at.end_line),
        "end_col": at.as_ref().filter(|_| has_end).map_or(0, |at| at.end_column),
    })
}

fn severity(one: &Diagnostic) -> &'static str {
    match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
