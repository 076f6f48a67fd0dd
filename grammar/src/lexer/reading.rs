//! Reading characters: which bytes are bad by themselves, and when that is reported.

use memchr::memmem;

use super::Lexer;
use crate::unicode;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether no byte of a source can be bad by itself: it is UTF-8 without NUL, and has no byte order
/// mark behind its first character.
pub(super) fn is_clean(source: &[u8]) -> bool {
    std::str::from_utf8(source).is_ok()
        && memchr::memchr(0, source).is_none()
        && memmem::rfind(source, BYTE_ORDER_MARK).is_none_or(|at| at == 0)
}

/// The character at an offset and its width; no character for a byte that is not UTF-8. Nothing at
/// the end of the source.
pub(super) fn character(source: &[u8], at: usize) -> Option<(Option<char>, usize)> {
    let rest = source.get(at..)?;
    let width = match rest.first()? {
        0..0x80 => return Some((Some(char::from(rest[0])), 1)),
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
        _ => return Some((None, 1)),
    };
    let bytes = rest.get(..width).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match bytes.and_then(|text| text.chars().next()) {
        Some(c) => Some((Some(c), width)),
        None => Some((None, 1)),
    }
}

/// A character as messages show it: `U+0071 'q'`, the second part only if it can be shown.
pub(super) fn code_point(c: char) -> String {
    let code = format!("U+{:04X}", c as u32);
    if unicode::is_printable(c) { format!("{code} '{c}'") } else { code }
}

impl Lexer<'_> {
    /// Reads the first character, and passes a byte order mark there.
    pub(super) fn begin(&mut self) {
        if !self.clean {
            self.judge(0);
        }
        if self.source.starts_with(BYTE_ORDER_MARK) {
            self.move_to(BYTE_ORDER_MARK.len());
        }
    }

    /// Goes on to the character at an offset, judging it and what is passed on the way.
    pub(super) fn move_to(&mut self, to: usize) {
        if self.clean {
            self.at = to;
            return;
        }
        while self.at < to {
            self.at += character(self.source, self.at).map_or(1, |(_, width)| width);
            self.judge(self.at);
        }
    }

    fn judge(&mut self, at: usize) {
        match character(self.source, at) {
            Some((Some('\0'), _)) => self.error(at, "illegal character NUL"),
            Some((Some('\u{feff}'), _)) if at > 0 => self.error(at, "illegal byte order mark"),
            Some((None, _)) => self.error(at, "illegal UTF-8 encoding"),
            _ => {}
        }
    }
}
