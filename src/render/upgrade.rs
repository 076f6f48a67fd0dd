//! What an upgrade of Alloy changes for a configuration, for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::graph::schema::Version;
use crate::render::json::{Versioned, pretty};
use crate::validate::advisories::{Advisory, Touched};
use crate::validate::upgrade::{Change, NOT_COMPARED};
use crate::visible::{Lines, visible};

/// What an upgrade changes.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The older version.
    pub from: Version,
    /// The newer version.
    pub to: Version,
    /// What the configuration uses that differs.
    pub changes: Vec<Change>,
    /// The known defects of the newer version that touch the configuration.
    pub touching: Vec<Touched>,
    /// The known defects of upgrading itself.
    pub about: Vec<&'static Advisory>,
    /// What there is to say of the versions themselves.
    pub notes: Vec<String>,
}

/// Writes `{from, to, changes: […], advisories: […], notes: […], not_compared: […]}`.
pub fn json(found: &Upgrade, out: &mut dyn Write) -> io::Result<()> {
    let changes = found.changes.iter().map(|change| {
        json!({
            "kind": change.kind.name(),
            "component": change.component,
            "path": change.path,
            "since": change.since.name(),
            "breaks": change.breaks,
            "message": change.message,
            "at": change.source.at(change.span),
        })
    });
    let touching = found.touching.iter().map(|touched| {
        let mut value = advisory(touched.advisory);
        value["component"] = Value::from(touched.component.as_str());
        value["at"] = json!(touched.source.at(touched.span));
        value
    });
    let about = found.about.iter().map(|one| advisory(one));
    let value = json!({
        "from": found.from.name(),
        "to": found.to.name(),
        "changes": changes.collect::<Vec<Value>>(),
        "advisories": touching.chain(about).collect::<Vec<Value>>(),
        "notes": found.notes,
        "not_compared": NOT_COMPARED,
    });
    pretty(&Versioned::new(value), out)
}

fn advisory(one: &Advisory) -> Value {
    json!({"id": one.id, "text": one.text, "help": one.help, "link": one.link})
}

/// Writes one line a change, what can break first; then the advisories.
pub fn human(found: &Upgrade, out: &mut dyn Write) -> io::Result<()> {
    let (breaking, other): (Vec<&Change>, Vec<&Change>) =
        found.changes.iter().partition(|change| change.breaks);
    writeln!(out, "From Alloy {} to {}:", found.from, found.to)?;
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
    NOT_COMPARED.iter().try_for_each(|what| writeln!(out, "  {what}"))
}

fn defects(found: &Upgrade, out: &mut dyn Write) -> io::Result<()> {
    if found.touching.is_empty() && found.about.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nKnown about {}:", found.to)?;
    for touched in &found.touching {
        let Advisory { text, help, link, .. } = touched.advisory;
        let component = visible(&touched.component, Lines::Fold);
        writeln!(out, "  {component}: {text}\n    {help} ({link})")?;
    }
    for Advisory { text, help, link, .. } in &found.about {
        writeln!(out, "  {text}\n    {help} ({link})")?;
    }
    Ok(())
}

fn list(title: &str, changes: &[&Change], out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} {title}:", changes.len())?;
    for change in changes {
        let place = change.source.at(change.span).map_or_else(String::new, |at| {
            format!("{}:{}:{}: ", visible(&at.file, Lines::Fold), at.line, at.column)
        });
        let message = visible(&change.message, Lines::Fold);
        writeln!(out, "  {place}{message} (since {})", change.since)?;
    }
    Ok(())
}
