//! Facts that are lists of all a host has of something, where a host has very much of it.
//!
//! An expression that looks at each element takes its time and its room, and the engine bounds both.
//! A verdict that fails on a bound would be a wrong alarm, so of a long list what matters comes
//! first, and the rest is left out.

use std::collections::BTreeSet;

/// So many elements a list may have.
const MOST: usize = 1_000;

/// A list as a fact holds it: all of it, or if it is too long what matters first, in its order.
pub(super) fn bounded<T>(items: Vec<T>, mut matters: impl FnMut(&T) -> bool) -> Vec<T> {
    if items.len() <= MOST {
        return items;
    }
    let (mut kept, others): (Vec<T>, Vec<T>) = items.into_iter().partition(|item| matters(item));
    kept.extend(others);
    kept.truncate(MOST);
    kept.shrink_to_fit();
    kept
}

/// The same where what matters is the first of each kind.
pub(super) fn varied<T, K: Ord>(items: Vec<T>, kind: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    bounded(items, |item| seen.insert(kind(item)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_kept_of_a_long_list() {
        assert_eq!(bounded(vec![3, 1, 2], |_| false), [3, 1, 2]);
        let many: Vec<usize> = (0..3_000).collect();
        let kept = bounded(many, |number| number % 1_000 == 999);
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[..5], [999, 1_999, 2_999, 0, 1]);
        let kept = varied((0..3_000).collect(), |number| number / 1_000);
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[..5], [0, 1_000, 2_000, 1, 2]);
    }
}
