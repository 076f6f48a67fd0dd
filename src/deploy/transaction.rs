//! The steps from the old file to the new one, and back again if Alloy does not take it.
//!
//! Killed at any point, the folder holds the old file or the new one, whole. A step that fails
//! leads back to the old file.

use std::fs;
use std::io;

use crate::atomic::{self, Look, Moment};
use crate::deploy::running::RunningAlloy;
use crate::deploy::state::State;
use crate::deploy::target::Target;
use crate::error::{Error, Result};

/// A change of one file.
pub struct Transaction<'a> {
    /// The file.
    pub target: &'a Target,
    /// What it shall hold; none: it shall be gone.
    pub content: Option<&'a [u8]>,
    /// Where the backup goes.
    pub state: &'a State,
}

/// A point at which a run may end without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Nothing is done yet.
    Begun,
    /// While the old file is kept.
    Keeping(Moment),
    /// While the new file is written.
    Writing(Moment),
    /// The old file is taken away.
    Removed,
    /// Alloy took the new file.
    Reloaded,
    /// Everything runs as it should.
    Verified,
    /// While the hash of the new file is kept.
    Remembering(Moment),
    /// The old file is about to be put back.
    Returning,
    /// While the old file is put back.
    Restoring(Moment),
    /// The old file is back.
    Restored,
}

/// How a change ended when nothing stopped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The new file is in place and runs.
    Done,
    /// Alloy did not take it: the old file is back.
    Restored {
        /// Why it was not taken.
        why: String,
        /// Why Alloy did not take the old one again either, if it did not.
        trouble: Option<String>,
    },
}

/// Is told of each point, and may end the run there with an error.
pub type Watch<'a> = dyn FnMut(Point) -> io::Result<()> + 'a;

