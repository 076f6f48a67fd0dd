//! Prints a tree as `alloy fmt` would.
