//! Relabel rules: what each action needs, and what it does not take.

use super::{Place, Setting, codes};
use crate::diagnostic::Diagnostic;
use crate::go::regexp;

/// The type of a rule.
const RULE: &str = "common/relabel.Config";

pub(super) fn check(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    if place.shape.name() != RULE {
        return;
    }
    let Setting::Text(action) = place.effective("action") else { return };
    expression(place, out);
    match action.as_str() {
        "replace" => target(place, &action, out),
        "hashmod" => {
            target(place, &action, out);
            if matches!(place.effective("modulus").text(), None | Some("0"))
                && place.setting("modulus") != Setting::Computed
            {
                out.push(needs(place, &action, "modulus"));
            }
        }
        "lowercase" | "uppercase" => {
            target(place, &action, out);
            unwanted(place, &action, &["replacement"], out);
        }
        "keepequal" | "dropequal" => {
            target(place, &action, out);
            let others = ["regex", "modulus", "separator", "replacement"];
            unwanted(place, &action, &others, out);
        }
        "labeldrop" | "labelkeep" => {
            let others = ["source_labels", "target_label", "modulus", "separator", "replacement"];
            unwanted(place, &action, &others, out);
        }
        _ => {}
    }
}

/// A regular expression that Alloy before 1.17 finds only when it runs.
fn expression(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let Setting::Text(regex) = place.setting("regex") else { return };
    if let Some(fault) = regexp::fault(&format!("^(?s:{regex})$")) {
        let message = format!("the regular expression is wrong ({fault}): Alloy will not start");
        out.push(place.error(codes::WRONG_REGEX, "regex", message));
    }
}

fn target(place: &Place<'_>, action: &str, out: &mut Vec<Diagnostic>) {
    if place.setting("target_label") != Setting::Computed && !place.has("target_label") {
        out.push(needs(place, action, "target_label"));
    }
}

fn needs(place: &Place<'_>, action: &str, name: &str) -> Diagnostic {
    let message = format!("a rule with action {action} needs `{name}`: Alloy will not start");
    place.error(codes::INCOMPLETE_RULE, name, message)
}

fn unwanted(place: &Place<'_>, action: &str, names: &[&str], out: &mut Vec<Diagnostic>) {
    for name in names.iter().filter(|name| place.setting(name).is_given()) {
        let default = place.shape.field(name).and_then(|field| field.default());
        let is_default = place.setting(name) == place.effective(name)
            && default.is_some_and(|default| {
                alloy_grammar::literal::unquote(default).as_deref() == place.setting(name).text()
            });
        if !is_default {
            let message =
                format!("a rule with action {action} takes no `{name}`: Alloy will not start");
            out.push(place.error(codes::INCOMPLETE_RULE, name, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raised;

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
        assert!(of_rule("target_label = sys.env(\"L\")").is_empty());
    }

    #[test]
    fn an_action_refuses_what_it_does_not_use() {
        let found = of_rule("action = \"labeldrop\"\n regex = \"a\"\n source_labels = [\"a\"]");
        assert_eq!(found, ["incomplete-rule"]);
        assert!(of_rule("action = \"labeldrop\"\n regex = \"a\"\n separator = \";\"").is_empty());
    }

    #[test]
    fn an_expression_must_be_one() {
        assert_eq!(of_rule("action = \"drop\"\n regex = \"(\""), ["wrong-regex"]);
    }
}
