//! One possible set of labels of a target or a series.
//!
//! Where a rule depends on something that is not known, a variant is split: one where the rule
//! applies and one where it does not. Within a variant each label is absent, known, or unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::pattern::Pattern;
use super::trail::Trail;

/// What a label holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// No such label.
    Absent,
    /// This text; never empty.
    Known(Arc<str>),
    /// Something, or nothing.
    Unknown(Symbol),
}

/// A text that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    /// Which one: two uses of one symbol are equal.
    pub id: Arc<str>,
    /// Why it is not known.
    pub reason: Arc<str>,
    /// Whether it is certainly not empty.
    pub is_present: bool,
    /// Texts it is certainly not.
    pub is_not: Arc<[&'static str]>,
    /// What it begins with for certain.
    pub prefix: &'static str,
}

/// A label: what it holds and what made it so.
#[derive(Clone, Debug)]
pub struct Label {
    /// What it holds.
    pub content: Content,
    /// What made it so.
    pub trail: Trail,
}

/// One possible set of labels.
#[derive(Clone, Debug)]
pub struct Variant {
    labels: BTreeMap<Arc<str>, (Label, u32)>,
    /// Whether there may be labels that are not listed, and why.
    rest: Option<Arc<str>>,
    /// What rules took from the labels that are not listed: a name that matches is gone (drop),
    /// or a name that does not match is (keep).
    taken: Vec<(Pattern, bool)>,
    /// What is assumed in this variant: that a text matches a pattern, or that it does not.
    assumed: BTreeMap<(String, String), bool>,
    /// How many labels were set since the last component began.
    set: u32,
    /// Whether it depends on something unknown that this variant exists.
    pub is_possible_only: bool,
}

/// How long the name of what is not known may get; a hash stands for a longer one.
const LONGEST_ID: usize = 300;

impl Symbol {
    /// A text of which nothing is known.
    pub fn new(id: impl Into<Arc<str>>, reason: impl Into<Arc<str>>) -> Symbol {
        let mut id = id.into();
        if id.len() > LONGEST_ID {
            let hash = Sha256::digest(id.as_bytes());
            id = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        }
        Symbol { id, reason: reason.into(), is_present: false, is_not: Arc::from([]), prefix: "" }
    }
}

impl Symbol {
    /// Whether nothing says that it is not this text.
    pub fn may_be(&self, text: &str) -> bool {
        !self.is_not.contains(&text)
            && text.starts_with(self.prefix)
            && !(text.is_empty() && self.is_present)
    }
}

impl Label {
    /// A label that is not there, and never was.
    pub const NONE: Label = Label { content: Content::Absent, trail: Trail::START };

    /// The content of a text: an empty one is as good as none.
    pub fn known(text: impl Into<Arc<str>>, trail: Trail) -> Label {
        let text = text.into();
        let content = if text.is_empty() { Content::Absent } else { Content::Known(text) };
        Label { content, trail }
    }
}

impl Variant {
    /// A variant without labels; with a reason, there may be others than those set.
    pub fn new(rest: Option<Arc<str>>) -> Variant {
        Variant {
            labels: BTreeMap::new(),
            rest,
            taken: Vec::new(),
            assumed: BTreeMap::new(),
            set: 0,
            is_possible_only: false,
        }
    }

    /// A variant that may be there, of which nothing is known but the reason.
    pub fn open_for(reason: impl Into<Arc<str>>) -> Variant {
        let mut variant = Variant::new(Some(reason.into()));
        variant.is_possible_only = true;
        variant
    }

    /// What a label holds.
    pub fn get(&self, name: &str) -> Label {
        if let Some((label, _)) = self.labels.get(name) {
            return label.clone();
        }
        let Some(reason) = &self.rest else { return Label::NONE };
        let gone = self.taken.iter().any(|(pattern, drops)| pattern.is_match(name) == Ok(*drops));
        if gone {
            return Label::NONE;
        }
        let symbol = Symbol::new(format!("{reason}/{name}"), reason.clone());
        Label { content: Content::Unknown(symbol), trail: Trail::START }
    }

    /// Sets a label; an absent one stays listed with its trail.
    pub fn set(&mut self, name: impl Into<Arc<str>>, label: Label) {
        let name = name.into();
        let order = match self.labels.get(&name) {
            Some((old, order)) if *order > 0 && old.content != Content::Absent => *order,
            _ => {
                self.set += 1;
                self.set
            }
        };
        self.labels.insert(name, (label, order));
    }

