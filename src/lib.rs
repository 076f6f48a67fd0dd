//! trento-alloy: does this host's Grafana Alloy configuration give SUSE Trento what it needs?
//!
//! The modules stand in layers, each using only what is listed below it; `tests/layers.rs` holds
//! the table. The way of the data is drawn in `docs/architecture.md`.

pub mod cli;

pub mod deploy;
pub mod plugin;
pub mod render;

pub mod checks;

pub mod facts;

pub mod installation;

pub mod diff;
pub mod generate;
pub mod host;
pub mod probe;
pub mod validate;

pub mod prometheus;

pub mod graph;

pub mod proof;

pub mod eval;

pub mod agent;
pub mod load;

pub mod archive;
pub mod atomic;
pub mod diagnostic;
pub mod duration;
pub mod error;
pub mod go;
pub mod secret;
pub mod source;
pub mod system;
pub mod unit;
pub mod visible;
pub mod yaml;
