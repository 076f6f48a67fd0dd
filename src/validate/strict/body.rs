//! A block as a component reads it: its arguments as values of their types, its inner blocks.
//!
//! What is not written has its default, `null` is the zero value of the type, and what cannot be
//! known is unknown with the reason. Rules ask here and never look at expressions themselves.

pub(super) mod structure;

use std::collections::BTreeMap;

use alloy_grammar::ast::{Attr, Block};
use alloy_grammar::span::Span;

use super::decode;
use super::judge::Judge;
use crate::diagnostic::{Code, Severity};
use crate::duration::Duration;
use crate::eval::Value;
use crate::graph::schema::{FieldKind, Type, Version, Words};
use crate::graph::{ComponentId, Place};

/// How deep inner blocks are read: pipelines of logs nest, but not deeper than this.
const DEEPEST: usize = 32;

/// A block with the values of its arguments.
pub(super) struct Body<'j> {
    pub(super) judge: &'j Judge<'j>,
    pub(super) id: ComponentId,
    pub(super) block: Block<'j>,
    pub(super) shape: Type,
    arguments: BTreeMap<&'j str, (Value, Span)>,
    inner: Vec<Body<'j>>,
}

/// Whether something is given by a value that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    /// It is not, or it is empty.
    No,
    /// That depends on something unknown.
    Maybe,
    /// It is.
    Yes,
}

