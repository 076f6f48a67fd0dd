//! The folder of published results, exchanged as a whole: who reads it sees those of one run.
//!
//! Nothing is written or deleted but what is ours: a link, a folder of somebody else and a folder
//! with other files in it are refused.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, Stat, fchmod, flock,
    fstat, mkdirat, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::render::publish::{Published, RESULTS};

/// A publication that has begun. Dropped before [`Publication::finish`], it takes the old results
/// away: they are not those of the run that failed.
#[derive(Debug)]
pub struct Publication {
    place: Place,
    is_finished: bool,
}

impl Publication {
    /// Looks whether results may be published in this folder, which need not be there yet.
    ///
    /// # Errors
    /// The folder or the one it lies in is a link, belongs to somebody else, could be changed by
    /// somebody else, or holds what is not ours.
    pub fn begin(folder: &Utf8Path) -> Result<Publication> {
        let place = Place::open(folder)?;
        place.existing()?;
        Ok(Publication { place, is_finished: false })
    }

    /// Publishes the results, in place of all there were.
    ///
    /// # Errors
    /// They cannot be written, or the folder has become another's meanwhile.
    pub fn finish(mut self, results: &[Published]) -> Result<()> {
        let mut names = BTreeSet::new();
        for result in results {
            let name = result.file_name()?;
            let prefix = format!("{}.", result.id);
            if names.range(prefix.clone()..).next().is_some_and(|n: &String| n.starts_with(&prefix))
            {
                return Err(Error::Invalid(format!("the check {} has two results", result.id)));
            }
            names.insert(name);
        }
        self.place.replace(&names)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if !self.is_finished {
            // The error that brought us here is the one to tell.
            let _ = self.place.replace(&BTreeSet::new());
        }
    }
}

/// The folder of results, seen from the folder it lies in.
#[derive(Debug)]
struct Place {
    path: Utf8PathBuf,
    parent: OwnedFd,
    name: String,
    new_name: String,
}

