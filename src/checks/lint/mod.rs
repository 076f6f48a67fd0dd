//! What is wrong with a check file before it is ever run.
//!
//! The rules `schema`, `expectation`, `value` and `exclude` are those of Trento's own linter, with
//! places; the others are ours. Reads no network: of a link only the form is looked at.

mod dialect;
mod document;
mod expressions;
mod names;
mod place;
mod schema;
mod texts;

use std::collections::BTreeMap;
use std::rc::Rc;

use alloy_grammar::span::Span;
use serde_json::Value as Json;

use crate::checks::engine::{self, Script, ScriptError};
use crate::checks::load::{self, Fault, LoadError, Loaded};
use crate::checks::model::Severity;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{At, Source};
use crate::yaml::Node;

/// One thing that is wrong with a check file.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check's id as the file writes it, or the file's name.
    pub check_id: String,
    /// The rule that was broken.
    pub rule: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where, as a JSON pointer.
    pub path: String,
    /// The file.
    pub source: Source,
    /// Where, in the file.
    pub span: Span,
    /// What to do.
    pub help: Option<String>,
    /// Whether only a strict reader minds: no verdict depends on it.
    pub pedantic: bool,
}

/// Every rule, sorted by name.
pub const RULES: &[Code] = &[
    Code::new("condition-never-wins", "A condition gives false or null, which the server skips."),
    Code::new("duplicate-id", "Two checks have the same id."),
    Code::new("duplicate-key", "A map has a key twice; the server takes the first."),
    Code::new("duplicate-name", "Two facts, values or expectations have the same name."),
    Code::new("exclude", "The expression of `exclude` is no valid Rhai."),
    Code::new("expectation", "An expectation or its message is not what the server can use."),
    Code::new("file-name", "The file is not called as the check's id, so the server misses it."),
    Code::new("gatherer-name", "The gatherer's name looks misspelt."),
    Code::new("link-form", "A link in a text is no valid URL."),
    Code::new("merge-key", "The key `<<` is ignored by the server."),
    Code::new("no-expectations", "The check expects nothing; the server dies of it."),
    Code::new("no-facts", "The check asks for no fact, so the server never gives it a result."),
    Code::new("out-of-scope", "An expression uses a variable that it does not see."),
    Code::new("schema", "The file does not follow the check definition schema."),
    Code::new("self-walk", "A closure uses the variable whose list it is given; Rhai dies of it."),
    Code::new("server-hang", "An expression may never end on the server, or end the server."),
    Code::new("several-documents", "The file holds several documents; the server takes the last."),
    Code::new("severity-word", "The severity is none; the server takes it for critical."),
    Code::new("shape", "A field is missing or of a shape that stops the server."),
    Code::new("undeclared-fact", "An expression uses a fact that the check does not ask for."),
    Code::new("undeclared-value", "An expression uses a value that the check does not have."),
    Code::new("unused-fact", "The check asks for a fact and does not use it."),
    Code::new("unused-value", "The check has a value and does not use it."),
    Code::new("value", "The condition of a value is no valid Rhai."),
    Code::new("when", "The expression of `when` is no valid Rhai."),
    Code::new("yaml", "The file is no YAML."),
    Code::new("yaml-number", "The server reads a number where other readers read text."),
];

/// Lints check files together: what each says, and whether ids repeat.
pub fn lint(checks: &[Loaded]) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        engine::on_large_stacks(checks, one).into_iter().flatten().collect();
    findings.extend(repeated_ids(checks));
    findings
}

/// Lints one check file.
fn one(loaded: &Loaded) -> Vec<Finding> {
    let mut report = Reporter::new(loaded);
    let unread = |error: &LoadError| !matches!(error.kind, Fault::Malformed | Fault::Crash);
    if let Err(error) = &loaded.check
        && unread(error)
    {
        report.add("yaml", Severity::Critical, error.message.clone(), &error.path, error.span);
        return report.findings;
    }
    let root = loaded.documents.last();
    if let Some(id) = root.and_then(|root| place::field(root, "id")) {
        report.check_id = place::written(id);
    }
    if !document::readable(&loaded.documents, &mut report) {
        return report.findings;
    }
    let Some(root) = root else { return report.findings };
    let json = dialect::value(root);
    schema::check(root, &json, &mut report);
    expressions::check(root, &json, &mut report);
    document::habits(root, &mut report);
    if let Ok(check) = &loaded.check {
        names::check(root, check, &mut report);
        texts::check(root, check, &mut report);
    }
    report.findings.sort_by_key(|finding| finding.span.start);
    report.findings
}

fn repeated_ids(checks: &[Loaded]) -> Vec<Finding> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for loaded in checks {
        let Ok(check) = &loaded.check else { continue };
        let id = check.id().into_owned();
        match first.get(&id) {
            Some(other) => {
                let mut report = Reporter::new(loaded);
                report.check_id.clone_from(&id);
                let message = format!("the id {id} is taken: {other} has it too");
                report.add("duplicate-id", Severity::Critical, message, "/id", check.span);
                findings.append(&mut report.findings);
            }
            None => {
                first.insert(id, loaded.source.path());
            }
        }
    }
    findings
}

