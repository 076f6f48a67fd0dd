//! Relabel rules: what each action needs, and what it does not take.

use super::super::body::{Body, Given};
use super::super::codes;
use super::{Rule, rule};
use crate::eval::Value;
use crate::graph::schema::V1_11_0;
use crate::proof::is_label_name;

pub(super) const RULES: &[Rule] = &[
    rule("common/relabel.Config", config),
    rule("discovery/relabel.Arguments", applied),
    rule("prometheus/relabel.Arguments", cache),
];

/// The regular expression of a rule that has none.
const ANYTHING: &str = "(.*)";

fn config(body: &Body<'_>) {
    let Some(action) = body.text("action") else { return };
    if action.is_empty() {
        needs_action(body);
    }
    if action == "hashmod" && body.integer("modulus") == Some(0) {
        needs(body, &action, "modulus");
    }
    match action.as_str() {
        "replace" | "hashmod" | "lowercase" | "uppercase" | "keepequal" | "dropequal" => {
            target(body, &action);
        }
        "labelmap" if body.text("replacement").is_some_and(|text| !is_template(&text)) => {
            let reason = "`replacement` makes no label name";
            body.refuse(codes::UNUSABLE_VALUE, "replacement", reason);
        }
        _ => {}
    }
    match action.as_str() {
        "lowercase" | "uppercase" => only_default(body, &action, "replacement", "$1"),
        "keepequal" | "dropequal" => {
            if body.is_null("regex") {
                body.crash("regex", "a rule compares `regex`, which is null");
            } else {
                only_default(body, &action, "regex", ANYTHING);
            }
            others(body, &action);
        }
        "labeldrop" | "labelkeep" => {
            let sources = body.value("source_labels");
            if !matches!(sources, Value::Null | Value::Unknown(_)) {
                unwanted(body, &action, "source_labels");
            }
            only_default(body, &action, "target_label", "");
            others(body, &action);
        }
        _ => {}
    }
}

fn needs_action(body: &Body<'_>) {
    body.refuse(codes::INCOMPLETE_RULE, "action", "the action of a rule must not be null");
}

fn target(body: &Body<'_>, action: &str) {
    match body.text("target_label") {
        Some(label) if label.is_empty() => needs(body, action, "target_label"),
        Some(label) if action == "replace" && label.contains('$') && !is_template(&label) => {
            let reason = "`target_label` makes no label name";
            body.refuse(codes::UNUSABLE_VALUE, "target_label", reason);
        }
        // From 1.11 on a label may have any name.
        Some(label)
            if body.version().is_before(&V1_11_0)
                && !(action == "replace" && label.contains('$'))
                && !is_label_name(&label) =>
        {
            let reason = "`target_label` is no label name";
            body.refuse(codes::UNUSABLE_VALUE, "target_label", reason);
        }
        _ => {}
    }
}

fn others(body: &Body<'_>, action: &str) {
    if body.integer("modulus").is_some_and(|modulus| modulus != 0) {
        unwanted(body, action, "modulus");
    }
    only_default(body, action, "separator", ";");
    only_default(body, action, "replacement", "$1");
}

/// An argument that the action takes only with the value it has anyway.
fn only_default(body: &Body<'_>, action: &str, name: &str, default: &str) {
    if body.is_written(name) && body.text(name).is_some_and(|text| text != default) {
        unwanted(body, action, name);
    }
}

fn needs(body: &Body<'_>, action: &str, name: &str) {
    let reason = format!("a rule with action {action} needs `{name}`");
    body.refuse(codes::INCOMPLETE_RULE, name, reason);
}

fn unwanted(body: &Body<'_>, action: &str, name: &str) {
    let reason = format!("a rule with action {action} takes no `{name}`");
    body.refuse(codes::INCOMPLETE_RULE, name, reason);
}

/// Whether a text makes a label name whatever its references stand for: `a_$1`, `${1}_b`.
fn is_template(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    let mut is_first = true;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '$' if after.starts_with('{') => {
                let Some(end) = after.find('}') else { return false };
                let name = &after[1..end];
                if name.is_empty() || !name.chars().all(is_word) {
                    return false;
                }
                &after[end + 1..]
            }
            '$' if after.starts_with(is_word) => after,
            _ if c.is_ascii_digit() && is_first => return false,
            _ if is_word(c) => after,
            _ => return false,
        };
        is_first = false;
    }
    !is_first
}

