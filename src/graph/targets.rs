//! Targets: sets of labels that `discovery.*` and exporters give and `prometheus.scrape` takes.
//!
//! A target is an object value that also carries, under a key no configuration can write, the
//! number of a [`Target`]: its labels with trails, its alternatives and where it comes from. So
//! targets pass through arguments, exports, arrays and functions like any other value.

use std::collections::HashSet;
use std::sync::Arc;

use alloy_grammar::ast::Block;

use super::component::{ComponentId, Place};
use super::discovered::Target;
use super::schema::{V1_11_0, V1_18_1, Version};
use super::values::Values;
use crate::eval::{Number, Object, Value};
use crate::proof::{self, Content, Dialect, Label, Rule, Rules, Step, Subject, Trail, Variant};

/// The key under which a target's number stands: no label has such a name.
const NUMBER: &str = "\u{0}target";

/// The most targets of one component that are told apart.
const MOST_TARGETS: usize = 2_000;

/// The value of a target.
pub(super) fn value(values: &Values<'_>, target: Target) -> Value {
    let fields: Vec<(String, Value)> = match target.variants.as_slice() {
        [variant] => variant
            .walk()
            .into_iter()
            .map(|(name, label)| {
                let value = match label.content {
                    Content::Known(text) => Value::string(&*text),
                    Content::Unknown(symbol) => Value::unknown(symbol.reason),
                    Content::Absent => Value::Null,
                };
                (name.to_string(), value)
            })
            .collect(),
        _ => Vec::new(),
    };
    let number = Value::capsule("target", values.discovered().keep(target).to_string());
    Value::object(fields.into_iter().chain([(NUMBER.to_owned(), number)]))
}

/// The targets of a component that finds them when Alloy runs.
pub(super) fn undiscovered(values: &Values<'_>, id: ComponentId) -> Value {
    let name = &values.graph().component(id).local_id;
    let variant = Variant::open_for(format!("what `{name}` finds is known only when Alloy runs"));
    let target = Target { path: vec![id], variants: vec![variant], dropped: Vec::new() };
    Value::array([value(values, target)])
}

impl Values<'_> {
    /// Whether a value is what Alloy has, to the last: no list of targets in it that a component
    /// only finds when Alloy runs.
    pub fn is_exact(&self, value: &Value) -> bool {
        match value {
            Value::Array(array) => array.items().iter().all(|item| self.is_exact(item)),
            Value::Object(object) => match object.get(NUMBER) {
                Some(Value::Capsule(capsule)) => {
                    let kept =
                        capsule.id.parse().ok().and_then(|number| self.discovered().kept(number));
                    kept.is_some_and(|target| {
                        let from = target.path.first().map(|&id| &self.graph().component(id).name);
                        target.path.len() == 1
                            && from.is_some_and(|name| *name == "prometheus.exporter.unix")
                    })
                }
                _ => object.iter().all(|(_, field)| self.is_exact(field)),
            },
            Value::Unknown(_) => false,
            _ => true,
        }
    }

    /// Whether an object is a target that a component gives.
    pub fn is_target(object: &Object) -> bool {
        matches!(object.get(NUMBER), Some(Value::Capsule(_)))
    }
}

/// The targets in a value; the component is whose argument it is, the place where it stands.
pub(super) fn of_value(
    values: &Values<'_>,
    id: ComponentId,
    place: Place,
    value: &Value,
) -> Vec<Target> {
    match value {
        Value::Array(array) => {
            let mut seen = HashSet::new();
            let mut targets: Vec<Target> = Vec::new();
            for item in array.items() {
                // One that is there already, unchanged, adds nothing: equal targets are one.
                if number(item).is_some_and(|number| !seen.insert((number, labels(item)))) {
                    continue;
                }
                if targets.len() >= MOST_TARGETS {
                    return vec![unknown_target(id, "there are more targets than are told apart")];
                }
                targets.extend(one(values, id, place, item));
            }
            targets
        }
        Value::Null => Vec::new(),
        Value::Unknown(unknown) => vec![unknown_target(id, unknown.reason())],
        _ => vec![unknown_target(id, "its targets are no list")],
    }
}

