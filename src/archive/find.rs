//! Where in an archive a host's files begin: `etc/…`, `./etc/…`, `sap01/etc/…`.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::system::MemoryTree;

/// A host that an archive holds.
#[derive(Debug)]
pub struct Found {
    /// The folder of the archive that its files stand in; empty where that is the archive itself.
    pub prefix: Utf8PathBuf,
    /// Its files.
    pub tree: MemoryTree,
}

/// Paths by which a host is known, below its root.
const SIGNS: &[&str] = &[
    "snapshot.json",
    "etc/alloy",
    "etc/trento",
    "etc/hostname",
    "etc/machine-id",
    "etc/os-release",
    "etc/prometheus",
    "etc/sysconfig/alloy",
    "etc/default/alloy",
    "etc/systemd/system",
    "usr/lib/systemd/system/alloy.service",
];

/// Whether a folder on this machine holds a host's files at their paths.
pub fn is_host_folder(folder: &Utf8Path) -> bool {
    folder.join("etc").is_dir() || SIGNS.iter().any(|sign| folder.join(sign).exists())
}

/// The folders under which hosts begin, by the paths of an archive; the outermost ones only, so
/// that a chroot inside of a host is no second host.
pub(super) fn prefixes<'p>(paths: impl IntoIterator<Item = &'p Utf8Path>) -> BTreeSet<Utf8PathBuf> {
    let mut found = BTreeSet::new();
    for path in paths {
        for sign in SIGNS {
            let text = path.as_str();
            let Some(at) = text.match_indices(sign).map(|(at, _)| at).find(|at| {
                let begins = *at == 0 || text.as_bytes()[at - 1] == b'/';
                let ends = text.as_bytes().get(at + sign.len()).is_none_or(|byte| *byte == b'/');
                begins && ends
            }) else {
                continue;
            };
            found.insert(Utf8PathBuf::from(text[..at].trim_end_matches('/')));
        }
    }
    let outermost =
        |prefix: &Utf8PathBuf| !prefix.ancestors().skip(1).any(|above| found.contains(above));
    found.iter().filter(|prefix| outermost(prefix)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes_of(paths: &[&str]) -> Vec<String> {
        let found = prefixes(paths.iter().map(|path| Utf8Path::new(*path)));
        found.into_iter().map(Utf8PathBuf::into_string).collect()
    }

    #[test]
    fn hosts_are_found_under_any_prefix_and_only_the_outermost() {
        assert_eq!(prefixes_of(&["etc/alloy/trento.alloy"]), [""]);
        assert_eq!(prefixes_of(&["a/etc/hostname", "b/etc/trento/agent.yaml"]), ["a", "b"]);
        assert_eq!(prefixes_of(&["etc/hostname", "srv/chroot/etc/hostname"]), [""]);
        assert_eq!(prefixes_of(&["x/etc/alloyed", "x/fetc/alloy", "snapshot.jsonl"]), [""; 0]);
        assert_eq!(prefixes_of(&["deep/er/snapshot.json"]), ["deep/er"]);
    }
}