    /// The labels that are or may be there, in the order in which Prometheus walks them: those it
    /// began with by name, then those that were set, oldest first.
    pub fn walk(&self) -> Vec<(Arc<str>, Label)> {
        let mut found: Vec<_> = self
            .labels
            .iter()
            .filter(|(_, (label, _))| label.content != Content::Absent)
            .map(|(name, (label, order))| (*order, name.clone(), label.clone()))
            .collect();
        found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        found.into_iter().map(|(_, name, label)| (name, label)).collect()
    }

    /// The same variant, now without labels that are not listed.
    pub fn closed(mut self) -> Variant {
        self.rest = None;
        self.taken.clear();
        self
    }

    /// Why there may be labels that are not listed.
    pub fn rest(&self) -> Option<&Arc<str>> {
        self.rest.as_ref()
    }

    /// From here on there may be labels that are not listed, whatever was taken before.
    pub fn open(&mut self, reason: Arc<str>) {
        self.rest.get_or_insert(reason);
        self.taken.clear();
    }

    /// Says that rules took labels from those not listed: those whose name matches, or, if not
    /// `drops`, those whose name does not.
    pub fn take(&mut self, pattern: &Pattern, drops: bool) {
        if self.rest.is_some() {
            self.taken.push((pattern.clone(), drops));
        }
    }

    /// A component begins: what is there now is what it began with.
    pub fn settle(&mut self) {
        self.set = 0;
        for (_, order) in self.labels.values_mut() {
            *order = 0;
        }
    }

    /// What this variant assumes of a text and a pattern.
    pub fn assumption(&self, text: &str, pattern: &Pattern) -> Option<bool> {
        self.assumed.get(&(text.to_owned(), pattern.text().to_owned())).copied()
    }

    /// Assumes that a text matches a pattern, or that it does not.
    pub fn assume(&mut self, text: &str, pattern: &Pattern, matches: bool) {
        self.assumed.insert((text.to_owned(), pattern.text().to_owned()), matches);
        self.is_possible_only = true;
    }

    /// Takes an unknown text to be this one.
    pub fn learn(&mut self, symbol: &Symbol, text: &str) {
        for (label, _) in self.labels.values_mut() {
            if matches!(&label.content, Content::Unknown(found) if found.id == symbol.id) {
                *label = Label::known(text, label.trail);
            }
        }
        self.is_possible_only = true;
    }

    /// The names that are listed, be it as absent.
    pub fn listed(&self) -> Vec<Arc<str>> {
        self.labels.keys().cloned().collect()
    }

    /// Whether a name is listed, be it as absent.
    pub fn is_listed(&self, name: &str) -> bool {
        self.labels.contains_key(name)
    }

    /// Whether another variant is the same but for its trails.
    pub fn is_like(&self, other: &Variant) -> bool {
        self.rest == other.rest
            && self.assumed == other.assumed
            && self.taken.len() == other.taken.len()
            && self.contents().eq(other.contents())
    }

    /// Whether another variant is the same but for its trails and for what rules took from labels
    /// that are not listed.
    pub fn is_nearly(&self, other: &Variant) -> bool {
        self.rest == other.rest
            && self.assumed == other.assumed
            && self.contents().eq(other.contents())
    }

    /// Stands for another variant as well that is nearly the same: what was taken in one only may
    /// be there.
    pub fn merge(&mut self, other: &Variant) {
        self.taken.retain(|(pattern, drops)| {
            let is_same = |it: &&(Pattern, bool)| it.0.text() == pattern.text() && it.1 == *drops;
            other.taken.iter().any(|it| is_same(&it))
        });
        self.is_possible_only &= other.is_possible_only;
    }

    fn contents(&self) -> impl Iterator<Item = (&Arc<str>, &Content)> {
        self.labels
            .iter()
            .map(|(name, (label, _))| (name, &label.content))
            .filter(|(_, content)| **content != Content::Absent)
    }

    /// Makes every label unknown for one reason.
    pub fn forget(&mut self, reason: &Arc<str>, id: &str) {
        for (name, (label, _)) in &mut self.labels {
            label.content = Content::Unknown(Symbol::new(format!("{id}/{name}"), reason.clone()));
        }
        self.open(reason.clone());
    }
}
