//! Does a rule's pattern match the joined source labels? Where that is not known, variants split.

use std::sync::Arc;

use super::Machine;
use crate::proof::pattern::Pattern;
use crate::proof::trail::Trail;
use crate::proof::variant::{Content, Label, Symbol, Variant};

/// The values of the source labels, joined.
pub(super) struct Joined {
    /// The text, if it is known.
    pub text: Option<String>,
    /// What tells this text from others.
    pub key: String,
    /// The one symbol the text consists of, if it does.
    pub only: Option<Symbol>,
    pub reason: Arc<str>,
    pub is_present: bool,
    pub trail: Trail,
}

enum Match {
    Yes,
    No,
    Maybe,
}

impl Machine<'_> {
    pub(super) fn source_names(&self) -> String {
        match &self.rule.source_labels {
            Ok(names) if names.is_empty() => "nothing".to_owned(),
            Ok(names) => {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            }
            Err(_) => "label that is not known".to_owned(),
        }
    }

    pub(super) fn join(&self, variant: &Variant) -> Joined {
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
        let labels: Vec<Label> = names.iter().map(|name| variant.get(name)).collect();
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

    /// The variants where the rule's pattern matches, and those where it does not.
    pub(super) fn split(&self, variant: Variant, joined: &Joined) -> (Vec<Variant>, Vec<Variant>) {
        let Ok(regex) = &self.rule.regex else {
            let mut variant = variant;
            variant.is_possible_only = true;
            return (vec![variant.clone()], vec![variant]);
        };
        match self.matches(&variant, joined, regex) {
            Match::Yes => (vec![variant], Vec::new()),
            Match::No => (Vec::new(), vec![variant]),
            Match::Maybe => {
                let mut unmatched = variant.clone();
                unmatched.assume(&joined.key, regex, false);
                (self.refine(variant, joined, regex), vec![unmatched])
            }
        }
    }

    fn matches(&self, variant: &Variant, joined: &Joined, regex: &Pattern) -> Match {
        if let Some(text) = &joined.text {
            return match regex.is_match(text) {
                Ok(true) => Match::Yes,
                Ok(false) => Match::No,
                Err(_) => Match::Maybe,
            };
        }
        if regex.matches_all() || (regex.matches_all_but_empty() && joined.is_present) {
            return Match::Yes;
        }
        if let Some(assumed) = variant.assumption(&joined.key, regex) {
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

    /// The variants in which an unknown text matches: one for each text of a short choice.
    fn refine(&self, variant: Variant, joined: &Joined, regex: &Pattern) -> Vec<Variant> {
        let literals = regex.literals().filter(|literals| literals.len() <= 8);
        match (&joined.only, literals) {
            (Some(symbol), Some(literals)) => literals
                .into_iter()
                .filter(|literal| symbol.may_be(literal))
                .map(|literal| {
                    let mut variant = variant.clone();
                    variant.learn(symbol, &literal);
                    variant
                })
                .collect(),
            _ => {
                let mut variant = variant;
                variant.assume(&joined.key, regex, true);
                vec![variant]
            }
        }
    }
}
