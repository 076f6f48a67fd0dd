//! The steps from the old file to the new one, and back again if Alloy does not take it.
//!
//! Killed at any point, the folder holds the old file or the new one, whole; and where Alloy is
//! made to load another path as well, what that names is there. A step that fails leads back to
//! the old files; if that fails too, it is told what is where.

use std::fs;
use std::io;

use camino::Utf8Path;

use crate::atomic::{self, Look, Moment};
use crate::deploy::config_file::Switch;
use crate::deploy::running::RunningSender;
use crate::deploy::state::{At, State};
use crate::deploy::target::{Before, Target};
use crate::error::{Error, Result};

/// A change of one file, and of the path that Alloy loads where that needs it.
pub struct Transaction<'a> {
    /// The file.
    pub target: &'a Target,
    /// What it shall hold; none: it shall be gone.
    pub content: Option<&'a [u8]>,
    /// The change of what Alloy loads.
    pub switch: Option<&'a Switch>,
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
    /// While it is kept what is about to be applied.
    Remembering(Moment),
    /// While the new file is written.
    Writing(Moment),
    /// The old file is removed.
    Removed,
    /// While it is written what Alloy loads.
    Switching(Moment),
    /// Alloy took the new file.
    Reloaded,
    /// Everything runs as it should.
    Verified,
    /// The old file is about to be put back.
    Returning,
    /// While the old files are put back.
    Restoring(Moment),
    /// The old files are back.
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
    /// A file cannot be written; it was said then what every file holds.
    pub fn run(
        &self,
        alloy: &mut dyn RunningSender,
        say: &mut dyn FnMut(&str),
        watch: &mut Watch<'_>,
    ) -> Result<Ended> {
        let ended = self.steps(alloy, say, watch);
        if ended.is_err() {
            self.standing().iter().for_each(|line| say(line));
        }
        ended
    }

    fn steps(
        &self,
        alloy: &mut dyn RunningSender,
        say: &mut dyn FnMut(&str),
        watch: &mut Watch<'_>,
    ) -> Result<Ended> {
        atomic::tidy(&self.target.outer);
        self.watched(watch, Point::Begun)?;
        self.prepare(say, watch)?;
        if let Err(error) = self.put(say, watch) {
            // It may have failed after the new file came into its place.
            self.put_back(watch)?;
            return Err(error);
        }
        let taken = alloy.reload(say).and_then(|()| {
            watch(Point::Reloaded).map_err(|error| error.to_string())?;
            alloy.verify(say)?;
            watch(Point::Verified).map_err(|error| error.to_string())
        });
        let Err(why) = taken else {
            self.settle(say);
            return Ok(Ended::Done);
        };
        say(&format!("not accepted: {why}"));
        self.put_back(watch)?;
        say(match self.target.before {
            Some(_) => "put the old file back",
            None => "removed the new file again",
        });
        if let Some(switch) = self.switch {
            say(&format!("put {} back as it was", switch.path));
        }
        let trouble = alloy.reload(say).err();
        Ok(Ended::Restored { why, trouble })
    }

    /// Keeps what must be known later, before anything is touched.
    fn prepare(&self, say: &mut dyn FnMut(&str), watch: &mut Watch<'_>) -> Result<()> {
        let path = &self.target.path;
        if let Some(before) = &self.target.before {
            self.state.keep(path, &before.content, &mut |moment| watch(Point::Keeping(moment)))?;
            let backup = self.state.backup_path(path, &before.content);
            say(&format!("kept the old file as {backup}"));
        }
        let mut at = |moment| watch(Point::Remembering(moment));
        if let Some(content) = self.content {
            self.state.remember(path, content, &mut at)?;
        }
        self.switch.map_or(Ok(()), |switch| switch.remember(self.state, &mut at))
    }

    /// Puts everything in place, in an order in which Alloy can load what is there at any time.
    fn put(&self, say: &mut dyn FnMut(&str), watch: &mut Watch<'_>) -> Result<()> {
        let path = &self.target.path;
        if let Some(content) = self.content {
            let mut at = |moment| watch(Point::Writing(moment));
            let _ = atomic::write_as(&self.target.outer, content, self.target.look, &mut at)?;
            say(&format!("wrote {path}"));
        }
        if let Some(switch) = self.switch {
            match &switch.after {
                Some(after) => {
                    let mut at = |moment| watch(Point::Switching(moment));
                    let _ = atomic::write_as(&switch.outer, after, switch.look, &mut at)?;
                }
                None => remove(&switch.outer, &switch.path)?,
            }
            say(&format!("wrote {}", switch.path));
        }
        if self.content.is_none() {
            remove(&self.target.outer, path)?;
            self.watched(watch, Point::Removed)?;
            say(&format!("removed {path}"));
        }
        Ok(())
    }

    fn put_back(&self, watch: &mut Watch<'_>) -> Result<()> {
        self.watched(watch, Point::Returning)?;
        let mut at = |moment| watch(Point::Restoring(moment));
        let target = self.target;
        let mut files = vec![(&target.outer, &target.path, &target.before)];
        files.extend(self.switch.map(|it| (&it.outer, &it.path, &it.before)));
        // The other way round: what Alloy loads is there at any time.
        if self.content.is_some() {
            files.reverse();
        }
        for (outer, path, before) in files {
            restore(outer, path, before.as_ref(), &mut at)?;
        }
        self.switch.map_or(Ok(()), |switch| switch.settle(self.state, false))?;
        self.watched(watch, Point::Restored)
    }

    /// Forgets what is no longer needed. The change is made: what fails here is only said.
    fn settle(&self, say: &mut dyn FnMut(&str)) {
        let forgotten = match self.content {
            Some(_) => Ok(()),
            None => self.state.forget(&self.target.path),
        };
        let settled = self.switch.map_or(Ok(()), |switch| switch.settle(self.state, true));
        for error in [forgotten, settled].into_iter().filter_map(Result::err) {
            say(&format!("note: the change is made, but a file about it stays behind: {error}"));
        }
    }

    /// What every file holds now, for whoever has to go on by hand.
    fn standing(&self) -> Vec<String> {
        let target = self.target;
        let mut lines = vec![standing(
            &target.path,
            &target.outer,
            target.before.as_ref().map(|before| before.content.as_slice()),
            self.content,
        )];
        if let Some(before) = &target.before {
            let backup = self.state.backup_path(&target.path, &before.content);
            if backup.exists() {
                lines.push(format!("the old file is kept as {backup}"));
            }
        }
        if let Some(switch) = self.switch {
            let before = switch.before.as_ref().map(|before| before.content.as_slice());
            lines.push(standing(&switch.path, &switch.outer, before, switch.after.as_deref()));
        }
        lines
    }

    fn watched(&self, watch: &mut Watch<'_>, point: Point) -> Result<()> {
        watch(point).map_err(|source| Error::Write { path: self.target.path.clone(), source })
    }
}

