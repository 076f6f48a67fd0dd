//! Checks themselves, not their results: as a list, one by one, and what is wrong with their files.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value as Json, json};

use crate::checks::lint::{self, RULES};
use crate::checks::model::{Check, Severity, Text, ValueSpec};
use crate::checks::report::{CheckResult, Finding, Report};
use crate::checks::standing::{Standing, Verdict};
use crate::render::{
    Format, Options,
    json::{self, Versioned},
    snippet, table,
};
use crate::visible::{Lines, visible};

/// Lists checks as a table.
pub fn list(checks: &[&Check], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut table = table::plain(width);
    table.set_header(["CHECK", "SEVERITY", "GROUP", "NAME"]);
    for check in checks {
        let texts = [&check.id, &Text::new(check.severity.name()), &check.group, &check.name];
        table.add_row(texts.map(|text| visible(&text.text(), Lines::Fold).into_owned()));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Lists checks as JSON.
pub fn list_json(checks: &[&Check], out: &mut dyn Write) -> io::Result<()> {
    let list: Vec<Json> = checks
        .iter()
        .map(|check| {
            json!({
                "id": check.id,
                "name": check.name,
                "group": check.group,
                "severity": check.severity,
                "facts": check.facts.iter().map(|it| &it.name).collect::<Vec<_>>(),
                "values": check.values.iter().map(|it| &it.name).collect::<Vec<_>>(),
            })
        })
        .collect();
    json::pretty(&list, out)
}

/// Shows a check for people.
pub fn show(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    let line = |text: &Text| visible(&text.text(), Lines::Fold).into_owned();
    let block = |text: &Text| visible(text.text().trim(), Lines::Keep).into_owned();
    writeln!(out, "{} {}", line(&check.id), line(&check.name))?;
    writeln!(out, "group: {}, severity: {}", line(&check.group), check.severity.name())?;
    writeln!(out, "\n{}", block(&check.description))?;
    let remediation = block(&check.remediation);
    let remediation = remediation.strip_prefix("## Remediation").unwrap_or(&remediation);
    writeln!(out, "\nRemediation\n\n{}", remediation.trim_start())?;
    for (name, condition) in [("applies when", &check.when), ("leaves out hosts", &check.exclude)] {
        if let Some(condition) = condition {
            writeln!(out, "\n{name}: {}", block(condition))?;
        }
    }
    writeln!(out, "\nFacts")?;
    for fact in &check.facts {
        let argument = line(&fact.argument);
        writeln!(out, "  facts.{} = {} {argument}", line(&fact.name), line(&fact.gatherer))?;
    }
    if !check.values.is_empty() {
        writeln!(out, "\nValues")?;
    }
    for value in &check.values {
        self::value(value, out)?;
    }
    writeln!(out, "\nExpectations")?;
    for expectation in &check.expectations {
        writeln!(out, "  {} ({})", line(&expectation.name), expectation.kind.key())?;
        for text in block(&expectation.expression).lines() {
            writeln!(out, "    {text}")?;
        }
    }
    Ok(())
}

fn value(value: &ValueSpec, out: &mut dyn Write) -> io::Result<()> {
    let name = value.name.text();
    writeln!(out, "  values.{} = {}", visible(&name, Lines::Fold), value.default.json)?;
    for condition in &value.conditions {
        let when = condition.when.text();
        writeln!(out, "    {} when {}", condition.value.json, visible(&when, Lines::Fold))?;
    }
    Ok(())
}

/// Shows a check as JSON, as a Trento server holds it.
pub fn show_json(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    json::pretty(&Versioned::new(check), out)
}

/// Shows what is wrong with check files in a format that carets or places suit.
pub fn lint(
    findings: &[lint::Finding],
    format: &Format,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == Format::JSON {
        let list: Vec<Json> = findings.iter().map(lint::Finding::to_json).collect();
        return json::pretty(&list, out);
    }
    if format == Format::HUMAN {
        let diagnostics: Vec<_> = findings.iter().map(lint::Finding::to_diagnostic).collect();
        let options = snippet::Options { color, ..snippet::Options::default() };
        return snippet::write(&diagnostics, &options, out);
    }
    let sources = findings.iter().map(|it| (it.source.path().to_owned(), it.source.clone()));
    let options = Options { color, sources: sources.collect(), ..Options::default() };
    format.write(&as_report(findings), &options, out)
}

/// The findings as a report whose checks are the rules, for the formats that know rules.
fn as_report(findings: &[lint::Finding]) -> Report {
    let mut by_rule: BTreeMap<&str, Vec<&lint::Finding>> = BTreeMap::new();
    for finding in findings {
        by_rule.entry(finding.rule.name).or_default().push(finding);
    }
    let rule = |rule: &crate::diagnostic::Code| {
        let found = by_rule.remove(rule.name).unwrap_or_default();
        let severity = found.iter().map(|it| it.severity).max().unwrap_or(Severity::Warning);
        CheckResult {
            check_id: Text::new(rule.name),
            name: rule.meaning.trim_end_matches('.').into(),
            group: "Check files".into(),
            result: match found.is_empty() {
                true => Standing::Passing,
                false => Verdict::from(severity).into(),
            },
            reason: None,
            customized: false,
            expectation_results: Vec::new(),
            agents_check_results: Vec::new(),
            findings: found.into_iter().map(finding).collect(),
            notes: Vec::new(),
            severity,
            description: rule.meaning.into(),
            remediation: "".into(),
        }
    };
    Report::new(RULES.iter().map(rule).collect(), Vec::new())
}

fn finding(finding: &lint::Finding) -> Finding {
    Finding {
        message: finding.message.clone(),
        at: finding.at(),
        also: Vec::new(),
        help: finding.help.clone(),
        severity: finding.severity,
        expectation: String::new(),
        agent_id: String::new(),
        component: Some(format!("{} {}", finding.check_id, finding.path)),
        waived: None,
    }
}