impl<'j> Body<'j> {
    /// Reads the block of a component; what does not fit its type is reported.
    pub(super) fn read(judge: &'j Judge<'j>, id: ComponentId, shape: Type) -> Body<'j> {
        Body::of(judge, id, judge.graph.block(id), shape, 0)
    }

    fn of(
        judge: &'j Judge<'j>,
        id: ComponentId,
        block: Block<'j>,
        shape: Type,
        depth: usize,
    ) -> Body<'j> {
        let arguments = BTreeMap::new();
        let mut body = Body { judge, id, block, shape, arguments, inner: Vec::new() };
        structure::check(&body);
        for attr in block.body().attrs() {
            let value = body.argument(attr);
            body.arguments.entry(attr.name()).or_insert((value, attr.span()));
        }
        for inner in block.body().blocks().take_while(|_| depth < DEEPEST) {
            let field = shape.field(inner.name()).filter(|field| field.kind() == FieldKind::Block);
            let field = field.or_else(|| shape.member(inner.name()));
            if let Some(shape) = field.and_then(|field| field.body()) {
                body.inner.push(Body::of(judge, id, inner, shape, depth + 1));
            }
        }
        body
    }

    fn argument(&self, attr: Attr<'j>) -> Value {
        let value = self.judge.evaluate(self.id, attr.value());
        let Some(words) = self.shape.field(attr.name()).and_then(|field| field.value()) else {
            return value;
        };
        match decode::decode(self.judge, &value, words) {
            Ok(value) => value,
            Err(fault) => {
                let message = format!("`{}` {fault}: Alloy will not start", attr.name());
                let place = self.judge.graph.place(self.id, attr.value().span());
                self.judge.report(place, fault.code(), Severity::Error, message);
                Value::unknown("it has the wrong type")
            }
        }
    }

    /// The version of Alloy.
    pub(super) fn version(&self) -> Version {
        self.judge.levels.schema.version()
    }

    /// The name of the block.
    pub(super) fn name(&self) -> &'j str {
        self.block.name()
    }

    /// Whether the type has a field of that name in this version.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.shape.field(name).is_some()
    }

    /// Whether an argument is written, whatever its value.
    pub(super) fn is_written(&self, name: &str) -> bool {
        self.arguments.contains_key(name)
    }

    /// Whether an argument is written as `null`.
    pub(super) fn is_null(&self, name: &str) -> bool {
        matches!(self.arguments.get(name), Some((Value::Null, _)))
    }

    /// The value of an argument; lists, objects and pointers may be `null`.
    pub(super) fn value(&self, name: &str) -> Value {
        let Some(field) = self.shape.field(name) else { return Value::unknown("it is not taken") };
        let zero = || field.value().map_or(Value::Null, |words| zero(words.kind()));
        match self.arguments.get(name) {
            Some((Value::Null, _)) => zero(),
            Some((value, _)) => value.clone(),
            None => field.default().map_or_else(zero, |text| self.judge.default(text)),
        }
    }

    /// The text of an argument that is no secret; none where it is unknown.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).as_str().map(str::to_owned)
    }

    /// The text of an argument, a secret's too: never to be shown.
    pub(super) fn exposed(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Null => Some(String::new()),
            value => value.expose()?.as_str().map(str::to_owned),
        }
    }

    /// The length of time of an argument.
    pub(super) fn duration(&self, name: &str) -> Option<Duration> {
        Duration::parse(self.value(name).as_str()?).ok()
    }

    /// The number of an argument.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.value(name).as_number().map(crate::eval::Number::to_f64)
    }

    /// The whole number of an argument.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.value(name).as_number().map(crate::eval::Number::to_i64)
    }

    /// The truth value of an argument.
    pub(super) fn is(&self, name: &str) -> Option<bool> {
        self.value(name).as_bool()
    }

    /// The texts of a list; `null` is an empty one.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.value(name) {
            Value::Null => Some(Vec::new()),
            Value::Array(array) => {
                array.items().iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        }
    }

    /// The keys of an object; `null` is an empty one.
    pub(super) fn keys(&self, name: &str) -> Option<Vec<String>> {
        match self.value(name) {
            Value::Null => Some(Vec::new()),
            Value::Object(object) => {
                object.iter().map(|(key, _)| key.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        }
    }

    /// Whether an argument is given by a value that counts, or a block by being there.
    pub(super) fn given(&self, name: &str) -> Given {
        if self.block.body().block(name).is_some() {
            return Given::Yes;
        }
        match self.arguments.get(name) {
            None => Given::No,
            Some((Value::Unknown(_), _)) => Given::Maybe,
            Some((Value::Null, _)) => Given::No,
            Some((Value::Array(items), _)) if items.is_empty() => Given::No,
            Some((Value::Object(fields), _)) if fields.is_empty() => Given::No,
            Some((value, _)) if value.expose().is_some_and(|text| text.is_empty()) => Given::No,
            Some(_) => Given::Yes,
        }
    }

    /// Why the value of an argument is not known.
    pub(super) fn reason(&self, name: &str) -> String {
        let value = self.arguments.get(name).map(|(value, _)| value);
        value.and_then(Value::unknown_reason).unwrap_or("its value is not known").to_owned()
    }

    /// All inner blocks.
    pub(super) fn all_blocks(&self) -> &[Body<'j>] {
        &self.inner
    }

    /// The inner blocks of that name.
    pub(super) fn blocks<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Body<'j>> {
        self.inner.iter().filter(move |inner| inner.name() == name)
    }

    /// The last inner block of that name, which is the one that counts.
    pub(super) fn inner(&self, name: &str) -> Option<&Body<'j>> {
        self.inner.iter().rfind(|inner| inner.name() == name)
    }

    /// Where a name stands; the block's head where it is not written.
    pub(super) fn place(&self, name: &str) -> Place {
        let attr = self.arguments.get(name).map(|(_, span)| *span);
        let block = || self.block.body().block(name).map(Block::header_span);
        let span = attr.or_else(block).unwrap_or_else(|| self.block.header_span());
        self.judge.graph.place(self.id, span)
    }

    /// Reports that Alloy does not start; the message is the reason.
    pub(super) fn refuse(&self, code: Code, name: &str, reason: impl AsRef<str>) {
        let message = format!("{}: Alloy will not start", reason.as_ref());
        self.judge.report(self.place(name), code, Severity::Error, message);
    }

    /// Reports that Alloy starts and then crashes, or crashes while it starts.
    pub(super) fn crash(&self, name: &str, reason: impl AsRef<str>) {
        let message = format!("{}: Alloy crashes when it starts", reason.as_ref());
        self.judge.report(self.place(name), super::codes::CRASH, Severity::Error, message);
    }

    /// Reports what Alloy does not mind.
    pub(super) fn warn(&self, code: Code, name: &str, message: impl Into<String>) {
        self.judge.report(self.place(name), code, Severity::Warning, message.into());
    }

    /// Reports what excludes each other: an error where all are given, a warning where one of them
    /// depends on something unknown.
    pub(super) fn exclude(&self, code: Code, names: &[&str], reason: &str) {
        let mut given: Vec<(Given, &str)> =
            names.iter().map(|name| (self.given(name), *name)).collect();
        given.retain(|(given, _)| *given != Given::No);
        if given.len() < 2 {
            return;
        }
        let certain: Vec<&str> =
            given.iter().filter(|(given, _)| *given == Given::Yes).map(|(_, name)| *name).collect();
        if let [first, second, ..] = certain[..] {
            self.refuse(code, second, reason);
            self.judge.label(self.place(first), "the other one");
            return;
        }
        let Some((_, open)) = given.iter().find(|(given, _)| *given == Given::Maybe) else {
            return;
        };
        let message = format!(
            "{reason} unless `{open}` is empty, which is not known ({})",
            self.reason(open)
        );
        self.warn(code, open, message);
    }
}

fn zero(words: Words) -> Value {
    match words {
        Words::Bool => Value::Bool(false),
        Words::Number(_) => Value::int(0),
        Words::Duration => Value::string("0s"),
        Words::String | Words::Text(_) | Words::Secret | Words::OptionalSecret => Value::string(""),
        _ => Value::Null,
    }
}