const FOLDER_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Place {
    fn open(folder: &Utf8Path) -> Result<Place> {
        let Some(name) = folder.file_name() else {
            return Err(Error::Usage(format!("results cannot be published in {folder}")));
        };
        let above = match folder.parent() {
            Some(above) if above != "" => above,
            _ => Utf8Path::new("."),
        };
        std::fs::create_dir_all(above)
            .map_err(|source| Error::Write { path: above.to_owned(), source })?;
        let cannot = |source: Errno| Error::Write { path: above.to_owned(), source: source.into() };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = openat(CWD, above.as_str(), flags, Mode::empty()).map_err(cannot)?;
        let about = fstat(&parent).map_err(cannot)?;
        let is_ours = about.st_uid == 0 || is_own(&about);
        let is_open = about.st_mode & 0o022 != 0 && about.st_mode & 0o1000 == 0;
        if !is_ours || is_open {
            return Err(refused(above, "others may change what lies in it"));
        }
        let new_name = format!(".{name}.new");
        Ok(Place { path: folder.to_owned(), parent, name: name.to_owned(), new_name })
    }

    /// The results that are there, if there are any. Refuses what is not a folder of ours.
    fn existing(&self) -> Result<Option<OwnedFd>> {
        self.own_folder(&self.name)
    }

    fn own_folder(&self, name: &str) -> Result<Option<OwnedFd>> {
        let folder = match openat(&self.parent, name, FOLDER_FLAGS, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(refused(&self.path, "it is a link or a file"));
            }
            Err(source) => return Err(self.cannot(source)),
        };
        if !is_own(&fstat(&folder).map_err(|source| self.cannot(source))?) {
            return Err(refused(&self.path, "it belongs to another user"));
        }
        for entry in self.entries(&folder)? {
            let about = statat(&folder, entry.as_slice(), AtFlags::SYMLINK_NOFOLLOW);
            let about = about.map_err(|source| self.cannot(source))?;
            let is_file = FileType::from_raw_mode(about.st_mode).is_file();
            if !is_file || about.st_size != 0 || !is_result(&entry) {
                return Err(refused(&self.path, "it holds files that are not results"));
            }
        }
        Ok(Some(folder))
    }

    fn entries(&self, folder: &OwnedFd) -> Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder).map_err(|source| self.cannot(source))? {
            let entry = entry.map_err(|source| self.cannot(source))?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_vec());
            }
        }
        Ok(names)
    }

    /// Puts a folder with these files in the place of the one that is there.
    fn replace(&self, names: &BTreeSet<String>) -> Result<()> {
        // Two runs at once follow one another.
        flock(&self.parent, FlockOperation::LockExclusive).map_err(|s| self.cannot(s))?;
        let replaced = self.replace_alone(names);
        let _ = flock(&self.parent, FlockOperation::Unlock);
        replaced
    }

    fn replace_alone(&self, names: &BTreeSet<String>) -> Result<()> {
        // What a killed run left behind.
        self.delete_new()?;
        mkdirat(&self.parent, self.new_name.as_str(), Mode::from_raw_mode(0o755))
            .map_err(|source| self.cannot(source))?;
        let exchanged = self.fill(names).and_then(|()| self.exchange());
        // Now the old results bear the new name; or the new ones do, and are of no use.
        exchanged.and(self.delete_new())
    }

    fn fill(&self, names: &BTreeSet<String>) -> Result<()> {
        let cannot = |source| self.cannot(source);
        let folder = openat(&self.parent, self.new_name.as_str(), FOLDER_FLAGS, Mode::empty())
            .map_err(cannot)?;
        // The umask may have taken away what the agent needs, where it is not root.
        fchmod(&folder, Mode::from_raw_mode(0o755)).map_err(cannot)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        for name in names {
            let file = openat(&folder, name.as_str(), flags, Mode::from_raw_mode(0o644));
            drop(File::from(file.map_err(cannot)?));
        }
        Ok(())
    }

    fn exchange(&self) -> Result<()> {
        let (new, name) = (self.new_name.as_str(), self.name.as_str());
        let cannot = |source| self.cannot(source);
        if self.existing()?.is_none() {
            return renameat_with(&self.parent, new, &self.parent, name, RenameFlags::NOREPLACE)
                .map_err(cannot);
        }
        match renameat_with(&self.parent, new, &self.parent, name, RenameFlags::EXCHANGE) {
            // A file system that cannot exchange: for a moment there are no results.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let old = format!(".{name}.old");
                renameat(&self.parent, name, &self.parent, old.as_str()).map_err(cannot)?;
                renameat(&self.parent, new, &self.parent, name).map_err(cannot)?;
                renameat(&self.parent, old.as_str(), &self.parent, new).map_err(cannot)
            }
            exchanged => exchanged.map_err(cannot),
        }
    }

    /// Deletes the folder that bears the new name, if it is ours and holds nothing else.
    fn delete_new(&self) -> Result<()> {
        let Some(folder) = self.own_folder(&self.new_name)? else { return Ok(()) };
        for entry in self.entries(&folder)? {
            unlinkat(&folder, entry.as_slice(), AtFlags::empty()).map_err(|s| self.cannot(s))?;
        }
        unlinkat(&self.parent, self.new_name.as_str(), AtFlags::REMOVEDIR)
            .map_err(|source| self.cannot(source))
    }

    fn cannot(&self, source: Errno) -> Error {
        Error::Write { path: self.path.clone(), source: io::Error::from(source) }
    }
}

fn refused(path: &Utf8Path, why: &str) -> Error {
    Error::Invalid(format!("results are not published in {path}: {why}"))
}

fn is_own(about: &Stat) -> bool {
    about.st_uid == rustix::process::geteuid().as_raw()
}