impl Transaction<'_> {
    /// Takes the steps, saying each.
    ///
    /// # Errors
    /// A file cannot be written; then the old one is in its place, or the error says that not.
    pub fn run(
        &self,
        alloy: &mut dyn RunningAlloy,
        say: &mut dyn FnMut(&str),
        watch: &mut Watch<'_>,
    ) -> Result<Ended> {
        State::tidy(&self.target.outer);
        self.watched(watch, Point::Begun)?;
        if let Some(before) = &self.target.before {
            self.state.keep(&self.target.outer, &before.content, &mut |moment| {
                watch(Point::Keeping(moment))
            })?;
            say(&format!("kept the old file as {}", self.state.backup_path(&self.target.outer)));
        }
        if let Err(error) = self.put(watch) {
            // It may have failed after the new file came into its place.
            self.put_back(watch)?;
            return Err(error);
        }
        say(&match self.content {
            Some(_) => format!("wrote {}", self.target.path),
            None => format!("took {} away", self.target.path),
        });
        let taken = alloy.reload(say).and_then(|()| {
            watch(Point::Reloaded).map_err(|error| error.to_string())?;
            alloy.verify(say)?;
            watch(Point::Verified).map_err(|error| error.to_string())
        });
        let Err(why) = taken else {
            self.state.remember(&self.target.outer, self.content, &mut |moment| {
                watch(Point::Remembering(moment))
            })?;
            return Ok(Ended::Done);
        };
        say(&format!("not taken: {why}"));
        self.put_back(watch)?;
        say(match self.target.before {
            Some(_) => "put the old file back",
            None => "took the new file away again",
        });
        let trouble = alloy.reload(say).err();
        Ok(Ended::Restored { why, trouble })
    }

    fn put(&self, watch: &mut Watch<'_>) -> Result<()> {
        match self.content {
            Some(content) => {
                let mut at = |moment| watch(Point::Writing(moment));
                atomic::write_as(&self.target.outer, content, self.target.look, &mut at).map(drop)
            }
            None => {
                self.remove()?;
                self.watched(watch, Point::Removed)
            }
        }
    }

    fn put_back(&self, watch: &mut Watch<'_>) -> Result<()> {
        self.watched(watch, Point::Returning)?;
        match &self.target.before {
            Some(before) if !self.is_as_before(&before.content, before.look) => {
                let mut at = |moment| watch(Point::Restoring(moment));
                let _ =
                    atomic::write_as(&self.target.outer, &before.content, before.look, &mut at)?;
            }
            Some(_) => {}
            None => self.remove()?,
        }
        self.watched(watch, Point::Restored)
    }

    fn is_as_before(&self, content: &[u8], look: Look) -> bool {
        use std::os::unix::fs::MetadataExt;
        fs::read(&self.target.outer).is_ok_and(|now| now == content)
            && fs::metadata(&self.target.outer).is_ok_and(|meta| {
                let owner = (meta.uid(), meta.gid());
                meta.mode() & 0o7777 == look.mode && look.owner.is_none_or(|kept| kept == owner)
            })
    }

    fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.target.outer) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    fn watched(&self, watch: &mut Watch<'_>, point: Point) -> Result<()> {
        watch(point).map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Write { path: self.target.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use camino::{Utf8Path, Utf8PathBuf};

    use super::*;
    use crate::installation::{Installation, Wanted};
    use crate::system::System;

    const OLD: &[u8] = b"// old\n";
    const NEW: &[u8] = b"// new\nlogging { }\n";

    /// How Alloy behaves in a case.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Alloy {
        Takes,
        Refuses,
        RefusesTwice,
        TakesButFails,
    }

    impl RunningAlloy for Alloy {
        fn reload(&mut self, _say: &mut dyn FnMut(&str)) -> Result<(), String> {
            match self {
                Alloy::Takes | Alloy::TakesButFails => Ok(()),
                Alloy::Refuses => {
                    *self = Alloy::Takes;
                    Err("400".to_owned())
                }
                Alloy::RefusesTwice => Err("400".to_owned()),
            }
        }

        fn verify(&mut self, _say: &mut dyn FnMut(&str)) -> Result<(), String> {
            if *self == Alloy::TakesButFails { Err("unhealthy".to_owned()) } else { Ok(()) }
        }
    }

    /// How a run is cut short at a point.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Cut {
        /// As by a kill: nothing that follows is done, no error is handled.
        Killed,
        /// As by a full disk.
        Failed,
    }

    struct Host {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
        system: System,
    }

    fn host(old: Option<&[u8]>) -> Host {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(folder.path().to_owned()).unwrap();
        fs::create_dir_all(root.join("etc/alloy")).unwrap();
        fs::write(root.join("etc/alloy/other.alloy"), "// other\n").unwrap();
        if let Some(old) = old {
            fs::write(root.join("etc/alloy/trento.alloy"), old).unwrap();
        }
        let system = System::rooted(&root).unwrap();
        Host { _folder: folder, root, system }
    }

    fn run(
        host: &Host,
        content: Option<&[u8]>,
        mut alloy: Alloy,
        watch: &mut Watch<'_>,
    ) -> Result<Ended> {
        let target = Target::find(&installation(host), None)?;
        let state = State::lock(&host.system)?;
        Transaction { target: &target, content, state: &state }.run(&mut alloy, &mut |_| {}, watch)
    }

    fn installation(host: &Host) -> Installation<'_> {
        let alloy_config = Some("/etc/alloy".into());
        Installation::of(&host.system, Wanted { alloy_config, ..Wanted::default() })
    }

    /// What Alloy would load, by name.
    fn loaded(host: &Host) -> Vec<(String, Vec<u8>)> {
        let installation = installation(host);
        let set = installation.merge_set();
        assert!(set.unreadable.is_empty());
        set.files
            .iter()
            .filter_map(|file| Some((file.path.file_name()?.to_owned(), file.bytes().to_vec())))
            .filter(|(name, _)| name != "other.alloy")
            .collect()
    }

    #[test]
    fn cut_short_at_any_point_the_folder_holds_the_old_file_or_the_new_one() {
        let mut runs = 0;
        for old in [Some(OLD), None] {
            for new in [Some(NEW), None] {
                for alloy in
                    [Alloy::Takes, Alloy::Refuses, Alloy::RefusesTwice, Alloy::TakesButFails]
                {
                    for cut in [Cut::Killed, Cut::Failed] {
                        runs += cut_everywhere(old, new, alloy, cut);
                    }
                }
            }
        }
        eprintln!("{runs} runs, each cut short at another point");
        assert!(runs >= 100, "only {runs} runs");
    }

    /// One run for each point there is, cut short there.
    fn cut_everywhere(old: Option<&[u8]>, new: Option<&[u8]>, alloy: Alloy, cut: Cut) -> usize {
        let mut points = Vec::new();
        run(&host(old), new, alloy, &mut |point| {
            points.push(point);
            Ok(())
        })
        .unwrap();
        for (cut_at, point) in points.iter().enumerate() {
            let host = host(old);
            let mut passed = 0;
            let mut watch = |_: Point| {
                passed += 1;
                match cut {
                    _ if passed != cut_at + 1 => Ok(()),
                    Cut::Failed => Err(io::Error::from(io::ErrorKind::StorageFull)),
                    // Nothing cleans up while it unwinds: the disk looks as after a kill.
                    Cut::Killed => std::panic::resume_unwind(Box::new("killed")),
                }
            };
            let ended = catch_unwind(AssertUnwindSafe(|| run(&host, new, alloy, &mut watch)));
            assert_eq!(ended.is_err(), cut == Cut::Killed);
            let case = format!("{alloy:?}, {cut:?} at {point:?}");
            let whole = |content: Option<&[u8]>| -> Vec<(String, Vec<u8>)> {
                content
                    .map(|content| ("trento.alloy".to_owned(), content.to_vec()))
                    .into_iter()
                    .collect()
            };
            let now = loaded(&host);
            assert!(now == whole(old) || now == whole(new), "{case}: {now:?}");
            // The next run is not held up and leaves no rubbish behind.
            assert_eq!(run(&host, new, Alloy::Takes, &mut |_| Ok(())).unwrap(), Ended::Done);
            assert_eq!(loaded(&host), whole(new), "{case}");
            let left = fs::read_dir(host.root.join("etc/alloy")).unwrap().count();
            assert_eq!(left, 1 + usize::from(new.is_some()), "{case}");
        }
        points.len()
    }

    #[test]
    fn what_alloy_does_not_take_is_taken_back() {
        for (alloy, trouble) in
            [(Alloy::Refuses, false), (Alloy::RefusesTwice, true), (Alloy::TakesButFails, false)]
        {
            for old in [Some(OLD), None] {
                let host = host(old);
                let ended = run(&host, Some(NEW), alloy, &mut |_| Ok(())).unwrap();
                let Ended::Restored { trouble: found, .. } = ended else { panic!("{ended:?}") };
                assert_eq!(found.is_some(), trouble);
                assert_eq!(loaded(&host).first().map(|(_, content)| &content[..]), old);
            }
        }
    }

    #[test]
    fn the_old_file_is_kept_outside_the_folder_and_private() {
        use std::os::unix::fs::MetadataExt;
        let host = host(Some(OLD));
        assert_eq!(run(&host, Some(NEW), Alloy::Takes, &mut |_| Ok(())).unwrap(), Ended::Done);
        let backup = host.root.join("var/lib/trento-alloy/trento.alloy.backup");
        assert_eq!(fs::read(&backup).unwrap(), OLD);
        assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
        let new = fs::metadata(host.root.join("etc/alloy/trento.alloy")).unwrap();
        assert_eq!(new.mode() & 0o777, 0o640);
        let state = State::lock(&host.system).unwrap();
        let target = Utf8Path::new("trento.alloy");
        assert_eq!(state.is_as_applied(target, NEW), Some(true));
        assert_eq!(state.is_as_applied(target, OLD), Some(false));
    }

    #[test]
    fn a_link_is_never_written_through() {
        let host = host(None);
        fs::write(host.root.join("precious"), "x").unwrap();
        std::os::unix::fs::symlink("/precious", host.root.join("etc/alloy/trento.alloy")).unwrap();
        assert!(run(&host, Some(NEW), Alloy::Takes, &mut |_| Ok(())).is_err());
        assert_eq!(fs::read(host.root.join("precious")).unwrap(), b"x");
    }
}
