//! A remote write of any size that stores nothing.
//!
//! Receivers skip fields of a message that they do not know. One such field with padding in it
//! makes a write as long as a batch of samples, and it still holds none.

/// What a batch of few samples takes, compressed.
pub const USUAL_BATCH: usize = 100_000;
/// What the largest batch of Alloy's takes: 2,000 samples with long labels.
pub const WHOLE_BATCH: usize = 900_000;

/// Field 15, which no version of the message has, as a string of bytes.
const UNKNOWN_FIELD: u8 = 15 << 3 | 2;
/// The longest literal whose length snappy writes in two bytes.
const LONGEST_LITERAL: usize = 1 << 16;

/// A message with so many bytes of padding behind it, in snappy's encoding.
pub(super) fn encoded(message: &[u8], padding: usize) -> Vec<u8> {
    let mut message = message.to_vec();
    if padding > 0 {
        message.push(UNKNOWN_FIELD);
        varint(padding, &mut message);
        // Bytes that nothing on the way can make much smaller.
        let mut state: u32 = 0x9e37_79b9;
        message.extend(std::iter::repeat_with(|| noise(&mut state)).take(padding));
    }
    let mut encoded = Vec::with_capacity(message.len() + 64);
    varint(message.len(), &mut encoded);
    for literal in message.chunks(LONGEST_LITERAL) {
        // The tag of a literal whose length less one follows in two bytes.
        encoded.push(61 << 2);
        encoded.extend_from_slice(&((literal.len() - 1) as u16).to_le_bytes());
        encoded.extend_from_slice(literal);
    }
    encoded
}

/// A step of a xorshift generator.
fn noise(state: &mut u32) -> u8 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    state.to_le_bytes()[0]
}

fn varint(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::writer::Message;

    /// Undoes literals of snappy.
    fn decoded(encoded: &[u8]) -> Vec<u8> {
        let (length, mut at) = read_varint(encoded);
        let mut out = Vec::new();
        while at < encoded.len() {
            assert_eq!(encoded[at], 61 << 2);
            let size = u16::from_le_bytes([encoded[at + 1], encoded[at + 2]]) as usize + 1;
            out.extend_from_slice(&encoded[at + 3..at + 3 + size]);
            at += 3 + size;
        }
        assert_eq!(out.len(), length);
        out
    }

    fn read_varint(bytes: &[u8]) -> (usize, usize) {
        let mut number = 0;
        for (at, byte) in bytes.iter().enumerate() {
            number |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return (number, at + 1);
            }
        }
        panic!("a varint ends");
    }

    #[test]
    fn a_padded_write_holds_one_unknown_field_and_nothing_else() {
        for size in [1, 127, 128, USUAL_BATCH, WHOLE_BATCH] {
            for empty in [Message::V1, Message::V2].map(Message::empty) {
                let message = decoded(&encoded(empty, size));
                let padding = message.strip_prefix(empty).unwrap();
                assert_eq!(padding[0], 0x7a);
                let (length, used) = read_varint(&padding[1..]);
                assert_eq!((length, padding.len()), (size, 1 + used + size));
            }
        }
    }

    #[test]
    fn a_write_without_padding_is_the_empty_message() {
        assert_eq!(encoded(Message::V1.empty(), 0), [0]);
        assert_eq!(decoded(&encoded(Message::V2.empty(), 0)), [0x22, 0]);
    }

    #[test]
    fn the_whole_batch_fits_the_usual_limit_of_a_proxy() {
        assert!(encoded(&[], WHOLE_BATCH).len() < 1 << 20);
        assert_eq!(encoded(&[], WHOLE_BATCH), encoded(&[], WHOLE_BATCH));
    }
}
