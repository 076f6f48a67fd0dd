//! Reads a YAML tree into the structs of `prometheus.yml`, as yaml.v2's `UnmarshalStrict` does.
//!
//! Wrong types and unknown or repeated keys are collected; what a struct checks of itself stops
//! the reading at the first, as in Prometheus. Knows no file system.

mod mapping;
mod scalar;

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_grammar::span::Span;

use super::check;
use super::fields::Struct;
use super::version::Version;
use crate::yaml::{Kind, Node, go2};

/// A value that was read, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub value: Value,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing is written: the zero of the type, which need not be its default.
    Zero,
    Text(Arc<str>),
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// In milliseconds.
    Duration(i64),
    List(Vec<Item>),
    Map(Vec<(Arc<str>, Item)>),
    Fields(Box<Fields>),
    /// What is not looked into.
    Any,
}

/// The fields of a struct that are written, nulls included.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub entries: BTreeMap<&'static str, Item>,
    pub span: Span,
}

/// What a type error says, in Prometheus' words, and where.
#[derive(Clone, Debug)]
pub(super) struct TypeError {
    pub message: String,
    pub span: Span,
}

/// What stops the reading.
#[derive(Clone, Debug)]
pub(super) struct Fail {
    pub message: String,
    pub span: Span,
}

impl Fail {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Fail {
        Fail { message: message.into(), span }
    }
}

pub(super) struct Decoder<'s> {
    pub version: &'s Version,
    pub errors: Vec<TypeError>,
}

/// A value; none if it has the wrong type, which was noted.
pub(super) type Decoded = Result<Option<Item>, Fail>;

/// Whether the table may use this word for a type.
#[cfg(test)]
pub(super) fn is_known(kind: &str) -> bool {
    let scalars = ["text", "secret", "bool", "uint", "uint64", "int", "int64", "float", "any"];
    let others = ["duration", "size", "url", "proxy", "regex", "action", "tls_version", "protocol"];
    let lists = ["[]text", "[]secret", "protocols", "label_names", "static", "alertmanagers"];
    let maps = ["external_labels", "label_set", "params", "map", "headers", "header"];
    let words = ["scheme", "message", "strategy", "client_type", "api_version"];
    [&scalars[..], &others, &lists, &maps, &words].concat().contains(&kind)
}

impl Decoder<'_> {
    /// Reads a node as a type of the table.
    pub(super) fn decode(&mut self, node: &Node, kind: &'static str) -> Decoded {
        if go2::is_null(node) {
            return Ok(Some(Item { value: Value::Zero, span: node.span }));
        }
        if let Some(inner) = list_of(kind) {
            return self.list(node, kind, inner);
        }
        if let Some(of) = Struct::named(kind.trim_start_matches('*')) {
            return self.fields(node, of);
        }
        let value = match kind {
            "any" => Some(opaque(node)),
            "external_labels" | "label_set" | "params" | "map" | "headers" | "header" => {
                self.map(node, kind)?
            }
            _ => self.scalar(node, kind)?,
        };
        Ok(value.map(|value| Item { value, span: node.span }))
    }

    fn list(&mut self, node: &Node, kind: &'static str, inner: &'static str) -> Decoded {
        let Kind::Sequence(nodes) = &node.kind else {
            self.wrong_type(node, go_name(kind), false)?;
            return Ok(None);
        };
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            items.extend(self.decode(node, inner)?);
        }
        Ok(Some(Item { value: Value::List(items), span: node.span }))
    }

    fn fields(&mut self, node: &Node, of: &'static Struct) -> Decoded {
        let before = self.errors.len();
        let mut fields = Fields { entries: BTreeMap::new(), span: node.span };
        if !self.fill(node, of, &mut fields)? {
            return Ok(None);
        }
        if self.errors.len() > before {
            // Structs that check themselves are not kept where there was an error in them.
            return Ok((!check::has_own_reader(of.name))
                .then(|| Item { value: Value::Fields(Box::new(fields)), span: node.span }));
        }
        check::check(of.name, &fields, self.version)?;
        Ok(Some(Item { value: Value::Fields(Box::new(fields)), span: node.span }))
    }

    /// Notes that a node has the wrong type.
    fn wrong_type(&mut self, node: &Node, into: &str, is_secret: bool) -> Result<(), Fail> {
        let found = match &node.kind {
            Kind::Sequence(_) => "!!seq".to_owned(),
            Kind::Mapping(_) => "!!map".to_owned(),
            Kind::Scalar { text, .. } => {
                let scalar = go2::scalar(node).map_err(|message| Fail::new(message, node.span))?;
                let tag = match (&node.tag, scalar) {
                    (Some(tag), _) => tag.replace("tag:yaml.org,2002:", "!!"),
                    (None, Some(scalar)) => go2::tag(&scalar).to_owned(),
                    (None, None) => String::new(),
                };
                format!("{tag} `{}`", if is_secret { "***".to_owned() } else { shortened(text) })
            }
        };
        self.note(node.span, format!("cannot unmarshal {found} into {into}"));
        Ok(())
    }

    fn note(&mut self, span: Span, message: String) {
        self.errors.push(TypeError { message, span });
    }
}

