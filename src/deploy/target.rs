//! The file that is written: where it is, what it holds now, whether Alloy would load it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::atomic::Look;
use crate::deploy::ownership;
use crate::error::{Error, Result};
use crate::installation::{Installation, Prometheus};
use crate::load::{Kind, MergeSet};
use crate::system::System;

/// The name of Trento's own file.
const NAME: &str = "trento.alloy";
/// A configuration larger than this is a mistake.
const LARGEST: u64 = 32 << 20;

/// The file that is written.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its path on the host.
    pub path: Utf8PathBuf,
    /// Its path on this machine.
    pub outer: Utf8PathBuf,
    /// What it holds now, and how it looks; none if it is not there.
    pub before: Option<Before>,
    /// How it shall look.
    pub look: Look,
}

/// A file as it was.
#[derive(Clone, Debug)]
pub struct Before {
    /// Its content. Holds secrets: never shown.
    pub content: Vec<u8>,
    /// Its owner and mode.
    pub look: Look,
}

impl Target {
    /// The file to write: the one that is named, else Trento's own in the folder that Alloy loads.
    ///
    /// # Errors
    /// Alloy loads a single other file or nothing, the file is a link or cannot be read.
    pub fn find(installation: &Installation<'_>, named: Option<&Utf8Path>) -> Result<Target> {
        let (system, set) = (installation.system(), installation.merge_set());
        let path = match named {
            Some(named) => absolute(system, named)?,
            None => default_path(set)?,
        };
        if set.with_file(&path, None).is_none() {
            return Err(Error::Invalid(not_loaded(set, &path)));
        }
        let (outer, folder) = outer(system, &path)?;
        let failed = |source| Error::Read { path: path.clone(), source };
        let group = fs::metadata(folder).map_err(failed)?.gid();
        let before = read(&outer).map_err(failed)?;
        let owner = before.as_ref().and_then(|before| before.look.owner);
        let look = ownership::look(system, set, owner, group);
        Ok(Target { path, outer, before, look })
    }
}

impl Target {
    /// The file that a Prometheus loads.
    ///
    /// # Errors
    /// The file is a link or cannot be read.
    pub fn of_prometheus(system: &System, prometheus: &Prometheus) -> Result<Target> {
        let path: Utf8PathBuf = prometheus.config.components().collect();
        let (outer, _) = outer(system, &path)?;
        let before = read(&outer).map_err(|source| Error::Read { path: path.clone(), source })?;
        let was = before.as_ref().map(|before| before.look);
        let look = ownership::look_for(system, prometheus.unit.as_ref().ok(), was);
        Ok(Target { path, outer, before, look })
    }
}

/// Where a file and its folder are on this machine.
fn outer(system: &System, path: &Utf8Path) -> Result<(Utf8PathBuf, Utf8PathBuf)> {
    let name = path.file_name().unwrap_or(NAME);
    let parent = path.parent().unwrap_or(Utf8Path::new("/"));
    let folder = system
        .files
        .resolve(parent)
        .map_err(|source| Error::Read { path: parent.to_owned(), source })?;
    Ok((system.outer(&folder.join(name))?, system.outer(&folder)?))
}

fn default_path(set: &MergeSet) -> Result<Utf8PathBuf> {
    match (&set.kind, set.config_path()) {
        (Kind::Folder, Some(folder)) => Ok(folder.components().collect::<Utf8PathBuf>().join(NAME)),
        (Kind::File, Some(file)) => Err(Error::Invalid(format!(
            "Alloy loads the one file {file}, so that Trento's would not be loaded beside it: \
             `trento-alloy apply --set-config-file` shows how Alloy would load its folder, and \
             after a yes does so"
        ))),
        (Kind::LinkedFolder, Some(link)) => Err(Error::Invalid(format!(
            "{link} is a link, through which Alloy loads nothing without a slash behind it: \
             `trento-alloy apply --set-config-file` adds it to CONFIG_FILE, after a yes"
        ))),
        (Kind::Absent(reason), Some(_)) => Err(Error::Invalid(format!(
            "Alloy has nothing to load: {reason}; `trento-alloy apply --set-config-file` makes it \
             load the folder, after a yes"
        ))),
        (Kind::Absent(reason), None) => Err(Error::Invalid(format!(
            "Alloy has nothing to load: {reason}; install Alloy, or name with --alloy-config what \
             it loads, or give --sender prometheus-agent where Prometheus is to send"
        ))),
        _ => Err(Error::Usage("name the file with --file".to_owned())),
    }
}

fn not_loaded(set: &MergeSet, path: &Utf8Path) -> String {
    let loads = set.config_path().map_or_else(|| "nothing".to_owned(), ToString::to_string);
    format!(
        "Alloy would not load {path}: it loads {loads}; leave --file out, or set CONFIG_FILE to \
         the folder of that file and restart Alloy"
    )
}

fn absolute(system: &System, path: &Utf8Path) -> Result<Utf8PathBuf> {
    if path.is_absolute() {
        return Ok(path.components().collect());
    }
    if system.own_environment().is_none() {
        return Err(Error::Usage(format!("{path}: under --root, name a path that begins with /")));
    }
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let here = std::path::absolute(path).map_err(failed)?;
    Utf8PathBuf::try_from(here)
        .map_err(|_| Error::Usage(format!("{path}: the folder's name is not UTF-8")))
}

/// A file as it is; none if it is not there.
pub(super) fn read(outer: &Utf8Path) -> io::Result<Option<Before>> {
    let meta = match fs::symlink_metadata(outer) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if meta.is_symlink() {
        return refuse("it is a symbolic link; name the file it leads to with --file");
    }
    if !meta.is_file() {
        return refuse("it is no regular file");
    }
    if meta.len() > LARGEST {
        return refuse("it is larger than any configuration");
    }
    let look = Look { owner: Some((meta.uid(), meta.gid())), mode: meta.mode() & 0o7777 };
    Ok(Some(Before { content: fs::read(outer)?, look }))
}
