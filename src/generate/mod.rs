//! From the agent's settings to the configuration it needs, as a tree.
//!
//! Reads nothing: [`Plan`] takes [`Settings`](crate::agent::Settings). Two readings of the same
//! settings stand side by side: as the agent takes them, and as they are meant.

mod plan;
pub mod prometheus;
mod template;
mod tree;

pub use plan::{Plan, Refusal};
pub use template::Template;
pub use tree::{Layout, MODULE};