/// What is not looked into; of a list, which items are there.
fn opaque(node: &Node) -> Value {
    let Kind::Sequence(nodes) = &node.kind else { return Value::Any };
    let item = |node: &Node| Item {
        value: if go2::is_null(node) { Value::Zero } else { Value::Any },
        span: node.span,
    };
    Value::List(nodes.iter().map(item).collect())
}

/// The first bytes of a long text.
fn shortened(text: &str) -> String {
    if text.len() <= 10 {
        return text.to_owned();
    }
    format!("{}...", String::from_utf8_lossy(&text.as_bytes()[..7]))
}

/// What the items of a list are; none if the type is no list.
fn list_of(kind: &'static str) -> Option<&'static str> {
    match kind {
        "protocols" => Some("protocol"),
        "label_names" => Some("label_name"),
        "static" => Some("*Group"),
        "alertmanagers" => Some("*AlertmanagerConfig"),
        kind => kind.strip_prefix("[]"),
    }
}

/// What Go calls a type.
fn go_name(kind: &'static str) -> &'static str {
    match kind {
        "uint" => "uint",
        "uint64" => "uint64",
        "int" => "int",
        "int64" => "int64",
        "float" => "float64",
        "bool" => "bool",
        "[]text" => "[]string",
        "[]secret" => "[]config.Secret",
        "secret" => "config.plain",
        "protocol" => "config.ScrapeProtocol",
        "protocols" => "[]config.ScrapeProtocol",
        "size" => "units.Base2Bytes",
        "message" => "remote.WriteMessageType",
        "strategy" => "otlptranslator.TranslationStrategyOption",
        "client_type" | "api_version" => "config.plain",
        "label_names" => "model.LabelNames",
        "label_value" => "model.LabelValue",
        "static" => "[]*targetgroup.Group",
        "alertmanagers" => "config.AlertmanagerConfigs",
        "external_labels" | "map" => "map[string]string",
        "label_set" => "model.LabelSet",
        "params" => "url.Values",
        "headers" => "config.Headers",
        "header" => "config.ProxyHeader",
        "[]*ScrapeConfig" => "[]*config.ScrapeConfig",
        "[]*RemoteWriteConfig" => "[]*config.RemoteWriteConfig",
        "[]*RemoteReadConfig" => "[]*config.RemoteReadConfig",
        "[]*relabel.Config" => "[]*relabel.Config",
        "[]*file.SDConfig" => "[]*file.SDConfig",
        "[]*http.SDConfig" => "[]*http.SDConfig",
        "[]*dns.SDConfig" => "[]*dns.SDConfig",
        _ => "string",
    }
}