/// One line about what a file holds, of what it may hold.
fn standing(
    path: &Utf8Path,
    outer: &Utf8Path,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) -> String {
    let now = match fs::read(outer) {
        Ok(now) => Some(now),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return format!("{path} cannot be looked at: {error}"),
    };
    match now.as_deref() {
        now if now == before && before.is_some() => format!("{path} is as it was"),
        None if before.is_none() => format!("{path} is not there, as before"),
        None => format!("{path} is not there"),
        now if now == after => format!("{path} holds the new content"),
        Some(_) => format!("{path} holds neither the old content nor the new"),
    }
}

/// Puts back what was there.
fn restore(
    outer: &Utf8Path,
    path: &Utf8Path,
    before: Option<&Before>,
    at: &mut At<'_>,
) -> Result<()> {
    match before {
        Some(before) if !is_as_before(outer, &before.content, before.look) => {
            atomic::write_as(outer, &before.content, before.look, at).map(drop)
        }
        Some(_) => Ok(()),
        None => remove(outer, path),
    }
}

fn is_as_before(outer: &Utf8Path, content: &[u8], look: Look) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::read(outer).is_ok_and(|now| now == content)
        && fs::metadata(outer).is_ok_and(|meta| {
            let owner = (meta.uid(), meta.gid());
            meta.mode() & 0o7777 == look.mode && look.owner.is_none_or(|kept| kept == owner)
        })
}

