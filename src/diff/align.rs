//! Aligns two rows of blocks by what they say, not by where they stand.

use crate::diff::body::{Nested, Order};

/// The longest rows, multiplied, whose best alignment is searched for.
const MOST_PAIRS: usize = 4 << 20;
/// How much a block that is elsewhere must have in common to be the same one changed.
const ALIKE: f64 = 0.5;

/// What became of the blocks of a row.
#[derive(Debug, Default, PartialEq)]
pub struct Alignment {
    /// The same block on both sides, unchanged and in order.
    pub same: Vec<(usize, usize)>,
    /// The same block, changed.
    pub changed: Vec<(usize, usize)>,
    /// The same block, which stands elsewhere among the others; it may be changed too.
    pub moved: Vec<(usize, usize)>,
    /// Only on the first side.
    pub removed: Vec<usize>,
    /// Only on the second side.
    pub added: Vec<usize>,
}

/// Aligns two rows.
pub fn align(a: &[&Nested], b: &[&Nested], order: Order) -> Alignment {
    let keys_a: Vec<&str> = a.iter().map(|block| block.key.as_str()).collect();
    let keys_b: Vec<&str> = b.iter().map(|block| block.key.as_str()).collect();
    let mut found = Alignment::default();
    let mut free_a = vec![true; a.len()];
    let mut free_b = vec![true; b.len()];
    if order == Order::Matters {
        found.same = in_order(&keys_a, &keys_b);
        take(&found.same, &mut free_a, &mut free_b);
        found.moved = equal(&keys_a, &keys_b, &mut free_a, &mut free_b);
    } else {
        found.same = equal(&keys_a, &keys_b, &mut free_a, &mut free_b);
    }
    let mut pairs = alike(a, b, &free_a, &free_b);
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    for (score, i, j) in pairs {
        if !(free_a[i] && free_b[j]) {
            continue;
        }
        let in_place = order == Order::MeansNothing || !crosses(&found, i, j);
        if in_place {
            found.changed.push((i, j));
        } else if score >= ALIKE {
            found.moved.push((i, j));
        } else {
            continue;
        }
        (free_a[i], free_b[j]) = (false, false);
    }
    found.removed = (0..a.len()).filter(|&i| free_a[i]).collect();
    found.added = (0..b.len()).filter(|&j| free_b[j]).collect();
    found.changed.sort_unstable_by_key(|&(_, j)| j);
    found.moved.sort_unstable_by_key(|&(_, j)| j);
    found
}

fn take(pairs: &[(usize, usize)], free_a: &mut [bool], free_b: &mut [bool]) {
    for &(i, j) in pairs {
        (free_a[i], free_b[j]) = (false, false);
    }
}

/// Whether a pair would stand across one that is in order.
fn crosses(found: &Alignment, i: usize, j: usize) -> bool {
    found.same.iter().chain(&found.changed).any(|&(x, y)| (x < i) != (y < j))
}

/// The longest common row of equal blocks; of several, the one that comes first on the second
/// side, so that what moved is what now comes later.
pub(super) fn in_order(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let (start, end) = common_ends(a, b);
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    let (inner_a, inner_b) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    let inner = if inner_a.len().saturating_mul(inner_b.len()) <= MOST_PAIRS {
        longest_common(inner_a, inner_b)
    } else {
        longest_rising(inner_a, inner_b)
    };
    pairs.extend(inner.into_iter().map(|(i, j)| (start + i, start + j)));
    pairs.extend((0..end).rev().map(|back| (a.len() - 1 - back, b.len() - 1 - back)));
    pairs
}

/// How many blocks are equal at the beginning and, behind those, at the end.
fn common_ends(a: &[&str], b: &[&str]) -> (usize, usize) {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().rev().zip(b[start..].iter().rev());
    (start, rest.take_while(|(a, b)| a == b).count())
}

