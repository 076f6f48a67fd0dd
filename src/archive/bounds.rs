//! How much of an archive is read: sizes that no host's configuration reaches.

use std::io::{self, Read};

/// The most entries of one archive.
pub const MOST_ENTRIES: usize = 200_000;
/// The longest name of an entry, in bytes; as long as a path may be on Linux.
pub const LONGEST_NAME: usize = 4096;
/// The largest file whose content is held.
pub const LARGEST_FILE: u64 = 8 << 20;
/// The most content that is held of one archive.
pub const MOST_HELD: u64 = 64 << 20;
/// The most that is decompressed for each byte of the archive, and in all: a bomb ends here.
const BEST_RATIO: u64 = 64;
const LEAST_DECOMPRESSED: u64 = 32 << 20;
const MOST_DECOMPRESSED: u64 = 1 << 30;

/// A reader that ends with an error where an archive has become too large.
pub struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Bounded<R> {
    /// Bounds what comes out of an archive of this size.
    pub fn new(inner: R, archive_size: u64) -> Bounded<R> {
        let most =
            archive_size.saturating_mul(BEST_RATIO).clamp(LEAST_DECOMPRESSED, MOST_DECOMPRESSED);
        // A plain tar file is as large as it is.
        Bounded { inner, left: most.max(archive_size) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(too_large("it holds far more than a host's configuration")),
        }
    }
}

/// The error of an archive that reaches a bound.
pub fn too_large(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_ends_with_an_error_and_an_ordinary_archive_does_not() {
        let mut bomb = Bounded::new(io::repeat(0), 1000);
        let read = io::copy(&mut bomb, &mut io::sink());
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        let mut plain = Bounded::new(io::repeat(0).take(LEAST_DECOMPRESSED), 1000);
        assert_eq!(io::copy(&mut plain, &mut io::sink()).unwrap(), LEAST_DECOMPRESSED);
    }
}
