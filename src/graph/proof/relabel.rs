//! Applies relabel rules to possible worlds, as Prometheus and Alloy do it.

use std::sync::Arc;

use super::md5;
use super::pattern::Pattern;
use super::rule::{Action, Rule, Rules, is_label_name};
use super::template::Template;
use super::trail::{Step, Trail, Trails};
use super::world::{Content, Label, Symbol, World};
use crate::graph::component::{ComponentId, Place};

/// The most worlds that are told apart; beyond that, what differs is unknown.
const MOST_WORLDS: usize = 64;

/// Where rules are applied: the order of labels is random in Alloy's own code for targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Targets, in `discovery.relabel`.
    Target,
    /// Series, in `prometheus.relabel` and on the way to an endpoint.
    Series,
}

/// What rules made of worlds.
#[derive(Clone, Debug, Default)]
pub struct Relabelled {
    /// The worlds that are left.
    pub worlds: Vec<World>,
    /// What was dropped, and by which rule.
    pub dropped: Vec<Dropped>,
}

/// A world that a rule drops.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The rule.
    pub step: Step,
    /// Whether there certainly was such a world.
    pub is_certain: bool,
}

/// Applies rules, or says of every label that it is unknown where the rules are.
pub(in crate::graph) fn apply(
    trails: &Trails,
    rules: &Rules,
    subject: Subject,
    worlds: Vec<World>,
) -> Relabelled {
    let mut result = Relabelled { worlds, dropped: Vec::new() };
    for world in &mut result.worlds {
        world.settle();
    }
    match rules {
        Ok(rules) => {
            for rule in rules {
                let machine = Machine { trails, rule, subject };
                let before = std::mem::take(&mut result.worlds);
                let count = before.len();
                for world in before {
                    machine.apply(world, &mut result);
                }
                // Without a split there is nothing new to merge.
                if result.worlds.len() > count {
                    thin(&mut result.worlds);
                }
            }
        }
        Err(reason) => {
            for world in &mut result.worlds {
                world.forget(reason, reason);
                world.is_possible_only = true;
            }
        }
    }
    result
}

/// Merges worlds that are alike, and gives up on telling too many apart.
fn thin(worlds: &mut Vec<World>) {
    if worlds.len() < 2 {
        return;
    }
    let mut kept: Vec<World> = Vec::with_capacity(worlds.len());
    for world in worlds.drain(..) {
        match kept.iter_mut().find(|other| other.is_like(&world)) {
            Some(other) => other.is_possible_only &= world.is_possible_only,
            None => kept.push(world),
        }
    }
    if kept.len() > MOST_WORLDS {
        kept.truncate(1);
        let reason: Arc<str> = "more cases must be told apart than is useful".into();
        kept[0].forget(&reason, "cases");
        kept[0].is_possible_only = true;
    }
    *worlds = kept;
}

/// The values of the source labels, joined.
struct Joined {
    /// The text, if it is known.
    text: Option<String>,
    /// What tells this text from others.
    key: String,
    /// The one symbol the text consists of, if it does.
    only: Option<Symbol>,
    reason: Arc<str>,
    is_present: bool,
    trail: Trail,
}

enum Match {
    Yes,
    No,
    Maybe,
}

struct Machine<'a> {
    trails: &'a Trails,
    rule: &'a Rule,
    subject: Subject,
}

