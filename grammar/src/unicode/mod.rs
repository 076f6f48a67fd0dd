//! The three questions about characters that the language asks, answered as Go 1.26 does.
//!
//! Nothing else about Unicode matters here: no normalization, no display width.

mod tables;

/// Whether a character may begin an identifier: a letter of any script, or `_`.
pub fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || (!c.is_ascii() && contains(tables::LETTERS, c))
}

/// Whether a character is a decimal digit of any script.
pub fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && contains(tables::DIGITS, c))
}

/// Whether Go's `strconv.IsPrint` holds: messages show such a character as it is.
pub fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~') || (!c.is_ascii() && contains(tables::PRINTABLE, c))
}

/// Whether a text is an identifier of the language. Keywords (`true`, `false`, `null`) are not.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_letter)
        && chars.all(|c| is_letter(c) || is_digit(c))
        && !matches!(text, "true" | "false" | "null")
}

fn contains(changes: &[u32], c: char) -> bool {
    changes.partition_point(|&change| change <= c as u32) % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_letters_then_letters_or_digits() {
        for good in ["a", "_", "Äpfel", "名前", "a1", "x٣", "ª"] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in ["", "1a", "a-b", "a.b", "true", "null", "Ⅷ", "a\u{301}", "ⓐ", " a"] {
            assert!(!is_identifier(bad), "{bad}");
        }
    }

    #[test]
    fn only_the_ascii_space_is_printable_among_the_spaces() {
        assert!(is_printable(' '));
        assert!(is_printable('é'));
        assert!(!is_printable('\u{a0}'));
        assert!(!is_printable('\u{ad}'));
        assert!(!is_printable('\u{7f}'));
    }
}
