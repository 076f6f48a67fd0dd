//! Values given from outside instead of a check's own: `--set`, a values file, custom values.

use serde_json::Value as Json;

use crate::checks::model::Check;
use crate::error::{Error, Result};
use crate::yaml::{self, wanda};

/// A value given from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The check it is for.
    pub check_id: String,
    /// The value's name.
    pub name: String,
    /// What it is to be.
    pub value: Json,
}

/// Reads `ID.NAME=VALUE`; the value is YAML.
///
/// # Errors
/// It is something else.
pub fn assignment(text: &str) -> Result<Override> {
    let usage = || {
        Error::Usage(format!("--set takes ID.NAME=VALUE, such as A11037.min_days_left=14: {text}"))
    };
    let (target, value) = text.split_once('=').ok_or_else(usage)?;
    let (check_id, name) = target.trim().split_once('.').ok_or_else(usage)?;
    if check_id.is_empty() || name.is_empty() {
        return Err(usage());
    }
    let node =
        yaml::parse(value).map_err(|error| Error::Usage(format!("--set {text}: {error}")))?;
    let value = match node.last().map(wanda::value).transpose() {
        Ok(value) => value.unwrap_or_default().json,
        Err(error) => return Err(Error::Usage(format!("--set {text}: {error}"))),
    };
    Ok(Override { check_id: check_id.to_owned(), name: name.to_owned(), value })
}

/// Reads a values file: a map of check ids to maps of names to values.
///
/// # Errors
/// It is something else.
pub fn file(path: &str, text: &str) -> Result<Vec<Override>> {
    let invalid = |what: String| {
        Error::Invalid(format!("{path}: {what}; write `ID:` and below it `NAME: VALUE`"))
    };
    let documents = yaml::parse(text).map_err(|error| invalid(error.to_string()))?;
    let Some(root) = documents.last() else { return Ok(Vec::new()) };
    let root = wanda::value(root).map_err(|error| invalid(error.to_string()))?.json;
    if root.is_null() {
        return Ok(Vec::new());
    }
    let Json::Object(checks) = root else {
        return Err(invalid("a values file is a map".to_owned()));
    };
    let mut overrides = Vec::new();
    for (check_id, values) in checks {
        let Json::Object(values) = values else {
            return Err(invalid(format!("what stands below `{check_id}` is no map")));
        };
        overrides.extend(values.into_iter().map(|(name, value)| Override {
            check_id: check_id.clone(),
            name,
            value,
        }));
    }
    Ok(overrides)
}

/// Refuses values that a Trento server would not take: of an unknown check or name, of one whose
/// customization is disabled, or of another type than the default.
///
/// # Errors
/// The sentence says which it is.
pub fn validate<'c>(
    overrides: &[Override],
    mut check: impl FnMut(&str) -> Option<&'c Check>,
) -> Result<()> {
    for given in overrides {
        let (id, name) = (&given.check_id, &given.name);
        let refused = |why: &str| Err(Error::Usage(format!("cannot set {id}.{name}: {why}")));
        let Some(check) = check(id) else {
            return refused("there is no such check, or it is not selected");
        };
        let Some(spec) = check.values.iter().find(|spec| spec.name.text() == name.as_str()) else {
            let names: Vec<_> = check.values.iter().map(|spec| spec.name.to_string()).collect();
            return match names.as_slice() {
                [] => refused("the check has no values"),
                names => refused(&format!("the check's values are {}", names.join(", "))),
            };
        };
        let disabled = |flag: &Json| *flag == Json::Bool(true);
        if disabled(&check.customization_disabled) || disabled(&spec.customization_disabled) {
            return refused("its customization is disabled");
        }
        let default = kind(&spec.default.json);
        if default == "list" || default == "map" || default == "nothing" || default == "decimal" {
            return refused(&format!("its default is a {default}, which cannot be overridden"));
        }
        if kind(&given.value) != default {
            return refused(&format!("its default is a {default}, so this must be one too"));
        }
    }
    Ok(())
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "decimal",
        Json::Number(_) => "whole number",
        Json::String(_) => "text",
        Json::Array(_) => "list",
        Json::Object(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assignment_names_check_value_and_what_it_is() {
        let given = assignment("A11037.min_days_left=14").unwrap();
        assert_eq!((given.check_id.as_str(), given.name.as_str()), ("A11037", "min_days_left"));
        assert_eq!(given.value, json!(14));
        assert_eq!(assignment("A.b='x=y'").unwrap().value, json!("x=y"));
        for wrong in ["A11037", "A11037=1", ".a=1", "A.=1", "A.b=[1"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_values_file_is_a_map_of_maps() {
        let read = file("v.yaml", "A11027:\n  max: 60\n  min: 5\n").unwrap();
        assert_eq!(read.len(), 2);
        assert!(file("v.yaml", "- a\n").is_err());
        assert!(file("v.yaml", "A: 1\n").is_err());
        assert!(file("v.yaml", "").unwrap().is_empty());
    }
}
