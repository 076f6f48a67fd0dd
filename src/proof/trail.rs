//! Trails: the chain of places that made a label what it is.
//!
//! Steps live in one arena and name the step before, so a chain as long as a configuration likes
//! costs no stack, not even when it is dropped.

use std::cell::RefCell;
use std::sync::Arc;

use super::place::{ComponentId, Place};

/// The most steps that are kept; what comes later has no trail.
const MOST_STEPS: usize = 1 << 20;

/// The end of a chain of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Trail(u32);

impl Trail {
    /// A chain without steps.
    pub const START: Trail = Trail(u32::MAX);

    /// Whether there is no step.
    pub fn is_start(self) -> bool {
        self == Trail::START
    }
}

/// One thing that made a label what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The component that did it.
    pub component: ComponentId,
    /// Where.
    pub place: Place,
    /// What it did, as a clause: `sets it to "x"`.
    pub what: Arc<str>,
}

impl Step {
    /// What a component did, and where.
    pub fn new(component: ComponentId, place: Place, what: impl Into<Arc<str>>) -> Step {
        Step { component, place, what: what.into() }
    }
}

/// All steps of one proof.
#[derive(Debug, Default)]
pub struct Trails(RefCell<Vec<(Step, Trail)>>);

impl Trails {
    /// One step more.
    pub fn push(&self, before: Trail, step: Step) -> Trail {
        let mut steps = self.0.borrow_mut();
        if steps.len() >= MOST_STEPS {
            return before;
        }
        steps.push((step, before));
        Trail(steps.len() as u32 - 1)
    }

    /// The steps of a chain, first to last.
    pub fn steps(&self, trail: Trail) -> Vec<Step> {
        let steps = self.0.borrow();
        let mut found = Vec::new();
        let mut at = trail;
        while let Some((step, before)) = steps.get(at.0 as usize) {
            found.push(step.clone());
            at = *before;
        }
        found.reverse();
        found
    }
}
