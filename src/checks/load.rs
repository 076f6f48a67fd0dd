//! From a file to a check, as the Trento server reads it.
//!
//! The server looks at little: that the required keys are there. What it would stumble over later
//! is an error here; what it ignores is `lint`'s business.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::checks::engine;
use crate::checks::model::{
    Check, Condition, Expectation, ExpectationKind, FactRequest, Severity, Text, ValueSpec,
};
use crate::error::{Error, Result};
use crate::source::Source;
use crate::yaml::wanda::{self, Value};
use crate::yaml::{self, Node, SyntaxError};

/// How large a check file may be.
pub const MAX_SIZE: usize = 1 << 20;

/// The keys a check must have.
pub const REQUIRED: [&str; 7] =
    ["id", "name", "group", "description", "remediation", "facts", "expectations"];

/// A check file: the check, or why there is none.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file.
    pub source: Source,
    /// What it is known by: the check's id, or where there is none the file's name.
    pub file_id: String,
    /// The check.
    pub check: Result<Box<Check>, LoadError>,
    /// What the file says, document by document; nothing if it is no YAML.
    pub documents: Vec<Node>,
}

impl Loaded {
    /// A check that was read in another way than from its file.
    pub fn of_check(source: Source, check: Check) -> Loaded {
        let file_id = check.id().into_owned();
        Loaded { source, file_id, check: Ok(Box::new(check)), documents: Vec::new() }
    }
}

/// Why a file holds no check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LoadError {
    /// Which kind of fault it is.
    pub kind: Fault,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where, as a JSON pointer.
    pub path: String,
    /// Where, in the file.
    pub span: Span,
}

/// The kinds of fault, by what the server makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// No YAML: the server skips the check.
    Yaml,
    /// A required key is missing: the server skips the check.
    Malformed,
    /// A shape the server does not expect: it dies.
    Crash,
    /// The file is too large to be a check; the server would try.
    TooLarge,
    /// Another check has its id.
    Duplicate,
}

type Outcome<T> = std::result::Result<T, LoadError>;

/// Reads check files: a file whatever it is called, of a folder every `*.yaml` by name.
///
/// # Errors
/// The path cannot be read. A single file of a folder that cannot be is a [`Loaded`] that says so.
pub fn path(path: &Utf8Path) -> Result<Vec<Loaded>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![file(path)]);
    }
    let mut paths: Vec<Utf8PathBuf> = Vec::new();
    for entry in path.read_dir_utf8().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A name that is not UTF-8 is an error of the iterator; a folder is no check.
        if entry.file_name().ends_with(".yaml") && !entry.path().is_dir() {
            paths.push(entry.into_path());
        }
    }
    paths.sort();
    Ok(engine::on_large_stacks(&paths, |path| file(path)))
}

/// Reads one check file.
pub fn file(path: &Utf8Path) -> Loaded {
    let text = read(path);
    let (text, fault) = match text {
        Ok(text) => (text, None),
        Err(error) => (String::new(), Some(error)),
    };
    let mut loaded = source(Source::new(path.as_str(), text));
    if let Some(error) = fault {
        loaded.check = Err(error);
    }
    loaded
}

/// Reads a check from a text.
pub fn source(source: Source) -> Loaded {
    let (check, documents) = match documents(&source) {
        Ok(documents) => (check(&source, documents.last()).map(Box::new), documents),
        Err(error) => (Err(error), Vec::new()),
    };
    let file_id = match &check {
        Ok(check) => check.id().into_owned(),
        Err(_) => stem(source.path()).to_owned(),
    };
    Loaded { source, file_id, check, documents }
}

/// The name of a check file without its folder and `.yaml`.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".yaml").unwrap_or(name)
}

/// Makes an error of every check whose id another one before it has: the first counts.
pub fn mark_duplicates(checks: &mut [Loaded]) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for loaded in checks {
        let Ok(check) = &loaded.check else { continue };
        let (id, span) = (check.id().into_owned(), check.span);
        let path = loaded.source.path().to_owned();
        if let Some(first) = seen.get(&id) {
            let message = format!("the id {id} is taken: {first} has it too");
            loaded.check =
                Err(LoadError { kind: Fault::Duplicate, message, path: "/id".to_owned(), span });
        } else {
            seen.insert(id, path);
        }
    }
}