/// Collects what is wrong with a file.
struct Reporter<'l> {
    loaded: &'l Loaded,
    check_id: String,
    findings: Vec<Finding>,
    /// What was compiled, by its text: several rules look at it.
    scripts: BTreeMap<String, Result<Rc<Script>, ScriptError>>,
}

impl<'l> Reporter<'l> {
    fn new(loaded: &'l Loaded) -> Reporter<'l> {
        let check_id = load::stem(loaded.source.path()).to_owned();
        Reporter { loaded, check_id, findings: Vec::new(), scripts: BTreeMap::new() }
    }

    fn add(
        &mut self,
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
        path: impl Into<String>,
        span: Span,
    ) {
        let known = RULES.iter().find(|code| code.name == rule).copied();
        self.findings.push(Finding {
            check_id: self.check_id.clone(),
            rule: known.unwrap_or(Code::new(rule, "")),
            severity,
            message: message.into(),
            path: path.into(),
            source: self.loaded.source.clone(),
            span,
            help: None,
            pedantic: false,
        });
    }

    /// Compiles an expression, once.
    fn compile(&mut self, text: &str) -> Result<Rc<Script>, ScriptError> {
        if let Some(known) = self.scripts.get(text) {
            return known.clone();
        }
        let compiled = engine::Engine::shared().compile(text).map(Rc::new);
        self.scripts.insert(text.to_owned(), compiled.clone());
        compiled
    }

    /// Compiles a message, once.
    fn compile_message(&mut self, text: &str) -> Result<Rc<Script>, ScriptError> {
        self.compile(&format!("`{text}`"))
    }

    /// Leaves the finding added last to strict readers.
    fn pedantic(&mut self) {
        if let Some(finding) = self.findings.last_mut() {
            finding.pedantic = true;
        }
    }

    /// Says what to do about the finding added last.
    fn help(&mut self, help: impl Into<String>) {
        if let Some(finding) = self.findings.last_mut() {
            finding.help = Some(help.into());
        }
    }

    /// Adds a finding about what stands at a JSON pointer.
    fn at(
        &mut self,
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
        root: &Node,
        path: &str,
    ) {
        let span = place::pointer(root, path);
        self.add(rule, severity, message, path, span);
    }
}

impl Finding {
    /// The place, if there is one.
    pub fn at(&self) -> Option<At> {
        self.source.at(self.span)
    }

    /// The finding as `--format json` shows it.
    pub fn to_json(&self) -> Json {
        let at = self.at();
        serde_json::json!({
            "check_id": self.check_id,
            "rule": self.rule.name,
            "severity": self.severity,
            "message": self.message,
            "path": self.path,
            "file": self.source.path(),
            "line": at.as_ref().map(|at| at.line),
            "column": at.as_ref().map(|at| at.column),
        })
    }

