//! The check definition schema of a Trento server, rule by rule.
//!
//! Written out rather than read from the schema's file: each finding gets its place, and nothing
//! has to be interpreted at run time.

use serde_json::Value as Json;

use crate::checks::facts::Object;
use crate::checks::lint::Reporter;
use crate::checks::model::Severity;
use crate::yaml::Node;

const RULE: &str = "schema";

/// Checks a file against the schema; the fields that `document` needs are there.
pub fn check(root: &Node, json: &Json, report: &mut Reporter<'_>) {
    let before = report.findings.len();
    let Some(top) = json.as_object() else { return };
    let mut schema = Schema { root, report };
    schema.top(top);
    if report.findings.len() == before && top.contains_key("premium") {
        let message = "Property 'premium' is deprecated and will be removed in the future";
        report.at(RULE, Severity::Warning, message, root, "/premium");
    }
}

struct Schema<'s, 'r, 'l> {
    root: &'s Node,
    report: &'r mut Reporter<'l>,
}

impl Schema<'_, '_, '_> {
    fn wrong(&mut self, path: &str, message: String) {
        self.report.at(RULE, Severity::Critical, message, self.root, path);
    }

    fn top(&mut self, top: &Object) {
        let texts = ["id", "severity", "name", "group", "when", "exclude"];
        for name in texts.iter().chain(&["description", "remediation"]) {
            self.text(top, "", name);
        }
        for name in ["premium", "customization_disabled"] {
            self.boolean(top, "", name);
        }
        if let Some(metadata) = top.get("metadata") {
            self.metadata(metadata);
        }
        self.list(top, "", "facts", Schema::fact);
        self.list(top, "", "values", Schema::value);
        self.list(top, "", "expectations", Schema::expectation);
        let known = [
            "id",
            "severity",
            "name",
            "group",
            "when",
            "exclude",
            "metadata",
            "description",
            "remediation",
            "premium",
            "facts",
            "customization_disabled",
            "values",
            "expectations",
        ];
        self.additional(top, "", |key| known.contains(&key));
    }

    fn fact(&mut self, fact: &Object, path: &str) {
        for name in ["name", "gatherer", "argument"] {
            self.text(fact, path, name);
        }
        self.additional(fact, path, |key| matches!(key, "name" | "gatherer" | "argument"));
    }

    fn value(&mut self, value: &Object, path: &str) {
        self.text(value, path, "name");
        self.boolean(value, path, "customization_disabled");
        self.choice(value, path, "default");
        self.list(value, path, "conditions", |schema, condition, path| {
            schema.choice(condition, path, "value");
            schema.text(condition, path, "when");
            schema.required(condition, path, &["value", "when"]);
            schema.additional(condition, path, |key| matches!(key, "value" | "when"));
        });
        self.required(value, path, &["name", "default"]);
        let known = ["name", "customization_disabled", "default", "conditions"];
        self.additional(value, path, |key| known.contains(&key));
    }

    fn expectation(&mut self, expectation: &Object, path: &str) {
        for name in ["name", "failure_message", "warning_message"] {
            self.text(expectation, path, name);
        }
        let is_expression =
            |key: &str| matches!(key, "expect" | "expect_enum") || key.starts_with("expect_same");
        for name in expectation.keys().filter(|key| is_expression(key)) {
            self.text(expectation, path, name);
        }
        let whole = Json::Object(expectation.clone());
        if expectation.len() < 2 {
            self.wrong(path, format!("{whole} has less than 2 properties"));
        }
        if expectation.len() > 4 {
            self.wrong(path, format!("{whole} has more than 4 properties"));
        }
        let kinds = ["expect", "expect_same", "expect_enum"];
        match kinds.iter().filter(|kind| expectation.contains_key(**kind)).count() {
            0 => self.wrong(
                path,
                "an expectation needs one of `expect`, `expect_same` and `expect_enum`".to_owned(),
            ),
            1 => {}
            _ => self.wrong(
                path,
                "an expectation has only one of `expect`, `expect_same` and `expect_enum`"
                    .to_owned(),
            ),
        }
        self.additional(expectation, path, |key| {
            matches!(key, "name" | "failure_message" | "warning_message") || is_expression(key)
        });
    }

    fn metadata(&mut self, metadata: &Json) {
        let path = "/metadata";
        let Some(entries) = metadata.as_object() else {
            self.wrong(path, format!("{metadata} is not of type \"object\""));
            return;
        };
        if entries.is_empty() {
            self.wrong(path, "{} has less than 1 property".to_owned());
        }
        self.text(entries, path, "target_type");
        let is_name = |key: &str| key.bytes().any(|it| it.is_ascii_alphanumeric());
        for (key, value) in entries.iter().filter(|(key, _)| is_name(key)) {
            let fits = match value {
                Json::Number(_) | Json::String(_) | Json::Bool(_) => true,
                Json::Array(items) => items.iter().all(|it| it.is_number() || it.is_string()),
                Json::Null | Json::Object(_) => false,
            };
            if !fits {
                let message =
                    format!("{value} is no number, text, truth value or list of numbers and texts");
                self.wrong(&pointer(path, key), message);
            }
        }
        self.required(entries, path, &["target_type"]);
        self.additional(entries, path, is_name);
    }

    fn text(&mut self, map: &Object, path: &str, name: &str) {
        if let Some(value) = map.get(name)
            && !value.is_string()
        {
            self.wrong(&pointer(path, name), format!("{value} is not of type \"string\""));
        }
    }

    fn boolean(&mut self, map: &Object, path: &str, name: &str) {
        if let Some(value) = map.get(name)
            && !value.is_boolean()
        {
            self.wrong(&pointer(path, name), format!("{value} is not of type \"boolean\""));
        }
    }

    /// What a value may be: a whole number, a text, a truth value or a list of the first two.
    fn choice(&mut self, map: &Object, path: &str, name: &str) {
        let Some(value) = map.get(name) else { return };
        let fits = match value {
            Json::String(_) | Json::Bool(_) => true,
            Json::Array(items) => items.iter().all(|it| is_whole(it) || it.is_string()),
            other => is_whole(other),
        };
        if !fits {
            let message =
                format!("{value} is no whole number, text, truth value or list of those two first");
            self.wrong(&pointer(path, name), message);
        }
    }

    fn list(
        &mut self,
        map: &Object,
        path: &str,
        name: &str,
        mut item: impl FnMut(&mut Self, &Object, &str),
    ) {
        let Some(value) = map.get(name) else { return };
        let path = pointer(path, name);
        let Some(items) = value.as_array() else {
            self.wrong(&path, format!("{value} is not of type \"array\""));
            return;
        };
        for (index, entry) in items.iter().enumerate() {
            let path = format!("{path}/{index}");
            match entry.as_object() {
                Some(entry) => item(self, entry, &path),
                None => self.wrong(&path, format!("{entry} is not of type \"object\"")),
            }
        }
    }

    fn required(&mut self, map: &Object, path: &str, names: &[&str]) {
        for name in names {
            if !map.contains_key(*name) {
                self.wrong(path, format!("\"{name}\" is a required property"));
            }
        }
    }

    fn additional(&mut self, map: &Object, path: &str, is_known: impl Fn(&str) -> bool) {
        let unknown: Vec<String> =
            map.keys().filter(|key| !is_known(key)).map(|key| format!("'{key}'")).collect();
        if let [first, rest @ ..] = unknown.as_slice() {
            let verb = if rest.is_empty() { "was" } else { "were" };
            let names = unknown.join(", ");
            self.wrong(
                path,
                format!("Additional properties are not allowed ({names} {verb} unexpected)"),
            );
            // The caret belongs under the first key that is too much.
            let name = first.trim_matches('\'');
            let key =
                super::place::find(self.root, path).and_then(|node| super::place::key(node, name));
            if let (Some(finding), Some(span)) = (self.report.findings.last_mut(), key) {
                finding.span = span;
            }
        }
    }
}

/// A number without a fraction, however it is written.
fn is_whole(value: &Json) -> bool {
    match value.as_f64() {
        Some(float) if value.is_f64() => float.fract() == 0.0,
        Some(_) => true,
        None => false,
    }
}

fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
