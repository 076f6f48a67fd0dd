//! Characters that steer a terminal or hide: which they are, and how they are shown instead.
//!
//! The one place that knows. What text may be shown at all is not decided here.

use std::borrow::Cow;
use std::fmt::Write;

/// What becomes of line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// They stay.
    Keep,
    /// Each becomes a space.
    Fold,
}

/// Whether a character moves the cursor, changes colours, breaks a line, turns the direction of
/// writing or is not seen at all: C0, DEL, C1, separators of lines, and Unicode's format signs.
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a text is of letters, digits and signs of ASCII alone, none of which is hidden. Asked
/// before each character is looked at.
pub fn is_plain(text: &str) -> bool {
    !some_byte(text.as_bytes(), |byte| !is_plain_byte(byte))
}

/// Whether one of the bytes is such. All of them are looked at, many at a time, which for text that
/// is nearly always plain is faster than to stop at the first.
pub fn some_byte(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |found, &byte| found | is_such(byte))
}

fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Writes hidden characters as escapes, such as `\u{1b}`; a tab becomes a space.
///
/// Line breaks stay where `lines` says the text may have several lines.
pub fn visible(text: &str, lines: Lines) -> Cow<'_, str> {
    let is_changed = |c: char| is_hidden(c) && !(c == '\n' && lines == Lines::Keep);
    let keeps_lines = lines == Lines::Keep;
    let is_doubtful = |byte| !(is_plain_byte(byte) | ((byte == b'\n') & keeps_lines));
    if !some_byte(text.as_bytes(), is_doubtful) || !text.contains(is_changed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if lines == Lines::Fold => shown.push(' '),
            '\t' => shown.push(' '),
            _ if is_changed(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// One character in the place of another, where columns must not move: itself, unless it is
/// hidden.
pub fn stand_in(c: char) -> char {
    match c {
        '\0'..' ' => char::from_u32(0x2400 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        c if is_hidden(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_of_a_terminal_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb", Lines::Fold), "a\\u{1b}[31mb");
        assert_eq!(visible("a\u{202e}\u{9b}\u{7f}b", Lines::Fold), "a\\u{202e}\\u{9b}\\u{7f}b");
        assert_eq!(visible("one\ntwo\u{2028}", Lines::Fold), "one two\\u{2028}");
        assert_eq!(visible("one\ntwo\r", Lines::Keep), "one\ntwo\\u{d}");
    }
}
