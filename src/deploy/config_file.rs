//! The variable `CONFIG_FILE`, with which packages tell Alloy what it loads: set to a folder, so
//! that Trento's file has a place beside what is there, and set back again.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::atomic::Look;
use crate::deploy::state::{At, State};
use crate::deploy::target::{self, Before};
use crate::error::{Error, Result};
use crate::installation::Installation;
use crate::load::{ENVIRONMENT_FILES, Kind, Origin, PACKAGED_CONFIG, Start};
use crate::system::System;
use crate::unit;

const VARIABLE: &str = "CONFIG_FILE";
/// What is remembered of a change, for `remove` to take it back.
const RECORD: &str = "config-file.json";
/// The largest environment file that is edited.
const LARGEST: usize = 1 << 20;

/// A change of the variable in an environment file.
#[derive(Debug)]
pub struct Switch {
    /// The file's path on the host.
    pub path: Utf8PathBuf,
    /// Its path on this machine.
    pub(super) outer: Utf8PathBuf,
    /// What it holds now; none if it is not there.
    pub(super) before: Option<Before>,
    /// What it shall hold; none: it shall be gone.
    pub(super) after: Option<Vec<u8>>,
    /// How it shall look.
    pub(super) look: Look,
    /// The assignment as it stands now; none if there is none.
    pub old: Option<String>,
    /// The assignment as it shall stand.
    pub new: Option<String>,
    /// What Alloy loads then, as it is given it.
    pub config: Utf8PathBuf,
    /// What is remembered, where it sets a folder.
    record: Option<Record>,
}

/// What is remembered of a change.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    file: Utf8PathBuf,
    created: bool,
    before: Option<String>,
    after: String,
}

/// Whether Alloy can be set back to what it loaded before.
#[derive(Debug)]
pub enum Back {
    /// It was never set by this program.
    Nothing,
    /// It can.
    Switch(Box<Switch>),
    /// It cannot, for this reason.
    Kept(String),
}

impl Switch {
    /// The change that makes Alloy load the folder of the one file that it loads; none if it
    /// loads a folder already.
    ///
    /// # Errors
    /// It is not an environment file that names the file; the text names what to do instead.
    pub fn to_folder(installation: &Installation<'_>) -> Result<Option<Switch>> {
        let (start, set) = (installation.start(), installation.merge_set());
        if set.kind == Kind::Folder {
            return Ok(None);
        }
        if start.origin == Origin::Given {
            return Err(Error::Usage(
                "--alloy-config and --set-config-file exclude each other: the first names what is \
                 loaded, the second changes it"
                    .to_owned(),
            ));
        }
        let system = installation.system();
        let now = set.config_path().unwrap_or(Utf8Path::new(PACKAGED_CONFIG));
        let folder = folder_of(system, &set.kind, now)?;
        let to = format!("{folder}/");
        let path = environment_file(system, start, &to)?;
        let mut switch = Switch::new(system, path, &to)?;
        let new = unit::quoted_assignment(VARIABLE, &to);
        switch.record = Some(Record {
            file: switch.path.clone(),
            created: switch.before.is_none(),
            before: switch.old.clone(),
            after: new.clone(),
        });
        switch.after = Some(unit::reassigned(&switch.text()?, VARIABLE, Some(&new)).into_bytes());
        switch.new = Some(new);
        Ok(Some(switch))
    }

    /// The change that takes back an earlier one.
    ///
    /// # Errors
    /// The environment file cannot be read.
    pub fn back(installation: &Installation<'_>, target: &Utf8Path) -> Result<Back> {
        let system = installation.system();
        let Ok(record) = system.files.read_at_most(&State::host_path(RECORD), LARGEST as u64)
        else {
            return Ok(Back::Nothing);
        };
        let Ok(record) = serde_json::from_slice::<Record>(&record) else {
            return Ok(Back::Kept(format!("{} cannot be understood", State::host_path(RECORD))));
        };
        let config = match record.before.as_deref().and_then(unit::assigned_value) {
            Some(config) => config,
            None => PACKAGED_CONFIG.to_owned(),
        };
        let others = installation.merge_set().files.iter().map(|file| file.path.as_path());
        let others: Vec<&str> = others
            .filter(|path| *path != target && *path != config.as_str())
            .map(Utf8Path::as_str)
            .collect();
        if !others.is_empty() {
            let others = others.join(", ");
            return Ok(Back::Kept(format!("Alloy would no longer load {others}")));
        }
        let mut switch = Switch::new(system, record.file, &config)?;
        if switch.old.as_deref() != Some(&record.after) {
            return Ok(Back::Kept(format!("{} was changed since", switch.path)));
        }
        if !system.files.exists(Utf8Path::new(&config)) {
            return Ok(Back::Kept(format!("{config}, which it named before, is not there")));
        }
        let text = unit::reassigned(&switch.text()?, VARIABLE, record.before.as_deref());
        switch.after = Some(text.into_bytes()).filter(|text| !(record.created && text.is_empty()));
        switch.new = record.before;
        Ok(Back::Switch(Box::new(switch)))
    }

