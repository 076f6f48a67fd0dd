//! `$` in a configuration: where it stands for a variable of the environment, and where it is meant
//! to and is sent as it stands.

use super::endpoints::{expanded, is_secret, variable};
use super::{Configuration, Surroundings};
use crate::prometheus::decode::{Fields, Item, Value};
use crate::proof::Place;
use crate::source::Source;

/// A reference to a variable that does not work.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The field it stands in.
    pub field: String,
    /// Why it does not work, in one clause.
    pub why: String,
    /// Whether labels, the URL or credentials depend on it.
    pub decides: bool,
    /// Where it stands.
    pub place: Place,
}

/// Fields in which `$` has a meaning of its own, or any text is as good as another.
const OTHER: &[&str] = &["regex", "replacement", "target_label", "separator", "match[]"];

impl Configuration {
    /// The references to variables that certainly do not work.
    pub fn broken_variables(&self, around: Surroundings<'_>) -> Vec<Variable> {
        let mut found = Vec::new();
        if let Some(global) = self.loaded.fields.fields("global") {
            for (label, item) in global.map("external_labels") {
                found.extend(self.external(around, label, item));
            }
        }
        self.literal(&self.loaded.fields, &self.loaded.source, &mut found);
        for file in &self.included {
            self.literal(&file.fields, &file.source, &mut found);
        }
        found
    }

    /// A variable of an external label that is not set, or that this Prometheus does not expand.
    fn external(&self, around: Surroundings<'_>, label: &str, item: &Item) -> Option<Variable> {
        let text = item.text();
        let name = referenced(text)?.to_owned();
        let why = match around.expands {
            None => return None,
            Some(false) => format!(
                "Prometheus {} expands variables only with \
                 --enable-feature=expand-external-labels",
                self.version
            ),
            Some(true) => {
                let is_set = (around.variable)(&name).is_some_and(|value| !value.is_empty());
                if is_set || !around.knows_unset || expanded(text, around).is_err() {
                    return None;
                }
                "it is not set where Prometheus runs".to_owned()
            }
        };
        let field = format!("external_labels.{label}");
        let place = self.place(&self.loaded.source, item.span);
        Some(Variable { name, field, why, decides: true, place })
    }

    /// References in all other fields, where they are no more than text.
    fn literal(&self, fields: &Fields, source: &Source, found: &mut Vec<Variable>) {
        for (&name, item) in &fields.entries {
            if !OTHER.contains(&name) && name != "external_labels" {
                self.literal_in(name, item, source, found);
            }
        }
    }

    fn literal_in(&self, field: &str, item: &Item, source: &Source, found: &mut Vec<Variable>) {
        match &item.value {
            Value::Text(text) => {
                let name = if is_secret(field) || field == "username" {
                    only(text)
                } else {
                    referenced(text)
                };
                let Some(name) = name else { return };
                let why = "it is sent as it stands: only external_labels are expanded";
                found.push(Variable {
                    name: name.to_owned(),
                    field: field.to_owned(),
                    why: why.to_owned(),
                    decides: ["url", "labels", "username"].contains(&field) || is_secret(field),
                    place: self.place(source, item.span),
                });
            }
            Value::Fields(fields) => self.literal(fields, source, found),
            Value::List(items) => {
                items.iter().for_each(|item| self.literal_in(field, item, source, found));
            }
            Value::Map(items) => {
                items.iter().for_each(|(_, item)| self.literal_in(field, item, source, found));
            }
            _ => {}
        }
    }
}

/// The first variable that a text refers to: `${NAME}`, or `$NAME` as the whole of it.
fn referenced(text: &str) -> Option<&str> {
    let braced = text.match_indices("${").find_map(|(at, _)| match variable(&text[at + 1..]) {
        (Some(name), _) if is_name(name) => Some(name),
        _ => None,
    });
    braced.or_else(|| only(text))
}

/// The variable that is the whole of a text.
fn only(text: &str) -> Option<&str> {
    match variable(text.strip_prefix('$')?) {
        (Some(name), "") if is_name(name) => Some(name),
        _ => None,
    }
}

/// Whether that is how variables are named.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && name.chars().any(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_variable_is_one() {
        assert_eq!(referenced("https://${HOST}/write"), Some("HOST"));
        assert_eq!(referenced("$AGENT_ID"), Some("AGENT_ID"));
        assert_eq!(referenced("pa$$word"), None);
        assert_eq!(referenced("a$HOST"), None);
        assert_eq!(only("x${HOST}"), None);
        assert_eq!(referenced("${1}"), None);
    }
}