fn documents(source: &Source) -> Outcome<Vec<Node>> {
    if source.text().len() > MAX_SIZE {
        return Err(too_large());
    }
    Ok(yaml::parse(source.text())?)
}

fn read(path: &Utf8Path) -> Outcome<String> {
    let unreadable = |what: String| LoadError {
        kind: Fault::Yaml,
        message: what,
        path: String::new(),
        span: Span::NONE,
    };
    let failed = |error: std::io::Error| unreadable(format!("cannot read the file: {error}"));
    // A pipe or a device could keep us waiting for ever.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(unreadable("this is not a regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let limit = MAX_SIZE as u64 + 1;
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() > MAX_SIZE {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|error| {
        unreadable(format!("byte {} is not UTF-8", error.utf8_error().valid_up_to()))
    })
}

fn too_large() -> LoadError {
    LoadError {
        kind: Fault::TooLarge,
        message: format!("the file is larger than {} KiB", MAX_SIZE / 1024),
        path: String::new(),
        span: Span::NONE,
    }
}

/// Reads the check of a document: of several the last.
fn check(source: &Source, root: Option<&Node>) -> Outcome<Check> {
    let whole = root.map_or(Span::NONE, |node| node.span);
    let Some(Ok(map)) = root.map(|node| Fields::of(node, "")) else {
        return Err(LoadError {
            kind: Fault::Malformed,
            message: "a check is a map with the keys id, name, group, …".to_owned(),
            path: String::new(),
            span: whole,
        });
    };
    if let Some(missing) = REQUIRED.into_iter().find(|key| map.get(key).is_none()) {
        return Err(LoadError {
            kind: Fault::Malformed,
            message: format!("missing field `{missing}`"),
            path: String::new(),
            span: map.node.span,
        });
    }
    Ok(Check {
        id: map.text("id")?,
        name: map.text("name")?,
        group: map.text("group")?,
        description: map.text("description")?,
        remediation: map.text("remediation")?,
        severity: match map.json("severity")?.as_str() {
            Some("warning") => Severity::Warning,
            _ => Severity::Critical,
        },
        metadata: map.json("metadata")?,
        when: map.some_text("when")?,
        exclude: map.some_text("exclude")?,
        customization_disabled: map.flag("customization_disabled")?,
        facts: map.list("facts", fact)?.unwrap_or_default(),
        values: map.list("values", value)?.unwrap_or_default(),
        expectations: map.list("expectations", expectation)?.unwrap_or_default(),
        source: source.clone(),
        span: map.get("id").map_or(whole, |node| node.span),
    })
}

fn fact(fields: &Fields<'_>) -> Outcome<FactRequest> {
    fields.need("name")?;
    fields.need("gatherer")?;
    Ok(FactRequest {
        name: fields.text("name")?,
        gatherer: fields.text("gatherer")?,
        argument: match fields.get("argument") {
            Some(_) => fields.text("argument")?,
            None => Text::new(""),
        },
        span: fields.node.span,
    })
}

fn value(fields: &Fields<'_>) -> Outcome<ValueSpec> {
    fields.need("name")?;
    fields.need("default")?;
    Ok(ValueSpec {
        name: fields.text("name")?,
        default: fields.value("default")?,
        conditions: fields.list("conditions", condition)?.unwrap_or_default(),
        customization_disabled: fields.flag("customization_disabled")?,
        span: fields.node.span,
    })
}

fn condition(fields: &Fields<'_>) -> Outcome<Condition> {
    fields.need("value")?;
    fields.need("when")?;
    Ok(Condition {
        value: fields.value("value")?,
        when: fields.text("when")?,
        span: fields.get("when").map_or(fields.node.span, |node| node.span),
    })
}

