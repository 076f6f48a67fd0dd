//! The seam between a sender and everything that is said of it: sources of series, hops that pass
//! them on, endpoints that they leave by. Each sender makes one; the proof knows nothing else.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::place::ComponentId;
use super::rule::Rules;
use super::scrape::{Scrape, Scraped};
use super::stream::{Stream, anything};
use super::trail::Trails;
use super::variant::{Content, Label, Symbol, Variant};

/// What a sender does with series, as far as it concerns some of its endpoints.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    /// Where series begin.
    pub sources: Vec<Source>,
    /// What becomes of series where they come by, by component; those where series begin too.
    pub hops: BTreeMap<ComponentId, Hop>,
    /// Where they leave.
    pub exits: Vec<Exit>,
}

/// Where series begin.
#[derive(Clone, Debug)]
pub struct Source {
    /// The component from which they flow: a scrape, a receiver.
    pub component: ComponentId,
    /// The components that the targets came through before.
    pub way: Vec<ComponentId>,
    /// What the series are.
    pub gives: Gives,
}

/// What series a source gives.
#[derive(Clone, Debug)]
pub enum Gives {
    /// Those of scraped targets.
    Scraped(Rc<Scrape>, Vec<Scraped>),
    /// Any at all, for this reason.
    Anything(Arc<str>),
}

/// What a component does to series that come to it, and where they go.
#[derive(Clone, Debug)]
pub struct Hop {
    /// What is done to them.
    pub rules: Rc<Rules>,
    /// Where they go from there.
    pub to: Vec<ComponentId>,
}

/// An endpoint that series can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sink {
    /// The component that writes to it.
    pub component: ComponentId,
    /// Which of its `endpoint` blocks, counted from 0.
    pub endpoint: usize,
}

/// What happens to series on the way out of an endpoint.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Which endpoint.
    pub sink: Sink,
    /// The labels that it adds to series without them.
    pub external: Rc<[External]>,
    /// What is done after that.
    pub rules: Rc<Rules>,
}

/// A label that an endpoint adds to series that lack it.
#[derive(Clone, Debug)]
pub struct External {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds, and where that is stated.
    pub label: Label,
}

impl Source {
    /// The series that begin here.
    pub fn streams(&self, trails: &Trails) -> Vec<Stream> {
        match &self.gives {
            Gives::Scraped(scrape, targets) => {
                targets.iter().flat_map(|target| scrape.streams(trails, target)).collect()
            }
            Gives::Anything(reason) => anything(reason),
        }
    }
}

impl External {
    /// Adds the label to the series that have none of that name.
    pub fn add(&self, streams: &mut [Stream]) {
        for variant in streams.iter_mut().flat_map(|stream| &mut stream.variants) {
            self.add_to(variant);
        }
    }

    fn add_to(&self, variant: &mut Variant) {
        let own = variant.get(&self.name);
        match own.content {
            Content::Absent => variant.set(self.name.clone(), self.label.clone()),
            Content::Unknown(symbol) if !symbol.is_present => {
                let symbol = Symbol::new(format!("{}/external", symbol.id), symbol.reason);
                let label = Label { content: Content::Unknown(symbol), trail: own.trail };
                variant.set(self.name.clone(), label);
            }
            _ => {}
        }
    }
}
