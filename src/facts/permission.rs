//! Who may read what: the permissions of a user on the host, from owners and modes.
//!
//! Groups come from the host's own passwd and group files. What a mode cannot say (an access
//! control list, an SELinux context) is reported as unproven.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::host::access::access_control;
use crate::system::{FileKind, Metadata, Ownership, System};

/// A user of the host and the groups it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// The name, or a number.
    pub(super) name: String,
    /// Names of the groups, the primary one among them.
    groups: BTreeSet<String>,
    /// Whether everything is allowed.
    is_root: bool,
}

/// Whether a user can read a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// Whether the modes allow it.
    pub(super) readable: bool,
    /// The file or folder that stands in the way, with its owner and mode; else empty.
    pub(super) blocked_by: String,
    /// Why the modes alone do not decide; else empty.
    pub(super) unproven: String,
    /// Whether the unit hides it, whatever the modes are.
    pub(super) is_hidden: bool,
}

/// What is wanted of a file or folder.
#[derive(Clone, Copy)]
enum Want {
    Read,
    Write,
    Enter,
}

impl Want {
    fn bit(self) -> u32 {
        match self {
            Want::Read => 4,
            Want::Write => 2,
            Want::Enter => 1,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Want::Read => "read",
            Want::Write => "written",
            Want::Enter => "entered",
        }
    }
}

impl Account {
    /// A user with its groups: the primary one, those that list it, and `more`.
    pub(super) fn read(
        system: &System,
        user: &str,
        group: Option<&str>,
        more: &[String],
    ) -> Account {
        let passwd = lines(system, "/etc/passwd");
        let entry = passwd.iter().find(|entry| {
            entry.first().is_some_and(|name| name == user)
                || entry.get(2).is_some_and(|number| number == user)
        });
        let name = entry.and_then(|entry| entry.first()).map_or(user, String::as_str).to_owned();
        let primary = entry.and_then(|entry| entry.get(3)).cloned();
        let is_root = user == "root"
            || user == "0"
            || entry.is_some_and(|e| e.get(2).is_some_and(|n| n == "0"));
        let mut groups: BTreeSet<String> = more.iter().cloned().collect();
        groups.extend(group.map(str::to_owned));
        for entry in lines(system, "/etc/group") {
            let [Some(group_name), Some(number)] = [entry.first(), entry.get(2)] else { continue };
            let lists = entry.get(3).is_some_and(|members| members.split(',').any(|it| it == name));
            if lists || (group.is_none() && Some(number) == primary.as_ref()) {
                groups.insert(group_name.clone());
            }
        }
        if entry.is_none() && group.is_none() {
            // A system user without an entry usually has a group of its own name.
            groups.insert(user.to_owned());
        }
        Account { name, groups, is_root }
    }

    /// Whether this user can read a file, or list a folder, folders on the way included.
    ///
    /// None where owners and modes of the host are not known.
    pub(super) fn can_read(&self, system: &System, path: &Utf8Path) -> Option<Access> {
        let resolved = system.files.resolve(path).ok()?;
        let meta = system.files.metadata(&resolved).ok()?;
        meta.ownership.as_ref()?;
        if self.is_root {
            return Some(Access { readable: true, ..Access::default() });
        }
        let mut blocked_by = String::new();
        let mut unproven = String::new();
        for folder in folders_above(&resolved) {
            let folder_meta = system.files.metadata(&folder).ok()?;
            self.judge(system, &folder, &folder_meta, Want::Enter, &mut blocked_by, &mut unproven);
        }
        self.judge(system, &resolved, &meta, Want::Read, &mut blocked_by, &mut unproven);
        if meta.kind == FileKind::Dir {
            self.judge(system, &resolved, &meta, Want::Enter, &mut blocked_by, &mut unproven);
        }
        let readable = blocked_by.is_empty();
        Some(Access { readable, blocked_by, unproven, is_hidden: false })
    }

