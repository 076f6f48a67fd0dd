//! Names: facts and values that are used and not declared, or declared and not used.

use std::collections::BTreeSet;

use crate::checks::engine::{Hazard, Names, Use};
use crate::checks::lint::{Reporter, place};
use crate::checks::model::Check;
use crate::checks::model::Severity::{self, Critical, Warning};
use crate::yaml::Node;

/// An expression of a check, with the variables it sees.
struct Seen {
    path: String,
    names: Names,
    sees: &'static [&'static str],
    /// A backtick stands before it that is not in the file.
    is_message: bool,
}

/// Every variable that some expression of a check sees.
const VARIABLES: [&str; 4] = ["env", "facts", "host", "values"];

/// Checks the names of a check that could be read.
pub fn check(root: &Node, check: &Check, report: &mut Reporter<'_>) {
    let expressions = expressions(check, report);
    let facts = check.facts.iter().map(|fact| fact.name.text().into_owned());
    let values = check.values.iter().map(|value| value.name.text().into_owned());
    let facts: Vec<String> = facts.collect();
    let values: Vec<String> = values.collect();
    for seen in &expressions {
        out_of_scope(root, seen, report);
        self_walk(root, seen, report);
        hazards(root, seen, report);
        for (uses, declared, rule, what) in [
            (&seen.names.facts, &facts, "undeclared-fact", "fact"),
            (&seen.names.values, &values, "undeclared-value", "value"),
        ] {
            if !seen.sees.contains(&"facts") {
                continue;
            }
            for used in uses.iter().filter(|used| !used.guarded) {
                if !declared.contains(&used.name) {
                    undeclared(root, seen, used, rule, what, declared, report);
                }
            }
        }
    }
    let evaluated = || expressions.iter().filter(|seen| seen.sees.contains(&"facts"));
    if !evaluated().any(|seen| seen.names.any_fact) {
        let used: BTreeSet<&str> =
            evaluated().flat_map(|it| it.names.facts.iter().map(|used| &*used.name)).collect();
        unused(root, "facts", &facts, &used, report);
    }
    if !evaluated().any(|seen| seen.names.any_value) {
        let used: BTreeSet<&str> =
            evaluated().flat_map(|it| it.names.values.iter().map(|used| &*used.name)).collect();
        unused(root, "values", &values, &used, report);
    }
    duplicates(root, "facts", &facts, Warning, report);
    duplicates(root, "values", &values, Warning, report);
    duplicates(root, "expectations", &expectation_names(check), Critical, report);
}

/// Names that stand twice in a list.
fn duplicates(
    root: &Node,
    list: &str,
    names: &[String],
    severity: Severity,
    report: &mut Reporter<'_>,
) {
    let mut known = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        if !known.insert(name) {
            let message = format!("the name `{name}` is taken");
            let path = format!("/{list}/{index}/name");
            report.at("duplicate-name", severity, message, root, &path);
        }
    }
}

fn expectation_names(check: &Check) -> Vec<String> {
    check.expectations.iter().map(|it| it.name.text().into_owned()).collect()
}

/// Every expression of a check that compiles.
fn expressions(check: &Check, report: &mut Reporter<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut add = |path: String, text: Option<&str>, sees, is_message| {
        let Some(text) = text else { return };
        let compiled = if is_message { report.compile_message(text) } else { report.compile(text) };
        if let Ok(names) = compiled.map(|script| script.names()) {
            seen.push(Seen { path, names, sees, is_message });
        }
    };
    let evaluation: &[&str] = &["facts", "values"];
    for (index, expectation) in check.expectations.iter().enumerate() {
        let path = format!("/expectations/{index}");
        let key = expectation.kind.key();
        add(format!("{path}/{key}"), expectation.expression.as_str(), evaluation, false);
        let messages = [
            ("failure_message", &expectation.failure_message),
            ("warning_message", &expectation.warning_message),
        ];
        for (field, message) in messages {
            add(format!("{path}/{field}"), message.as_str(), evaluation, true);
        }
    }
    for (index, value) in check.values.iter().enumerate() {
        for (number, condition) in value.conditions.iter().enumerate() {
            let path = format!("/values/{index}/conditions/{number}/when");
            add(path, condition.when.as_str(), &["env"], false);
        }
    }
    add("/when".to_owned(), check.when.as_ref().and_then(|it| it.as_str()), &["env"], false);
    let exclude = check.exclude.as_ref().and_then(|it| it.as_str());
    add("/exclude".to_owned(), exclude, &["host"], false);
    seen
}

