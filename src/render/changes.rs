//! Semantic changes for a person: one line each, with both values and where they stand.

use std::io::{self, Write};

use serde_json::Value as Json;

use crate::diff::three_way::ThreeWay;
use crate::diff::{Change, Kind};
use crate::render::text::{Lines, visible};
use crate::source::At;

/// A value that is longer is cut.
const LONGEST: usize = 160;

/// The changes and a closing line with their number.
pub fn human(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    for change in changes {
        line(change, out)?;
    }
    match changes.len() {
        0 => writeln!(out, "no change in meaning"),
        1 => writeln!(out, "1 change"),
        count => writeln!(out, "{count} changes"),
    }
}

/// What an upgrade changes, what was edited locally, and what of that would be lost.
pub fn three_way(found: &ThreeWay, out: &mut dyn Write) -> io::Result<()> {
    section("changes by the upgrade", &found.by_the_upgrade, out)?;
    section("local edits", &found.local_edits, out)?;
    writeln!(out, "conflicts: local edits that would be lost ({})", found.conflicts.len())?;
    for conflict in &found.conflicts {
        write!(out, "  ")?;
        line(&conflict.local, out)?;
        if let Some(upgrade) = &conflict.upgrade {
            write!(out, "    the upgrade: ")?;
            line(upgrade, out)?;
        }
    }
    Ok(())
}

fn section(title: &str, changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{title} ({})", changes.len())?;
    for change in changes {
        write!(out, "  ")?;
        line(change, out)?;
    }
    writeln!(out)
}

fn line(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("{:<7} {}", change.kind.name(), change.component);
    if !change.path.is_empty() {
        text.push(' ');
        text.push_str(&change.path);
    }
    match change.kind {
        Kind::Changed | Kind::Renamed => {
            text.push_str(&format!(": {} -> {}", value(&change.before), value(&change.after)));
        }
        Kind::Added if !change.path.is_empty() => {
            text.push_str(&format!(": {}", value(&change.after)));
        }
        Kind::Removed if !change.path.is_empty() => {
            text.push_str(&format!(": {}", value(&change.before)));
        }
        _ => {}
    }
    let places: Vec<String> =
        [&change.at_a, &change.at_b].into_iter().flatten().map(place).collect();
    if !places.is_empty() {
        text.push_str(&format!("  [{}]", places.join(" -> ")));
    }
    writeln!(out, "{}", visible(&text, Lines::Fold))
}

fn place(at: &At) -> String {
    format!("{}:{}:{}", at.file, at.line, at.column)
}

fn value(value: &Json) -> String {
    let text = match value {
        Json::Object(fields) if fields.len() == 1 && fields.contains_key("expression") => {
            fields["expression"].as_str().unwrap_or_default().to_owned()
        }
        Json::String(text) if text.starts_with("(secret ") => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_one_line_whatever_is_in_it() {
        let change = Change {
            kind: Kind::Changed,
            component: "prometheus.scrape.x".to_owned(),
            path: "job_name".to_owned(),
            before: json!("a\n\u{1b}[31m"),
            after: json!("(secret A)"),
            at_a: None,
            at_b: None,
            component_before: None,
        };
        let mut out = Vec::new();
        human(&[change], &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        changed prometheus.scrape.x job_name: "a\n\u001b[31m" -> (secret A)
        1 change
        "#);
    }
}