fn longest_common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut length = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i * width + j] = if a[i] == b[j] {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut pairs, mut i) = (Vec::new(), 0);
    for j in 0..b.len() {
        let left = length[i * width + j];
        let next = (i..a.len())
            .take_while(|&k| length[k * width + j] == left && left > 0)
            .find(|&k| a[k] == b[j] && length[(k + 1) * width + j + 1] + 1 == left);
        if let Some(k) = next {
            pairs.push((k, j));
            i = k + 1;
        }
    }
    pairs
}

/// As [`longest_common`] for rows that are too long for it: the first of equal blocks is taken for
/// the first, the second for the second, and the longest part of those pairs that is in order.
fn longest_rising(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let pairs = equal(a, b, &mut vec![true; a.len()], &mut vec![true; b.len()]);
    // The ends of the best rows of each length, and for each pair the one before it.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = Default::default();
    for (at, &(i, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].0 < i);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut row: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |&at| before[at]).map(|at| pairs[at]).collect();
    row.reverse();
    row
}

/// Pairs equal blocks that are still free, wherever they stand.
pub(super) fn equal(
    a: &[&str],
    b: &[&str],
    free_a: &mut [bool],
    free_b: &mut [bool],
) -> Vec<(usize, usize)> {
    let mut places: std::collections::BTreeMap<&str, Vec<usize>> = Default::default();
    for i in (0..a.len()).rev().filter(|&i| free_a[i]) {
        places.entry(a[i]).or_default().push(i);
    }
    let mut pairs = Vec::new();
    for j in 0..b.len() {
        if free_b[j]
            && let Some(i) = places.get_mut(b[j]).and_then(Vec::pop)
        {
            (free_a[i], free_b[j]) = (false, false);
            pairs.push((i, j));
        }
    }
    pairs
}

/// How much the free blocks of both rows have in common, where it is anything at all.
fn alike(
    a: &[&Nested],
    b: &[&Nested],
    free_a: &[bool],
    free_b: &[bool],
) -> Vec<(f64, usize, usize)> {
    let leaves = |blocks: &[&Nested], free: &[bool]| -> Vec<(usize, Vec<String>)> {
        let free = blocks.iter().enumerate().filter(|(at, _)| free[*at]);
        free.map(|(at, block)| (at, block.body.leaves())).collect()
    };
    let (left, right) = (leaves(a, free_a), leaves(b, free_b));
    if left.len().saturating_mul(right.len()) > MOST_PAIRS / 64 {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (i, one) in &left {
        for (j, other) in &right {
            if a[*i].name != b[*j].name {
                continue;
            }
            let label = (a[*i].label.is_some() && a[*i].label == b[*j].label) as u8;
            let score = similarity(one, other) + f64::from(label);
            if score > 0.0 {
                pairs.push((score, *i, *j));
            }
        }
    }
    pairs
}

/// The share of what two sorted lists have in common, from 0 to 1.
pub fn similarity(a: &[String], b: &[String]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                (i, j, common) = (i + 1, j + 1, common + 1);
            }
        }
    }
    match a.len() + b.len() - common {
        0 => 1.0,
        all => common as f64 / all as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(a: &str, b: &str) -> Vec<(usize, usize)> {
        let parts = |text: &'static str| text.split("").filter(|c| !c.is_empty()).collect();
        let (a, b): (Vec<&str>, Vec<&str>) =
            (parts(a.to_owned().leak()), parts(b.to_owned().leak()));
        in_order(&a, &b)
    }

    #[test]
    fn long_rows_are_aligned_too() {
        assert_eq!(longest_rising(&["a", "b", "c"], &["b", "c", "a"]), [(1, 0), (2, 1)]);
        assert_eq!(longest_rising(&["a", "a", "b"], &["x", "a", "b", "a"]).len(), 2);
    }

    #[test]
    fn the_longest_common_row_is_kept() {
        assert_eq!(kept("abc", "abc"), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(kept("abc", "xabc"), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(kept("abc", "bca"), [(1, 0), (2, 1)]);
        assert_eq!(kept("ab", "ba"), [(1, 0)]);
        assert_eq!(kept("abcde", "axcye"), [(0, 0), (2, 2), (4, 4)]);
        assert_eq!(kept("", "ab"), []);
    }
}
