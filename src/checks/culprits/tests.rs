//! Which elements become findings, expression by expression.

use serde_json::{Value as Json, json};

use super::*;
use crate::checks::execution::{self, Input};
use crate::checks::facts::Agent;
use crate::checks::load;
use crate::checks::standing::Standing;
use crate::source::Source;

fn at(line: u32) -> Json {
    json!({"file": "/etc/alloy/a.alloy", "line": line, "column": 3, "end_line": line,
           "end_column": 9})
}

/// Components whose lines are 1, 2, 3 and whose names and ranks are as given.
fn facts() -> Json {
    json!({
        "parts": [
            {"name": "a", "rank": 1, "at": at(1), "tags": [{"ok": true, "at": at(11)}]},
            {"name": "b", "rank": 2, "at": at(2), "message": "b is wrong", "help": "mend b",
             "component": "x.y \"b\"", "tags": [{"ok": false, "at": at(12)}]},
            {"name": "c", "rank": 3, "at": at(3), "tags": []},
        ],
        "names": ["a", "b", "c"],
        "others": ["a", "x", "c"],
        "endpoint": {"url": "http://me:pw@h/x", "token": "abc", "at": at(7)},
        "plain": {"count": 3},
    })
}

fn run(kind: &str, expression: &str) -> (Standing, Vec<Finding>) {
    let check = json!({
        "id": "A", "name": "n", "group": "g", "description": "d", "remediation": "r",
        "facts": [], "values": [{"name": "limit", "default": 2}],
        "expectations": [{"name": "e", kind: expression, "failure_message": "it is not so"}],
    });
    let loaded = load::source(Source::new("A.yaml", check.to_string()));
    let facts = facts();
    let facts = facts.as_object().expect("it is one").iter();
    let agent = Agent {
        agent_id: "host".to_owned(),
        facts: facts.map(|(name, value)| Fact::value(name.as_str(), value.clone())).collect(),
        ..Agent::default()
    };
    let input = Input { agents: vec![agent], ..Input::default() };
    let mut report = execution::evaluate(&loaded, &input);
    let check = report.check_results.remove(0);
    (check.result, check.findings)
}

/// The lines of the findings of an expression that does not hold; 0 for one without a place.
fn lines(expression: &str) -> Vec<u32> {
    let (result, findings) = run("expect", expression);
    assert_eq!(result, Standing::Critical, "{expression}");
    findings.iter().map(|it| it.at.as_ref().map_or(0, |at| at.line)).collect()
}

#[test]
fn elements_that_decided_become_findings() {
    for (expression, expected) in [
        ("facts.parts.all(|p| p.rank < 2)", &[2, 3][..]),
        ("facts.parts.all(|p| p.rank != 2)", &[2]),
        ("!facts.parts.some(|p| p.rank >= 2)", &[2, 3]),
        ("facts.parts.some(|p| p.rank > 9)", &[1, 2, 3]),
        ("facts.parts.filter(|p| p.rank > 2).is_empty()", &[3]),
        ("facts.parts.filter(|p| p.rank > 2).is_empty", &[3]),
        ("facts.parts.filter(|p| p.rank > 2).len() == 0", &[3]),
        ("facts.parts.filter(|p| p.rank > 2) == []", &[3]),
        ("facts.parts.filter(|p| p.rank > 9).len() > 0", &[1, 2, 3]),
        ("facts.parts.filter(|p| p.rank > 1).all(|p| p.name == \"b\")", &[3]),
        ("facts.parts.find(|p| p.rank == 2) == ()", &[2]),
        ("facts.parts.find(|p| p.rank == 9) != ()", &[1, 2, 3]),
        ("facts.parts.is_empty()", &[1, 2, 3]),
        ("facts.parts.len() <= 1", &[1, 2, 3]),
        ("facts.parts.all(|p| p.rank < 9) && facts.parts.all(|p| p.rank < 3)", &[3]),
        ("facts.parts.all(|p| p.rank < 3) || facts.parts.all(|p| p.rank > 1)", &[3, 1]),
        (
            "let a = facts.parts.all(|p| p.rank < 3); let b = facts.parts.all(|p| p.rank > 1); a && b",
            &[3, 1],
        ),
        ("facts.parts.all(|p| p.tags.all(|t| t.ok))", &[12]),
        ("if facts.names.contains(\"b\") { facts.parts.all(|p| p.rank != 1) } else { true }", &[1]),
        ("facts.parts == facts.parts.filter(|p| p.rank < 3)", &[3]),
        ("let limit = values.limit; facts.parts.all(|p| p.rank <= limit)", &[3]),
        ("facts.endpoint.url == \"https://h/x\"", &[7]),
        ("facts.plain.count < values.limit", &[0]),
        ("facts.names == facts.others", &[0]),
        ("for p in facts.parts { if p.rank == 2 { return false; } } true", &[0]),
    ] {
        assert_eq!(lines(expression), expected, "{expression}");
    }
}

#[test]
fn an_element_may_speak_for_itself() {
    let (_, findings) = run("expect", "facts.parts.all(|p| p.rank == 1)");
    assert_eq!(findings[0].message, "b is wrong");
    assert_eq!(findings[0].help.as_deref(), Some("mend b"));
    assert_eq!(findings[0].component.as_deref(), Some("x.y \"b\""));
    assert_eq!(findings[1].message, "it is not so");
}

#[test]
fn without_a_place_the_deciding_values_are_named() {
    let message = |expression: &str| run("expect", expression).1[0].message.clone();
    assert_eq!(
        message("facts.plain.count < values.limit"),
        "it is not so (facts.plain.count is 3, values.limit is 2)"
    );
    assert_eq!(message("facts.names == facts.others"), "it is not so (\"b\", \"x\")");
    assert_eq!(
        message("facts.plain.kount == 1"),
        "expectation `e` could not be evaluated: Property not found: kount (line 1, position 13) \
         (facts.plain is {\"count\":3})"
    );
    let told = message("facts.endpoint == 1");
    assert!(!told.contains("pw") && !told.contains("abc"), "{told}");
}

#[test]
fn words_give_the_severity() {
    let (result, findings) = run(
        "expect_enum",
        "if facts.parts.all(|p| p.rank < 9) { \"warning\" } else { \"passing\" }",
    );
    assert_eq!(result, Standing::Warning);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
    assert_eq!(run("expect_enum", "\"passing\"").1, []);
}

#[test]
fn what_cannot_be_gathered_is_a_finding() {
    let check = json!({
        "id": "A", "name": "n", "group": "g", "description": "d", "remediation": "r",
        "severity": "warning", "facts": [], "expectations": [{"name": "e", "expect": "true"}],
    });
    let loaded = load::source(Source::new("A.yaml", check.to_string()));
    let facts = vec![Fact::error("x", "alloy-error", "no \u{1b}[31mfile")];
    let agent = Agent { agent_id: "h".to_owned(), facts, ..Agent::default() };
    let report = execution::evaluate(&loaded, &Input { agents: vec![agent], ..Input::default() });
    let findings = &report.check_results[0].findings;
    let message = "fact `x` could not be gathered: no \\u{1b}[31mfile (alloy-error)";
    assert_eq!(findings[0].message, message);
    assert_eq!(report.worst(), crate::checks::standing::Verdict::Warning);
}