fn undeclared(
    root: &Node,
    seen: &Seen,
    used: &Use,
    rule: &'static str,
    what: &str,
    declared: &[String],
    report: &mut Reporter<'_>,
) {
    let Some(node) = place::find(root, &seen.path) else { return };
    let span = place::in_expression(&report.loaded.source, node, position(seen, used));
    let message = format!("the check declares no {what} `{}`", used.name);
    report.add(rule, Critical, message, seen.path.as_str(), span);
    if seen.is_message {
        // The server shows its default text instead; the verdict is the same.
        report.pedantic();
    }
    let near = declared
        .iter()
        .filter(|name| strsim::damerau_levenshtein(name, &used.name) <= 2)
        .min_by_key(|name| strsim::damerau_levenshtein(name, &used.name));
    if let Some(near) = near {
        report.help(format!("did you mean `{near}`?"));
    }
}

fn unused(
    root: &Node,
    list: &str,
    declared: &[String],
    used: &BTreeSet<&str>,
    report: &mut Reporter<'_>,
) {
    let (rule, what) = match list {
        "facts" => ("unused-fact", "fact"),
        _ => ("unused-value", "value"),
    };
    for (index, name) in declared.iter().enumerate() {
        if !used.contains(name.as_str()) {
            let message = format!("no expression uses the {what} `{name}`");
            report.at(rule, Warning, message, root, &format!("/{list}/{index}/name"));
            if place::find(root, &format!("/{list}/{index}/argument")).is_none() && list == "facts"
            {
                // It may stand there so that hosts where it cannot be gathered are left out.
                report.pedantic();
            }
        }
    }
}

fn out_of_scope(root: &Node, seen: &Seen, report: &mut Reporter<'_>) {
    let mut told = BTreeSet::new();
    for used in &seen.names.variables {
        let name = used.name.as_str();
        let hidden = VARIABLES.contains(&name)
            && !seen.sees.contains(&name)
            && !seen.names.own.contains(name);
        if !hidden || !told.insert(name) {
            continue;
        }
        let Some(node) = place::find(root, &seen.path) else { continue };
        let span = place::in_expression(&report.loaded.source, node, position(seen, used));
        let message = format!("`{name}` is not known here, only {}", seen.sees.join(" and "));
        report.add("out-of-scope", Critical, message, seen.path.as_str(), span);
    }
}

fn self_walk(root: &Node, seen: &Seen, report: &mut Reporter<'_>) {
    for used in &seen.names.shared {
        let Some(node) = place::find(root, &seen.path) else { continue };
        let span = place::in_expression(&report.loaded.source, node, position(seen, used));
        let name = &used.name;
        let message = format!("this closure uses `{name}`, whose own list it is walking through");
        report.add("self-walk", Critical, message, seen.path.as_str(), span);
        report.help(format!("copy what it needs first: let other = {name}.…; then use `other`"));
    }
}

/// What never ends on a server, or ends it.
fn hazards(root: &Node, seen: &Seen, report: &mut Reporter<'_>) {
    for (hazard, used) in &seen.names.hazards {
        let Some(node) = place::find(root, &seen.path) else { continue };
        let span = place::in_expression(&report.loaded.source, node, position(seen, used));
        let (severity, message, help) = match hazard {
            Hazard::Eval => (
                Warning,
                "`eval` of a text that is made here: where it evaluates itself the server dies",
                "write the expression itself, or `eval` of a text in quotes",
            ),
            Hazard::Pad => (
                Critical,
                "`pad` with an empty text never ends on the server",
                "pad with a text that is not empty",
            ),
            Hazard::Loop => (
                Critical,
                "nothing ends this loop; the server has no limit and hangs",
                "leave it with `break`, or walk with `for`",
            ),
        };
        report.add("server-hang", severity, message, seen.path.as_str(), span);
        report.help(help.to_owned());
    }
}

/// Where a name stands in the text of the file.
fn position(seen: &Seen, used: &Use) -> Option<(usize, usize)> {
    match used.position {
        Some((1, column)) if seen.is_message => Some((1, column.saturating_sub(1).max(1))),
        position => position,
    }
}