    /// The finding as a diagnostic, to be drawn with a caret.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let make = match self.severity {
            Severity::Warning => Diagnostic::warning,
            Severity::Critical => Diagnostic::error,
        };
        let diagnostic = make(self.rule, &self.source, self.span, self.message.clone());
        match &self.help {
            Some(help) => diagnostic.help(help.clone()),
            None => diagnostic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "\
id: A1B2C3
name: Timeout
group: Services
description: The service has the recommended timeout
remediation: Set it, see https://example.com/timeout
facts:
  - name: timeout
    gatherer: corosync.conf@v1
    argument: totem.token
values:
  - name: wanted
    default: 5
expectations:
  - name: is_right
    expect: facts.timeout == values.wanted
    failure_message: It is ${facts.timeout}
";

    /// The rule, the path and the text at the place of each finding.
    fn found(text: &str) -> Vec<(String, String, String)> {
        let source = Source::new("A1B2C3.yaml", text);
        let at = |it: &Finding| text.get(it.span.range()).unwrap_or_default().to_owned();
        lint(&[load::source(source)])
            .iter()
            .map(|it| (it.rule.name.to_owned(), it.path.clone(), at(it)))
            .collect()
    }

    fn changed(from: &str, to: &str) -> Vec<(String, String, String)> {
        assert!(SOUND.contains(from), "{from}");
        found(&SOUND.replace(from, to))
    }

    #[test]
    fn a_sound_check_has_no_findings() {
        assert_eq!(found(SOUND), []);
    }

    #[test]
    fn every_rule_points_at_what_is_wrong() {
        for (from, to, rule, path, at) in [
            ("id: A1B2C3", "id: 017", "yaml-number", "/id", "017"),
            ("id: A1B2C3", "id: B", "file-name", "/id", "B"),
            ("name: Timeout", "name: [a]", "shape", "/name", "[a]"),
            ("name: Timeout", "nam: x", "shape", "", "id"),
            ("group: Services", "group: 5", "schema", "/group", "5"),
            ("group: Services", "group: a\ngroup: b", "duplicate-key", "", "group"),
            ("group: Services", "group: a\nmore: b", "schema", "", "more"),
            ("group: Services", "group: a\nseverity: bad", "severity-word", "/severity", "bad"),
            ("group: Services", "group: a\nwhen: 1 +", "when", "/when", "1 +"),
            ("group: Services", "group: a\nexclude: host.x = =", "exclude", "/exclude", "="),
            ("group: Services", "group: a\nwhen: facts.x", "out-of-scope", "/when", "facts"),
            ("https://example.com", "https:/example.com", "link-form", "/remediation", ""),
            ("corosync.conf@", "corosync.cnf@", "gatherer-name", "/facts/0/gatherer", ""),
            ("default: 5", "default: 1.5", "schema", "/values/0/default", "1.5"),
            (
                "facts.timeout ==",
                "facts.tmeout ==",
                "undeclared-fact",
                "/expectations/0/expect",
                "tmeout",
            ),
            ("values.wanted", "values.want", "undeclared-value", "/expectations/0/expect", "want"),
            (
                "== values.wanted",
                "== eval(values.wanted)",
                "server-hang",
                "/expectations/0/expect",
                "eval",
            ),
            (
                "expect: facts.timeout ==",
                "expect: let s = \"x\"; s.pad(9, \"\"); facts.timeout ==",
                "server-hang",
                "/expectations/0/expect",
                "pad",
            ),
            (
                "expect: facts.timeout ==",
                "expect: loop { } facts.timeout ==",
                "server-hang",
                "/expectations/0/expect",
                "loop",
            ),
            ("values.wanted", "5", "unused-value", "/values/0/name", "wanted"),
            ("values.wanted", "= 1", "expectation", "/expectations/0", "="),
            ("It is $", "It `is` $", "expectation", "/expectations/0", "is"),
            (
                "expect: f",
                "expect_same: f",
                "expectation",
                "/expectations/0",
                "It is ${facts.timeout}",
            ),
            (
                "    failure_message",
                "  - name: is_right\n    expect: 'true'\n    failure_message",
                "duplicate-name",
                "/expectations/1/name",
                "is_right",
            ),
            (
                "default: 5",
                "default: 5\n    conditions: [{value: false, when: 'true'}]",
                "condition-never-wins",
                "/values/0/conditions/0/value",
                "false",
            ),
            (
                "default: 5",
                "default: 5\n    conditions: [{value: 1, when: env.}]",
                "value",
                "/values/0/conditions/0",
                "",
            ),
        ] {
            let findings = changed(from, to);
            let hit = findings
                .iter()
                .any(|it| it.0 == rule && it.1 == path && (at.is_empty() || it.2 == at));
            assert!(hit, "{to}: {findings:?}");
        }
    }

    #[test]
    fn an_expression_in_a_block_has_its_own_line() {
        let findings = changed(
            "expect: facts.timeout == values.wanted",
            "expect: |\n      let t = facts.timeout;\n      t == values.wantd",
        );
        let wrong = findings.iter().find(|it| it.0 == "undeclared-value");
        assert_eq!(wrong.map(|it| it.2.as_str()), Some("wantd"), "{findings:?}");
    }

    #[test]
    fn files_that_are_no_check_are_told_in_one_finding() {
        for (text, rule) in [
            ("", "shape"),
            ("- a", "shape"),
            ("a: b: c", "yaml"),
            ("a: *b", "yaml"),
            ("&a [*a]", "yaml"),
            ("id: a\n---\nid: b", "several-documents"),
        ] {
            let findings = found(text);
            assert!(findings.len() == 1 && findings[0].0 == rule, "{text}: {findings:?}");
        }
        let large = format!("id: a\ndescription: \"{}\"", "x".repeat(10_000_000));
        assert_eq!(found(&large)[0].0, "yaml");
    }

    #[test]
    fn two_checks_with_one_id_are_told() {
        let one = load::source(Source::new("a/A1B2C3.yaml", SOUND));
        let other = load::source(Source::new("b/A1B2C3.yaml", SOUND));
        let findings = lint(&[one, other]);
        assert_eq!(findings.iter().map(|it| it.rule.name).collect::<Vec<_>>(), ["duplicate-id"]);
    }

    #[test]
    fn the_page_lists_every_rule_and_its_example_is_sound() {
        let page = include_str!("../../../docs/checks.md");
        let listed: Vec<&str> = page
            .lines()
            .skip_while(|line| *line != "| rule | meaning |")
            .skip(2)
            .take_while(|line| !line.is_empty())
            .collect();
        let rules: Vec<String> =
            RULES.iter().map(|rule| format!("| `{}` | {} |", rule.name, rule.meaning)).collect();
        assert_eq!(listed, rules);
        let block = |fence: &str| {
            let start = page.find(fence).unwrap() + fence.len();
            &page[start..start + page[start..].find("```").unwrap()]
        };
        let example = load::source(Source::new("B0A701.yaml", block("```yaml\n")));
        assert_eq!(lint(std::slice::from_ref(&example)).len(), 0);
        let facts =
            crate::checks::facts::FactsFile::parse("facts.json", block("```json\n").as_bytes());
        assert_eq!(facts.unwrap().agents.len(), 1);
    }

    #[test]
    fn rules_are_sorted_and_named_once() {
        assert!(RULES.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