/// The number of a target that was remembered.
fn number(value: &Value) -> Option<&str> {
    let Value::Object(object) = value else { return None };
    match object.get(NUMBER) {
        Some(Value::Capsule(capsule)) => Some(&capsule.id),
        _ => None,
    }
}

/// The labels of a target as they are in a value, where an expression may have changed them.
fn labels(value: &Value) -> Vec<(Option<&str>, Option<&str>, Option<&str>)> {
    let Value::Object(object) = value else { return Vec::new() };
    object
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str(), value.unknown_reason()))
        .collect()
}

fn one(values: &Values<'_>, id: ComponentId, place: Place, value: &Value) -> Option<Target> {
    match value {
        Value::Object(object) => Some(of_object(values, id, place, object)),
        Value::Null => None,
        Value::Unknown(unknown) => Some(unknown_target(id, unknown.reason())),
        _ => Some(unknown_target(id, "a target is no object")),
    }
}

fn unknown_target(id: ComponentId, reason: &str) -> Target {
    Target { path: vec![id], variants: vec![Variant::open_for(reason)], dropped: Vec::new() }
}

fn of_object(values: &Values<'_>, id: ComponentId, place: Place, object: &Object) -> Target {
    let known = match object.get(NUMBER) {
        Some(Value::Capsule(capsule)) => {
            capsule.id.parse().ok().and_then(|number| values.discovered().kept(number))
        }
        _ => None,
    };
    let is_new = known.is_none();
    let mut target = known.unwrap_or_else(|| Target {
        path: vec![id],
        variants: vec![Variant::new(None)],
        dropped: Vec::new(),
    });
    let several = target.variants.len() != 1;
    for (name, value) in object.iter() {
        let Some(name) = name.as_str().filter(|name| *name != NUMBER) else { continue };
        for variant in &mut target.variants {
            let label = variant.get(name);
            let content = content_of(value, name, values.version());
            // Where the target is as it was kept, its own trail says more than this place.
            let is_same = match (&content, &label.content) {
                (Content::Unknown(a), Content::Unknown(b)) => a.reason == b.reason,
                (a, b) => a == b,
            };
            if is_same && !is_new {
                continue;
            }
            if several && matches!(value, Value::Unknown(_)) {
                continue;
            }
            let what = format!("gives the target its `{name}`");
            let trail = values.discovered().trails.push(Trail::START, Step::new(id, place, what));
            variant.set(name, Label { content, trail });
        }
    }
    target
}

/// What a label gets from a value, as Alloy makes text of it. Up to 1.18 a capsule such as the
/// content of a file was written as Go writes its parts.
fn content_of(value: &Value, name: &str, version: Version) -> Content {
    let reads_capsules = version.is_after(&V1_18_1);
    let text: Result<Arc<str>, &str> = match value {
        Value::Null => Ok("".into()),
        Value::OptionalSecret(text) if !reads_capsules => match text.plain() {
            Some(text) => Ok(format!("{{false {text}}}").into()),
            None => Err("a label is a secret"),
        },
        Value::Number(Number::Int(number)) => Ok(number.to_string().into()),
        Value::Number(Number::Uint(number)) => Ok(number.to_string().into()),
        Value::Unknown(unknown) => Err(unknown.reason()),
        other => other.as_str().map(Arc::from).ok_or("a label is no text"),
    };
    match text {
        Ok(text) if text.is_empty() => Content::Absent,
        Ok(text) => Content::Known(text),
        Err(reason) => {
            Content::Unknown(proof::Symbol::new(format!("value/{name}/{reason}"), reason))
        }
    }
}