impl Machine<'_> {
    fn apply(&self, mut world: World, result: &mut Relabelled) {
        if let Some(why) = self.rule.refusal() {
            let reason: Arc<str> = format!("Alloy refuses a rule: {why}").into();
            world.forget(&reason, "refused");
            world.is_possible_only = true;
            result.worlds.push(world);
            return;
        }
        match self.rule.action {
            Action::Keep => self.filter(world, true, result),
            Action::Drop => self.filter(world, false, result),
            Action::KeepEqual => self.compare(world, true, result),
            Action::DropEqual => self.compare(world, false, result),
            Action::Replace => self.replace(world, result),
            Action::HashMod | Action::Lowercase | Action::Uppercase => {
                self.compute(&mut world);
                result.worlds.push(world);
            }
            Action::LabelMap => self.map(world, result),
            Action::LabelDrop => {
                self.remove(&mut world, true);
                result.worlds.push(world);
            }
            Action::LabelKeep => {
                self.remove(&mut world, false);
                result.worlds.push(world);
            }
        }
    }

    fn step(&self, what: impl Into<Arc<str>>) -> Step {
        Step { component: self.rule.component, place: self.rule.place, what: what.into() }
    }

    fn filter(&self, world: World, keeps: bool, result: &mut Relabelled) {
        let joined = self.join(&world);
        let (matched, unmatched) = self.split(world, &joined);
        let (kept, dropped) = if keeps { (matched, unmatched) } else { (unmatched, matched) };
        result.worlds.extend(kept);
        let names = self.source_names();
        let pattern = self.rule.regex.as_ref().map_or("(unknown)", Pattern::text);
        let verb = if keeps { "does not match" } else { "matches" };
        let what = format!("drops what has a {names} that {verb} `{pattern}`");
        for world in dropped {
            let is_certain = !world.is_possible_only;
            result.dropped.push(Dropped { step: self.step(what.clone()), is_certain });
        }
    }

    fn compare(&self, world: World, keeps: bool, result: &mut Relabelled) {
        let joined = self.join(&world);
        let target = self.rule.target_label.as_ref().map(|target| world.get(target.text()));
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
            let is_certain = equal.is_some() && !world.is_possible_only;
            result.dropped.push(Dropped { step: self.step(what), is_certain });
        }
        if equal != Some(!keeps) {
            let mut world = world;
            world.is_possible_only |= equal.is_none();
            result.worlds.push(world);
        }
    }

    fn replace(&self, world: World, result: &mut Relabelled) {
        let joined = self.join(&world);
        let (matched, unmatched) = self.split(world, &joined);
        result.worlds.extend(unmatched);
        for mut world in matched {
            self.set_target(&mut world, &joined);
            result.worlds.push(world);
        }
    }

    /// Sets the target label to what the replacement gives.
    fn set_target(&self, world: &mut World, joined: &Joined) {
        let target = self.expand(&self.rule.target_label, joined);
        let target = match target {
            Ok(target) if is_label_name(&target) => target,
            Ok(_) => return,
            Err(reason) => {
                let reason = format!("a rule sets a label whose name is not known: {reason}");
                world.forget(&reason.clone().into(), &reason);
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
        world.set(target, label);
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

    fn compute(&self, world: &mut World) {
        let joined = self.join(world);
        let Ok(target) = &self.rule.target_label else {
            let reason: Arc<str> = "a rule sets a label whose name is not known".into();
            world.forget(&reason, "target");
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
        world.set(target.text(), label);
    }

    fn remove(&self, world: &mut World, drops: bool) {
        let Ok(regex) = &self.rule.regex else {
            let reason: Arc<str> = "a rule takes labels away that are not known".into();
            world.forget(&reason, "taken");
            return;
        };
        let action = self.rule.action.name();
        for (name, label) in world.walk() {
            let what = if drops {
                format!("takes `{name}` away: `{action}` with `{}`", regex.text())
            } else {
                format!("takes `{name}` away: `{action}` keeps only `{}`", regex.text())
            };
            match regex.is_match(&name) {
                Ok(matches) if matches == drops => {
                    let trail = self.trails.push(label.trail, self.step(what));
                    world.set(name, Label { content: Content::Absent, trail });
                }
                Ok(_) => {}
                Err(reason) => {
                    let symbol = Symbol::new(format!("{:?}/{name}", self.rule.place), reason);
                    world
                        .set(name, Label { content: Content::Unknown(symbol), trail: label.trail });
                }
            }
        }
        world.take(regex, drops);
    }

    fn map(&self, mut world: World, result: &mut Relabelled) {
        let (Ok(regex), Ok(replacement)) = (&self.rule.regex, &self.rule.replacement) else {
            let reason: Arc<str> = "a rule copies labels that are not known".into();
            world.forget(&reason, "map");
            result.worlds.push(world);
            return;
        };
        let mut copies: Vec<(String, Arc<str>, Label)> = Vec::new();
        for (name, label) in world.walk() {
            match regex.capture(&name, |captures| replacement.expand(captures)) {
                Ok(Some(target)) if !target.is_empty() => copies.push((target, name, label)),
                Ok(_) => {}
                Err(reason) => {
                    world.forget(&reason.clone().into(), &reason);
                    result.worlds.push(world);
                    return;
                }
            }
        }
        self.map_rest(&mut world, regex, replacement);
        let mut worlds = vec![world];
        for (at, (target, name, label)) in copies.iter().enumerate() {
            let clashes = copies[..at]
                .iter()
                .any(|(also, _, with)| also == target && with.content != label.content);
            let mut more = Vec::new();
            for world in &mut worlds {
                // In what order Alloy copies labels of a target is chance.
                if clashes && self.subject == Subject::Target {
                    let mut other = world.clone();
                    other.is_possible_only = true;
                    more.push(other);
                    world.is_possible_only = true;
                }
                self.copy(world, target, name, label);
            }
            worlds.append(&mut more);
            thin(&mut worlds);
        }
        result.worlds.append(&mut worlds);
    }

    fn copy(&self, world: &mut World, target: &str, name: &str, label: &Label) {
        let old = world.get(target);
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
        world.set(target, Label { content, trail });
    }

    /// Labels that are not listed may be copied over those that are.
    fn map_rest(&self, world: &mut World, regex: &Pattern, replacement: &Template) {
        let Some(reason) = world.rest().cloned() else { return };
        let prefix = ["(.+)", "(.*)"]
            .iter()
            .find_map(|end| regex.text().strip_suffix(end))
            .filter(|prefix| is_label_name(prefix) && replacement.is_first_group());
        for name in world.listed() {
            let reached = match (prefix, replacement.constant()) {
                (_, Some(constant)) => *constant == *name,
                (Some(prefix), None) => {
                    matches!(world.get(&format!("{prefix}{name}")).content, Content::Unknown(_))
                        && !world.is_listed(&format!("{prefix}{name}"))
                }
                (None, None) => true,
            };
            if reached {
                let id = format!("{:?}/{name}", self.rule.place);
                let label = world.get(&name);
                let content = Content::Unknown(Symbol::new(id, reason.clone()));
                world.set(name, Label { content, trail: label.trail });
            }
        }
    }

    fn source_names(&self) -> String {
        match &self.rule.source_labels {
            Ok(names) if names.is_empty() => "nothing".to_owned(),
            Ok(names) => {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            }
            Err(_) => "label that is not known".to_owned(),
        }
    }

    fn join(&self, world: &World) -> Joined {
        let (names, separator) = match (&self.rule.source_labels, &self.rule.separator) {
            (Ok(names), Ok(separator)) => (names, separator),
            (Err(reason), _) | (_, Err(reason)) => {
                let reason = reason.clone();
                let symbol = Symbol::new(format!("{:?}/source", self.rule.place), reason.clone());
                return Joined {
                    text: None,
                    key: symbol.id.to_string(),
                    only: Some(symbol),
                    reason,
                    is_present: false,
                    trail: Trail::START,
                };
            }
        };
        let labels: Vec<Label> = names.iter().map(|name| world.get(name)).collect();
        let mut text = Some(String::new());
        let mut key = String::new();
        let mut reason: Arc<str> = "".into();
        let mut is_present = names.len() > 1 && !separator.is_empty();
        for (at, label) in labels.iter().enumerate() {
            if at > 0 {
                key.push_str(separator);
                text = text.map(|text| text + &**separator);
            }
            match &label.content {
                Content::Absent => {}
                Content::Known(known) => {
                    is_present = true;
                    key.push_str(known);
                    text = text.map(|text| text + &**known);
                }
                Content::Unknown(symbol) => {
                    is_present |= symbol.is_present;
                    key.push('\u{1}');
                    key.push_str(&symbol.id);
                    key.push('\u{1}');
                    if text.take().is_some() {
                        reason = symbol.reason.clone();
                    }
                }
            }
        }
        let only = match labels.as_slice() {
            [Label { content: Content::Unknown(symbol), .. }] => Some(symbol.clone()),
            _ => None,
        };
        let trail = labels.iter().map(|label| label.trail).find(|trail| !trail.is_start());
        Joined { text, key, only, reason, is_present, trail: trail.unwrap_or(Trail::START) }
    }

    /// The worlds where the rule's pattern matches, and those where it does not.
    fn split(&self, world: World, joined: &Joined) -> (Vec<World>, Vec<World>) {
        let Ok(regex) = &self.rule.regex else {
            let mut world = world;
            world.is_possible_only = true;
            return (vec![world.clone()], vec![world]);
        };
        match self.matches(&world, joined, regex) {
            Match::Yes => (vec![world], Vec::new()),
            Match::No => (Vec::new(), vec![world]),
            Match::Maybe => {
                let mut unmatched = world.clone();
                unmatched.assume(&joined.key, regex, false);
                (self.refine(world, joined, regex), vec![unmatched])
            }
        }
    }

    fn matches(&self, world: &World, joined: &Joined, regex: &Pattern) -> Match {
        if regex.matches_all() || (regex.matches_all_but_empty() && joined.is_present) {
            return Match::Yes;
        }
        if let Some(text) = &joined.text {
            return match regex.is_match(text) {
                Ok(true) => Match::Yes,
                Ok(false) => Match::No,
                Err(_) => Match::Maybe,
            };
        }
        if let Some(assumed) = world.assumption(&joined.key, regex) {
            return if assumed { Match::Yes } else { Match::No };
        }
        if let Some(symbol) = &joined.only {
            if let Some(literals) = regex.literals()
                && !literals.iter().any(|literal| symbol.may_be(literal))
            {
                return Match::No;
            }
            if !symbol.prefix.is_empty()
                && let Some(always) = regex.decides_prefix(symbol.prefix)
            {
                return if always { Match::Yes } else { Match::No };
            }
        }
        Match::Maybe
    }

    /// The worlds in which an unknown text matches: one for each text of a short choice.
    fn refine(&self, world: World, joined: &Joined, regex: &Pattern) -> Vec<World> {
        let literals = regex.literals().filter(|literals| literals.len() <= 8);
        match (&joined.only, literals) {
            (Some(symbol), Some(literals)) => literals
                .into_iter()
                .filter(|literal| symbol.may_be(literal))
                .map(|literal| {
                    let mut world = world.clone();
                    world.learn(symbol, &literal);
                    world
                })
                .collect(),
            _ => {
                let mut world = world;
                world.assume(&joined.key, regex, true);
                vec![world]
            }
        }
    }
}

/// The component a rule belongs to and its block, for steps made elsewhere.
pub(in crate::graph) fn step(
    component: ComponentId,
    place: Place,
    what: impl Into<Arc<str>>,
) -> Step {
    Step { component, place, what: what.into() }
}
