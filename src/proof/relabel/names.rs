//! Actions that go by the names of labels: `labelmap`, `labeldrop`, `labelkeep`.

use std::sync::Arc;

use super::{Machine, Relabelled, Subject, thin};
use crate::proof::dialect::is_label_name;
use crate::proof::pattern::Pattern;
use crate::proof::template::Template;
use crate::proof::variant::{Content, Label, Symbol, Variant};

impl Machine<'_> {
    pub(super) fn remove(&self, variant: &mut Variant, drops: bool) {
        let Ok(regex) = &self.rule.regex else {
            let reason: Arc<str> = "a rule takes labels away that are not known".into();
            variant.forget(&reason, "taken");
            return;
        };
        let action = self.rule.action.name();
        for (name, label) in variant.walk() {
            let what = if drops {
                format!("takes `{name}` away: `{action}` with `{}`", regex.text())
            } else {
                format!("takes `{name}` away: `{action}` keeps only `{}`", regex.text())
            };
            match regex.is_match(&name) {
                Ok(matches) if matches == drops => {
                    let trail = self.trails.push(label.trail, self.step(what));
                    variant.set(name, Label { content: Content::Absent, trail });
                }
                Ok(_) => {}
                Err(reason) => {
                    let symbol = Symbol::new(format!("{:?}/{name}", self.rule.place), reason);
                    variant
                        .set(name, Label { content: Content::Unknown(symbol), trail: label.trail });
                }
            }
        }
        variant.take(regex, drops);
    }

    pub(super) fn map(&self, mut variant: Variant, result: &mut Relabelled) {
        let (Ok(regex), Ok(replacement)) = (&self.rule.regex, &self.rule.replacement) else {
            let reason: Arc<str> = "a rule copies labels that are not known".into();
            variant.forget(&reason, "map");
            result.variants.push(variant);
            return;
        };
        let mut copies: Vec<(String, Arc<str>, Label)> = Vec::new();
        for (name, label) in variant.walk() {
            match regex.capture(&name, |captures| replacement.expand(captures)) {
                Ok(Some(target)) if !target.is_empty() => copies.push((target, name, label)),
                Ok(_) => {}
                Err(reason) => {
                    variant.forget(&reason.clone().into(), &reason);
                    result.variants.push(variant);
                    return;
                }
            }
        }
        self.map_rest(&mut variant, regex, replacement);
        let mut variants = vec![variant];
        for (at, (target, name, label)) in copies.iter().enumerate() {
            let clashes = copies[..at]
                .iter()
                .any(|(also, _, with)| also == target && with.content != label.content);
            let mut more = Vec::new();
            for variant in &mut variants {
                // In what order Alloy copies labels of a target is chance.
                if clashes
                    && self.subject == Subject::Target
                    && self.rule.dialect.has_random_targets
                {
                    let mut other = variant.clone();
                    other.is_possible_only = true;
                    more.push(other);
                    variant.is_possible_only = true;
                }
                self.copy(variant, target, name, label);
            }
            variants.append(&mut more);
            thin(&mut variants, false);
        }
        result.variants.append(&mut variants);
    }

    fn copy(&self, variant: &mut Variant, target: &str, name: &str, label: &Label) {
        let old = variant.get(target);
        let what = format!("copies `{name}` to `{target}`");
        let trail = self.trails.push(label.trail, self.step(what));
        let content = match &label.content {
            // Where the copied label may be missing, the old one may stay.
            Content::Unknown(symbol) if !symbol.is_present && old.content != Content::Absent => {
                let id = format!("{:?}/{}", self.rule.place, symbol.id);
                Content::Unknown(Symbol::new(id, symbol.reason.clone()))
            }
            content => content.clone(),
        };
        variant.set(target, Label { content, trail });
    }

    /// Labels that are not listed may be copied over those that are.
    fn map_rest(&self, variant: &mut Variant, regex: &Pattern, replacement: &Template) {
        let Some(reason) = variant.rest().cloned() else { return };
        let prefix = ["(.+)", "(.*)"]
            .iter()
            .find_map(|end| regex.text().strip_suffix(end))
            .filter(|prefix| is_label_name(prefix) && replacement.is_first_group());
        for name in variant.listed() {
            let reached = match (prefix, replacement.constant()) {
                (_, Some(constant)) => *constant == *name,
                (Some(prefix), None) => {
                    matches!(variant.get(&format!("{prefix}{name}")).content, Content::Unknown(_))
                        && !variant.is_listed(&format!("{prefix}{name}"))
                }
                (None, None) => true,
            };
            if reached {
                let id = format!("{:?}/{name}", self.rule.place);
                let label = variant.get(&name);
                let content = Content::Unknown(Symbol::new(id, reason.clone()));
                variant.set(name, Label { content, trail: label.trail });
            }
        }
    }
}
