//! Relabel rules: what each action needs, and what it does not take.

use alloy_grammar::literal::quote;

use super::global::Scheme;
use super::{Checked, is_legacy_name};
use crate::prometheus::decode::{Fields, Item};
use crate::prometheus::version::Version;

const ACTIONS: &[&str] = &[
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

/// The action a word means, whatever its letters' case.
///
/// # Errors
/// It means none, in Prometheus' words.
pub(in crate::prometheus) fn action(text: &str) -> Result<String, String> {
    let lower = text.to_lowercase();
    if ACTIONS.contains(&lower.as_str()) {
        return Ok(lower);
    }
    Err(format!("unknown relabel action {}", quote(text)))
}

/// What a rule checks when it is read; from 3.7 on its job does that.
pub(super) fn check(rule: &Fields, version: &Version) -> Checked {
    if version.is_at_least(3, 7) {
        return Ok(());
    }
    let scheme = if version.is_at_least(3, 0) { Scheme::Utf8 } else { Scheme::Legacy };
    validate(rule, scheme, version)
}

pub(super) fn check_all(fields: &Fields, name: &str, scheme: Scheme, version: &Version) -> Checked {
    for rule in fields.list(name).iter().filter_map(Item::fields) {
        validate(rule, scheme, version)?;
    }
    Ok(())
}

fn validate(rule: &Fields, scheme: Scheme, version: &Version) -> Checked {
    let action = rule.text_or("action", "replace");
    let target = rule.text("target_label");
    let replacement = rule.text_or("replacement", "$1");
    let is_name = |name: &str| match scheme {
        Scheme::Legacy => is_legacy_name(name),
        Scheme::Utf8 => !name.is_empty(),
    };
    let is_template = |text: &str| match scheme {
        Scheme::Legacy => is_legacy_template(text),
        Scheme::Utf8 => is_name(text),
    };
    if action.is_empty() {
        return rule.fail("action", "relabel action cannot be empty");
    }
    if action == "hashmod" && rule.int_or("modulus", 0) == 0 {
        let message = "relabel configuration for hashmod requires non-zero modulus";
        return rule.fail("modulus", message);
    }
    let computes = matches!(action, "lowercase" | "uppercase" | "keepequal" | "dropequal");
    if (computes || matches!(action, "replace" | "hashmod")) && target.is_empty() {
        let message =
            format!("relabel configuration for {action} action requires 'target_label' value");
        return rule.fail("target_label", message);
    }
    let bad_target = || {
        let message = format!("{} is invalid 'target_label' for {action} action", quote(target));
        rule.fail("target_label", message)
    };
    let takes_template = action == "replace" && target.contains('$');
    // Up to 2.42 every target but that of `hashmod` may be a template.
    let is_loose = !version.is_at_least(2, 43) && computes;
    let fits = match action {
        _ if takes_template || is_loose => is_template(target),
        "replace" if !version.is_at_least(2, 43) => is_legacy_template(target),
        "replace" => is_name(target),
        _ if computes => is_name(target),
        _ => true,
    };
    if !fits {
        return bad_target();
    }
    if computes && replacement != "$1" {
        let message = format!("'replacement' can not be set for {action} action");
        return rule.fail("replacement", message);
    }
    if action == "labelmap" && !is_template(replacement) {
        let message =
            format!("{} is invalid 'replacement' for {action} action", quote(replacement));
        return rule.fail("replacement", message);
    }
    if action == "hashmod" && !is_name(target) {
        return bad_target();
    }
    only(rule, action)
}

/// Actions that take few fields.
fn only(rule: &Fields, action: &str) -> Checked {
    let differs = rule.int_or("modulus", 0) != 0
        || rule.text_or("separator", ";") != ";"
        || rule.text_or("replacement", "$1") != "$1";
    match action {
        // The default regex, written out, is another one to Prometheus.
        "dropequal" | "keepequal" if differs || rule.get("regex").is_some() => {
            let message = format!(
                "{action} action requires only 'source_labels' and `target_label`, and no other \
                 fields"
            );
            rule.fail("regex", message)
        }
        "labeldrop" | "labelkeep"
            if differs || rule.is_set("source_labels") || !rule.text("target_label").is_empty() =>
        {
            let message = format!("{action} action requires only 'regex', and no other fields");
            rule.fail("source_labels", message)
        }
        _ => Ok(()),
    }
}

/// `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`
fn is_legacy_template(text: &str) -> bool {
    let mut rest = text;
    let mut is_first = true;
    while let Some(c) = rest.chars().next() {
        let word = |text: &str| {
            text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
        };
        if c == '$' {
            let behind = &rest[1..];
            let end = match behind.strip_prefix('{') {
                Some(inside) => {
                    let length = word(inside);
                    if length == 0 || !inside[length..].starts_with('}') {
                        return false;
                    }
                    length + 3
                }
                None if word(behind) == 0 => return false,
                None => word(behind) + 1,
            };
            rest = &rest[end..];
        } else if c.is_ascii_alphabetic() || c == '_' || (c.is_ascii_digit() && !is_first) {
            rest = &rest[1..];
        } else {
            return false;
        }
        is_first = false;
    }
    !is_first
}

#[cfg(test)]
mod tests {
    use super::is_legacy_template;

    #[test]
    fn a_template_is_made_of_letters_and_references() {
        for text in ["a", "_1", "$1", "a_${name}_b", "${1}${2}"] {
            assert!(is_legacy_template(text), "{text}");
        }
        for text in ["", "1a", "a-${1}", "${1", "$", "a.b", "${}"] {
            assert!(!is_legacy_template(text), "{text}");
        }
    }
}
