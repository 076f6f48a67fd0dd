//! Values as arguments take them: what Alloy converts, and what it refuses when it starts.
//!
//! Numbers are written as texts and texts read as numbers, but nothing becomes a truth value, and
//! a secret becomes nothing else. Values that are unknown stay so.

use std::fmt;

use super::judge::Judge;
use super::{codes, text};
use crate::diagnostic::Code;
use crate::eval::{Number, Object, Value, ValueKind};
use crate::graph::schema::{Codec, FieldKind, TypeWords, V1_18_1, Words};
use crate::graph::{Kind, Values};

/// Why a value does not fit a type.
pub(super) enum Fault {
    /// It has another type.
    Type { wanted: &'static str, found: &'static str },
    /// It is a secret, and what is wanted is shown in places where a secret must not be.
    Secret,
    /// It has the type and cannot be read.
    Value(String),
    /// It is no regular expression.
    Regex(String),
    /// It is the capsule of another component than is wanted.
    Capsule(&'static str),
    /// An element or a field does not fit.
    Inside(String, Box<Fault>),
}

impl Fault {
    pub(super) fn code(&self) -> Code {
        match self {
            Fault::Capsule(_) => codes::WRONG_CAPSULE,
            Fault::Regex(_) => codes::WRONG_REGEX,
            Fault::Inside(_, inner) => inner.code(),
            Fault::Type { wanted, found } if *wanted == "capsule" || *found == "capsule" => {
                codes::WRONG_CAPSULE
            }
            _ => codes::UNUSABLE_VALUE,
        }
    }
}

/// As the end of a sentence that begins with the name of the argument.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Type { wanted, found } => write!(f, "must be {wanted} and is {found}"),
            Fault::Secret => write!(f, "is a secret, which this argument does not take"),
            Fault::Value(why) => write!(f, "cannot be read ({why})"),
            Fault::Regex(why) => write!(f, "is no regular expression ({why})"),
            Fault::Capsule(wanted) => write!(f, "must be {wanted} and is something else"),
            Fault::Inside(what, inner) => write!(f, "has {what} that {inner}"),
        }
    }
}

/// The value as the argument has it.
pub(super) fn decode(judge: &Judge<'_>, value: &Value, words: TypeWords) -> Result<Value, Fault> {
    let words = words.pointee();
    match (value, words.kind()) {
        (Value::Unknown(_), _) => Ok(value.clone()),
        (Value::Null, Words::Text(name)) => {
            let message = codec(judge, name).map_or("", Codec::null_message);
            if message.is_empty() { Ok(Value::Null) } else { Err(Fault::Value(message.to_owned())) }
        }
        (Value::Null, _) | (_, Words::Any | Words::Other(_)) => Ok(value.clone()),
        (_, Words::Bool) => match value {
            Value::Bool(_) => Ok(value.clone()),
            _ => Err(mismatch("bool", value)),
        },
        (_, Words::Number(_)) => number(value),
        (_, Words::String) => written(value).map(Value::string),
        (_, Words::Duration) => {
            let written = written(value)?;
            match text::duration(&written) {
                Some(fault) => Err(Fault::Value(fault)),
                None => Ok(Value::string(written)),
            }
        }
        (_, Words::Text(name)) => {
            let written = written(value)?;
            match codec(judge, name).and_then(|codec| text::read(codec, &written)) {
                Some(fault) if name == "common/relabel.Regexp" => Err(Fault::Regex(fault)),
                Some(fault) => Err(Fault::Value(fault)),
                None => Ok(Value::string(written)),
            }
        }
        (_, Words::Secret | Words::OptionalSecret | Words::Bytes) => match value {
            Value::Capsule(_) => Err(mismatch("capsule", value)),
            _ if value.expose().is_some() || matches!(value, Value::Array(_)) => Ok(value.clone()),
            _ => Err(mismatch("capsule", value)),
        },
        (_, Words::List(element)) => list(judge, value, element),
        (_, Words::Map(element)) => map(judge, value, element),
        (Value::Object(object), Words::Object(_)) => object_fields(judge, value, object, words),
        (_, Words::Object(_)) => Err(mismatch("object", value)),
        (_, Words::Capsule(name)) => capsule(judge, value, name),
        (_, Words::Pointer(_)) => Ok(value.clone()),
    }
}

fn codec(judge: &Judge<'_>, name: &str) -> Option<Codec> {
    judge.levels.schema.codec(name)
}

fn mismatch(wanted: &'static str, value: &Value) -> Fault {
    Fault::Type { wanted, found: value.kind().name() }
}

/// The text that a string argument gets of a value.
fn written(value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(_) | Value::Bytes(_) => {
            let text = value.expose().and_then(|text| text.as_str());
            text.map(str::to_owned).ok_or_else(|| Fault::Value("it is not UTF-8".to_owned()))
        }
        Value::Number(number) => Ok(number.to_text()),
        Value::Secret(_) => Err(Fault::Secret),
        Value::OptionalSecret(text) => match text.plain() {
            Some(text) => Ok(text.as_str().unwrap_or_default().to_owned()),
            None => Err(Fault::Secret),
        },
        _ => Err(mismatch("string", value)),
    }
}

