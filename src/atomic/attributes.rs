//! What a file has beyond content, owner and mode: access control lists, extended attributes.

use std::fs::File;
use std::io;

use camino::Utf8Path;
use rustix::buffer::spare_capacity;
use rustix::fs::{XattrFlags, fsetxattr, lgetxattr, llistxattr};
use rustix::io::Errno;

/// The most that names, or one value, take (the kernel's limit).
const LARGEST: usize = 64 << 10;
/// The access control list, which also holds the mode.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Copies the attributes of a file to the one that takes its place.
///
/// # Errors
/// An attribute cannot be read or set. Labels of security modules are exempt: where we may not set
/// them, the folder's rules give the new file its own.
pub fn copy(from: &Utf8Path, to: &File, mode: u32) -> io::Result<()> {
    for name in names(from)? {
        let Some(value) = value(from, &name)? else { continue };
        // A list that grants more than the mode that is wanted would widen it again.
        if name == ACCESS_LIST && mode & 0o070 == 0 {
            continue;
        }
        match fsetxattr(to, name.as_str(), &value, XattrFlags::empty()) {
            Ok(()) => {}
            Err(Errno::PERM | Errno::ACCESS | Errno::NOTSUP) if name.starts_with("security.") => {}
            Err(error) => {
                let message = format!("its attribute {name} cannot be kept: {error}");
                return Err(io::Error::new(io::Error::from(error).kind(), message));
            }
        }
    }
    Ok(())
}

fn names(path: &Utf8Path) -> io::Result<Vec<String>> {
    let mut list = Vec::with_capacity(LARGEST);
    match llistxattr(path.as_std_path(), spare_capacity(&mut list)) {
        Ok(_) => {}
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

/// The value of an attribute; none if it is gone meanwhile.
fn value(path: &Utf8Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    let mut value = Vec::with_capacity(LARGEST);
    match lgetxattr(path.as_std_path(), name, spare_capacity(&mut value)) {
        Ok(_) => Ok(Some(value)),
        Err(Errno::NODATA) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
