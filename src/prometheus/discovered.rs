//! Targets that files tell (`file_sd_configs`), and ways of discovery that depend on the build.

use alloy_grammar::literal::quote;
use camino::Utf8Path;

use super::decode::{Fields, Item};
use super::file;
use super::jobs::go_error;
use super::version::Version;
use crate::source::Source;
use crate::system::HostFiles;

/// Ways of discovery that every build has.
const ALWAYS: &[&str] = &["file_sd_configs", "http_sd_configs", "dns_sd_configs", "static_configs"];

/// Ways of discovery that a build may lack, or that are not looked into.
pub(super) fn unproven(config: &Fields) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for job in config.list("scrape_configs").iter().filter_map(Item::fields) {
        for name in job.entries.keys() {
            if name.ends_with("_sd_configs") && !ALWAYS.contains(name) && job.is_set(name) {
                found.push(format!(
                    "whether this build of Prometheus knows `{name}`, and takes what stands in it, \
                     is not known: builds differ in their ways of discovery"
                ));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The target groups of a file; or what is wrong with it.
pub(super) fn groups(
    files: &HostFiles,
    path: &Utf8Path,
    version: &Version,
) -> Result<Vec<Fields>, String> {
    let bytes = files.read(path).map_err(|error| format!("open {path}: {}", go_error(&error)))?;
    file::register(&bytes, files);
    let extension = path.extension().unwrap_or_default().to_lowercase();
    let text = match extension.as_str() {
        "json" => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            json(&text)?;
            text
        }
        _ => file::text_of(&bytes).map_err(|refusal| refusal.message)?,
    };
    let source = Source::new(path.as_str(), text);
    let items = file::read_list(&source, "static", version).map_err(|it| it.message)?;
    let mut groups = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match item.fields() {
            Some(fields) => groups.push(fields.clone()),
            None => return Err(format!("nil target group item found (index {index})")),
        }
    }
    Ok(groups)
}

/// What Go's JSON reader does not take of target groups.
fn json(text: &str) -> Result<(), String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        if text.trim().is_empty() {
            return "unexpected end of JSON input".to_owned();
        }
        match error.classify() {
            serde_json::error::Category::Eof => "unexpected end of JSON input".to_owned(),
            _ => "invalid JSON".to_owned(),
        }
    })?;
    let kind = |value: &serde_json::Value| match value {
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        _ => "object",
    };
    if value.is_null() {
        return Ok(());
    }
    let Some(groups) = value.as_array() else {
        let kind = kind(&value);
        return Err(format!(
            "json: cannot unmarshal {kind} into Go value of type []*targetgroup.Group"
        ));
    };
    for group in groups.iter().filter(|group| !group.is_null()) {
        let Some(object) = group.as_object() else {
            return Err(format!(
                "json: cannot unmarshal {} into Go value of type struct",
                kind(group)
            ));
        };
        for (name, value) in object {
            match (name.to_lowercase().as_str(), value) {
                (_, serde_json::Value::Null) => {}
                ("targets", serde_json::Value::Array(items)) => {
                    if let Some(other) = items.iter().find(|it| !it.is_string() && !it.is_null()) {
                        let kind = kind(other);
                        return Err(format!(
                            "json: cannot unmarshal {kind} into Go struct field .targets of type string"
                        ));
                    }
                }
                ("labels", serde_json::Value::Object(labels)) => {
                    if let Some(other) = labels.values().find(|it| !it.is_string() && !it.is_null())
                    {
                        let kind = kind(other);
                        return Err(format!(
                            "json: cannot unmarshal {kind} into Go struct field .labels of type \
                             model.LabelValue"
                        ));
                    }
                }
                ("targets" | "labels", other) => {
                    let kind = kind(other);
                    let of = if name == "targets" { "[]string" } else { "model.LabelSet" };
                    return Err(format!(
                        "json: cannot unmarshal {kind} into Go struct field .{name} of type {of}"
                    ));
                }
                _ => return Err(format!("json: unknown field {}", quote(name))),
            }
        }
    }
    Ok(())
}