/// The `output` of a `discovery.relabel`.
pub(super) fn relabelled(values: &Values<'_>, id: ComponentId) -> Value {
    let rules = rules(values, id, values.graph().block(id), "rule");
    let outputs: Vec<Value> = given(values, id)
        .into_iter()
        .map(|mut target| {
            let result = proof::apply(
                &values.discovered().trails,
                &rules,
                Subject::Target,
                std::mem::take(&mut target.variants),
            );
            target.variants = result.variants;
            target.dropped.extend(result.dropped);
            if target.path.last() != Some(&id) {
                target.path.push(id);
            }
            value(values, target)
        })
        .collect();
    Value::array(outputs)
}

/// The targets a component is given.
pub(super) fn given(values: &Values<'_>, id: ComponentId) -> Vec<Target> {
    let Some(attr) = values.graph().attr(id, "targets") else { return Vec::new() };
    let place = values.graph().place(id, attr.span());
    let value = values.argument(id, "targets").unwrap_or(Value::Null);
    of_value(values, id, place, &value)
}

/// The relabel rules in a block, in order.
pub(super) fn rules(values: &Values<'_>, id: ComponentId, block: Block<'_>, name: &str) -> Rules {
    block.body().blocks_named(name).map(|rule| one_rule(values, id, rule)).collect()
}

fn one_rule(values: &Values<'_>, id: ComponentId, block: Block<'_>) -> Result<Rule, Arc<str>> {
    let place = values.graph().place(id, block.span());
    let dialect = dialect(values.version(), block.name());
    let mut rule = Rule::new(dialect, id, place);
    for attr in block.body().attrs() {
        let value = values.expr(id, attr.value());
        if matches!(value, Value::Null) {
            continue;
        }
        match attr.name() {
            "action" => {
                let name = text(&value)?;
                rule.action = proof::Action::parse(&name, dialect)
                    .ok_or_else(|| Arc::from(format!("Alloy has no relabel action `{name}`")))?;
            }
            "source_labels" => rule.source_labels = texts(&value),
            "separator" => rule.separator = text(&value),
            "regex" => rule.regex = text(&value).map(|text| proof::Pattern::new(&*text, dialect)),
            "modulus" => rule.modulus = modulus(&value),
            "target_label" => {
                rule.target_label = text(&value).map(|text| proof::Template::new(&text))
            }
            "replacement" => {
                rule.replacement = text(&value).map(|text| proof::Template::new(&text))
            }
            _ => {}
        }
    }
    Ok(rule)
}

/// How a version of Alloy reads the rules in blocks of a name.
fn dialect(version: Version, block: &str) -> &'static Dialect {
    let is_old = version.is_before(&V1_11_0);
    match block {
        _ if is_old => Dialect::ALLOY_1_10,
        "write_relabel_config" => Dialect::ALLOY_ENDPOINT,
        _ => Dialect::ALLOY,
    }
}

fn text(value: &Value) -> Result<Arc<str>, Arc<str>> {
    match value {
        Value::Unknown(unknown) => Err(unknown.reason().into()),
        Value::Number(Number::Int(number)) => Ok(number.to_string().into()),
        other => other.as_str().map(Arc::from).ok_or_else(|| "a rule's argument is no text".into()),
    }
}

fn texts(value: &Value) -> Result<Vec<Arc<str>>, Arc<str>> {
    match value {
        Value::Unknown(unknown) => Err(unknown.reason().into()),
        Value::Array(array) => array.items().iter().map(text).collect(),
        _ => Err("a rule's source labels are no list".into()),
    }
}

fn modulus(value: &Value) -> Result<u64, Arc<str>> {
    let number = match value {
        Value::Unknown(unknown) => return Err(unknown.reason().into()),
        Value::Number(Number::Int(number)) => u64::try_from(*number).ok(),
        Value::Number(Number::Uint(number)) => Some(*number),
        other => other.as_str().and_then(|text| text.parse().ok()),
    };
    number.ok_or_else(|| "a rule's modulus is no number".into())
}