fn remove(outer: &Utf8Path, path: &Utf8Path) -> Result<()> {
    match fs::remove_file(outer) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use camino::{Utf8Path, Utf8PathBuf};

    use super::*;
    use crate::deploy::config_file::Back;
    use crate::deploy::state::Applied;
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

    impl RunningSender for Alloy {
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
        // Hundreds of runs flush every file: memory does that at once.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
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
        let transaction = Transaction { target: &target, content, switch: None, state: &state };
        transaction.run(&mut alloy, &mut |_| {}, watch)
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
                for alloy in [Alloy::Takes, Alloy::Refuses, Alloy::TakesButFails] {
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
        let target = Utf8Path::new("/etc/alloy/trento.alloy");
        let backup = State::lock(&host.system).unwrap().backup_path(target, OLD);
        assert!(backup.starts_with(host.root.join("var/lib/trento-alloy")));
        assert_eq!(fs::read(&backup).unwrap(), OLD);
        assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
        let new = fs::metadata(host.root.join("etc/alloy/trento.alloy")).unwrap();
        assert_eq!(new.mode() & 0o777, 0o640);
        let applied = Applied::read(&host.system, target);
        assert_eq!(applied.knows(NEW), Some(true));
        assert_eq!(applied.knows(OLD), Some(false));
    }

    #[test]
    fn the_path_that_alloy_loads_goes_with_the_file_and_back_again() {
        const ONE: &str = "# packaged\nCONFIG_FILE=\"/etc/alloy/other.alloy\"\nCUSTOM_ARGS=\"\"\n";
        let single = || {
            let host = host(None);
            fs::create_dir_all(host.root.join("etc/sysconfig")).unwrap();
            fs::write(host.root.join("etc/sysconfig/alloy"), ONE).unwrap();
            host
        };
        let settings =
            |host: &Host| fs::read_to_string(host.root.join("etc/sysconfig/alloy")).unwrap();
        let names = |host: &Host| {
            let installation = Installation::of(&host.system, Wanted::default());
            let files = &installation.merge_set().files;
            files.iter().map(|file| file.path.file_name().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let go = |host: &Host, mut alloy: Alloy, watch: &mut Watch<'_>| {
            let now = Installation::of(&host.system, Wanted::default());
            let switch = Switch::to_folder(&now)?;
            let target = Target::find(&installation(host), None)?;
            let state = State::lock(&host.system)?;
            let switch = switch.as_ref();
            let transaction =
                Transaction { target: &target, content: Some(NEW), switch, state: &state };
            transaction.run(&mut alloy, &mut |_| {}, watch)
        };
        for alloy in [Alloy::Takes, Alloy::Refuses] {
            let mut points = 0;
            let counting = &mut |_| {
                points += 1;
                Ok(())
            };
            let taken = go(&single(), alloy, counting).unwrap() == Ended::Done;
            assert_eq!(taken, alloy == Alloy::Takes);
            for cut_at in 0..points {
                let host = single();
                let mut passed = 0;
                let mut watch = |_: Point| {
                    passed += 1;
                    if passed == cut_at + 1 {
                        std::panic::resume_unwind(Box::new("killed"));
                    }
                    Ok(())
                };
                let ended = catch_unwind(AssertUnwindSafe(|| go(&host, alloy, &mut watch)));
                assert!(ended.is_err());
                let names = names(&host);
                assert!(names == ["other.alloy"] || names == ["other.alloy", "trento.alloy"]);
            }
        }
        let host = single();
        assert_eq!(go(&host, Alloy::Takes, &mut |_| Ok(())).unwrap(), Ended::Done);
        assert_eq!(settings(&host), ONE.replace("other.alloy", ""));
        assert_eq!(names(&host), ["other.alloy", "trento.alloy"]);

        let now = Installation::of(&host.system, Wanted::default());
        let target = Target::find(&now, None).unwrap();
        let Back::Switch(back) = Switch::back(&now, &target.path).unwrap() else {
            panic!("it can be set back")
        };
        let state = State::lock(&host.system).unwrap();
        let switch = Some(&*back);
        let transaction = Transaction { target: &target, content: None, switch, state: &state };
        let ended = transaction.run(&mut Alloy::Takes, &mut |_| {}, &mut |_| Ok(())).unwrap();
        assert_eq!(ended, Ended::Done);
        assert_eq!((settings(&host).as_str(), names(&host)), (ONE, vec!["other.alloy".to_owned()]));
        let again = Installation::of(&host.system, Wanted::default());
        assert!(matches!(Switch::back(&again, &target.path), Ok(Back::Nothing)));
    }

    #[test]
    fn a_failure_on_the_way_back_tells_what_every_file_holds() {
        let host = host(Some(OLD));
        let target = Target::find(&installation(&host), None).unwrap();
        let state = State::lock(&host.system).unwrap();
        let transaction =
            Transaction { target: &target, content: Some(NEW), switch: None, state: &state };
        let mut said = Vec::new();
        let mut watch = |point| match point {
            Point::Returning => Err(io::Error::from(io::ErrorKind::StorageFull)),
            _ => Ok(()),
        };
        let ended = transaction.run(
            &mut Alloy::Refuses,
            &mut |text| said.push(text.to_owned()),
            &mut watch,
        );
        assert!(ended.is_err());
        let [.., file, backup] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(file, "/etc/alloy/trento.alloy holds the new content");
        assert!(backup.contains("is kept as"));
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