/// Whether a name is one that we give.
fn is_result(name: &[u8]) -> bool {
    let name = std::ffi::OsStr::from_bytes(name).to_str();
    let mut parts = name.unwrap_or_default().splitn(3, '.');
    let has_id = parts.next().is_some_and(|id| !id.is_empty());
    has_id && parts.next().is_some_and(|result| RESULTS.contains(&result)) && parts.next().is_some()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn result(id: &str, result: &str, message: &str) -> Published {
        Published { id: id.into(), result: result.into(), message: message.into() }
    }

    fn temporary() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    fn names(folder: &Utf8Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn results_replace_the_old_ones_as_a_set() {
        let (_keep, base) = temporary();
        let folder = base.join("run/results");
        let first = [result("A1", "passing", ""), result("A2", "critical", "no /etc/alloy")];
        Publication::begin(&folder).unwrap().finish(&first).unwrap();
        assert_eq!(names(&folder), ["A1.passing.", "A2.critical.no \u{2215}etc\u{2215}alloy"]);
        let second = [result("A1", "skipped", "pull mode\n\tno pipeline")];
        Publication::begin(&folder).unwrap().finish(&second).unwrap();
        assert_eq!(names(&folder), ["A1.skipped.pull mode no pipeline"]);
        assert_eq!(names(&base.join("run")), ["results"]);
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_run_that_fails_leaves_no_results() {
        let (_keep, base) = temporary();
        let folder = base.join("results");
        let results = [result("A1", "passing", "")];
        Publication::begin(&folder).unwrap().finish(&results).unwrap();
        drop(Publication::begin(&folder).unwrap());
        assert_eq!(names(&folder), Vec::<String>::new());
        Publication::begin(&folder).unwrap().finish(&results).unwrap();
        let twice = [result("A1", "passing", ""), result("A1", "critical", "")];
        assert!(Publication::begin(&folder).unwrap().finish(&twice).is_err());
        assert_eq!(names(&folder), Vec::<String>::new());
    }

    #[test]
    fn ids_and_results_that_are_none_are_refused() {
        let (_keep, base) = temporary();
        let folder = base.join("results");
        for wrong in [
            result("../A", "passing", ""),
            result("", "passing", ""),
            result("A.B", "passing", ""),
            result("A", "../x", ""),
        ] {
            assert!(Publication::begin(&folder).unwrap().finish(&[wrong]).is_err());
        }
    }

    #[test]
    fn what_is_not_ours_is_neither_used_nor_deleted() {
        let (_keep, base) = temporary();
        let other = base.join("other");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("precious"), "x").unwrap();
        symlink(&other, base.join("link")).unwrap();
        std::fs::write(base.join("file"), "").unwrap();
        for name in ["other", "link", "file"] {
            assert!(Publication::begin(&base.join(name)).is_err(), "{name}");
        }
        // A result's name with something in it is not a result.
        std::fs::create_dir(base.join("odd")).unwrap();
        std::fs::write(base.join("odd/A1.passing."), "x").unwrap();
        assert!(Publication::begin(&base.join("odd")).is_err());
        assert_eq!(names(&other), ["precious"]);
        let open = base.join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(Publication::begin(&open.join("results")).is_err());
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let (_keep, base) = temporary();
        let folder = base.join("results");
        std::fs::create_dir(&folder).unwrap();
        if std::os::unix::fs::chown(&folder, Some(12345), None).is_err() {
            return;
        }
        assert!(Publication::begin(&folder).is_err());
        assert!(folder.is_dir());
    }

    #[test]
    fn a_link_that_appears_meanwhile_is_not_followed() {
        let (_keep, base) = temporary();
        let folder = base.join("results");
        let publication = Publication::begin(&folder).unwrap();
        let other = base.join("other");
        std::fs::create_dir(&other).unwrap();
        symlink(&other, &folder).unwrap();
        assert!(publication.finish(&[result("A1", "passing", "")]).is_err());
        assert_eq!(names(&other), Vec::<String>::new());
        assert!(folder.is_symlink());
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_away() {
        let (_keep, base) = temporary();
        let folder = base.join("results");
        std::fs::create_dir(base.join(".results.new")).unwrap();
        std::fs::write(base.join(".results.new/A9.passing."), "").unwrap();
        Publication::begin(&folder).unwrap().finish(&[result("A1", "passing", "")]).unwrap();
        assert_eq!(names(&base), ["results"]);
    }
}
