//! What Alloy loads on a host and why not the rest, for people and as JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

pub mod of_prometheus;

use super::table;
use crate::load::{Kind, LoadedFile, MergeSet, Origin};
use crate::render::json::{Versioned, pretty};
use crate::source::At;
use crate::visible::{Lines, visible};

/// A block whose configuration comes from elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Remote {
    /// The block, by its id.
    pub block: String,
    /// Why what it brings is unknown.
    pub reason: String,
    /// Where the block stands.
    pub at: Option<At>,
}

/// Writes the path, where it comes from, and each file with what becomes of it.
pub fn human(set: &MergeSet, elsewhere: &[Remote], out: &mut dyn Write) -> io::Result<()> {
    let path = set.config_path().map_or("nothing", camino::Utf8Path::as_str);
    writeln!(out, "path: {}", visible(path, Lines::Fold))?;
    writeln!(out, "is: {}", visible(&kind_line(&set.kind), Lines::Fold))?;
    writeln!(out, "named by: {}", visible(&origin_line(&set.start.origin), Lines::Fold))?;
    match &set.start.unit {
        Ok(unit) => {
            let files: Vec<String> = unit.files().iter().map(ToString::to_string).collect();
            writeln!(out, "unit: {}", visible(&files.join(", "), Lines::Fold))?;
        }
        Err(absent) => writeln!(out, "unit: {}", visible(&absent.reason, Lines::Fold))?,
    }
    let hash = set.hash.as_deref().unwrap_or("none: Alloy cannot load this");
    writeln!(out, "hash: {hash}")?;
    let mut rows = Vec::new();
    for file in &set.files {
        rows.push([file.path.to_string(), "loaded".to_owned(), soundness(file)]);
    }
    for entry in &set.unreadable {
        let state = if entry.why.is_ours() { "not read" } else { "breaks the load" };
        rows.push([entry.path.to_string(), state.to_owned(), entry.why.text().to_owned()]);
    }
    for found in &set.candidates {
        let path = found.file.path.to_string();
        rows.push([path, "not loaded".to_owned(), found.reason.text()]);
    }
    if !rows.is_empty() {
        writeln!(out)?;
        table::rows(["FILE", "STATE", "DETAILS"], &rows, out)?;
    }
    for remote in elsewhere {
        let at = remote.at.as_ref().map(|at| format!("{}:{}: ", at.file, at.line));
        let line = format!("{}`{}`: {}", at.unwrap_or_default(), remote.block, remote.reason);
        writeln!(out, "unknown: {}", visible(&line, Lines::Fold))?;
    }
    if let Some(gap) = set.start.unit.iter().find_map(|unit| unit.environment_gap.as_ref()) {
        let line = format!("some variables of Alloy's environment are not known: {gap}");
        writeln!(out, "warning: {}", visible(&line, Lines::Fold))?;
    }
    for problem in set.start.unit.iter().flat_map(|unit| &unit.problems) {
        let at = problem.at.as_ref().map(|at| format!("{}:{}: ", at.file, at.line));
        let line = format!("{}{}", at.unwrap_or_default(), problem.message);
        writeln!(out, "warning: {}", visible(&line, Lines::Fold))?;
    }
    Ok(())
}

/// Writes the same as one JSON object.
pub fn json(set: &MergeSet, elsewhere: &[Remote], out: &mut dyn Write) -> io::Result<()> {
    let unit = match &set.start.unit {
        Ok(unit) => {
            let problems = unit.problems.iter();
            let files = unit.environment_files.iter();
            json!({
                "name": unit.name,
                "fragment": unit.fragment,
                "drop_ins": unit.drop_ins,
                "environment_gap": unit.environment_gap,
                "environment_files": files.map(|file| json!({
                    "path": file.path,
                    "is_optional": file.is_optional,
                    "unreadable": file.unreadable,
                })).collect::<Vec<Value>>(),
                "problems": problems.map(|problem| json!({
                    "message": problem.message,
                    "at": problem.at,
                })).collect::<Vec<Value>>(),
            })
        }
        Err(absent) => json!({"absent": absent.reason, "masked_by": absent.masked_by}),
    };
    let flags: Map<String, Value> =
        set.start.args.flags().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let answer = json!({
        "config_path": set.config_path(),
        "origin": origin(&set.start.origin),
        "kind": kind_name(&set.kind),
        "reason": match &set.kind { Kind::Absent(reason) => Some(reason), _ => None },
        "hash": set.hash,
        "flags": flags,
        "unit": unit,
        "loaded": set.files.iter().map(loaded).collect::<Vec<Value>>(),
        "unreadable": set.unreadable.iter().map(|entry| json!({
            "path": entry.path,
            "reason": entry.why,
            "message": entry.why.text(),
        })).collect::<Vec<Value>>(),
        "unknown": elsewhere,
        "not_loaded": set.candidates.iter().map(|found| json!({
            "path": found.file.path,
            "reason": found.reason.name(),
            "message": found.reason.text(),
            "ok": found.file.is_sound(),
        })).collect::<Vec<Value>>(),
    });
    pretty(&Versioned::new(answer), out)
}

fn loaded(file: &LoadedFile) -> Value {
    let errors: Vec<Value> = file
        .diagnostics()
        .iter()
        .map(|found| json!({"message": found.message, "at": found.source.at(found.span)}))
        .collect();
    json!({
        "path": file.path,
        "bytes": file.bytes().len(),
        "ok": file.is_sound(),
        "errors": errors,
    })
}

fn soundness(file: &LoadedFile) -> String {
    match file.diagnostics().first() {
        None => "parses".to_owned(),
        Some(first) => {
            let line = first.source.at(first.span).map_or(1, |at| at.line);
            format!("line {line}: {}", first.message)
        }
    }
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Folder => "folder",
        Kind::LinkedFolder => "linked_folder",
        Kind::Absent(_) => "absent",
        Kind::Paths => "paths",
    }
}

fn kind_line(kind: &Kind) -> String {
    match kind {
        Kind::File => "a file, loaded alone".to_owned(),
        Kind::Folder => "a folder: its *.alloy files, nothing below it".to_owned(),
        Kind::LinkedFolder => {
            "a link to a folder without a `/` behind: Alloy loads nothing".to_owned()
        }
        Kind::Absent(reason) => format!("nothing Alloy can start with: {reason}"),
        Kind::Paths => "the given files".to_owned(),
    }
}

fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::Given => json!({"kind": "given"}),
        Origin::Command(at) => json!({"kind": "command", "at": at}),
        Origin::Variable(at) => json!({"kind": "variable", "at": at}),
        Origin::Assumed => json!({"kind": "assumed"}),
        Origin::None => json!({"kind": "none"}),
    }
}

fn origin_line(origin: &Origin) -> String {
    let place = |what: &str, at: &Option<crate::source::At>| match at {
        Some(at) => format!("{what} at {}:{}", at.file, at.line),
        None => what.to_owned(),
    };
    match origin {
        Origin::Given => "the command line".to_owned(),
        Origin::Command(at) => place("the unit's command", at),
        Origin::Variable(at) => place("CONFIG_FILE", at),
        Origin::Assumed => "nothing; packages load it".to_owned(),
        Origin::None => "nothing".to_owned(),
    }
}
