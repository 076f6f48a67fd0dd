//! The agent's settings, for people and as JSON; secrets by their names only.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::table;
use crate::agent::{FileState, Origin, Settings};
use crate::render::json::{Versioned, pretty};
use crate::secret::SecretNames;
use crate::source::At;
use crate::visible::{Lines, visible};

/// Writes the settings that are set, then what will surprise whoever wrote them.
pub fn human(settings: &Settings, names: &mut SecretNames, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "file: {}", visible(&file_line(&settings.file), Lines::Fold))?;
    match &settings.agent_id {
        Ok(agent) if agent.is_forced => {
            let id = visible(&agent.id, Lines::Fold);
            writeln!(out, "agent ID: {id} (forced)")?;
        }
        Ok(agent) => writeln!(out, "agent ID: {}", agent.id)?,
        Err(reason) => writeln!(out, "agent ID: unknown: {}", visible(reason, Lines::Fold))?,
    }
    writeln!(out)?;
    let rows: Vec<[String; 3]> = settings
        .iter()
        .filter(|setting| setting.origin != Origin::Default || !setting.value.is_empty())
        .map(|setting| {
            [setting.key.name.to_owned(), setting.shown(names), origin_line(&setting.origin)]
        })
        .collect();
    table::rows(["SETTING", "VALUE", "FROM"], &rows, out)?;
    if settings.is_push() {
        let interval = settings.scrape_interval().duration;
        writeln!(out, "\nmetrics are collected every {interval}, as the agent reads it")?;
    }
    for surprise in &settings.surprises {
        let at = surprise.at.as_ref().map(|at| format!("{}: ", place(at))).unwrap_or_default();
        let line = format!("{at}{}; {}", surprise.message, surprise.help);
        writeln!(out, "warning: {}", visible(&line, Lines::Fold))?;
    }
    Ok(())
}

/// Writes every setting and surprise as one JSON object.
pub fn json(settings: &Settings, names: &mut SecretNames, out: &mut dyn Write) -> io::Result<()> {
    let values: Vec<Value> = settings
        .iter()
        .map(|setting| {
            json!({
                "key": setting.key.name,
                "value": setting.shown(names),
                "origin": origin(&setting.origin),
            })
        })
        .collect();
    let interval = settings.scrape_interval();
    let agent_id = match &settings.agent_id {
        Ok(agent) => json!({"id": agent.id, "is_forced": agent.is_forced}),
        Err(reason) => json!({"id": null, "reason": reason}),
    };
    let answer = json!({
        "file": file(&settings.file),
        "shadowed": settings.shadowed,
        "agent_id": agent_id,
        "mode": if settings.is_push() { "push" } else { "pull" },
        "auth_method": settings.auth_method().ok(),
        "exporter_name": settings.exporter_name(),
        "scrape_interval": {
            "duration": interval.duration.to_string(),
            "reading": interval.reading,
        },
        "settings": values,
        "surprises": settings.surprises,
    });
    pretty(&Versioned::new(answer), out)
}

fn file(state: &FileState) -> Value {
    let (name, message, at) = match state {
        FileState::Read(_) => ("read", None, None),
        FileState::Missing => ("missing", None, None),
        FileState::Broken { message, at, .. } => ("broken", Some(message), at.as_ref()),
        FileState::Unreadable { message, .. } => ("unreadable", Some(message), None),
    };
    json!({"state": name, "path": state.path(), "message": message, "at": at})
}

fn file_line(state: &FileState) -> String {
    match state {
        FileState::Read(path) => path.to_string(),
        FileState::Missing => "none".to_owned(),
        FileState::Broken { path, message, at } => {
            let at = at.as_ref().map_or_else(|| path.to_string(), place);
            format!("{at}: the agent does not start: {message}")
        }
        FileState::Unreadable { path, message } => format!("{path}: not read: {message}"),
    }
}

fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::Flag => json!({"kind": "flag"}),
        Origin::Variable { name, at, .. } => {
            json!({"kind": "environment", "variable": name, "at": at})
        }
        Origin::File(at) => json!({"kind": "file", "at": at}),
        Origin::Default => json!({"kind": "default"}),
    }
}

fn origin_line(origin: &Origin) -> String {
    match origin {
        Origin::Flag => "flag".to_owned(),
        Origin::Variable { name, at: Some(at), .. } => format!("{name} at {}", place(at)),
        Origin::Variable { name, at: None, .. } => format!("{name} in the environment"),
        Origin::File(Some(at)) => place(at),
        Origin::File(None) => "file".to_owned(),
        Origin::Default => "default".to_owned(),
    }
}

fn place(at: &At) -> String {
    format!("{}:{}", at.file, at.line)
}
