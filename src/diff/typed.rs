//! What the schema says about an argument: how its value is read, what it is when not written,
//! whether order matters, whether it is a secret.

use std::rc::Rc;

use alloy_grammar::parser::parse_expression;

use crate::diff::canon::Canon;
use crate::duration::Duration;
use crate::eval::{self, Number, Scope, Value};
use crate::graph::schema::defaults::default_before;
use crate::graph::schema::{Field, Schema, Type, TypeWords, Version, Words};
use crate::secret::names::is_secret_name;

/// What is known of a body: its type, and what its fields hold when the block around them has no
/// defaults of its own.
#[derive(Clone)]
pub struct BodyType {
    schema: Schema,
    fields: Option<Type>,
    /// None: the fields' own defaults count.
    inherited: Option<Canon>,
    /// The component, and the blocks on the way to this one, each with a `/` behind it.
    component: Rc<str>,
    path: Rc<str>,
}

impl BodyType {
    /// The body of a component.
    pub fn of_component(schema: Schema, name: &str) -> BodyType {
        let fields = schema
            .component(name)
            .or_else(|| schema.config_block(name))
            .or_else(|| schema.service(name))
            .and_then(|found| found.arguments());
        BodyType { schema, fields, inherited: None, component: name.into(), path: "".into() }
    }

    /// The body of a nested block.
    pub fn nested(&self, name: &str) -> BodyType {
        let field = self.field(name);
        let fields = field.and_then(Field::body);
        let inherits = fields.is_some_and(|fields| !fields.has_defaults());
        let inherited =
            inherits.then(|| self.held_when_absent(name).unwrap_or(Canon::Map(Default::default())));
        let path = format!("{}{name}/", self.path).into();
        BodyType { schema: self.schema, fields, inherited, component: self.component.clone(), path }
    }

    /// What a nested block's fields hold when the block is not there, if anything.
    fn held_when_absent(&self, name: &str) -> Option<Canon> {
        match &self.inherited {
            Some(Canon::Map(fields)) => fields.get(name).cloned(),
            _ => evaluated(self.field(name)?.absent()?),
        }
    }

    /// Whether a block of that name may be given several times.
    pub fn may_repeat(&self, name: &str) -> bool {
        use crate::graph::schema::{FieldKind, Repeat};
        self.field(name)
            .is_some_and(|field| field.repeat() != Repeat::Once || field.kind() == FieldKind::Enum)
            || self.is_member(name)
    }

    /// Whether a nested block is a member of an enum, such as `stage.json`.
    fn is_member(&self, name: &str) -> bool {
        self.fields
            .is_some_and(|fields| fields.field(name).is_none() && fields.member(name).is_some())
    }

    fn field(&self, name: &str) -> Option<Field> {
        let fields = self.fields?;
        fields.field(name).or_else(|| fields.member(name))
    }

    /// The type of an argument.
    pub fn words(&self, name: &str) -> Option<TypeWords> {
        self.field(name)?.value()
    }

    /// What an argument is when it is not written; none where that is not known, or where it must
    /// be written.
    pub fn default(&self, name: &str) -> Option<Canon> {
        let field = self.field(name)?;
        let words = field.value();
        let inherited = match &self.inherited {
            Some(Canon::Map(fields)) => Some(fields.get(name).cloned()),
            _ => None,
        };
        let value = match (self.older_default(name), inherited) {
            (Some(older), _) => evaluated(older)?,
            (None, Some(Some(value))) => value,
            (None, Some(None)) => zero(words?)?,
            (None, None) => evaluated(field.default_or_zero()?)?,
        };
        Some(self.normal(name, value))
    }

