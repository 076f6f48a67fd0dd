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
/// SELinux is asked about where a kernel runs only: elsewhere nobody enforces it.
pub fn access_control(system: &System, path: &Utf8Path) -> AccessControl {
    if system.snapshot().is_some_and(|snapshot| snapshot.files.is_some()) {
        return AccessControl::default();
    }
    let enforce = Utf8Path::new("/sys/fs/selinux/enforce");
    let state = system.kernel().and_then(|kernel| kernel.read(enforce).ok());
    let is_enforced = state.is_some_and(|state| state.trim_ascii() == b"1");
    let attribute = |name: &str| system.files.attribute(path, name);
    AccessControl {
        has_acl: attribute("system.posix_acl_access").is_some_and(|list| !list.is_empty()),
        selinux_context: is_enforced
            .then(|| attribute("security.selinux"))
            .flatten()
            .map(|context| crate::host::clean(&String::from_utf8_lossy(&context))),
    }
}
