//! Actions that go by the names of labels: `labelmap`, `labeldrop`, `labelkeep`.

use std::sync::Arc;

use super::{Machine, Relabelled, Subject, thin};
use crate::graph::proof::pattern::Pattern;
use crate::graph::proof::rule::is_label_name;
use crate::graph::proof::template::Template;
use crate::graph::proof::world::{Content, Label, Symbol, World};

impl Machine<'_> {
    pub(super) fn remove(&self, world: &mut World, drops: bool) {
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

    pub(super) fn map(&self, mut world: World, result: &mut Relabelled) {
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
}