fn number(value: &Value) -> Result<Value, Fault> {
    let text = match value {
        Value::Number(_) => return Ok(value.clone()),
        Value::String(text) => text.as_str().unwrap_or_default(),
        Value::OptionalSecret(_) => return Ok(Value::unknown("it is the content of a file")),
        _ => return Err(mismatch("number", value)),
    };
    let read = if text.starts_with('-') && !text.contains(['.', 'e', 'E']) {
        text.parse().ok().map(Number::Int)
    } else if text.contains(['.', 'e', 'E']) {
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Number::Float)
    } else {
        text.parse().ok().filter(|_| !text.starts_with('+')).map(Number::Uint)
    };
    read.map(Value::Number).ok_or_else(|| mismatch("number", value))
}

fn list(judge: &Judge<'_>, value: &Value, element: TypeWords) -> Result<Value, Fault> {
    let items = match value {
        Value::Array(array) => array.items(),
        Value::Bytes(_) => return Ok(value.clone()),
        _ => return Err(mismatch("array", value)),
    };
    let items: Result<Vec<Value>, Fault> = items
        .iter()
        .map(|item| {
            let decoded = decode(judge, item, element);
            decoded.map_err(|fault| Fault::Inside("an element".to_owned(), Box::new(fault)))
        })
        .collect();
    Ok(Value::array(items?))
}

fn map(judge: &Judge<'_>, value: &Value, element: TypeWords) -> Result<Value, Fault> {
    let Value::Object(object) = value else { return Err(mismatch("object", value)) };
    if Values::is_target(object) {
        return Ok(value.clone());
    }
    let mut fields = Vec::new();
    for (key, value) in object.iter() {
        let decoded = decode(judge, value, element);
        let what = || format!("a value (`{}`)", key.as_str().unwrap_or_default());
        fields.push((key.clone(), decoded.map_err(|fault| Fault::Inside(what(), fault.into()))?));
    }
    Ok(Value::object(fields))
}

fn object_fields(
    judge: &Judge<'_>,
    value: &Value,
    object: &Object,
    words: TypeWords,
) -> Result<Value, Fault> {
    let Words::Object(shape) = words.kind() else { return Ok(value.clone()) };
    for (key, value) in object.iter() {
        let name = key.as_str().unwrap_or_default();
        let field = shape.field(name).filter(|field| field.kind() == FieldKind::Attr);
        let Some(words) = field.and_then(|field| field.value()) else {
            return Err(Fault::Value("it has a field that is not known".to_owned()));
        };
        let what = || format!("a field (`{name}`)");
        decode(judge, value, words).map_err(|fault| Fault::Inside(what(), fault.into()))?;
    }
    Ok(value.clone())
}

fn capsule(judge: &Judge<'_>, value: &Value, wanted: &'static str) -> Result<Value, Fault> {
    let Some(codec) = codec(judge, wanted) else { return Ok(value.clone()) };
    match value {
        Value::Object(object) if codec.takes_object() => target(judge, value, object),
        Value::Capsule(found) => {
            let owner = judge.values.owner(value).map(|id| judge.graph.component(id));
            if owner.is_none_or(|owner| owner.kind != Kind::Builtin) {
                return Ok(value.clone());
            }
            let own = judge.levels.schema.codec(&found.sort);
            let is_taken = same_sort(&found.sort, wanted)
                || own.is_some_and(|own| own.into().any(|into| same_sort(into, wanted)));
            if is_taken { Ok(value.clone()) } else { Err(Fault::Capsule(plain(wanted))) }
        }
        Value::String(_) | Value::Secret(_) | Value::OptionalSecret(_) if codec.takes_string() => {
            Ok(value.clone())
        }
        Value::Object(object) if Values::is_target(object) => Err(Fault::Capsule(plain(wanted))),
        _ if codec.takes_object() => Err(mismatch("object", value)),
        _ => Err(mismatch("capsule", value)),
    }
}

/// A target takes any value as a label but null and secrets; up to 1.18 secrets too.
fn target(judge: &Judge<'_>, value: &Value, object: &Object) -> Result<Value, Fault> {
    if Values::is_target(object) {
        return Ok(value.clone());
    }
    let version = judge.levels.schema.version();
    let takes_secrets = !version.is_after(&V1_18_1);
    for (key, label) in object.iter() {
        let what = || format!("a label (`{}`)", key.as_str().unwrap_or_default());
        let fault = match label {
            Value::Null => Fault::Value("null is no label".to_owned()),
            Value::Secret(_) if !takes_secrets => Fault::Secret,
            Value::OptionalSecret(text) if text.is_secret() && !takes_secrets => Fault::Secret,
            _ => continue,
        };
        return Err(Fault::Inside(what(), Box::new(fault)));
    }
    Ok(value.clone())
}

/// Whether two names of Go types are one: values shorten the name of a metric receiver.
fn same_sort(a: &str, b: &str) -> bool {
    a == b || a.ends_with("/storage.Appendable") && b == "storage.Appendable" || {
        b.ends_with("/storage.Appendable") && a == "storage.Appendable"
    }
}

/// A capsule's type as a person reads it.
fn plain(wanted: &str) -> &'static str {
    match wanted.rsplit(['.', '/']).next().unwrap_or(wanted) {
        "Appendable" if wanted.starts_with("pyroscope") => "a profile receiver",
        "Appendable" => "a metric receiver",
        "LogsReceiver" => "a log receiver",
        "Consumer" => "an OpenTelemetry input",
        "Target" => "a target",
        "Rules" => "the rules of a discovery.relabel",
        _ => "a handler",
    }
}

/// Whether a value is of a kind, as far as that is known.
pub(super) fn is_kind(value: &Value, kinds: &[ValueKind]) -> bool {
    kinds.contains(&value.kind()) || matches!(value.kind(), ValueKind::Unknown | ValueKind::Null)
}
