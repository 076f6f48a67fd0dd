//! From two trees to the semantic changes between them.

pub mod lines;
