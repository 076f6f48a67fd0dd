//! Trento checks: read, evaluate, report.

pub mod catalogue;
pub mod facts;
pub mod load;
pub mod model;
pub mod report;
