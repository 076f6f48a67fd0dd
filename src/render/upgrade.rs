//! What an upgrade of the sender changes for a configuration, for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::render::json::{Versioned, pretty};
use crate::source::At;
use crate::visible::{Lines, visible};

/// What an upgrade changes.
#[derive(Clone, Debug, Default)]
pub struct Upgrade {
    /// What is upgraded: `Alloy`, `Prometheus`.
    pub program: &'static str,
    /// The older version.
    pub from: String,
    /// The newer version.
    pub to: String,
    /// What the configuration uses that differs.
    pub changes: Vec<Change>,
    /// The known defects of the newer version that touch the configuration, then those of
    /// upgrading itself.
    pub defects: Vec<Defect>,
    /// What there is to say of the versions themselves.
    pub notes: Vec<String>,
    /// What is not compared, so that nobody takes silence for equality.
    pub not_compared: Vec<String>,
}

/// One difference that a configuration meets.
#[derive(Clone, Debug)]
pub struct Change {
    /// The word for how it differs.
    pub kind: &'static str,
    /// The block, job or endpoint.
    pub component: String,
    /// What of it; empty for the whole.
    pub path: String,
    /// The first version that differs from the older one.
    pub since: String,
    /// Whether the configuration can fail because of it.
    pub breaks: bool,
    /// One clause that says it.
    pub message: String,
    /// Where it stands.
    pub at: Option<At>,
}

/// A known defect.
#[derive(Clone, Debug)]
pub struct Defect {
    /// Its identifier.
    pub id: String,
    /// What it touches; none: upgrading itself.
    pub component: Option<String>,
    /// What happens.
    pub text: String,
    /// What to do.
    pub help: String,
    /// Where it is told.
    pub link: String,
    /// Where that is which it touches.
    pub at: Option<At>,
}

/// Writes `{from, to, changes: […], advisories: […], notes: […], not_compared: […]}`.
pub fn json(found: &Upgrade, out: &mut dyn Write) -> io::Result<()> {
    let changes = found.changes.iter().map(|change| {
        json!({
            "kind": change.kind,
            "component": change.component,
            "path": change.path,
            "since": change.since,
            "breaks": change.breaks,
            "message": change.message,
            "at": change.at,
        })
    });
    let advisories = found.defects.iter().map(|defect| {
        let Defect { id, text, help, link, .. } = defect;
        let mut value = json!({"id": id, "text": text, "help": help, "link": link});
        if let Some(component) = &defect.component {
            value["component"] = json!(component);
            value["at"] = json!(defect.at);
        }
        value
    });
    let value = json!({
        "from": found.from,
        "to": found.to,
        "changes": changes.collect::<Vec<Value>>(),
        "advisories": advisories.collect::<Vec<Value>>(),
        "notes": found.notes,
        "not_compared": found.not_compared,
    });
    pretty(&Versioned::new(value), out)
}

/// Writes one line a change, what can break first; then the advisories.
pub fn human(found: &Upgrade, out: &mut dyn Write) -> io::Result<()> {
    let (breaking, other): (Vec<&Change>, Vec<&Change>) =
        found.changes.iter().partition(|change| change.breaks);
    writeln!(out, "From {} {} to {}:", found.program, found.from, found.to)?;
    for note in &found.notes {
        writeln!(out, "  note: {}", visible(note, Lines::Fold))?;
    }
    list("can break this configuration", &breaking, out)?;
    list("differ, but fit both", &other, out)?;
    if found.changes.is_empty() {
        writeln!(out, "  nothing that this configuration uses is known to differ")?;
    }
    defects(found, out)?;
    writeln!(out, "\nNot compared:")?;
    found.not_compared.iter().try_for_each(|what| writeln!(out, "  {what}"))
}

fn defects(found: &Upgrade, out: &mut dyn Write) -> io::Result<()> {
    if found.defects.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nKnown about {}:", found.to)?;
    for Defect { component, text, help, link, .. } in &found.defects {
        let of = component.as_ref().map(|of| format!("{}: ", visible(of, Lines::Fold)));
        writeln!(out, "  {}{text}\n    {help} ({link})", of.unwrap_or_default())?;
    }
    Ok(())
}

fn list(title: &str, changes: &[&Change], out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} {title}:", changes.len())?;
    for change in changes {
        let place = change.at.as_ref().map_or_else(String::new, |at| {
            format!("{}:{}:{}: ", visible(&at.file, Lines::Fold), at.line, at.column)
        });
        let message = visible(&change.message, Lines::Fold);
        writeln!(out, "  {place}{message} (since {})", change.since)?;
    }
    Ok(())
}
