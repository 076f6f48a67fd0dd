//! MD5, for the `hashmod` action only: Prometheus takes the last eight bytes of it.
//!
//! Not for anything that must withstand an attacker.

/// The last eight bytes of a text's MD5, as a big-endian number.
pub fn tail(text: &[u8]) -> u64 {
    let [_, _, c, d] = digest(text);
    (u64::from(c.swap_bytes()) << 32) | u64::from(d.swap_bytes())
}

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

fn digest(text: &[u8]) -> [u32; 4] {
    let mut padded = text.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() - text.len() < 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let length = padded.len();
    padded[length - 8..].copy_from_slice(&(text.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(64) {
        mix(&mut state, block);
    }
    state
}

fn mix(state: &mut [u32; 4], block: &[u8]) {
    let word = |at: usize| {
        block[at * 4..at * 4 + 4]
            .iter()
            .rev()
            .fold(0_u32, |word, &byte| (word << 8) | u32::from(byte))
    };
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..64 {
        let (mixed, at) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
            2 => (b ^ c ^ d, (3 * step + 5) % 16),
            _ => (c ^ (b | !d), (7 * step) % 16),
        };
        let constant = ((step as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32;
        let sum = a.wrapping_add(mixed).wrapping_add(constant).wrapping_add(word(at));
        let turned = sum.rotate_left(SHIFTS[step / 16][step % 4]);
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d]) {
        *old = old.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_the_known_digests() {
        // d41d8cd98f00b204 e9800998ecf8427e, and 900150983cd24fb0 d6963f7d28e17f72
        assert_eq!(tail(b""), 0xe980_0998_ecf8_427e);
        assert_eq!(tail(b"abc"), 0xd696_3f7d_28e1_7f72);
        // 57edf4a22be3c955 ac49da2e2107b67a
        assert_eq!(tail("1234567890".repeat(8).as_bytes()), 0xac49_da2e_2107_b67a);
    }
}
