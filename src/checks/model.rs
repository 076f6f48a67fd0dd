//! A check as its file says it, with the place of everything that can be wrong.
//!
//! Nothing is judged here: types are kept as YAML wrote them, because the server keeps them too.

use std::borrow::Cow;
use std::fmt;

use alloy_grammar::span::Span;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;

use crate::source::Source;
use crate::yaml::wanda::Value;

/// A Trento check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The identifier, such as `A11001`.
    pub id: Text,
    /// What it is called in a list.
    pub name: Text,
    /// What it belongs to.
    pub group: Text,
    /// What it looks at and why, in Markdown.
    pub description: Text,
    /// What to do when it fails, in Markdown.
    pub remediation: Text,
    /// What a failure gives.
    pub severity: Severity,
    /// What it applies to; null if to everything.
    pub metadata: Json,
    /// An expression over `env` that says whether it applies.
    pub when: Option<Text>,
    /// An expression over `host` that says which hosts are left out.
    pub exclude: Option<Text>,
    /// Whether values may not be overridden, as YAML typed it.
    pub customization_disabled: Json,
    /// What it wants to know.
    pub facts: Vec<FactRequest>,
    /// Its thresholds.
    pub values: Vec<ValueSpec>,
    /// What it expects.
    pub expectations: Vec<Expectation>,
    /// The file it was read from.
    #[serde(skip)]
    pub source: Source,
    /// Where its id stands.
    #[serde(skip)]
    pub span: Span,
}

/// A scalar that should be text, kept as YAML typed it. A text of the catalogue is part of the
/// program: a copy of it costs nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// A text, as it should be.
    Text(Cow<'static, str>),
    /// What stands in its place.
    Other(Json),
}

/// What a failure gives. Anything but `warning` is critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Should be looked at.
    Warning,
    /// Must be repaired.
    Critical,
}

/// What a check wants to know.
#[derive(Clone, Debug, Serialize)]
pub struct FactRequest {
    /// The name expressions know it by.
    pub name: Text,
    /// Who gathers it, such as `alloy@v1`.
    pub gatherer: Text,
    /// What the gatherer is asked for; empty if nothing is said.
    pub argument: Text,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// A named threshold, which may depend on the environment.
#[derive(Clone, Debug, Serialize)]
pub struct ValueSpec {
    /// The name expressions know it by.
    pub name: Text,
    /// What it is if no condition holds.
    #[serde(serialize_with = "plain_json")]
    pub default: Value,
    /// What else it may be; the first condition that holds counts.
    pub conditions: Vec<Condition>,
    /// Whether it may not be overridden, as YAML typed it.
    pub customization_disabled: Json,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What a value is when an expression over `env` holds.
#[derive(Clone, Debug, Serialize)]
pub struct Condition {
    /// The value.
    #[serde(serialize_with = "plain_json")]
    pub value: Value,
    /// The expression.
    #[serde(rename = "expression")]
    pub when: Text,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What a check expects.
#[derive(Clone, Debug, Serialize)]
pub struct Expectation {
    /// The name results carry.
    pub name: Text,
    /// How the result of the expression is judged.
    #[serde(rename = "type")]
    pub kind: ExpectationKind,
    /// The expression over `facts` and `values`.
    pub expression: Text,
    /// What is said when it fails; null if nothing is written.
    pub failure_message: Text,
    /// What is said on a warning; null unless `expect_enum`.
    pub warning_message: Text,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
    /// Where its expression stands.
    #[serde(skip)]
    pub expression_span: Span,
}

/// How the result of an expression is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectationKind {
    /// It must be true on every agent.
    Expect,
    /// It must be the same on every agent.
    ExpectSame,
    /// It is the word passing, warning or critical.
    ExpectEnum,
}

impl Check {
    /// The id as text.
    pub fn id(&self) -> Cow<'_, str> {
        self.id.text()
    }
}

impl Text {
    /// A text, or whatever stands in its place.
    pub fn new(value: impl Into<Json>) -> Text {
        match value.into() {
            Json::String(text) => Text::Text(Cow::Owned(text)),
            other => Text::Other(other),
        }
    }

    /// The text; a number, truth value or null as it would be written.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Text::Text(text) => Cow::Borrowed(text),
            Text::Other(Json::Null) => Cow::Borrowed(""),
            Text::Other(other) => Cow::Owned(other.to_string()),
        }
    }

    /// The same to keep: a copy, unless it is part of the program.
    pub fn to_text(&self) -> Cow<'static, str> {
        match self {
            Text::Text(text) => text.clone(),
            other => Cow::Owned(other.text().into_owned()),
        }
    }

    /// The text if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Text::Text(text) => Some(text),
            Text::Other(_) => None,
        }
    }

    /// Whether nothing stands there.
    pub fn is_null(&self) -> bool {
        matches!(self, Text::Other(Json::Null))
    }

    /// What stands there.
    pub fn to_json(&self) -> Json {
        match self {
            Text::Text(text) => Json::from(&**text),
            Text::Other(other) => other.clone(),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Severity {
    /// The word a check file uses.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

impl ExpectationKind {
    /// Every kind, the strongest first: of several the first counts.
    pub const ALL: [ExpectationKind; 3] =
        [ExpectationKind::Expect, ExpectationKind::ExpectSame, ExpectationKind::ExpectEnum];

    /// The key in a check file.
    pub fn key(self) -> &'static str {
        match self {
            ExpectationKind::Expect => "expect",
            ExpectationKind::ExpectSame => "expect_same",
            ExpectationKind::ExpectEnum => "expect_enum",
        }
    }
}

fn plain_json<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    value.json.serialize(serializer)
}
