//! Relabel rules as their blocks state them: `rule` and `write_relabel_config`, with defaults.

use std::sync::Arc;

use super::dialect::Dialect;
use super::pattern::Pattern;
use super::place::{ComponentId, Place};
use super::template::Template;

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sets a label to what a match gives.
    Replace,
    /// Keeps what matches.
    Keep,
    /// Drops what matches.
    Drop,
    /// Keeps what is equal to a label.
    KeepEqual,
    /// Drops what is equal to a label.
    DropEqual,
    /// Sets a label to a hash.
    HashMod,
    /// Copies labels to others by their names.
    LabelMap,
    /// Takes labels away by their names.
    LabelDrop,
    /// Takes all other labels away.
    LabelKeep,
    /// Sets a label in lower case.
    Lowercase,
    /// Sets a label in upper case.
    Uppercase,
}

impl Action {
    /// Finds an action by its name.
    pub fn parse(name: &str, dialect: &Dialect) -> Option<Action> {
        let lower = name.to_ascii_lowercase();
        Some(match if dialect.takes_any_case { lower.as_str() } else { name } {
            "replace" => Action::Replace,
            "keep" => Action::Keep,
            "drop" => Action::Drop,
            "keepequal" => Action::KeepEqual,
            "dropequal" => Action::DropEqual,
            "hashmod" => Action::HashMod,
            "labelmap" => Action::LabelMap,
            "labeldrop" => Action::LabelDrop,
            "labelkeep" => Action::LabelKeep,
            "lowercase" => Action::Lowercase,
            "uppercase" => Action::Uppercase,
            _ => return None,
        })
    }

    /// The name a configuration uses.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Replace => "replace",
            Action::Keep => "keep",
            Action::Drop => "drop",
            Action::KeepEqual => "keepequal",
            Action::DropEqual => "dropequal",
            Action::HashMod => "hashmod",
            Action::LabelMap => "labelmap",
            Action::LabelDrop => "labeldrop",
            Action::LabelKeep => "labelkeep",
            Action::Lowercase => "lowercase",
            Action::Uppercase => "uppercase",
        }
    }

    fn needs_target(self) -> bool {
        use Action::{DropEqual, HashMod, KeepEqual, Lowercase, Replace, Uppercase};
        matches!(self, Replace | KeepEqual | DropEqual | HashMod | Lowercase | Uppercase)
    }
}

/// An argument of a rule, or why it is not known.
pub type Argument<T> = Result<T, Arc<str>>;

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// The labels it looks at.
    pub source_labels: Argument<Vec<Arc<str>>>,
    /// What stands between their values.
    pub separator: Argument<Arc<str>>,
    /// What is looked for.
    pub regex: Argument<Pattern>,
    /// The modulus of a hash.
    pub modulus: Argument<u64>,
    /// The label that is set or compared.
    pub target_label: Argument<Template>,
    /// What it is set to.
    pub replacement: Argument<Template>,
    /// How the program that applies it reads rules.
    pub dialect: &'static Dialect,
    /// The component it belongs to.
    pub component: ComponentId,
    /// Its block.
    pub place: Place,
}

/// The rules of a component, or why what they do is not known.
pub type Rules = Result<Vec<Rule>, Arc<str>>;

impl Rule {
    /// A rule with the defaults.
    pub fn new(dialect: &'static Dialect, component: ComponentId, place: Place) -> Rule {
        Rule {
            action: Action::Replace,
            source_labels: Ok(Vec::new()),
            separator: Ok(";".into()),
            regex: Ok(Pattern::new("(.*)", dialect)),
            modulus: Ok(0),
            target_label: Ok(Template::new("")),
            replacement: Ok(Template::new("$1")),
            dialect,
            component,
            place,
        }
    }

    /// Why the program refuses the rule, if it does.
    pub fn refusal(&self) -> Option<String> {
        let action = self.action.name();
        let target = self.target_label.as_ref().ok().map(Template::text);
        if self.action == Action::HashMod && self.modulus == Ok(0) {
            return Some("`hashmod` needs a modulus other than 0".to_owned());
        }
        if let Some(target) = target
            && self.action.needs_target()
        {
            let is_template = self.action == Action::Replace && target.contains('$');
            if !is_template && !self.dialect.takes_name(target) {
                return Some(format!("`{action}` needs a valid `target_label`"));
            }
        }
        let replaces_nothing = !matches!(
            self.action,
            Action::Replace | Action::HashMod | Action::Keep | Action::Drop | Action::LabelMap
        );
        if replaces_nothing && self.replacement.as_ref().is_ok_and(|text| text.text() != "$1") {
            return Some(format!("`replacement` cannot be set for `{action}`"));
        }
        if matches!(self.action, Action::LabelDrop | Action::LabelKeep)
            && (self.source_labels.as_ref().is_ok_and(|labels| !labels.is_empty())
                || target.is_some_and(|target| !target.is_empty()))
        {
            return Some(format!("`{action}` takes nothing but `regex`"));
        }
        if matches!(self.action, Action::KeepEqual | Action::DropEqual)
            && self.regex.as_ref().is_ok_and(|regex| regex.text() != "(.*)")
        {
            return Some(format!("`{action}` takes no `regex`"));
        }
        if let Ok(regex) = &self.regex
            && let Err(why) = regex.is_match("x")
            && why == "the pattern is no regular expression"
        {
            return Some("its `regex` does not compile".to_owned());
        }
        None
    }
}
