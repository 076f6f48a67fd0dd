//! An archive as a system: the one host that it holds.

use camino::{Utf8Path, Utf8PathBuf};

use super::read::read;
use crate::error::{Error, Result};
use crate::system::{System, given};

/// The largest archive that is read; it is held in memory while it is.
const LARGEST: u64 = 256 << 20;
/// How many hosts of an archive an error names.
const NAMED: usize = 5;

/// The hosts whose files an archive holds, each with what it is called: the path of the archive, and
/// where it holds several, the folder in it.
///
/// # Errors
/// The archive cannot be read, or holds no host.
pub fn open_all(path: &Utf8Path) -> Result<Vec<(Utf8PathBuf, Result<System>)>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let bytes = given::read_file(path, LARGEST).map_err(failed)?;
    let hosts = read(&bytes).map_err(failed)?;
    drop(bytes);
    if hosts.is_empty() {
        return Err(no_host(path));
    }
    let is_one = hosts.len() == 1;
    let systems = hosts.into_iter().map(|host| {
        let name = if is_one { path.to_owned() } else { path.join(host.prefix) };
        let system = System::in_memory(host.tree, &name);
        (name, system)
    });
    Ok(systems.collect())
}

fn no_host(path: &Utf8Path) -> Error {
    Error::Invalid(format!(
        "{path} holds no host: a host's files stand at their paths, such as etc/alloy"
    ))
}

/// The host whose files an archive holds.
///
/// # Errors
/// The archive cannot be read, or holds no host, or several.
pub fn open(path: &Utf8Path) -> Result<System> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let bytes = given::read_file(path, LARGEST).map_err(failed)?;
    let mut hosts = read(&bytes).map_err(failed)?;
    drop(bytes);
    match (hosts.pop(), hosts.as_slice()) {
        (Some(host), []) => System::in_memory(host.tree, path),
        (None, _) => Err(no_host(path)),
        (Some(last), others) => {
            let all = others.iter().map(|host| host.prefix.as_str());
            let mut names: Vec<&str> = all.chain([last.prefix.as_str()]).collect();
            let count = names.len();
            names.truncate(NAMED);
            let more = if count > NAMED { ", …" } else { "" };
            Err(Error::Invalid(format!(
                "{path} holds {count} hosts ({}{more}): give an archive of one",
                names.join(", ")
            )))
        }
    }
}
