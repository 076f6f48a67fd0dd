//! Puts Trento's file in its place, or takes it away, so that nothing is ever half done.
//!
//! The only writer of a host. What the file should hold is `generate`'s business; whether Alloy
//! would take it, `validate`'s.

mod backups;
mod config_file;
mod edits;
mod ownership;
mod prometheus;
mod proposal;
mod running;
mod state;
mod target;
mod transaction;

pub use config_file::{Back, Switch};
pub use edits::Edits;
pub use prometheus::{LivePrometheus, Proposed};
pub use proposal::{Foreign, Proposal, foreign};
pub use running::{Expected, Live, NotRunning, RunningSender};
pub use state::{Applied, State};
pub use target::Target;
pub use transaction::{Ended, Transaction};
