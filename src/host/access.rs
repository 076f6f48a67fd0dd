//! What decides over a file beside its mode: access control lists and SELinux.
//!
//! Only whether they take part; their verdict is not worked out here.

use camino::Utf8Path;
use serde::Serialize;

use crate::system::System;

/// What decides beside a file's mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccessControl {
    /// Whether the file has an access control list.
    pub has_acl: bool,
    /// The file's SELinux context, where SELinux is enforced.
    pub selinux_context: Option<String>,
}

/// What decides beside the mode over a file, whose path has no links in it.
///
/// Lists are read from a live host and from a mounted image; a host that was recorded has none.
/// SELinux is asked about on a live host only: elsewhere nobody enforces it.
pub fn access_control(system: &System, path: &Utf8Path) -> AccessControl {
    if system.snapshot().is_some_and(|snapshot| snapshot.files.is_some()) {
        return AccessControl::default();
    }
    let outer = system.outer(path);
    let is_enforced = system.is_live()
        && system
            .files
            .read_to_string(Utf8Path::new("/sys/fs/selinux/enforce"))
            .is_ok_and(|state| state.trim() == "1");
    AccessControl {
        has_acl: attribute(&outer, "system.posix_acl_access").is_some_and(|list| !list.is_empty()),
        selinux_context: is_enforced
            .then(|| attribute(&outer, "security.selinux"))
            .flatten()
            .map(|context| crate::host::clean(&String::from_utf8_lossy(&context))),
    }
}

fn attribute(path: &Utf8Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 4096];
    let length = rustix::fs::lgetxattr(path.as_std_path(), name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}
