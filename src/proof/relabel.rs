//! Applies relabel rules to possible variants, as Prometheus and Alloy do it.

mod matching;
mod names;

use std::sync::Arc;

use super::md5;
use super::pattern::Pattern;
use super::rule::{Action, Rule, Rules};
use super::template::Template;
use super::trail::{Step, Trail, Trails};
use super::variant::{Content, Label, Symbol, Variant};
use matching::Joined;

/// The most variants that are told apart; beyond that, what differs is unknown.
const MOST_VARIANTS: usize = 64;
/// The most rules of a list that may make cases of a variant; each is compared with all before.
const MOST_SPLITS: usize = 64;

/// What rules are applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Targets, in `discovery.relabel`.
    Target,
    /// Series, in `prometheus.relabel` and on the way to an endpoint.
    Series,
}

/// What rules made of variants.
#[derive(Clone, Debug, Default)]
pub struct Relabelled {
    /// The variants that are left.
    pub variants: Vec<Variant>,
    /// What was dropped, and by which rule.
    pub dropped: Vec<Dropped>,
}

/// A variant that a rule drops.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The rule.
    pub step: Step,
    /// Whether there certainly was such a variant.
    pub is_certain: bool,
}

/// Applies rules, or says of every label that it is unknown where the rules are.
pub fn apply(
    trails: &Trails,
    rules: &Rules,
    subject: Subject,
    variants: Vec<Variant>,
) -> Relabelled {
    let mut result = Relabelled { variants, dropped: Vec::new() };
    for variant in &mut result.variants {
        variant.settle();
    }
    match rules {
        Ok(rules) => {
            let mut splits = 0;
            for rule in rules {
                let machine = Machine { trails, rule, subject };
                let before = std::mem::take(&mut result.variants);
                let count = before.len();
                for variant in before {
                    machine.apply(variant, &mut result);
                }
                // Without a split there is nothing new to merge.
                if result.variants.len() > count {
                    splits += 1;
                    thin(&mut result.variants, splits > MOST_SPLITS);
                }
            }
        }
        Err(reason) => {
            for variant in &mut result.variants {
                variant.forget(reason, reason);
                variant.is_possible_only = true;
            }
        }
    }
    result
}

/// Merges variants that are alike, and gives up on telling too many apart, or any.
fn thin(variants: &mut Vec<Variant>, gives_up: bool) {
    if variants.len() < 2 {
        return;
    }
    let mut kept: Vec<Variant> = Vec::with_capacity(variants.len());
    if gives_up {
        variants.truncate(1);
    }
    for variant in variants.drain(..) {
        match kept.iter_mut().find(|other| other.is_like(&variant)) {
            Some(other) => other.is_possible_only &= variant.is_possible_only,
            None => kept.push(variant),
        }
    }
    if kept.len() > MOST_VARIANTS || gives_up {
        kept.truncate(1);
        let reason: Arc<str> = "more cases must be told apart than is useful".into();
        kept[0].forget(&reason, "cases");
        kept[0].is_possible_only = true;
    }
    *variants = kept;
}

struct Machine<'a> {
    trails: &'a Trails,
    rule: &'a Rule,
    subject: Subject,
}