fn expectation(fields: &Fields<'_>) -> Outcome<Expectation> {
    fields.need("name")?;
    let found = ExpectationKind::ALL
        .into_iter()
        .find_map(|kind| fields.get(kind.key()).map(|node| (kind, node.span)));
    let Some((kind, expression_span)) = found else {
        return Err(fields.crash("an expectation needs `expect`, `expect_same` or `expect_enum`"));
    };
    let warning_message = match kind {
        ExpectationKind::ExpectEnum => fields.text("warning_message")?,
        ExpectationKind::Expect | ExpectationKind::ExpectSame => Text::Other(Json::Null),
    };
    Ok(Expectation {
        name: fields.text("name")?,
        kind,
        expression: fields.text(kind.key())?,
        failure_message: fields.text("failure_message")?,
        warning_message,
        span: fields.node.span,
        expression_span,
    })
}

/// A map with text keys, the first of two equal ones counting.
struct Fields<'n> {
    node: &'n Node,
    path: String,
    entries: &'n [(Node, Node)],
}

impl<'n> Fields<'n> {
    fn of(node: &'n Node, path: &str) -> Outcome<Fields<'n>> {
        match node.mapping() {
            Some(entries) => Ok(Fields { node, path: path.to_owned(), entries }),
            None => Err(LoadError {
                kind: Fault::Crash,
                message: "this must be a map".to_owned(),
                path: path.to_owned(),
                span: node.span,
            }),
        }
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        let is_key = |node: &Node| {
            matches!(
                wanda::scalar(node), Ok(Some(wanda::Scalar::Text(text))) if text == key
            )
        };
        self.entries.iter().find(|(name, _)| is_key(name)).map(|(_, node)| node)
    }

    fn need(&self, key: &str) -> Outcome<()> {
        match self.get(key) {
            Some(_) => Ok(()),
            None => Err(self.crash(&format!("missing field `{key}`"))),
        }
    }

    fn value(&self, key: &str) -> Outcome<Value> {
        Ok(self.get(key).map(wanda::value).transpose()?.unwrap_or_default())
    }

    fn json(&self, key: &str) -> Outcome<Json> {
        Ok(self.value(key)?.json)
    }

    fn text(&self, key: &str) -> Outcome<Text> {
        Ok(Text::new(self.json(key)?))
    }

    /// A text that may be missing; null means missing.
    fn some_text(&self, key: &str) -> Outcome<Option<Text>> {
        Ok(Some(self.text(key)?).filter(|text| !text.is_null()))
    }

    fn flag(&self, key: &str) -> Outcome<Json> {
        Ok(self.get(key).map(wanda::value).transpose()?.map_or(Json::Bool(false), |it| it.json))
    }

    /// Reads a list of maps; none if there is no such key. An empty map passes for an empty list.
    fn list<T>(
        &self,
        key: &str,
        read: impl Fn(&Fields<'_>) -> Outcome<T>,
    ) -> Outcome<Option<Vec<T>>> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let path = format!("{}/{key}", self.path);
        let items = match (node.sequence(), node.mapping()) {
            (Some(items), _) => items,
            (None, Some([])) => &[],
            _ => {
                return Err(LoadError {
                    kind: Fault::Crash,
                    message: format!("`{key}` must be a list"),
                    path,
                    span: node.span,
                });
            }
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            list.push(read(&Fields::of(item, &format!("{path}/{index}"))?)?);
        }
        Ok(Some(list))
    }

    fn crash(&self, message: &str) -> LoadError {
        LoadError {
            kind: Fault::Crash,
            message: message.to_owned(),
            path: self.path.clone(),
            span: self.node.span,
        }
    }
}

impl Fault {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Yaml => "yaml",
            Fault::Malformed => "malformed_check",
            Fault::Crash => "crash",
            Fault::TooLarge => "too_large",
            Fault::Duplicate => "duplicate_id",
        }
    }
}

impl From<SyntaxError> for LoadError {
    fn from(error: SyntaxError) -> LoadError {
        LoadError {
            kind: Fault::Yaml,
            message: error.message,
            path: String::new(),
            span: error.span,
        }
    }
}
