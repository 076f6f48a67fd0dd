//! One writer in a folder at a time.

use std::fs::File;
use std::io;
use std::thread;
use std::time::Duration;

use camino::Utf8Path;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// How often a lock that is held is tried again, and after how long: five seconds in all.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// The folder of a file, locked against other runs of this program while this value lives.
///
/// The lock is on the folder itself (`flock`), so that no file is left behind, and that a lock ends
/// with its process. A folder that may be written but not listed cannot be locked; neither can
/// one on a file system without locks.
#[derive(Debug)]
pub struct FolderLock {
    _folder: Option<File>,
}

impl FolderLock {
    /// Locks the folder in which a file stands.
    ///
    /// # Errors
    /// Another run holds the lock for longer than five seconds.
    pub fn of(path: &Utf8Path) -> io::Result<FolderLock> {
        let Ok(folder) = File::open(super::folder_of(path)) else {
            return Ok(FolderLock { _folder: None });
        };
        for _ in 0..TRIES {
            match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(FolderLock { _folder: Some(folder) }),
                Err(Errno::WOULDBLOCK | Errno::INTR) => thread::sleep(PAUSE),
                Err(_) => return Ok(FolderLock { _folder: None }),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::WouldBlock,
            "another trento-alloy writes in this folder: wait until it is done",
        ))
    }
}
