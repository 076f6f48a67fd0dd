//! trento-alloy: does this host's Grafana Alloy configuration give SUSE Trento what it needs?
//!
//! The modules stand in layers, each using only what is listed below it; `tests/layers.rs` holds
//! the table. The way of the data is drawn in `docs/architecture.md`.

mod cli;
#[doc(hidden)]
pub mod inside;

#[cfg(any(test, fuzzing))]
mod fuzzing;

mod deploy;
mod plugin;
mod render;

mod fleet;

mod checks;

mod facts;

mod installation;

mod diff;
mod generate;
mod host;
mod probe;
mod validate;

mod prometheus;

mod graph;

mod proof;

mod eval;

mod agent;
mod load;

mod archive;
mod atomic;
mod diagnostic;
mod duration;
mod error;
mod go;
mod secret;
mod site;
mod source;
mod system;
mod unit;
mod visible;
mod yaml;

pub use cli::main;
