//! How the bytes of an archive are compressed, told by their beginning or by a file's name.
//!
//! gzip by flate2, zstd by ruzstd, xz by lzma-rust2: all three without C.

use std::io::{self, Read, Write};

use camino::Utf8Path;

/// A compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// None: a tar file as it is.
    Plain,
    /// gzip.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
}

/// The dictionary that an xz file may ask for: the memory its reader takes.
const XZ_MEMORY_KIB: u32 = 96 << 10;

/// What names of archives end with.
const ENDINGS: &[(&str, Compression)] = &[
    (".tar", Compression::Plain),
    (".tar.gz", Compression::Gzip),
    (".tgz", Compression::Gzip),
    (".tar.xz", Compression::Xz),
    (".txz", Compression::Xz),
    (".tar.zst", Compression::Zstd),
    (".tzst", Compression::Zstd),
];

fn ending(name: &str) -> Option<(&'static str, Compression)> {
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending)).copied()
}

impl Compression {
    /// What the beginning of a file shows; none if it is no archive that is known.
    pub fn of_bytes(bytes: &[u8]) -> Option<Compression> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
            _ => bytes.get(257..262).filter(|magic| *magic == b"ustar").map(|_| Compression::Plain),
        }
    }

    /// What a file of that name is to be; none if the name is of no archive.
    pub fn of_name(path: &Utf8Path) -> Option<Compression> {
        ending(path.file_name()?).map(|(_, compression)| compression)
    }

    /// The name of an archive without what its name ends with.
    pub fn stem(name: &str) -> &str {
        &name[..name.len() - ending(name).map_or(0, |(ending, _)| ending.len())]
    }

    /// The bytes as they were before they were compressed.
    pub(super) fn reader<'r, R: Read + 'r>(self, bytes: R) -> io::Result<Box<dyn Read + 'r>> {
        Ok(match self {
            Compression::Plain => Box::new(bytes),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
            Compression::Xz => {
                Box::new(lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY_KIB))
            }
            Compression::Zstd => {
                Box::new(ruzstd::decoding::StreamingDecoder::new(bytes).map_err(io::Error::other)?)
            }
        })
    }

    /// Compresses bytes; none where this program does not write the form.
    pub(super) fn compress(self, bytes: &[u8]) -> Option<io::Result<Vec<u8>>> {
        match self {
            Compression::Plain => Some(Ok(bytes.to_vec())),
            Compression::Gzip => {
                let level = flate2::Compression::default();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                Some(encoder.write_all(bytes).and_then(|()| encoder.finish()))
            }
            Compression::Zstd => {
                let level = ruzstd::encoding::CompressionLevel::Fastest;
                Some(Ok(ruzstd::encoding::compress_to_vec(bytes, level)))
            }
            Compression::Xz => None,
        }
    }
}