    /// The default that an older version has instead.
    fn older_default(&self, name: &str) -> Option<&'static str> {
        let version = self.schema.version();
        (version < Version::latest())
            .then(|| default_before(version, &self.component, &format!("{}{name}", self.path)))?
    }

    /// A value in the form its type gives it: durations by length, texts and numbers as the one
    /// that is wanted, sets in one order.
    pub fn normal(&self, name: &str, value: Canon) -> Canon {
        let value = match self.words(name) {
            Some(words) => self.of_type(words, value),
            None => value,
        };
        match value {
            Canon::List(mut items) if is_set(name) => {
                items.sort_by_cached_key(Canon::key);
                if name.ends_with("collectors") {
                    items.dedup_by(|a, b| a.is_same(b));
                }
                Canon::List(items)
            }
            other => other,
        }
    }

    fn of_type(&self, words: TypeWords, value: Canon) -> Canon {
        let words = words.pointee();
        if let Canon::Leaf(Value::Null) = value {
            return zero(words).unwrap_or(value);
        }
        match (words.kind(), value) {
            (Words::List(inner), Canon::List(items)) => {
                Canon::List(items.into_iter().map(|item| self.of_type(inner, item)).collect())
            }
            (Words::Map(inner), Canon::Map(fields)) => Canon::Map(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, self.of_type(inner, value)))
                    .collect(),
            ),
            (kind, Canon::Leaf(value)) => Canon::Leaf(self.leaf(kind, value)),
            (_, other) => other,
        }
    }

    fn leaf(&self, kind: Words, value: Value) -> Value {
        match (kind, &value) {
            (Words::Duration, Value::String(text)) => {
                length(text.as_str(), Duration::parse).unwrap_or(value)
            }
            (Words::Text(codec), Value::String(text)) if codec.ends_with("Duration") => {
                length(text.as_str(), Duration::parse_prometheus)
                    .or_else(|| length(text.as_str(), Duration::parse))
                    .unwrap_or(value)
            }
            (Words::Text(codec), Value::String(text)) => {
                let folded = self.schema.codec(codec).is_some_and(|codec| codec.is_case_folded());
                match text.as_str() {
                    Some(text) if folded => Value::string(text.to_lowercase()),
                    _ => value,
                }
            }
            (Words::Number(_), Value::String(text)) => number(text.as_str()).unwrap_or(value),
            (Words::String | Words::Secret | Words::OptionalSecret, Value::Number(number)) => {
                Value::string(number.to_text())
            }
            (_, Value::Bytes(bytes)) => Value::String(bytes.clone()),
            (_, Value::Secret(text)) => Value::String(text.expose().clone()),
            (_, Value::OptionalSecret(text)) => Value::String(text.expose().clone()),
            _ => value,
        }
    }

    /// Whether the values of an argument must not be shown.
    pub fn is_secret(&self, name: &str) -> bool {
        match self.words(name) {
            Some(words) => holds_secrets(words),
            None => self.field(name).is_none() && is_secret_name(name),
        }
    }
}

fn length<E>(text: Option<&str>, parse: impl FnOnce(&str) -> Result<Duration, E>) -> Option<Value> {
    Some(Value::int(parse(text?).ok()?.nanoseconds()))
}

/// The number a text stands for, as Alloy converts it.
fn number(text: Option<&str>) -> Option<Value> {
    let text = text?;
    if let Ok(number) = text.parse::<i64>() {
        return (!text.starts_with('+')).then(|| Value::int(number));
    }
    if let Ok(number) = text.parse::<u64>() {
        return Some(Value::Number(Number::Uint(number)));
    }
    let float = text.parse::<f64>().ok().filter(|_| text.contains(['.', 'e', 'E']));
    float.map(Value::float)
}

fn holds_secrets(words: TypeWords) -> bool {
    match words.pointee().kind() {
        Words::Secret | Words::OptionalSecret => true,
        Words::List(inner) | Words::Map(inner) => holds_secrets(inner),
        _ => false,
    }
}

/// Whether the order of a list's elements means nothing.
fn is_set(name: &str) -> bool {
    name.ends_with("collectors") || matches!(name, "forward_to" | "targets")
}

/// What a value of a type is before anything is decoded into it.
fn zero(words: TypeWords) -> Option<Canon> {
    let text = match words.kind() {
        Words::Bool => "false",
        Words::Number(_) => "0",
        Words::Duration => "\"0s\"",
        Words::String | Words::Text(_) | Words::Secret | Words::OptionalSecret => "\"\"",
        Words::List(_) => "[]",
        Words::Map(_) => "{}",
        Words::Any | Words::Pointer(_) => "null",
        _ => return None,
    };
    evaluated(text)
}

/// The value of an expression of the schema.
fn evaluated(text: &str) -> Option<Canon> {
    let parsed = parse_expression(text.as_bytes());
    if !parsed.errors.is_empty() {
        return None;
    }
    let value = eval::eval(parsed.file.expr(parsed.root), &Scope::new()).ok()?;
    value.unknown_within().is_none().then(|| Canon::of(&value))
}
