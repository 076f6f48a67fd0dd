//! Bytes as yaml.v3 takes them for text: UTF-8 or UTF-16, and no control characters.
//!
//! It reads in pieces, so a character it refuses only counts when the document reaches its piece.

use super::Fault;
use alloy_grammar::span::Span;

/// How many bytes yaml.v3 decodes at a time.
const PIECE: usize = 512;

/// What the bytes are as text, up to the first character that is refused.
#[derive(Debug)]
pub struct Text {
    /// The text, in UTF-8 whatever the file is in; a byte order mark of UTF-8 is still in it.
    pub text: String,
    /// Where the content starts: behind a byte order mark.
    pub(super) start: usize,
    /// How far the scanner may look, and what it meets there.
    pub(super) refusal: Option<Refusal>,
}

/// A character that is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Where the piece with it starts in the text: whoever looks further is refused.
    pub(super) limit: usize,
    pub(super) fault: Fault,
}

/// A character and how many bytes it takes, or why there is none.
type Decoded = Result<(char, usize), &'static str>;

impl Text {
    /// Decodes the bytes of a file.
    pub fn decode(bytes: &[u8]) -> Text {
        let (decode, skipped): (fn(&[u8]) -> Decoded, usize) = match bytes {
            [0xFF, 0xFE, ..] => (|rest| utf16(rest, u16::from_le_bytes), 2),
            [0xFE, 0xFF, ..] => (|rest| utf16(rest, u16::from_be_bytes), 2),
            [0xEF, 0xBB, 0xBF, ..] => (utf8, 3),
            _ => (utf8, 0),
        };
        let mut text = String::with_capacity(bytes.len());
        if skipped == 3 {
            text.push('\u{feff}');
        }
        let start = text.len();
        let (mut at, mut piece_end, mut limit) = (skipped, PIECE, start);
        while at < bytes.len() {
            let found = decode(&bytes[at..]);
            let width = found.map_or(1, |(_, width)| width);
            if at + width > piece_end {
                (piece_end, limit) = (at + PIECE, text.len());
            }
            let refused = match found {
                Ok((character, width)) if is_allowed(character) => {
                    text.push(character);
                    at += width;
                    continue;
                }
                Ok(_) => "control characters are not allowed",
                Err(message) => message,
            };
            let fault = Fault::new(refused, Span::new(text.len() as u32, text.len() as u32));
            return Text { text, start, refusal: Some(Refusal { limit, fault }) };
        }
        Text { text, start, refusal: None }
    }
}

/// What YAML calls printable, without the byte order marks that UTF-16 could not tell apart.
fn is_allowed(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn utf8(bytes: &[u8]) -> Decoded {
    let width = match bytes[0] {
        0..=0x7F => return Ok((char::from(bytes[0]), 1)),
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => return Err("invalid leading UTF-8 octet"),
    };
    let Some(whole) = bytes.get(..width) else { return Err("incomplete UTF-8 octet sequence") };
    match std::str::from_utf8(whole).ok().and_then(|text| text.chars().next()) {
        Some(character) => Ok((character, width)),
        None if whole[1..].iter().any(|byte| byte & 0xC0 != 0x80) => {
            Err("invalid trailing UTF-8 octet")
        }
        None => Err("invalid Unicode character"),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let unit_at = |at: usize| {
        let pair = bytes.get(at..at + 2)?;
        Some(unit([pair[0], pair[1]]))
    };
    let first = unit_at(0).ok_or("incomplete UTF-16 character")?;
    let units = match first {
        0xDC00..=0xDFFF => return Err("unexpected low surrogate area"),
        0xD800..=0xDBFF => vec![first, unit_at(2).ok_or("incomplete UTF-16 surrogate pair")?],
        _ => vec![first],
    };
    let width = 2 * units.len();
    match char::decode_utf16(units).next() {
        Some(Ok(character)) => Ok((character, width)),
        _ => Err("expected low surrogate area"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_of_utf_16_are_read() {
        for (mark, order) in [
            ([0xFF, 0xFE], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ([0xFE, 0xFF], u16::to_be_bytes),
        ] {
            let units = "ä: 𝄞\n".encode_utf16().flat_map(order);
            let bytes: Vec<u8> = mark.into_iter().chain(units).collect();
            let text = Text::decode(&bytes);
            assert_eq!((text.text.as_str(), text.start), ("ä: 𝄞\n", 0));
            assert!(text.refusal.is_none());
            assert!(Text::decode(&bytes[..bytes.len() - 1]).refusal.is_some());
        }
    }

    #[test]
    fn a_refused_character_counts_from_the_start_of_its_piece() {
        let mut bytes = vec![b'a'; 700];
        bytes.push(0x7F);
        let refusal = Text::decode(&bytes).refusal.expect("it is refused");
        assert_eq!((refusal.limit, refusal.fault.span.start), (512, 700));
        assert!(Text::decode(b"\xC3\x28").refusal.is_some());
    }
}
