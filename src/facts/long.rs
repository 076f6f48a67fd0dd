//! Facts that are lists of all a host has of something, where a host has very much of it.
//!
//! An expression that looks at each element takes its time and its room, and the engine bounds both.
//! A verdict that fails on a bound would be a wrong alarm, so of a long list what matters comes
//! first, and the rest is left out.

/// So many elements a list may have.
const MOST: usize = 1_000;

/// A list as a fact holds it: all of it, or if it is too long what matters first, in its order.
pub(super) fn bounded<T>(mut items: Vec<T>, matters: impl Fn(&T) -> bool) -> Vec<T> {
    if items.len() > MOST {
        items.sort_by_key(|item| !matters(item));
        items.truncate(MOST);
    }
    items
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
    }
}
