//! Text made safe for a page or a file of another format.

use crate::visible::{Lines, visible};

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
    fn markup_cannot_leave_its_place() {
        assert_eq!(markup("<a href='x\">&"), "&lt;a href=&#39;x&quot;&gt;&amp;");
    }
}
