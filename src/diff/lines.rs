//! Differences between two texts, line by line. Knows nothing of what they mean.
//!
//! One algorithm of similar's, and its hunks: `TextDiff` brings all of them, each for every kind of
//! text, which is half a megabyte of program.

use std::fmt::Write;

use similar::algorithms::{Capture, Compact, IdentifyDistinct, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, DiffTag, group_diff_ops};

/// Lines that are shown around what changed.
const CONTEXT: usize = 3;

/// The unified diff from one text to another, with three lines of context; empty for equal texts.
pub fn unified(before: &str, after: &str, before_name: &str, after_name: &str) -> String {
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    let mut text = String::new();
    for hunk in group_diff_ops(operations(&before, &after), CONTEXT) {
        if text.is_empty() {
            text = format!("--- {before_name}\n+++ {after_name}\n");
        }
        let _ = writeln!(text, "{}", UnifiedHunkHeader::new(&hunk));
        for operation in hunk {
            let (old, new) = (&before[operation.old_range()], &after[operation.new_range()]);
            if operation.tag() == DiffTag::Equal {
                put(&mut text, ' ', old);
            } else {
                put(&mut text, '-', old);
                put(&mut text, '+', new);
            }
        }
    }
    text
}

/// What leads from some lines to others.
fn operations(before: &[&str], after: &[&str]) -> Vec<DiffOp> {
    let lines = IdentifyDistinct::<u32>::new(before, 0..before.len(), after, 0..after.len());
    let (old, new) = (lines.old_lookup(), lines.new_lookup());
    let mut found = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut found, old, lines.old_range(), new, lines.new_range());
    found.into_inner().into_inner().into_ops()
}

fn put(text: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_shown_with_its_lines() {
        insta::assert_snapshot!(unified("a\nb\n", "a\nc", "one", "two"), @r"
        --- one
        +++ two
        @@ -1,2 +1,2 @@
         a
        -b
        +c
        \ No newline at end of file
        ");
        assert_eq!(unified("a\n", "a\n", "one", "two"), "");
    }

    #[test]
    fn what_changed_far_apart_is_in_hunks_of_its_own() {
        let before: String = (1..=30).map(|n| format!("{n}\n")).collect();
        let after = before.replace("\n5\n", "\nfive\n").replace("\n25\n", "\n");
        insta::assert_snapshot!(unified(&before, &after, "one", "two"), @r"
        --- one
        +++ two
        @@ -2,7 +2,7 @@
         2
         3
         4
        -5
        +five
         6
         7
         8
        @@ -22,7 +22,6 @@
         22
         23
         24
        -25
         26
         27
         28
        ");
        assert_eq!(unified("", "a\n", "one", "two"), "--- one\n+++ two\n@@ -0,0 +1 @@\n+a\n");
    }
}
