//! SARIF 2.1.0: rules, results with regions and fingerprints, suppressions for waivers.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::checks::model::Severity;
use crate::checks::report::{CheckResult, Finding, Report};
use crate::render::Options;

/// Writes the report.
pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = BTreeMap::new();
    let mut results = Vec::new();
    for (index, check) in report.check_results.iter().enumerate() {
        for finding in &check.findings {
            results.push(result(index, check, finding, options, &mut seen));
        }
    }
    let rules: Vec<Json> = report.check_results.iter().map(rule).collect();
    serde_json::to_writer_pretty(&mut *out, &document(&rules, &results))?;
    writeln!(out)
}

/// A SARIF log of one run.
pub(crate) fn document(rules: &[Json], results: &[Json]) -> Json {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "trento-alloy",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "error",
        Severity::Warning => "warning",
    }
}

fn rule(check: &CheckResult) -> Json {
    json!({
        "id": check.check_id.text(),
        "name": check.name,
        "shortDescription": {"text": check.name},
        "fullDescription": {"text": check.description.trim()},
        "help": {"text": check.remediation.trim(), "markdown": check.remediation.trim()},
        "defaultConfiguration": {"level": level(check.severity)},
        "properties": {"tags": [check.group]},
    })
}

fn result(
    rule_index: usize,
    check: &CheckResult,
    finding: &Finding,
    options: &Options,
    seen: &mut BTreeMap<String, usize>,
) -> Json {
    let text = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": check.check_id.text(),
        "ruleIndex": rule_index,
        "level": level(finding.severity),
        "message": {"text": text},
        "partialFingerprints": {"trentoAlloy/v1": fingerprint(check, finding, options, seen)},
    });
    if let Some(at) = &finding.at {
        result["locations"] = json!([{"physicalLocation": {
            "artifactLocation": {"uri": uri(&at.file)},
            "region": region(at, options),
        }}]);
    }
    if let Some(waived) = &finding.waived {
        result["suppressions"] = json!([{"kind": "external", "justification": waived.reason}]);
    }
    result
}

/// The region in UTF-16 units, as SARIF counts; its end is exclusive.
fn region(at: &crate::source::At, options: &Options) -> Json {
    let units = |line: u32, column: u32| -> u32 {
        let Some(source) = options.sources.get(&at.file) else { return column };
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
    json!({
        "startLine": at.line,
        "startColumn": units(at.line, at.column),
        "endLine": at.end_line,
        "endColumn": units(at.end_line, at.end_column + 1),
    })
}

/// A name for the finding that stays the same when lines above it come and go: made from what it
/// is about and the text of its line, not from where that stands.
fn fingerprint(
    check: &CheckResult,
    finding: &Finding,
    options: &Options,
    seen: &mut BTreeMap<String, usize>,
) -> String {
    let line = finding.at.as_ref().and_then(|at| {
        let source = options.sources.get(&at.file)?;
        let start = source.lines().line_start(at.line)? as usize;
        source.text()[start..].lines().next().map(str::trim)
    });
    let file = finding.at.as_ref().map_or("", |at| at.file.as_str());
    let component = finding.component.as_deref().unwrap_or_default();
    let id = check.check_id.text();
    let parts = [&*id, &finding.expectation, file, component, line.unwrap_or_default()];
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    let mut name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    name.push_str(&format!(":{count}"));
    name
}

/// A path as the URI reference SARIF wants: absolute paths as `file:`, others relative.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
