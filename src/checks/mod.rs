//! Trento checks: read, evaluate, report.

mod aggregation;
pub mod catalogue;
mod compact;
mod culprits;
pub mod engine;
mod evaluation;
pub mod execution;
pub mod export;
pub mod facts;
pub mod gathering;
pub mod judging;
pub mod lint;
pub mod load;
pub mod model;
pub mod overrides;
pub mod report;
pub mod selection;
pub mod standing;
pub mod tailoring;
pub mod waivers;
pub mod wording;
