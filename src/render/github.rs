//! Annotations of GitHub Actions: one workflow command for each issue.

use std::io::{self, Write};

use crate::render::issue::{Issues, Level};
use crate::render::view::Rendering;

/// Writes the findings, the waived ones as notices.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    annotate(&Issues::of_report(rendering.view()), out)
}

/// Writes the issues, then what is to be said about the run as a whole.
pub(super) fn annotate(issues: &Issues, out: &mut dyn Write) -> io::Result<()> {
    for issue in &issues.issues {
        let rule = &issues.rules[issue.rule];
        let title = property(&format!("{} {}", rule.id, rule.name));
        write!(out, "::{} title={title}", command(issue.level))?;
        if let Some(at) = &issue.at {
            let (file, line, column) = (property(&at.file), at.line, at.column);
            write!(out, ",file={file},line={line},col={column}")?;
            write!(out, ",endLine={},endColumn={}", at.end_line, at.end_column)?;
        }
        let parts = [Some(&issue.message), issue.help.as_ref(), issue.waived.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        writeln!(out, "::{}", data(&parts.join("\n")))?;
    }
    for (level, message) in &issues.notices {
        writeln!(out, "::{} title=trento-alloy::{}", command(*level), data(message))?;
    }
    Ok(())
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
