//! One host of a fleet: read, judged, and made small. What stops one host stops no other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use camino::{Utf8Path, Utf8PathBuf};

use crate::archive::{self, Compression};
use crate::checks::execution::Plan;
use crate::checks::gathering::Gathering;
use crate::checks::judging;
use crate::checks::load::Loaded;
use crate::checks::model::Check;
use crate::checks::report::Report;
use crate::checks::tailoring;
use crate::checks::waivers::{self, Waivers};
use crate::error::{Error, Result};
use crate::facts::{Host, Options};
use crate::fleet::across::HostFacts;
use crate::fleet::hosts::{Item, ItemKind};
use crate::installation::{Installation, Wanted};
use crate::site::Site;
use crate::system::System;

/// What every host is judged by.
pub struct Judge<'c> {
    /// The checks of a host.
    pub plan: Plan<'c>,
    /// The checks that compare hosts, for the facts they need.
    pub across: Vec<&'c Check>,
    /// Which Alloy is meant.
    pub wanted: Wanted,
    /// What a run wants of a host.
    pub options: Options,
    /// What is waived on all of them; without it, what each host has waived.
    pub waivers: Option<Waivers>,
    /// All checks there are, those that were not selected included.
    pub known: Vec<Loaded>,
    /// Whether each host's own settings count.
    pub heeds_site: bool,
    /// Whether what the settings of a host leave out is run all the same.
    pub is_chosen_by_hand: bool,
}

/// A host of a fleet.
#[derive(Debug)]
pub struct Row {
    /// The host's own name, or else what its folder or archive is called.
    pub name: String,
    /// Where its files are.
    pub path: Utf8PathBuf,
    /// What came of it, or why it cannot be judged.
    pub outcome: std::result::Result<Judged, String>,
}

/// What a host was judged to be. All that is secret on it is covered.
#[derive(Debug)]
pub struct Judged {
    /// The ID by which Trento knows it; empty where it cannot be known.
    pub agent_id: String,
    /// The report, as it would be of this host alone.
    pub report: Report,
    /// What the checks that compare hosts need of it.
    pub facts: HostFacts,
}

impl<'c> Judge<'c> {
    /// The hosts of an item, judged. Runs on a large stack.
    pub fn judge(&self, item: Item) -> Vec<Row> {
        let Item { path, kind } = item;
        let systems = match kind {
            ItemKind::Fault(why) => return vec![Row::fault(path, why)],
            ItemKind::Folder => System::rooted(&path).map(|it| vec![(path.clone(), Ok(it))]),
            ItemKind::Archive => {
                guarded(|| archive::open_all(&path)).unwrap_or_else(|why| Err(Error::Invalid(why)))
            }
        };
        let systems = match systems {
            Ok(systems) => systems,
            Err(error) => return vec![Row::error(path, error)],
        };
        systems.into_iter().map(|(path, system)| self.row(path, system)).collect()
    }

    fn row(&self, path: Utf8PathBuf, system: Result<System>) -> Row {
        let system = match system {
            Ok(system) => system.for_one_look(),
            Err(error) => return Row::error(path, error),
        };
        let name = system.hostname.clone().unwrap_or_else(|| name_of(&path));
        let outcome = guarded(|| self.one(&system)).and_then(|judged| {
            let vanished = || Err("it went away while it was read".to_owned());
            if system.files.is_still_there() { judged } else { vanished() }
        });
        let outcome = outcome.map_err(|why| system.secrets().cover(&why));
        Row { name, path, outcome }
    }

    fn one(&self, system: &System) -> std::result::Result<Judged, String> {
        let site = if self.heeds_site { Site::of(&system.files) } else { Ok(Site::default()) };
        let site = site.map_err(|error| error.in_full())?;
        let own = site.tailors_checks().then(|| self.tailored(&site)).transpose()?;
        let plan = own.as_ref().unwrap_or(&self.plan);
        let installation = Installation::of(system, self.wanted.clone());
        let host = Host::new(installation, self.options.clone());
        // Read for the secrets in them, whether a check needs them or not.
        let agent_id = host.agent_id_or_empty();
        let checks = plan.applicable().chain(self.across.iter().copied());
        let gathering = Gathering::of(&host, checks);
        let mut report = judging::judge_one_of_many(&host, plan, &gathering);
        tailoring::note_set_aside(&site, &mut report);
        self.waive(system, &site, &mut report).map_err(|error| error.in_full())?;
        report.cover(system.secrets());
        let facts = HostFacts::of(&gathering, &self.across);
        Ok(Judged { agent_id, report, facts })
    }

    fn tailored(&self, site: &Site) -> std::result::Result<Plan<'c>, String> {
        tailoring::tailored(&self.plan, site, &self.known, self.is_chosen_by_hand)
            .map_err(|error| error.in_full())
    }

    fn waive(&self, system: &System, site: &Site, report: &mut Report) -> Result<()> {
        match &self.waivers {
            Some(waivers) => waivers.apply_to_one_of_many(report, system.now),
            None => {
                waivers::apply_of_host(report, &system.files, site, system.now)?;
            }
        }
        Ok(())
    }
}

impl Row {
    /// A host that an error keeps from being judged; the row names its path.
    fn error(path: Utf8PathBuf, error: Error) -> Row {
        let why = match error {
            Error::Read { source, .. } => source.to_string(),
            error => error.in_full(),
        };
        let about_it = why.strip_prefix(path.as_str()).map(|rest| format!("it{rest}"));
        Row::fault(path, about_it.unwrap_or(why))
    }

    fn fault(path: Utf8PathBuf, why: String) -> Row {
        Row { name: name_of(&path), path, outcome: Err(why) }
    }
}

/// What a folder or an archive is called, without the ending of an archive.
fn name_of(path: &Utf8Path) -> String {
    Compression::stem(path.file_name().unwrap_or(path.as_str())).to_owned()
}

/// Does something for one host; a defect of ours there is no other host's business.
fn guarded<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        "trento-alloy stopped over a defect of its own; check this host alone with --root"
            .to_owned()
    })
}
