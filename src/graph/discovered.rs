//! What the evaluation of targets leaves behind: sets of labels that a value cannot hold, the trails
//! of their labels, and what exporters expose.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::component::ComponentId;
use crate::proof::{Dropped, Metric, Trails, Variant};

/// A target: one or more possible sets of labels.
#[derive(Clone, Debug)]
pub struct Target {
    /// The components it came through, the one it began at first.
    pub path: Vec<ComponentId>,
    /// The possible sets of labels; empty if rules drop it.
    pub variants: Vec<Variant>,
    /// What rules dropped on the way.
    pub dropped: Vec<Dropped>,
}

/// The targets of a graph that were met so far.
#[derive(Debug, Default)]
pub struct Discovered {
    targets: RefCell<Vec<Target>>,
    /// What made their labels what they are.
    pub trails: Trails,
    /// The series of an exporter of the host with the default collectors.
    pub default_series: OnceCell<Rc<[(Metric, Variant)]>>,
}

impl Discovered {
    /// Remembers a target that a value cannot hold, and gives its number.
    pub fn keep(&self, target: Target) -> usize {
        let mut targets = self.targets.borrow_mut();
        targets.push(target);
        targets.len() - 1
    }

    /// A target that was remembered.
    pub fn kept(&self, number: usize) -> Option<Target> {
        self.targets.borrow().get(number).cloned()
    }
}
