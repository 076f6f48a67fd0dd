//! Units as systemd knows them: one call of `systemctl show` for all of them.
//!
//! Only properties that hold no secrets are asked for; what a unit's files say is `unit`'s.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::host::{Hidden, Seen, clean};
use crate::system::{Programs, System};

/// The key of a snapshot under which units are recorded.
pub(super) const KEY: &str = "units";

const PROPERTIES: &str = "Id,LoadState,LoadError,ActiveState,SubState,Result,UnitFileState,\
    UnitFilePreset,NeedDaemonReload,MainPID,ExecMainStatus,NRestarts,FragmentPath,DropInPaths,\
    EnvironmentFiles,User,Group,WorkingDirectory,ControlGroup";
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A unit's properties by systemd's names, as printed.
pub type Properties = BTreeMap<String, String>;

/// What systemd says of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Its name.
    pub id: String,
    /// `loaded`, `not-found`, `masked`, `error`, …
    pub load_state: String,
    /// `active`, `inactive`, `failed`, `activating`, …
    pub active_state: String,
    /// `running`, `exited`, `dead`, …
    pub sub_state: String,
    /// Why it ended, `success` if it did not fail.
    pub result: String,
    /// `enabled`, `disabled`, `static`, …; empty if there is no unit file.
    pub unit_file_state: String,
    /// What the distribution wants: `enabled` or `disabled`.
    pub unit_file_preset: String,
    /// Whether unit files changed since systemd read them.
    pub need_daemon_reload: bool,
    /// The main process; none if it does not run.
    pub main_pid: Option<u32>,
    /// How often systemd started it again.
    pub restarts: u64,
    /// The unit file.
    pub fragment_path: Option<Utf8PathBuf>,
    /// The drop-ins, in systemd's order.
    pub drop_in_paths: Vec<Utf8PathBuf>,
    /// The environment files.
    pub environment_files: Vec<Utf8PathBuf>,
    /// The user it runs as; empty for root.
    pub user: String,
}

/// A file of a unit that changed after a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Changed {
    /// The file.
    pub path: Utf8PathBuf,
    /// When, in seconds since 1970.
    pub modified: i64,
}

/// What systemd says of the units, by the names they were asked for.
pub fn services(system: &System, units: &[&str]) -> Seen<BTreeMap<String, Service>> {
    properties(system, units).map(|found| {
        found.into_iter().map(|(name, properties)| (name, service(&properties))).collect()
    })
}

/// The raw properties of the units, live or recorded.
pub(super) fn properties(system: &System, units: &[&str]) -> Seen<BTreeMap<String, Properties>> {
    if let Some(programs) = system.programs() {
        return match show(programs, units) {
            Ok(text) => Seen::Known(by_name(units, parse(&text))),
            Err(hidden) => Seen::Hidden(hidden),
        };
    }
    let Some(recorded) = system.snapshot().and_then(|snapshot| snapshot.other.get(KEY)) else {
        return Seen::NotRecorded;
    };
    let mut found: BTreeMap<String, Properties> = match serde_json::from_value(recorded.clone()) {
        Ok(found) => found,
        Err(error) => return Seen::hidden(format!("the recorded units cannot be read: {error}")),
    };
    found.retain(|name, _| units.contains(&name.as_str()));
    Seen::Known(found)
}

/// Seconds by which the start of a process, which Linux counts from the start of the machine, may
/// be earlier here than it was.
const PRECISION: i64 = 1;

/// The files of a unit that certainly changed after its process started.
///
/// What changed after a recording was taken is a copy's time and says nothing of the host.
pub fn changed_since(system: &System, service: &Service, started: i64) -> Vec<Changed> {
    let mut changed: Vec<Changed> = service
        .fragment_path
        .iter()
        .chain(&service.drop_in_paths)
        .chain(&service.environment_files)
        .filter_map(|path| {
            let modified = system.files.metadata(path).ok()?.modified;
            let is_the_hosts = system.snapshot().is_none() || modified <= system.now;
            (modified > started + PRECISION && is_the_hosts)
                .then(|| Changed { path: path.clone(), modified })
        })
        .collect();
    changed.sort();
    changed.dedup();
    changed
}

fn show(programs: &dyn Programs, units: &[&str]) -> Result<String, Hidden> {
    let mut arguments = vec!["show", "--no-pager", "--property", PROPERTIES, "--"];
    arguments.extend(units);
    systemctl(programs, &arguments, TIME_LIMIT)
}

