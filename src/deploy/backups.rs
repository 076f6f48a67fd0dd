//! Files that were replaced, kept by what they held: the newest few, and one that parses.

use std::cmp::Reverse;
use std::fs;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use crate::load::LoadedFile;

/// How many contents of a file are kept.
const KEPT: usize = 10;
/// How many digits of its hash name a content.
const DIGITS: usize = 12;

/// What the backup of a content is called.
pub(super) fn name(of: &str, hash: &str) -> String {
    format!("{of}.{}.backup", &hash[..DIGITS])
}

/// Removes the oldest backups of a file, beyond those that are kept. If none of these parses, the
/// newest that does stays as well: what is broken never displaces the last good one.
pub(super) fn tidy(folder: &Utf8Path, of: &str) {
    let kept = all(folder, of);
    let mut is_good_kept = kept.iter().take(KEPT).any(|path| parses(path));
    for old in kept.iter().skip(KEPT) {
        if !is_good_kept && parses(old) {
            is_good_kept = true;
            continue;
        }
        // One too many does no harm.
        let _ = fs::remove_file(old);
    }
}

/// The backups of a file, the newest first.
fn all(folder: &Utf8Path, of: &str) -> Vec<Utf8PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(Reverse<SystemTime>, Utf8PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let digits =
                name.to_str()?.strip_prefix(of)?.strip_prefix('.')?.strip_suffix(".backup")?;
            let is_ours = digits.len() == DIGITS && digits.bytes().all(|c| c.is_ascii_hexdigit());
            let meta = entry.metadata().ok().filter(|meta| is_ours && meta.is_file())?;
            let path = Utf8PathBuf::try_from(entry.path()).ok()?;
            Some((Reverse(meta.modified().ok()?), path))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn parses(path: &Utf8Path) -> bool {
    fs::read(path).is_ok_and(|content| LoadedFile::new(path, content).is_sound())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn broken_files_never_displace_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let write = |number: u64, content: &str| {
            let path = folder.join(name("trento.alloy", &format!("{number:064x}")[52..]));
            fs::write(&path, content).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(number);
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            path
        };
        let older = write(1, "logging { }\n");
        let good = write(2, "logging { }\n");
        let other = folder.join("trento.alloy.applied");
        fs::write(&other, "").unwrap();
        let broken: Vec<Utf8PathBuf> = (3..20).map(|at| write(at, "logging {")).collect();
        tidy(folder, "trento.alloy");
        assert!(good.exists() && other.exists() && !older.exists());
        let kept = broken.iter().filter(|path| path.exists()).count();
        assert_eq!(kept, KEPT);
        assert!(broken.last().unwrap().exists() && !broken[0].exists());
    }
}
