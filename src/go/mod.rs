//! What Go's standard library refuses, in its words: Alloy and Prometheus are written in Go.

pub mod regexp;
pub mod template;
pub mod url;