/// Runs systemctl within a time limit and gives back what it printed.
pub fn systemctl(
    programs: &dyn Programs,
    arguments: &[&str],
    limit: Duration,
) -> Result<String, Hidden> {
    let hidden = |reason: String| Hidden { reason, lacks_permission: false };
    let ran = programs.run("systemctl", arguments, limit).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => hidden("this host has no systemctl".to_owned()),
        io::ErrorKind::TimedOut => hidden("systemctl did not answer in time".to_owned()),
        kind => Hidden {
            reason: format!("systemctl cannot be started: {error}"),
            lacks_permission: kind == io::ErrorKind::PermissionDenied,
        },
    })?;
    if ran.is_success {
        return Ok(ran.out);
    }
    let err = clean(&ran.err);
    Err(Hidden {
        lacks_permission: err.contains("Access denied") || err.contains("ermission denied"),
        reason: if err.is_empty() { "systemctl failed".to_owned() } else { err },
    })
}

/// One set of properties a unit, in the order they were printed.
fn parse(text: &str) -> Vec<Properties> {
    let mut units = vec![Properties::new()];
    for line in text.lines() {
        if line.is_empty() {
            units.push(Properties::new());
        } else if let (Some((name, value)), Some(unit)) = (line.split_once('='), units.last_mut()) {
            unit.entry(name.to_owned())
                .and_modify(|known| {
                    known.push('\n');
                    known.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
    }
    units.retain(|unit| !unit.is_empty());
    units
}

/// The answers come in the order of the questions; a unit asked for by an alias has another Id.
fn by_name(asked: &[&str], answered: Vec<Properties>) -> BTreeMap<String, Properties> {
    asked.iter().map(|name| (*name).to_owned()).zip(answered).collect()
}

pub(super) fn service(properties: &Properties) -> Service {
    let text = |name: &str| properties.get(name).cloned().unwrap_or_default();
    let paths = |name: &str| text(name).split_whitespace().map(Utf8PathBuf::from).collect();
    Service {
        id: text("Id"),
        load_state: text("LoadState"),
        active_state: text("ActiveState"),
        sub_state: text("SubState"),
        result: text("Result"),
        unit_file_state: text("UnitFileState"),
        unit_file_preset: text("UnitFilePreset"),
        need_daemon_reload: text("NeedDaemonReload") == "yes",
        main_pid: text("MainPID").parse().ok().filter(|pid| *pid > 0),
        restarts: text("NRestarts").parse().unwrap_or(0),
        fragment_path: Some(text("FragmentPath")).filter(|path| !path.is_empty()).map(Into::into),
        drop_in_paths: paths("DropInPaths"),
        environment_files: environment_files(&text("EnvironmentFiles")),
        user: text("User"),
    }
}

/// Each file is a line such as `/etc/sysconfig/alloy (ignore_errors=yes)`.
fn environment_files(text: &str) -> Vec<Utf8PathBuf> {
    text.lines()
        .map(|line| line.rsplit_once(" (ignore_errors=").map_or(line, |(path, _)| path).trim())
        .filter(|path| !path.is_empty())
        .map(Utf8PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "\
MainPID=812\nNRestarts=0\nEnvironmentFiles=/etc/sysconfig/alloy (ignore_errors=no)
EnvironmentFiles=/etc/my file (ignore_errors=yes)\nId=alloy.service\nLoadState=loaded
ActiveState=active\nSubState=running\nUnitFileState=enabled\nNeedDaemonReload=yes
FragmentPath=/usr/lib/systemd/system/alloy.service
DropInPaths=/etc/systemd/system/alloy.service.d/a.conf /run/systemd/system/alloy.service.d/b.conf

Id=trento-agent.service\nLoadState=not-found\nActiveState=inactive\nMainPID=0\nUnitFileState=
";

    #[test]
    fn the_printed_properties_become_services() {
        let names = ["alloy.service", "trento-agent.service"];
        let found = by_name(&names, parse(SHOWN));
        let alloy = service(&found["alloy.service"]);
        assert_eq!((alloy.main_pid, alloy.need_daemon_reload), (Some(812), true));
        assert_eq!(alloy.environment_files, ["/etc/sysconfig/alloy", "/etc/my file"]);
        assert_eq!(alloy.drop_in_paths.len(), 2);
        let agent = service(&found["trento-agent.service"]);
        assert_eq!((agent.main_pid, agent.load_state.as_str()), (None, "not-found"));
    }

    #[test]
    fn nonsense_is_no_service_but_no_failure_either() {
        assert!(parse("\n\n=\n\x1b[31m\n").len() <= 1);
        assert_eq!(service(&Properties::new()).main_pid, None);
    }
}
