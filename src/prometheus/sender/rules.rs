//! Relabel rules as the proof takes them.

use std::sync::Arc;

use crate::prometheus::decode::{Fields, Item};
use crate::prometheus::version::Version;
use crate::proof::{Action, ComponentId, Dialect, Pattern, Place, Rule, Rules, Template};

/// How a version reads rules, with the scheme for names that a job states.
pub(in crate::prometheus) fn dialect(version: &Version, scheme: &str) -> &'static Dialect {
    match (version.is_at_least(3, 0), scheme) {
        (false, _) => Dialect::PROMETHEUS_2,
        (true, "legacy") => Dialect::PROMETHEUS_3_LEGACY,
        (true, _) => Dialect::PROMETHEUS_3,
    }
}

/// The rules of a list.
pub(in crate::prometheus) fn rules(
    fields: &Fields,
    name: &str,
    dialect: &'static Dialect,
    component: ComponentId,
    place: impl Fn(&Fields) -> Place,
) -> Rules {
    fields
        .list(name)
        .iter()
        .filter_map(Item::fields)
        .map(|rule| one(rule, dialect, component, place(rule)))
        .collect()
}

fn one(
    written: &Fields,
    dialect: &'static Dialect,
    component: ComponentId,
    place: Place,
) -> Result<Rule, Arc<str>> {
    let mut rule = Rule::new(dialect, component, place);
    let action = written.text_or("action", "replace");
    rule.action = Action::parse(action, dialect)
        .ok_or_else(|| Arc::<str>::from("a rule has an action that is not known"))?;
    let labels = written.list("source_labels").iter().map(|label| Arc::from(label.text()));
    rule.source_labels = Ok(labels.collect());
    rule.separator = Ok(Arc::from(written.text_or("separator", ";")));
    rule.regex = Ok(Pattern::new(written.text_or("regex", "(.*)"), dialect));
    rule.modulus = Ok(written.int_or("modulus", 0).unsigned_abs());
    rule.target_label = Ok(Template::new(written.text("target_label")));
    rule.replacement = Ok(Template::new(written.text_or("replacement", "$1")));
    Ok(rule)
}
