//! How large and how deep a value may get.
//!
//! Alloy has no such limits: it runs out of memory or stack instead. Ours are far above what a
//! configuration needs, and low enough that walking a value recursively is safe and quick.

/// The most levels of arrays and objects in one value.
pub const MAX_DEPTH: u32 = 1_000;
/// The most nodes of one value, each counted as often as it is reached; a string counts as one
/// node for every eight bytes.
pub const MAX_WEIGHT: u64 = 8 << 20;
/// The most nodes that one evaluation may read or make.
pub const MAX_STEPS: u64 = 64 << 20;

/// The weight of a string.
pub fn text_weight(bytes: usize) -> u64 {
    1 + bytes as u64 / 8
}
