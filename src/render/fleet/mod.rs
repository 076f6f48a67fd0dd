//! The report of a fleet: many hosts in one, what is equal told once.
//!
//! Made of the views of the hosts' own reports, so that a finding looks as it does on one host.

mod fold;
pub(super) mod html;
pub(super) mod human;
pub(super) mod issues;
pub(super) mod junit;
pub(super) mod nagios;
pub(super) mod prometheus;
pub(super) mod stream;
pub(super) mod table;
mod told;

pub use fold::{Fleet, Fold, Keep};
pub use stream::{Stream, Streamed};
pub use told::Told;

use crate::render::Options;

/// All that a form of a fleet's report is made from.
pub(super) struct Rendering<'r> {
    /// The fleet.
    pub fleet: &'r Fleet,
    /// What is needed beside it.
    pub options: &'r Options,
}
