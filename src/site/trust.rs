//! Who besides root may change a file that decides what is reported.

use camino::Utf8Path;

use crate::system::{HostFiles, Ownership};

/// Others than root who may change a file, or put another into its place; none where owners and
/// modes are not known, as in a plain copy.
pub fn others_who_may_change(files: &HostFiles, path: &Utf8Path) -> Option<String> {
    let resolved = files.resolve(path).ok()?;
    let own = files.metadata(&resolved).ok()?.ownership?;
    if let Some(who) = others(&own) {
        return Some(format!("{who} may change it"));
    }
    let folder = resolved.parent()?;
    let above = files.metadata(folder).ok()?.ownership?;
    others(&above).map(|who| format!("{who} may change its folder, {folder}"))
}

/// That a file is not used, why, and what to do.
pub fn set_aside(path: &str, who: &str) -> String {
    format!("{path} is not used: {who}; make file and folder root's, writable by root alone")
}

fn others(ownership: &Ownership) -> Option<String> {
    let Ownership { mode, user, group } = ownership;
    if user != "root" {
        Some(format!("user {user}"))
    } else if mode & 0o002 != 0 {
        Some("everybody".to_owned())
    } else if mode & 0o020 != 0 && group != "root" {
        Some(format!("group {group}"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_its_group_may_write() {
        let who = |mode, user: &str, group: &str| {
            others(&Ownership { mode, user: user.to_owned(), group: group.to_owned() })
        };
        assert_eq!(who(0o644, "root", "users"), None);
        assert_eq!(who(0o664, "root", "root"), None);
        assert_eq!(who(0o664, "root", "users").unwrap(), "group users");
        assert_eq!(who(0o646, "root", "root").unwrap(), "everybody");
        assert_eq!(who(0o600, "alloy", "root").unwrap(), "user alloy");
    }
}
