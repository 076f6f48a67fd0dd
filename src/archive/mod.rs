//! Hosts in archives: tar, alone or compressed by gzip, xz or zstd, read into memory and written.
//!
//! Nothing is ever unpacked to disk, and nothing outside of the archive is read. A name that is
//! absolute is taken from the root of the archive; one with `..` is left out. What is too large to
//! be a configuration keeps its place, but not its content. What a host's files mean is for
//! others.

mod bounds;
mod compression;
mod find;
mod open;
mod read;
mod write;

pub use compression::Compression;
pub use find::is_host_folder;
pub use open::{open, open_all};
#[cfg(any(test, fuzzing))]
pub use read::read;
pub use write::write;
