//! Which files make up a unit: the fragment, its drop-ins, and what masks them.

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::system::{FileKind, System};

/// Where systemd looks for a system unit, most important first.
const FOLDERS: &[&str] = &[
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// Where a unit comes from.
pub(super) enum Fragment {
    /// Its file, links followed, and every name the unit goes by.
    File {
        /// The path of the file.
        path: Utf8PathBuf,
        /// The name asked for, then the name of the file it is an alias of.
        names: Vec<String>,
    },
    /// A link to `/dev/null` or an empty file stands where the unit would be.
    Masked(Utf8PathBuf),
    /// No file has the unit's name.
    Missing,
}

/// Finds the file of a unit.
pub(super) fn fragment(system: &System, name: &str) -> io::Result<Fragment> {
    for name in [Some(name.to_owned()), template(name)].into_iter().flatten() {
        for folder in FOLDERS {
            let path = Utf8Path::new(folder).join(&name);
            match is_masked(system, &path) {
                Ok(true) => return Ok(Fragment::Masked(path)),
                Ok(false) => {}
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(error),
            }
            let path = system.files.resolve(&path)?;
            let mut names = vec![name.clone()];
            names.extend(path.file_name().filter(|real| *real != name).map(str::to_owned));
            return Ok(Fragment::File { path, names });
        }
    }
    Ok(Fragment::Missing)
}

/// The drop-ins of a unit in the order in which they apply, and those that mask others.
pub(super) fn drop_ins(system: &System, names: &[String]) -> Vec<Utf8PathBuf> {
    let mut by_name: BTreeMap<Vec<u8>, Utf8PathBuf> = BTreeMap::new();
    for folder in drop_in_folders(names) {
        for entry in system.files.read_dir(&folder).unwrap_or_default() {
            if entry.name.starts_with('.') || !entry.name.ends_with(".conf") {
                continue;
            }
            let path = folder.join(&entry.name);
            if system.files.metadata(&path).is_ok_and(|meta| meta.kind == FileKind::Dir) {
                continue;
            }
            // The first folder that has a name masks it in every later one.
            by_name.entry(entry.name.into_bytes()).or_insert(path);
        }
    }
    by_name.into_values().filter(|path| !is_masked(system, path).unwrap_or(true)).collect()
}

/// The folders for drop-ins, most important first: those of the unit's names in every place,
/// then those of its type.
fn drop_in_folders(names: &[String]) -> Vec<Utf8PathBuf> {
    let mut folders = Vec::new();
    for name in names {
        for folder in FOLDERS {
            let folder = Utf8Path::new(folder);
            folders.push(folder.join(format!("{name}.d")));
            folders.extend(template(name).map(|name| folder.join(format!("{name}.d"))));
            let (bare, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
            let dashes = bare.match_indices('-').map(|(at, _)| at).rev();
            for at in dashes.filter(|&at| at + 1 < bare.len()) {
                folders.push(folder.join(format!("{}.{suffix}.d", &bare[..=at])));
            }
        }
    }
    let suffix = names.first().and_then(|name| Some(name.rsplit_once('.')?.1));
    for suffix in suffix.into_iter() {
        folders.extend(FOLDERS.iter().map(|f| Utf8Path::new(f).join(format!("{suffix}.d"))));
    }
    folders
}

/// `name@.service` for `name@instance.service`.
fn template(name: &str) -> Option<String> {
    let (bare, suffix) = name.rsplit_once('.')?;
    let (prefix, instance) = bare.split_once('@')?;
    (!instance.is_empty()).then(|| format!("{prefix}@.{suffix}"))
}

/// Whether the file is there only to hide others: empty, or a link to `/dev/null`.
fn is_masked(system: &System, path: &Utf8Path) -> io::Result<bool> {
    if system.files.symlink_metadata(path)?.kind == FileKind::Link
        && system.files.read_link(path)? == "/dev/null"
    {
        return Ok(true);
    }
    let meta = system.files.metadata(path)?;
    Ok(meta.kind == FileKind::Special || (meta.kind == FileKind::File && meta.size == 0))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
