//! From two trees to the semantic changes between them.
