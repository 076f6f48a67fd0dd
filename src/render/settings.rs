//! The agent's settings and those of this program, for people and as JSON; secrets by their names
//! only.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::table;
use crate::agent::{FileState, Origin, Settings};
use crate::error::Result;
use crate::render::json::{Versioned, pretty};
use crate::secret::SecretNames;
use crate::site::{self, Site, State};
use crate::source::At;
use crate::visible::{Lines, visible};

/// Writes the settings that are set, then what will surprise whoever wrote them.
pub fn human(
    settings: &Settings,
    site: Option<&Site>,
    names: &mut SecretNames,
    out: &mut dyn Write,
) -> io::Result<()> {
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
    site.map_or(Ok(()), |site| of_site(site, out))
}

/// Writes what the site decided for this program, where it did.
fn of_site(site: &Site, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 3]> = site
        .settings()
        .into_iter()
        .map(|(key, value, at)| [key, visible(&value, Lines::Fold).into_owned(), place(at)])
        .collect();
    if !rows.is_empty() {
        writeln!(out, "\nsettings of trento-alloy:\n")?;
        table::rows(["SETTING", "VALUE", "FROM"], &rows, out)?;
    }
    match site.set_aside() {
        Some(why) => writeln!(out, "\nwarning: {}", visible(&why, Lines::Fold)),
        None => Ok(()),
    }
}

/// Writes every setting and surprise as one JSON object.
pub fn json(
    settings: &Settings,
    site: &Result<Site>,
    names: &mut SecretNames,
    out: &mut dyn Write,
) -> io::Result<()> {
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
        "site": site_json(site),
    });
    pretty(&Versioned::new(answer), out)
}

fn site_json(site: &Result<Site>) -> Value {
    let site = match site {
        Ok(site) => site,
        Err(error) => {
            return json!({"state": "broken", "path": site::PATH, "message": error.in_full()});
        }
    };
    let settings: Vec<Value> = site
        .settings()
        .iter()
        .map(|(key, value, at)| json!({"key": key, "value": value, "at": at}))
        .collect();
    let state = match site.state {
        State::Missing => "missing",
        State::Read => "read",
        State::SetAside(_) => "set-aside",
    };
    let message = site.set_aside();
    json!({"state": state, "path": site::PATH, "message": message, "settings": settings})
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
