//! Whether expressions and messages are valid Rhai, and messages nothing but text.

use serde_json::Value as Json;

use crate::checks::engine::{ScriptError, Template};
use crate::checks::facts::Object;
use crate::checks::lint::{Reporter, place};
use crate::checks::model::Severity::Critical;
use crate::yaml::Node;

/// Checks every expression and message of a file.
pub fn check(root: &Node, json: &Json, report: &mut Reporter<'_>) {
    let mut expressions = Expressions { root, report };
    for (index, expectation) in objects(json, "expectations") {
        expressions.expectation(expectation, &format!("/expectations/{index}"));
    }
    for (index, value) in objects(json, "values") {
        let conditions = value.get("conditions").and_then(Json::as_array);
        for (number, condition) in conditions.into_iter().flatten().enumerate() {
            let path = format!("/values/{index}/conditions/{number}");
            if let Some(when) = condition.get("when").and_then(Json::as_str) {
                expressions.compiles("value", when, &path, &format!("{path}/when"));
            }
        }
    }
    for rule in ["exclude", "when"] {
        let path = format!("/{rule}");
        match json.get(rule) {
            None => {}
            Some(Json::String(text)) => expressions.compiles(rule, text, &path, &path),
            // Of `when` the schema says so.
            Some(_) if rule == "when" => {}
            Some(_) => expressions.wrong(rule, "Field has to be a string", &path, &path),
        }
    }
}

fn objects<'j>(json: &'j Json, list: &str) -> impl Iterator<Item = (usize, &'j Object)> {
    let items = json.get(list).and_then(Json::as_array);
    items.into_iter().flatten().enumerate().filter_map(|(index, it)| Some((index, it.as_object()?)))
}

struct Expressions<'s, 'r, 'l> {
    root: &'s Node,
    report: &'r mut Reporter<'l>,
}

impl Expressions<'_, '_, '_> {
    fn expectation(&mut self, expectation: &Object, path: &str) {
        let rule = "expectation";
        let kinds = ["expect", "expect_same", "expect_enum"];
        let kind = kinds.into_iter().find(|kind| expectation.contains_key(*kind));
        let expression = kind.and_then(|kind| Some((kind, expectation.get(kind)?.as_str()?)));
        if let Some((kind, text)) = expression {
            self.compiles(rule, text, path, &format!("{path}/{kind}"));
        }
        let is_enum = expectation.contains_key("expect_enum");
        let interpolates = is_enum || expectation.contains_key("expect");
        if let Some(text) = expectation.get("failure_message").and_then(Json::as_str) {
            self.message(text, interpolates, path, "failure_message");
        }
        if let Some(text) = expectation.get("warning_message") {
            let place = format!("{path}/warning_message");
            match text.as_str() {
                _ if !is_enum => {
                    let message = "warning_message is only available for expect_enum expectations";
                    self.wrong(rule, message, path, &place);
                }
                Some(text) => self.message(text, true, path, "warning_message"),
                None => {}
            }
        }
        let text = expression.map_or("", |(_, text)| text);
        if is_enum && kind.is_some_and(|kind| expectation[kind].is_string()) {
            let place = format!("{path}/expect_enum");
            if !text.contains("\"passing\"") {
                self.wrong(rule, "passing return value not found", path, &place);
            }
            if !text.contains("\"warning\"") {
                let message = "warning return value not found. Consider using `expect` expression \
                               if a warning return is not needed";
                self.wrong(rule, message, path, &place);
            }
        }
    }

    fn message(&mut self, text: &str, interpolates: bool, path: &str, field: &str) {
        let place = format!("{path}/{field}");
        let wrong = match self.report.compile_message(text).map(|script| script.template()) {
            Ok(Template::Interpolated) if !interpolates => {
                "String interpolation is not allowed here"
            }
            Ok(Template::Constant | Template::Interpolated) => return,
            Ok(Template::Statements) => "Too many statements",
            Ok(Template::Other) => "Field has to be a string",
            Err(error) => {
                // The expression begins with a backtick that the file does not have.
                let position = error.position.map(|(line, column)| match line {
                    1 => (1, column.saturating_sub(1).max(1)),
                    _ => (line, column),
                });
                self.script(&ScriptError { position, ..error }, "expectation", path, &place);
                if text.contains('`') {
                    self.report.help("write '…' instead of `…`: a backtick ends the message");
                }
                return;
            }
        };
        self.wrong("expectation", wrong, path, &place);
    }

    fn compiles(&mut self, rule: &'static str, text: &str, path: &str, place: &str) {
        if let Err(error) = self.report.compile(text) {
            self.script(&error, rule, path, place);
        }
    }

    fn script(&mut self, error: &ScriptError, rule: &'static str, path: &str, place: &str) {
        let span = match place::find(self.root, place) {
            Some(node) => place::in_expression(&self.report.loaded.source, node, error.position),
            None => place::pointer(self.root, path),
        };
        self.report.add(rule, Critical, error.bare_message(), path, span);
    }

    fn wrong(&mut self, rule: &'static str, message: &str, path: &str, place: &str) {
        let span = place::pointer(self.root, place);
        self.report.add(rule, Critical, message, path, span);
    }
}
