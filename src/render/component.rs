//! What a component of Alloy takes, for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::graph::schema::{Component, Field, FieldKind, Presence, Repeat, Type};
use crate::render::json::{Versioned, pretty};

/// Writes one component for people: one line an argument, blocks indented.
pub fn human(component: Component, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({}{})", component.name(), stability(component), versions(component))?;
    if !component.note().is_empty() {
        writeln!(out, "{}", component.note())?;
    }
    let deprecated: Vec<&str> = component.deprecated_names().collect();
    match component.arguments() {
        Some(body) if body.fields().next().is_some() => {
            writeln!(out, "\nArguments and blocks (! required, * any number):")?;
            fields(body, 1, &mut vec![body.name()], out)?;
        }
        _ => writeln!(out, "\nIt takes no arguments.")?,
    }
    if let Some(exports) = component.exports() {
        writeln!(out, "\nExports:")?;
        fields(exports, 1, &mut vec![exports.name()], out)?;
    }
    if !deprecated.is_empty() {
        writeln!(out, "\nDeprecated: {}", deprecated.join(", "))?;
    }
    Ok(())
}

/// Writes the names of components, one a line, with their stability and versions.
pub fn list_human(components: &[Component], out: &mut dyn Write) -> io::Result<()> {
    let width = components.iter().map(|component| component.name().len()).max().unwrap_or(0);
    for &component in components {
        let name = component.name();
        writeln!(out, "{name:width$}  {}{}", stability(component), versions(component))?;
    }
    Ok(())
}

/// Writes one component as JSON.
pub fn json(component: Component, out: &mut dyn Write) -> io::Result<()> {
    let mut value = summary(component);
    let body = |body: Option<Type>| body.map(|body| body_value(body, &mut vec![body.name()]));
    value["note"] = Value::from(component.note());
    value["deprecated"] = component.deprecated_names().collect();
    value["arguments"] = json!(body(component.arguments()));
    value["exports"] = json!(body(component.exports()));
    pretty(&Versioned::new(value), out)
}

/// Writes the names of components as JSON, with their stability and versions.
pub fn list_json(components: &[Component], out: &mut dyn Write) -> io::Result<()> {
    let values: Vec<Value> = components.iter().copied().map(summary).collect();
    pretty(&values, out)
}

fn summary(component: Component) -> Value {
    let presence = component.presence();
    json!({
        "name": component.name(),
        "stability": stability(component),
        "label": component.has_label(),
        "since": since(presence),
        "until": until(presence),
    })
}

fn stability(component: Component) -> &'static str {
    component.stability().map_or("community", |level| level.name())
}

fn since(presence: Presence) -> Option<&'static str> {
    presence.since().map(|version| version.name())
}

fn until(presence: Presence) -> Option<&'static str> {
    presence.until().map(|version| version.name())
}

fn versions(component: Component) -> String {
    words(component.presence()).map_or_else(String::new, |words| format!(", {words}"))
}

/// `since v1.9.0`, `until v1.17.1`; nothing where it was always there.
fn words(presence: Presence) -> Option<String> {
    match (since(presence), until(presence)) {
        (None, None) => None,
        (Some(since), None) => Some(format!("since {since}")),
        (None, Some(until)) => Some(format!("until {until}")),
        (Some(since), Some(until)) => Some(format!("{since} to {until}")),
    }
}

/// Writes the fields of a body. `open` are the types around it: one that contains itself is not
/// written again.
fn fields(
    body: Type,
    depth: usize,
    open: &mut Vec<&'static str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for field in body.fields().filter(|field| field.kind() != FieldKind::Label) {
        let indent = depth * 2;
        let marks = marks(field);
        let name = field.name();
        let notes = notes(field);
        let Some(inner) = field.body() else {
            let words = field.value().map_or("", |words| words.text());
            let default = field.default().map_or_else(String::new, |text| format!(" = {text}"));
            writeln!(out, "{:indent$}{name}{marks}: {words}{default}{notes}", "")?;
            continue;
        };
        let member = if field.kind() == FieldKind::Enum { ".…" } else { "" };
        if open.contains(&inner.name()) {
            writeln!(out, "{:indent$}{name}{member}{marks} {{ as above }}{notes}", "")?;
            continue;
        }
        writeln!(out, "{:indent$}{name}{member}{marks} {{{notes}", "")?;
        open.push(inner.name());
        fields(inner, depth + 1, open, out)?;
        open.pop();
        writeln!(out, "{:indent$}}}", "")?;
    }
    Ok(())
}

fn marks(field: Field) -> String {
    let required = if field.is_required() { "!" } else { "" };
    match field.repeat() {
        Repeat::Once => required.to_owned(),
        Repeat::Any => format!("{required}*"),
        Repeat::Exactly(count) => format!("{required}*{count}"),
    }
}

fn notes(field: Field) -> String {
    let deprecated = field.deprecated().map(|_| "deprecated".to_owned());
    let notes: Vec<String> = words(field.presence()).into_iter().chain(deprecated).collect();
    if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) }
}

fn body_value(body: Type, open: &mut Vec<&'static str>) -> Value {
    let fields = body.fields().filter(|field| field.kind() != FieldKind::Label);
    fields.map(|field| field_value(field, open)).collect()
}

fn field_value(field: Field, open: &mut Vec<&'static str>) -> Value {
    let kind = match field.kind() {
        FieldKind::Attr => "attribute",
        FieldKind::Enum => "choice",
        FieldKind::Block | FieldKind::Label => "block",
    };
    let mut value = json!({
        "name": field.name(),
        "kind": kind,
        "required": field.is_required(),
        "repeated": field.repeat() != Repeat::Once,
        "since": since(field.presence()),
        "until": until(field.presence()),
        "deprecated": field.deprecated(),
    });
    match field.body() {
        None => {
            value["type"] = json!(field.value().map(|words| words.text()));
            value["default"] = json!(field.default_or_zero());
        }
        Some(inner) if open.contains(&inner.name()) => value["like"] = json!(inner.name()),
        Some(inner) => {
            value["absent"] = json!(field.absent());
            open.push(inner.name());
            value["fields"] = body_value(inner, open);
            open.pop();
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::schema::{Schema, Version};

    fn shown(name: &str) -> String {
        let component = Schema::latest().component(name).expect("known");
        let mut out = Vec::new();
        human(component, &mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn arguments_blocks_defaults_and_exports_are_shown() {
        let text = shown("prometheus.remote_write");
        assert!(text.contains("  endpoint* {\n"), "{text}");
        assert!(text.contains("    url!: string"), "{text}");
        assert!(text.contains("    remote_timeout: duration = \"30s\""), "{text}");
        assert!(text.contains("Exports:\n  receiver"), "{text}");
    }

    #[test]
    fn a_type_that_contains_itself_comes_to_an_end() {
        assert!(shown("loki.process").contains("{ as above }"));
    }

    #[test]
    fn every_component_can_be_shown() {
        for version in [Version::known().next().expect("there are some"), Version::latest()] {
            for component in Schema::for_version(version).components() {
                let mut out = Vec::new();
                json(component, &mut out).expect("a vector takes everything");
                assert!(!out.is_empty());
            }
        }
    }
}