    fn new(system: &System, path: Utf8PathBuf, config: &str) -> Result<Switch> {
        let failed = |source| Error::Read { path: path.clone(), source };
        let name = path.file_name().unwrap_or("alloy");
        let folder = system.outer_folder(path.parent().unwrap_or(Utf8Path::new("/")))?;
        let outer = folder.join(name);
        let before = target::read(&outer).map_err(failed)?;
        let look = match &before {
            Some(before) => before.look,
            None => Look { owner: None, mode: 0o644 },
        };
        let mut switch = Switch {
            path,
            outer,
            before,
            after: None,
            look,
            old: None,
            new: None,
            config: config.into(),
            record: None,
        };
        switch.old = unit::assignment(&switch.text()?, VARIABLE).map(str::to_owned);
        Ok(switch)
    }

    fn text(&self) -> Result<String> {
        let content = self.before.as_ref().map_or(&b""[..], |before| &before.content);
        if content.len() > LARGEST || content.contains(&0) {
            return Err(Error::Invalid(format!("{} is no environment file", self.path)));
        }
        String::from_utf8(content.to_vec()).map_err(|_| {
            Error::Invalid(format!("{} is not UTF-8: set CONFIG_FILE in it by hand", self.path))
        })
    }

    /// Remembers the change before it is made.
    pub(super) fn remember(&self, state: &State, at: &mut At<'_>) -> Result<()> {
        let Some(record) = &self.record else { return Ok(()) };
        let text = serde_json::to_string(record).map_err(|error| Error::Write {
            path: State::host_path(RECORD),
            source: error.into(),
        })?;
        state.write(RECORD, text.as_bytes(), at)
    }

    /// Whether this change sets a folder, rather than taking that back.
    fn sets(&self) -> bool {
        self.record.is_some()
    }

    /// Forgets the change once it is taken back, by `remove` or because Alloy did not take it.
    pub(super) fn settle(&self, state: &State, is_done: bool) -> Result<()> {
        if self.sets() == is_done { Ok(()) } else { state.remove(RECORD) }
    }
}

/// The folder that Alloy shall load in place of a file.
fn folder_of(system: &System, kind: &Kind, now: &Utf8Path) -> Result<Utf8PathBuf> {
    let whole: Utf8PathBuf = now.components().collect();
    let folder = match kind {
        Kind::LinkedFolder => whole,
        _ => whole.parent().unwrap_or(Utf8Path::new("/")).to_owned(),
    };
    if *kind == Kind::File && now.extension() != Some("alloy") {
        return Err(Error::Invalid(format!(
            "Alloy would no longer load {now}, whose name does not end in .alloy: rename it, name \
             it anew in CONFIG_FILE, and run this again"
        )));
    }
    if !system.files.metadata(&folder).is_ok_and(|meta| meta.kind == crate::system::FileKind::Dir) {
        return Err(Error::Invalid(format!("{folder} is no folder: make it, and run this again")));
    }
    if folder.as_str().chars().any(char::is_whitespace) {
        return Err(Error::Invalid(format!(
            "{folder} has a blank in its name, at which systemd would split CONFIG_FILE: move the \
             configuration to /etc/alloy and run this again"
        )));
    }
    Ok(folder)
}

/// The environment file in which the variable is to be set.
fn environment_file(system: &System, start: &Start, to: &str) -> Result<Utf8PathBuf> {
    let unit_files = start.unit.as_ref().map(|unit| unit.environment_files.as_slice());
    let named: Vec<&Utf8Path> = match unit_files {
        Ok(files) => files.iter().map(|file| file.path.as_path()).collect(),
        Err(_) => ENVIRONMENT_FILES.iter().map(Utf8Path::new).collect(),
    };
    let by_hand = |what: String| {
        Error::Invalid(format!(
            "{what}: make it {to} there, run `systemctl daemon-reload`, restart Alloy, and run \
             this again without --set-config-file"
        ))
    };
    let asks = start
        .unit
        .as_ref()
        .is_ok_and(|unit| unit.exec_start_variables.iter().any(|name| name == VARIABLE));
    match &start.origin {
        Origin::Variable(Some(at)) if named.iter().any(|path| path.as_str() == at.file) => {
            Ok(Utf8PathBuf::from(&at.file))
        }
        Origin::Variable(Some(at)) => {
            Err(by_hand(format!("CONFIG_FILE is set in {}, line {}", at.file, at.line)))
        }
        Origin::Command(_) if !asks => {
            let place = match &start.unit {
                Ok(unit) => unit.exec_start_at.as_ref().map_or(&unit.fragment, |_| &unit.fragment),
                Err(_) => Utf8Path::new("the unit"),
            };
            Err(by_hand(format!("the command in {place} names what Alloy loads")))
        }
        Origin::None => Err(Error::Invalid(
            "Alloy is not set up here: install it, and run this again".to_owned(),
        )),
        _ => named
            .iter()
            .find(|path| system.files.exists(path))
            .or_else(|| {
                named.iter().find(|path| path.parent().is_some_and(|it| system.files.exists(it)))
            })
            .map(|path| (*path).to_owned())
            .ok_or_else(|| {
                by_hand("no environment file of Alloy's unit sets CONFIG_FILE".to_owned())
            }),
    }
}