    /// Whether this user can make files in a folder, folders on the way included.
    ///
    /// None where owners and modes of the host are not known.
    pub(super) fn can_fill(&self, system: &System, path: &Utf8Path) -> Option<Access> {
        let resolved = system.files.resolve(path).ok()?;
        let meta = system.files.metadata(&resolved).ok()?;
        meta.ownership.as_ref()?;
        let mut access = Access::default();
        if self.is_root {
            return Some(Access { readable: true, ..access });
        }
        let Access { blocked_by, unproven, .. } = &mut access;
        for folder in folders_above(&resolved) {
            let folder_meta = system.files.metadata(&folder).ok()?;
            self.judge(system, &folder, &folder_meta, Want::Enter, blocked_by, unproven);
        }
        self.judge(system, &resolved, &meta, Want::Write, blocked_by, unproven);
        self.judge(system, &resolved, &meta, Want::Enter, blocked_by, unproven);
        access.readable = access.blocked_by.is_empty();
        Some(access)
    }

    fn judge(
        &self,
        system: &System,
        path: &Utf8Path,
        meta: &Metadata,
        want: Want,
        blocked_by: &mut String,
        unproven: &mut String,
    ) {
        let Some(owner) = &meta.ownership else { return };
        if let Some(reason) = beyond_modes(system, path)
            && unproven.is_empty()
        {
            *unproven = format!("{path} {reason}");
        }
        if !self.is_allowed(owner, want) && blocked_by.is_empty() {
            *blocked_by = format!(
                "{path} is {}:{} {:04o} and cannot be {} by {}",
                owner.user,
                owner.group,
                owner.mode,
                want.word(),
                self.name
            );
        }
    }

    fn is_allowed(&self, owner: &Ownership, want: Want) -> bool {
        let shift = if owner.user == self.name {
            6
        } else if self.groups.contains(&owner.group) {
            3
        } else {
            0
        };
        (owner.mode >> shift) & want.bit() != 0
    }
}

/// The letters of the rights that the group (`shift` 3) or others (`shift` 0) have.
pub(super) fn rights(mode: u32, shift: u32) -> String {
    [(4, 'r'), (2, 'w'), (1, 'x')]
        .iter()
        .filter(|(bit, _)| (mode >> shift) & bit != 0)
        .map(|(_, letter)| letter)
        .collect()
}

/// What decides beside the modes, as a clause.
fn beyond_modes(system: &System, path: &Utf8Path) -> Option<String> {
    let control = access_control(system, path);
    if control.has_acl {
        return Some("has an access control list".to_owned());
    }
    let context = control.selinux_context.filter(|context| is_unusual(context))?;
    Some(format!("is labelled {context} for SELinux"))
}

/// Whether a context is none that a service may usually read: a file that was moved out of
/// somebody's home or a temporary folder keeps the label it had there.
fn is_unusual(context: &str) -> bool {
    const UNUSUAL: &[&str] = &["home", "tmp_t", "default_t", "unlabeled_t", "shadow_t"];
    context.split(':').nth(2).is_some_and(|kind| UNUSUAL.iter().any(|word| kind.contains(word)))
}

fn folders_above(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut folders: Vec<Utf8PathBuf> = path.ancestors().skip(1).map(Utf8Path::to_owned).collect();
    folders.reverse();
    folders
}

fn lines(system: &System, path: &str) -> Vec<Vec<String>> {
    system
        .files
        .read_to_string(Utf8Path::new(path))
        .unwrap_or_default()
        .lines()
        .map(|line| line.split(':').map(str::to_owned).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_from_the_mode() {
        assert_eq!(rights(0o640, 3), "r");
        assert_eq!(rights(0o640, 0), "");
        assert_eq!(rights(0o777, 0), "rwx");
    }

    #[test]
    fn only_labels_from_elsewhere_decide() {
        assert!(is_unusual("unconfined_u:object_r:user_home_t:s0"));
        assert!(!is_unusual("system_u:object_r:etc_t:s0"));
    }

    #[test]
    fn the_class_of_the_owner_decides_alone() {
        let account = Account {
            name: "alloy".to_owned(),
            groups: BTreeSet::from(["alloy".to_owned()]),
            is_root: false,
        };
        let owned = |mode, user: &str, group: &str| Ownership {
            mode,
            user: user.to_owned(),
            group: group.to_owned(),
        };
        assert!(account.is_allowed(&owned(0o640, "root", "alloy"), Want::Read));
        assert!(!account.is_allowed(&owned(0o640, "root", "root"), Want::Read));
        assert!(!account.is_allowed(&owned(0o044, "alloy", "alloy"), Want::Read));
    }
}