/// Rules are applied to targets at once, and a null expression is looked at then.
fn applied(body: &Body<'_>) {
    let has_targets = body.given("targets") == Given::Yes;
    for rule in body.blocks("rule").filter(|rule| rule.is_null("regex") && has_targets) {
        let action = rule.text("action").unwrap_or_default();
        if matches!(action.as_str(), "replace" | "keep" | "drop" | "labelmap" | "labeldrop")
            || action == "labelkeep"
        {
            rule.crash("regex", "`regex` is null");
        }
    }
}

/// `prometheus.relabel` keeps results either by number or by time; by time since 1.19.
fn cache(body: &Body<'_>) {
    let Some(size) = body.integer("max_cache_size") else { return };
    let (refuse, name) =
        (|name, reason: &str| body.refuse(codes::UNUSABLE_VALUE, name, reason), "max_cache_size");
    if !body.takes("cache_ttl") {
        if size <= 0 {
            refuse(name, "`max_cache_size` must be greater than 0");
        }
        return;
    }
    let Some(ttl) = body.duration("cache_ttl") else { return };
    let ttl = ttl.nanoseconds();
    if size < 0 {
        refuse(name, "`max_cache_size` must not be negative");
    } else if ttl < 0 {
        refuse("cache_ttl", "`cache_ttl` must not be negative");
    } else if size > 0 && ttl > 0 {
        let reason = "`max_cache_size` must be 0 where `cache_ttl` is set";
        body.refuse(codes::CONFLICTING_SETTINGS, "cache_ttl", reason);
    } else if size == 0 && ttl == 0 {
        refuse(name, "one of `max_cache_size` and `cache_ttl` must be set");
    } else if ttl > 0 && ttl < 60_000_000_000 {
        refuse("cache_ttl", "`cache_ttl` must be at least 1m");
    }
}

#[cfg(test)]
mod tests {
    use super::is_template;
    use crate::validate::strict::tests::raised;

    fn of_rule(inner: &str) -> Vec<&'static str> {
        raised(&format!(
            "prometheus.relabel \"a\" {{\n forward_to = []\n rule {{\n {inner}\n }}\n}}"
        ))
    }

    #[test]
    fn an_action_needs_its_arguments() {
        assert_eq!(of_rule("source_labels = [\"a\"]"), ["incomplete-rule"]);
        assert_eq!(of_rule("action = \"hashmod\"\n target_label = \"a\""), ["incomplete-rule"]);
        assert_eq!(of_rule("action = \"keepequal\""), ["incomplete-rule"]);
        assert!(of_rule("action = \"drop\"\n regex = \"a.*\"").is_empty());
        assert!(of_rule("target_label = \"${1}_x\"").is_empty());
        assert_eq!(of_rule("target_label = sys.env(\"UNSET\")"), ["incomplete-rule"]);
    }

    #[test]
    fn an_action_refuses_what_it_does_not_use() {
        let found = of_rule("action = \"labeldrop\"\n regex = \"a\"\n source_labels = []");
        assert_eq!(found, ["incomplete-rule"]);
        let spelled = "action = \"labeldrop\"\n regex = \"a\"\n separator = \";\"\n modulus = 0";
        assert!(of_rule(spelled).is_empty());
    }

    #[test]
    fn references_in_a_label_keep_it_a_name() {
        for (text, expected) in
            [("a_$1", true), ("${1}x", true), ("1$1", false), ("$", false), ("a.$1", false)]
        {
            assert_eq!(is_template(text), expected, "{text}");
        }
    }

    #[test]
    fn results_are_kept_by_number_or_by_time() {
        let of = |inner: &str| {
            raised(&format!("prometheus.relabel \"a\" {{\n forward_to = []\n {inner}\n}}"))
        };
        assert_eq!(of("max_cache_size = 0"), ["unusable-value"]);
        assert_eq!(of("cache_ttl = \"5m\""), ["conflicting-settings"]);
        assert!(of("cache_ttl = \"5m\"\n max_cache_size = 0").is_empty());
    }
}
