//! Differences between two texts, line by line. Knows nothing of what they mean.

use similar::TextDiff;

/// The unified diff from one text to another, with three lines of context; empty for equal texts.
pub fn unified(before: &str, after: &str, before_name: &str, after_name: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(before_name, after_name)
        .to_string()
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
}