impl Machine<'_> {
    fn apply(&self, mut variant: Variant, result: &mut Relabelled) {
        if let Some(why) = self.rule.refusal() {
            let reason: Arc<str> =
                format!("{} refuses a rule: {why}", self.rule.dialect.program).into();
            variant.forget(&reason, "refused");
            variant.is_possible_only = true;
            result.variants.push(variant);
            return;
        }
        match self.rule.action {
            Action::Keep => self.filter(variant, true, result),
            Action::Drop => self.filter(variant, false, result),
            Action::KeepEqual => self.compare(variant, true, result),
            Action::DropEqual => self.compare(variant, false, result),
            Action::Replace => self.replace(variant, result),
            Action::HashMod | Action::Lowercase | Action::Uppercase => {
                self.compute(&mut variant);
                result.variants.push(variant);
            }
            Action::LabelMap => self.map(variant, result),
            Action::LabelDrop => {
                self.remove(&mut variant, true);
                result.variants.push(variant);
            }
            Action::LabelKeep => {
                self.remove(&mut variant, false);
                result.variants.push(variant);
            }
        }
    }

    fn step(&self, what: impl Into<Arc<str>>) -> Step {
        Step::new(self.rule.component, self.rule.place, what)
    }

    fn filter(&self, variant: Variant, keeps: bool, result: &mut Relabelled) {
        let joined = self.join(&variant);
        let (matched, unmatched) = self.split(variant, &joined);
        let (kept, dropped) = if keeps { (matched, unmatched) } else { (unmatched, matched) };
        result.variants.extend(kept);
        let names = self.source_names();
        let pattern = self.rule.regex.as_ref().map_or("(unknown)", Pattern::text);
        let verb = if keeps { "does not match" } else { "matches" };
        let what = format!("drops what has a {names} that {verb} `{pattern}`");
        for variant in dropped {
            let is_certain = !variant.is_possible_only;
            result.dropped.push(Dropped { step: self.step(what.clone()), is_certain });
        }
    }

    fn compare(&self, variant: Variant, keeps: bool, result: &mut Relabelled) {
        let joined = self.join(&variant);
        let target = self.rule.target_label.as_ref().map(|target| variant.get(target.text()));
        let equal = match (&target, &joined.text, &joined.only) {
            (Ok(Label { content: Content::Known(text), .. }), Some(other), _) => {
                Some(**text == **other)
            }
            (Ok(Label { content: Content::Absent, .. }), Some(other), _) => Some(other.is_empty()),
            (Ok(Label { content: Content::Absent, .. }), None, _) if joined.is_present => {
                Some(false)
            }
            (Ok(Label { content: Content::Unknown(symbol), .. }), None, Some(only))
                if symbol.id == only.id =>
            {
                Some(true)
            }
            _ => None,
        };
        let names = self.source_names();
        let verb = if keeps { "differs from" } else { "is equal to" };
        let other = self.rule.target_label.as_ref().map_or("(unknown)", Template::text);
        let what = format!("drops what has a {names} that {verb} `{other}`");
        if equal != Some(keeps) {
            let is_certain = equal.is_some() && !variant.is_possible_only;
            result.dropped.push(Dropped { step: self.step(what), is_certain });
        }
        if equal != Some(!keeps) {
            let mut variant = variant;
            variant.is_possible_only |= equal.is_none();
            result.variants.push(variant);
        }
    }

    fn replace(&self, variant: Variant, result: &mut Relabelled) {
        let joined = self.join(&variant);
        let (matched, unmatched) = self.split(variant, &joined);
        result.variants.extend(unmatched);
        for mut variant in matched {
            self.set_target(&mut variant, &joined);
            result.variants.push(variant);
        }
    }

    /// Sets the target label to what the replacement gives.
    fn set_target(&self, variant: &mut Variant, joined: &Joined) {
        let target = self.expand(&self.rule.target_label, joined);
        let target = match target {
            Ok(target) if self.rule.dialect.sets_name(&target) => target,
            Ok(_) => return,
            Err(reason) => {
                let reason = format!("a rule sets a label whose name is not known: {reason}");
                variant.forget(&reason.clone().into(), &reason);
                return;
            }
        };
        // What the first label already was is what it stays, if the rule only copies.
        let copies = self.rule.replacement.as_ref().is_ok_and(Template::is_first_group)
            && self.rule.regex.as_ref().is_ok_and(Pattern::captures_all);
        let label = match (self.expand(&self.rule.replacement, joined), &joined.only) {
            (Ok(text), _) => {
                let what = if text.is_empty() {
                    format!("takes `{target}` away: it is set to nothing")
                } else {
                    format!("sets `{target}` to {text:?}")
                };
                Label::known(text, self.trail(joined, what))
            }
            (Err(_), Some(symbol)) if copies => {
                let what = format!("copies {} to `{target}`", self.source_names());
                let content = Content::Unknown(symbol.clone());
                Label { content, trail: self.trail(joined, what) }
            }
            (Err(reason), _) => {
                let what = format!("sets `{target}` from what is not known");
                let id = format!("{:?}/{}", self.rule.place, joined.key);
                let content = Content::Unknown(Symbol::new(id, reason));
                Label { content, trail: self.trail(joined, what) }
            }
        };
        variant.set(target, label);
    }

    fn trail(&self, joined: &Joined, what: String) -> Trail {
        let is_constant =
            self.rule.replacement.as_ref().is_ok_and(|text| text.constant().is_some());
        let before = if is_constant { Trail::START } else { joined.trail };
        self.trails.push(before, self.step(what))
    }

    /// What a template gives for the joined text.
    fn expand(
        &self,
        template: &Result<Template, Arc<str>>,
        joined: &Joined,
    ) -> Result<String, Arc<str>> {
        let template = template.as_ref().map_err(Clone::clone)?;
        if let Some(text) = template.constant() {
            return Ok(text);
        }
        let Some(text) = &joined.text else { return Err(joined.reason.clone()) };
        let regex = self.rule.regex.as_ref().map_err(Clone::clone)?;
        let found = regex.capture(text, |captures| template.expand(captures));
        Ok(found.map_err(Arc::<str>::from)?.unwrap_or_default())
    }

    fn compute(&self, variant: &mut Variant) {
        let joined = self.join(variant);
        let Ok(target) = &self.rule.target_label else {
            let reason: Arc<str> = "a rule sets a label whose name is not known".into();
            variant.forget(&reason, "target");
            return;
        };
        let text = match (&joined.text, self.rule.action) {
            (Some(text), Action::HashMod) => match &self.rule.modulus {
                Ok(modulus) => Ok((md5::tail(text.as_bytes()) % modulus).to_string()),
                Err(reason) => Err(reason.clone()),
            },
            (Some(text), Action::Lowercase) if text.is_ascii() => Ok(text.to_ascii_lowercase()),
            (Some(text), Action::Uppercase) if text.is_ascii() => Ok(text.to_ascii_uppercase()),
            (Some(_), _) => Err("letters outside ASCII change their case".into()),
            (None, _) => Err(joined.reason.clone()),
        };
        let action = self.rule.action.name();
        let what = format!("sets `{}` by `{action}`", target.text());
        let trail = self.trails.push(joined.trail, self.step(what));
        let label = match text {
            Ok(text) => Label::known(text, trail),
            Err(reason) => {
                let id = format!("{:?}/{}", self.rule.place, joined.key);
                Label { content: Content::Unknown(Symbol::new(id, reason)), trail }
            }
        };
        variant.set(target.text(), label);
    }
}
