//! What decides over a file beside its mode: access control lists and SELinux.
//!
//! Only whether they take part; their verdict is not worked out here.

use camino::Utf8Path;
use serde::Serialize;

use crate::world::World;

/// What decides beside a file's mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccessControl {
    /// Whether the file has an access control list.
    pub has_acl: bool,
    /// The file's SELinux context, where SELinux is enforced.
    pub selinux_context: Option<String>,
}

/// What decides over a file beside its mode, links followed. Nothing under `--root`.
pub fn access_control(world: &World, path: &Utf8Path) -> AccessControl {
    if !world.is_live() {
        return AccessControl::default();
    }
    let enforced = world
        .files
        .read_to_string(Utf8Path::new("/sys/fs/selinux/enforce"))
        .is_ok_and(|state| state.trim() == "1");
    AccessControl {
        has_acl: attribute(path, "system.posix_acl_access").is_some(),
        selinux_context: enforced
            .then(|| attribute(path, "security.selinux"))
            .flatten()
            .map(|context| crate::host::clean(&String::from_utf8_lossy(&context))),
    }
}

fn attribute(path: &Utf8Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 4096];
    let length = rustix::fs::getxattr(path.as_std_path(), name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}
