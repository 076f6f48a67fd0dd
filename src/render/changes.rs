//! Semantic changes for a person, with both values and where they stand.

use std::io::{self, Write};

use serde_json::Value as Json;

use crate::diff::three_way::ThreeWay;
use crate::diff::{Change, Kind};
use crate::source::At;
use crate::visible::{Lines, visible};

/// A change that needs more columns takes several lines.
const WIDTH: usize = 80;

/// A value that is longer is cut.
const LONGEST: usize = 160;

/// The changes and a closing line with their number.
pub fn human(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    list(changes, out)?;
    match changes.len() {
        0 => writeln!(out, "no change in meaning"),
        1 => writeln!(out, "1 change"),
        count => writeln!(out, "{count} changes"),
    }
}

/// The changes alone.
pub fn list(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    changes.iter().try_for_each(|change| line(change, "", out))
}

/// What an upgrade changes, what was edited locally, and what of that would be lost.
pub fn three_way(found: &ThreeWay, out: &mut dyn Write) -> io::Result<()> {
    section("changes by the upgrade", &found.by_the_upgrade, out)?;
    section("local edits", &found.local_edits, out)?;
    writeln!(out, "conflicts: local edits that would be lost ({})", found.conflicts.len())?;
    for conflict in &found.conflicts {
        line(&conflict.local, "  ", out)?;
        if let Some(upgrade) = &conflict.upgrade {
            writeln!(out, "    the upgrade:")?;
            line(upgrade, "    ", out)?;
        }
    }
    Ok(())
}

fn section(title: &str, changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{title} ({})", changes.len())?;
    for change in changes {
        line(change, "  ", out)?;
    }
    writeln!(out)
}

/// One line, or several with the values and the places indented where one would be too long.
fn line(change: &Change, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut parts = vec![format!("{:<7} {}", change.kind.name(), change.component)];
    if !change.path.is_empty() {
        parts[0].push(' ');
        parts[0].push_str(&change.path);
    }
    match change.kind {
        Kind::Changed | Kind::Renamed => {
            parts[0].push(':');
            parts.push(value(&change.before));
            parts.push(format!("-> {}", value(&change.after)));
        }
        Kind::Added | Kind::Removed if !change.path.is_empty() => {
            let is_added = change.kind == Kind::Added;
            parts[0].push(':');
            parts.push(value(if is_added { &change.after } else { &change.before }));
        }
        _ => {}
    }
    let places: Vec<String> =
        [&change.at_a, &change.at_b].into_iter().flatten().map(place).collect();
    if !places.is_empty() {
        parts.push(format!("[{}]", places.join(" -> ")));
    }
    let parts: Vec<_> = parts.iter().map(|part| visible(part, Lines::Fold)).collect();
    let width: usize = parts.iter().map(|part| part.chars().count() + 1).sum();
    let separator = match indent.len() + width > WIDTH {
        true => format!("\n{indent}        "),
        false => " ".to_owned(),
    };
    writeln!(out, "{indent}{}", parts.join(&separator))
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
    fn a_short_change_is_one_line_whatever_is_in_it() {
        let mut out = Vec::new();
        human(&[change(json!("a\n\u{1b}[31m"))], &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        changed prometheus.scrape.x job_name: "a\n\u001b[31m" -> (secret A)
        1 change
        "#);
    }

    #[test]
    fn a_long_change_has_its_values_below_it() {
        let mut out = Vec::new();
        list(&[change(json!("a rather long name of a job, too long for one line"))], &mut out)
            .unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        changed prometheus.scrape.x job_name:
                "a rather long name of a job, too long for one line"
                -> (secret A)
        "#);
    }

    fn change(before: Json) -> Change {
        Change {
            kind: Kind::Changed,
            component: "prometheus.scrape.x".to_owned(),
            path: "job_name".to_owned(),
            before,
            after: json!("(secret A)"),
            at_a: None,
            at_b: None,
            component_before: None,
        }
    }
}
