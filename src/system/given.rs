//! Files that the command line names: read once, within a bound, and never for ever.
//!
//! A path must lead to a regular file. `-`, `/dev/stdin`, `/dev/fd/N` and `/proc/self/fd/N` (what
//! a shell makes of `<(…)`) are streams that somebody opened for us: they are read to their end. A
//! FIFO of any other name is refused, because one without a writer would never end.

use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

use crate::system::disk::{read_bounded, read_regular};

/// The most that is read of a file with settings: waivers, values, keys.
pub const LARGEST_SETTINGS: u64 = 4 << 20;
/// The most that is read of a file with facts or configuration.
pub const LARGEST_INPUT: u64 = 32 << 20;

/// Reads a file that the command line names; `-` is standard input.
///
/// # Errors
/// It cannot be read, is a folder, a FIFO, a socket or a device, or larger than the bound.
pub fn read(path: &Utf8Path, stdin: &mut dyn Read, largest: u64) -> io::Result<Vec<u8>> {
    if path == "-" { read_bounded(stdin, 0, largest) } else { read_file(path, largest) }
}

/// Reads a file that the command line names and that standard input cannot stand for.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: &Utf8Path, largest: u64) -> io::Result<Vec<u8>> {
    if is_stream(path) {
        return read_bounded(File::open(path)?, 0, largest);
    }
    read_regular(path, largest)
}

/// As [`read_file`], as text.
///
/// # Errors
/// As [`read_file`], and `InvalidData` if it is not UTF-8.
pub fn read_text(path: &Utf8Path, largest: u64) -> io::Result<String> {
    String::from_utf8(read_file(path, largest)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Whether a path names a stream that was opened for us.
pub fn is_stream(path: &Utf8Path) -> bool {
    let is_number = |name: &str| !name.is_empty() && name.bytes().all(|c| c.is_ascii_digit());
    path == "/dev/stdin"
        || ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .any(|folder| path.as_str().strip_prefix(folder).is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_opened_for_us_is_a_stream() {
        assert!(is_stream(Utf8Path::new("/dev/fd/63")));
        assert!(is_stream(Utf8Path::new("/dev/stdin")));
        assert!(!is_stream(Utf8Path::new("/dev/fd/")));
        assert!(!is_stream(Utf8Path::new("/dev/zero")));
    }

    #[test]
    fn what_never_ends_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        let fifo = path.join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, fifo.as_std_path(), 0o600.into()).unwrap();
        let refused = |path: &Utf8Path| read_file(path, 10).unwrap_err().to_string();
        assert_eq!(refused(&fifo), "it is not a regular file");
        assert_eq!(refused(Utf8Path::new("/dev/zero")), "it is not a regular file");
        assert_eq!(refused(path), "it is a folder");
        std::fs::write(path.join("eleven"), "eleven byte").unwrap();
        assert_eq!(refused(&path.join("eleven")), "it is larger than 10 bytes");
        assert!(read(Utf8Path::new("-"), &mut io::repeat(0), 10).is_err());
        assert_eq!(read(Utf8Path::new("-"), &mut &b"abc"[..], 10).unwrap(), b"abc");
    }
}
