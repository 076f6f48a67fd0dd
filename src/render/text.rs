//! Text made safe for where it goes: a terminal, a page, a file of another format.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes control characters, and those that reorder text, visible as escapes.
///
/// Line breaks stay where `lines` says the text may have several lines.
pub fn visible(text: &str, lines: Lines) -> Cow<'_, str> {
    let hidden = |c: char| (c.is_control() && !(c == '\n' && lines == Lines::Keep)) || reorders(c);
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if lines == Lines::Fold => shown.push(' '),
            '\t' => shown.push(' '),
            _ if hidden(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// What becomes of line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// They stay.
    Keep,
    /// Each becomes a space.
    Fold,
}

/// Characters that make text appear in another order than it is stored.
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes text for XML and HTML, in content and in quoted attributes. What XML cannot hold at
/// all becomes visible.
pub fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in visible(text, Lines::Keep).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_of_a_terminal_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb", Lines::Fold), "a\\u{1b}[31mb");
        assert_eq!(visible("a\u{202e}b", Lines::Fold), "a\\u{202e}b");
        assert_eq!(visible("one\ntwo", Lines::Fold), "one two");
        assert_eq!(visible("one\ntwo", Lines::Keep), "one\ntwo");
    }

    #[test]
    fn markup_cannot_leave_its_place() {
        assert_eq!(markup("<a href='x\">&"), "&lt;a href=&#39;x&quot;&gt;&amp;");
    }
}
