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
    is_plain_or(text.as_bytes(), |_| false)
}

/// Whether each byte is a letter, digit or sign of ASCII, or one that is good as well. Eight are
/// looked at in one step: nearly all text is plain, and a report has a hundred thousand bytes.
pub fn is_plain_or(bytes: &[u8], is_good: impl Fn(u8) -> bool) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    const SPACES: u64 = ONES * b' ' as u64;
    // In each byte the highest bit: its own, that of one after `~`, none for one before the space.
    let is_plain_word = |word: u64| {
        let doubtful = word | word.wrapping_add(ONES) | !(word | HIGHEST).wrapping_sub(SPACES);
        doubtful & HIGHEST == 0
    };
    let is_good = |byte: &u8| is_plain_byte(*byte) || is_good(*byte);
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().all(|word| is_plain_word(u64::from_ne_bytes(*word)) || word.iter().all(is_good))
        && rest.iter().all(is_good)
}

fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Writes hidden characters as escapes, such as `\u{1b}`; a tab becomes a space.
///
/// Line breaks stay where `lines` says the text may have several lines.
pub fn visible(text: &str, lines: Lines) -> Cow<'_, str> {
    let is_changed = |c: char| is_hidden(c) && !(c == '\n' && lines == Lines::Keep);
    let is_kept = |byte| byte == b'\n' && lines == Lines::Keep;
    if is_plain_or(text.as_bytes(), is_kept) || !text.contains(is_changed) {
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

    #[test]
    fn each_byte_is_judged_alone_wherever_it_stands_in_a_word() {
        for byte in 0..=u8::MAX {
            for at in 0..11 {
                for others in [b' ', b'~', b'a'] {
                    let mut bytes = [others; 11];
                    bytes[at] = byte;
                    assert_eq!(is_plain_or(&bytes, |_| false), is_plain_byte(byte), "{bytes:?}");
                    assert!(is_plain_or(&bytes, |it| it == byte), "{bytes:?}");
                }
            }
        }
    }
}
