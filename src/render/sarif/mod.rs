//! SARIF 2.1.0: rules, results with regions and fingerprints, suppressions for waivers.

mod model;

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use self::model::{
    ArtifactLocation, Configuration, Driver, Fingerprints, Help, Invocation, Location, Log,
    Message, Notification, OfHost, PhysicalLocation, Properties, Region, Run, Suppression, Tool,
};
use crate::render::issue::{Issue, Issues, Level, Rule};
use crate::render::json;
use crate::render::view::Rendering;
use crate::source::{At, Source};

/// What a path must not hold as it is in a URI.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes the report.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    log(&Issues::of_report(rendering.view()), &rendering.options.sources, out)
}

/// Writes a log of one run.
pub(super) fn log(
    issues: &Issues,
    sources: &BTreeMap<String, Source>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut seen = BTreeMap::new();
    let results =
        issues.issues.iter().map(|it| result(&issues.rules[it.rule], it, sources, &mut seen));
    let notifications = issues.notices.iter().map(|(level, message)| Notification {
        level: word(*level),
        message: Message { text: message.clone() },
    });
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "trento-alloy",
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: issues.rules.iter().map(rule).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: !issues.is_incomplete,
                tool_execution_notifications: notifications.collect(),
            }],
            column_kind: "utf16CodeUnits",
            results: results.collect(),
        }],
    };
    json::pretty(&log, out)
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn rule(rule: &Rule) -> model::Rule {
    let message = |text: &str| Message { text: text.to_owned() };
    model::Rule {
        id: rule.id.clone(),
        name: rule.name.clone(),
        short_description: message(&rule.name),
        full_description: message(&rule.description),
        help: Help { text: rule.help.clone(), markdown: rule.help.clone() },
        default_configuration: Configuration { level: word(rule.level) },
        properties: Properties { tags: vec![rule.group.clone()] },
    }
}

fn result(
    rule: &Rule,
    issue: &Issue,
    sources: &BTreeMap<String, Source>,
    seen: &mut BTreeMap<String, usize>,
) -> model::Result {
    let text = match &issue.help {
        Some(help) => format!("{}\n{help}", issue.message),
        None => issue.message.clone(),
    };
    let location = issue.at.as_ref().map(|at| Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&at.file) },
            region: region(at, sources.get(&at.file)),
        },
    });
    let suppression = issue.waived.as_ref().map(|why| {
        let justification = why.strip_prefix("waived: ").unwrap_or(why).to_owned();
        Suppression { kind: "external", justification }
    });
    model::Result {
        rule_id: rule.id.clone(),
        rule_index: issue.rule,
        level: word(issue.level),
        message: Message { text },
        partial_fingerprints: Fingerprints { v1: fingerprint(rule, issue, sources, seen) },
        locations: location.into_iter().collect(),
        suppressions: suppression.into_iter().collect(),
        properties: issue.host.clone().map(|host| OfHost { host }),
    }
}

/// The region in UTF-16 units, as SARIF counts; its end is exclusive.
fn region(at: &At, source: Option<&Source>) -> Region {
    let units = |line: u32, column: u32| -> u32 {
        let Some(source) = source.map(|source| source.original()) else { return column };
        let Some(start) = source.lines().line_start(line) else { return column };
        let text = &source.text()[start as usize..];
        let mut units = 1;
        for (offset, c) in text.char_indices() {
            if offset as u32 + 1 >= column || c == '\n' {
                break;
            }
            units += c.len_utf16() as u32;
        }
        units
    };
    Region {
        start_line: at.line,
        start_column: units(at.line, at.column),
        end_line: at.end_line,
        end_column: units(at.end_line, at.end_column + 1),
    }
}

/// A name for the finding that stays the same when lines above it come and go: made from what it
/// is about and the text of its line, not from where that stands.
fn fingerprint(
    rule: &Rule,
    issue: &Issue,
    sources: &BTreeMap<String, Source>,
    seen: &mut BTreeMap<String, usize>,
) -> String {
    let line = issue.at.as_ref().and_then(|at| {
        let source = sources.get(&at.file)?;
        let start = source.lines().line_start(at.line)? as usize;
        source.text()[start..].lines().next().map(str::trim)
    });
    let file = issue.at.as_ref().map_or("", |at| at.file.as_str());
    let parts = [&*rule.id, &*issue.about, file, line.unwrap_or_default()];
    let mut parts = parts.join("\0");
    if let Some(host) = &issue.host {
        // Without the text of the line, the message tells findings apart.
        parts.push_str(&format!("\0{host}\0{}", issue.message));
    }
    let digest = Sha256::digest(parts.as_bytes());
    let mut name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    name.push_str(&format!(":{count}"));
    name
}

/// A path as the URI reference SARIF wants: absolute paths as `file:`, others relative.
pub(super) fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(path, ESCAPED))
}
