//! A verdict of `validate`, for programs; for people, `snippet` draws its diagnostics.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::render::json::{SCHEMA_VERSION, compact};

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
    verdict.insert("schema_version".to_owned(), Value::from(SCHEMA_VERSION));
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
    compact(&verdict, out)
}

/// A verdict on a configuration of Prometheus.
pub struct Prometheus {
    /// Whether it passes.
    pub is_ok: bool,
    /// The whole of what Prometheus says where it does not.
    pub error: Option<String>,
    /// What is wrong, each with its place.
    pub diagnostics: Vec<Diagnostic>,
    /// What it warns of.
    pub warnings: Vec<String>,
    /// What depends on how this Prometheus was built.
    pub unproven: Vec<String>,
}

/// Writes a verdict on a configuration of Prometheus: as [`json()`], and `error`, `warnings` and
/// `unproven` where there are such.
pub fn prometheus_json(verdict: &Prometheus, out: &mut dyn Write) -> io::Result<()> {
    let mut object = Map::new();
    object.insert("schema_version".to_owned(), Value::from(SCHEMA_VERSION));
    object.insert("ok".to_owned(), Value::Bool(verdict.is_ok));
    if let Some(error) = &verdict.error {
        object.insert("error".to_owned(), Value::from(error.as_str()));
    }
    let diagnostics = verdict.diagnostics.iter().map(value).collect();
    object.insert("diagnostics".to_owned(), Value::Array(diagnostics));
    for (name, texts) in [("warnings", &verdict.warnings), ("unproven", &verdict.unproven)] {
        if !texts.is_empty() {
            object.insert(name.to_owned(), Value::from(texts.clone()));
        }
    }
    compact(&object, out)
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
