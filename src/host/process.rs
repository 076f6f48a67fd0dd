//! The process that runs Alloy, from /proc: what it was started with, when, by whom.
//!
//! Processes may vanish while they are looked at, and belong to others: what is missing is named.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::host::service::Service;
use crate::host::{Hidden, Seen};
use crate::load::AlloyArgs;
use crate::system::{Kernel, System};

/// The key of a snapshot under which processes are recorded.
pub(super) const KEY: &str = "processes";

/// Linux counts process times in hundredths of a second for programs, on every machine of today.
const TICKS: i64 = 100;
/// More processes than this are not looked at.
const MOST_PROCESSES: usize = 100_000;
/// Flags whose names hold one of these have values that are not shown. Alloy itself has none.
const SECRET_WORDS: &[&str] = &["token", "secret", "password", "key", "credential"];

/// A process that runs Alloy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The executable; none if it may not be seen.
    pub executable: Option<Utf8PathBuf>,
    /// Whether the executable was replaced or removed since.
    pub executable_deleted: bool,
    /// The command line; what may be a secret is left out.
    pub arguments: Vec<String>,
    /// Who runs it.
    pub user: Option<String>,
    /// When it started, in seconds since 1970.
    pub started: Option<i64>,
    /// What could not be seen, in words.
    pub hidden: Vec<String>,
}

impl Process {
    /// Whether it is Alloy.
    pub fn is_alloy(&self) -> bool {
        is_alloy(self)
    }

    /// Whether it is Prometheus.
    pub fn is_prometheus(&self) -> bool {
        let named = |path: &str| Utf8Path::new(path).file_name() == Some("prometheus");
        self.executable.as_ref().is_some_and(|path| named(path.as_str()))
            || self.arguments.first().is_some_and(|argument| named(argument))
    }

    /// What follows `alloy run` on its command line.
    pub fn alloy_args(&self) -> AlloyArgs {
        let run = self.arguments.iter().position(|argument| argument == "run");
        AlloyArgs::parse(run.map_or(&[][..], |run| &self.arguments[run + 1..]))
    }
}

/// The process that runs Alloy for a unit, live or recorded. `Known(None)`: none runs.
pub fn alloy(system: &System, unit: &str, service: Option<&Service>) -> Seen<Option<Process>> {
    of_unit(system, unit, service, is_alloy)
}

/// The process that runs a program for a unit, live or recorded. `Known(None)`: none runs.
pub fn of_unit(
    system: &System,
    unit: &str,
    service: Option<&Service>,
    is_it: fn(&Process) -> bool,
) -> Seen<Option<Process>> {
    if let Some(kernel) = system.kernel() {
        return match find(kernel, service, is_it) {
            Ok(found) => Seen::Known(found),
            Err(error) => Seen::Hidden(Hidden {
                lacks_permission: error.kind() == io::ErrorKind::PermissionDenied,
                reason: format!("/proc cannot be read: {error}"),
            }),
        };
    }
    let Some(recorded) = system.snapshot().and_then(|snapshot| snapshot.other.get(KEY)) else {
        return Seen::NotRecorded;
    };
    match recorded.get(unit) {
        None => Seen::NotRecorded,
        Some(process) => match serde_json::from_value(process.clone()) {
            Ok(process) => Seen::Known(process),
            Err(error) => Seen::hidden(format!("the recorded process cannot be read: {error}")),
        },
    }
}

/// The unit's own process, or a child of it where the unit starts a wrapper; without a unit that
/// runs, any such process there is.
fn find(
    kernel: &Kernel,
    service: Option<&Service>,
    is_it: fn(&Process) -> bool,
) -> io::Result<Option<Process>> {
    let main = service.and_then(|service| service.main_pid);
    if service.is_some() && main.is_none() {
        return Ok(None);
    }
    if let Some(pid) = main
        && let Some(process) = process(kernel, pid).filter(is_it)
    {
        return Ok(Some(process));
    }
    let mut found = Vec::new();
    for entry in kernel.read_dir(Utf8Path::new("/proc"))?.into_iter().take(MOST_PROCESSES) {
        let Ok(pid) = entry.name.parse::<u32>() else { continue };
        let Some(process) = process(kernel, pid).filter(is_it) else { continue };
        if main.is_none() || parent(kernel, pid) == main {
            found.push(process);
        }
    }
    found.sort_by_key(|process| process.pid);
    // Its main process is known, so it runs; under which disguise does not matter.
    Ok(found.into_iter().next().or_else(|| process(kernel, main?)))
}

fn is_alloy(process: &Process) -> bool {
    let named =
        |path: &str| Utf8Path::new(path).file_name().is_some_and(|name| name.starts_with("alloy"));
    let runs = process.arguments.get(1).is_some_and(|argument| argument == "run");
    let executable = process.executable.as_ref().is_some_and(|path| named(path.as_str()));
    runs && (executable || process.arguments.first().is_some_and(|argument| named(argument)))
}

/// What can be seen of a process; none if it is gone.
fn process(kernel: &Kernel, pid: u32) -> Option<Process> {
    let folder = Utf8PathBuf::from(format!("/proc/{pid}"));
    let line = kernel.read(&folder.join("cmdline")).ok()?;
    let mut hidden = Vec::new();
    let mut or_hidden = |what: &str, error: io::Error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            hidden.push(format!("the {what} of process {pid} belongs to another user"));
        }
    };
    let target =
        kernel.read_link(&folder.join("exe")).map_err(|error| or_hidden("executable", error)).ok();
    let deleted = target.as_ref().is_some_and(|path| path.as_str().ends_with(" (deleted)"));
    let executable = target
        .map(|path| path.as_str().strip_suffix(" (deleted)").map_or(path.clone(), Into::into));
    Some(Process {
        pid,
        executable,
        executable_deleted: deleted,
        arguments: arguments(&line),
        user: kernel.metadata(&folder).ok().and_then(|meta| Some(meta.ownership?.user)),
        started: started(kernel, &folder),
        hidden,
    })
}

fn arguments(line: &[u8]) -> Vec<String> {
    let mut arguments: Vec<String> = line
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect();
    if arguments.last().is_some_and(String::is_empty) {
        arguments.pop();
    }
    let mut hide_next = false;
    for argument in &mut arguments {
        let hide = std::mem::take(&mut hide_next) && !argument.starts_with('-');
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, value),
            _ => ("", argument.as_str()),
        };
        let names_secret = |flag: &str| {
            let flag = flag.to_ascii_lowercase();
            SECRET_WORDS.iter().any(|word| flag.contains(word))
        };
        if hide || names_secret(flag) || value.split_once("://").is_some_and(has_user) {
            *argument = if flag.is_empty() { "…".to_owned() } else { format!("{flag}=…") };
        } else {
            hide_next = argument.starts_with("--") && flag.is_empty() && names_secret(argument);
        }
    }
    arguments
}

/// Whether an address carries user-info.
fn has_user((_, rest): (&str, &str)) -> bool {
    rest.split('/').next().is_some_and(|authority| authority.contains('@'))
}

/// The fields of `/proc/PID/stat` after the name, which may itself hold spaces and brackets.
fn stat(kernel: &Kernel, folder: &Utf8Path) -> Option<Vec<String>> {
    let stat = kernel.read(&folder.join("stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn started(kernel: &Kernel, folder: &Utf8Path) -> Option<i64> {
    let ticks: i64 = stat(kernel, folder)?.get(19)?.parse().ok()?;
    let counters = kernel.read(Utf8Path::new("/proc/stat")).ok()?;
    let counters = String::from_utf8_lossy(&counters);
    let booted: i64 =
        counters.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    booted.checked_add(ticks / TICKS)
}

fn parent(kernel: &Kernel, pid: u32) -> Option<u32> {
    stat(kernel, &Utf8PathBuf::from(format!("/proc/{pid}")))?.get(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::system::HostFiles;

    fn proc_with(root: &Utf8Path, pid: u32, parent: u32, exe: &str, line: &[u8]) {
        let folder = root.join(format!("proc/{pid}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(root.join("proc/stat"), "cpu 1 2\nbtime 1000\n").unwrap();
        fs::write(folder.join("cmdline"), line).unwrap();
        let zeros = "0 ".repeat(16);
        let stat = format!("{pid} (a) b) S {parent} {zeros} 0 12345 1 2");
        fs::write(folder.join("stat"), stat).unwrap();
        symlink(exe, folder.join("exe")).unwrap();
    }

    fn service(pid: u32) -> Service {
        let properties = BTreeMap::from([("MainPID".to_owned(), pid.to_string())]);
        crate::host::service::service(&properties)
    }

    #[test]
    fn the_unit_s_process_is_read_and_its_secrets_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let line = b"/usr/bin/alloy\0run\0--x.token=canary\0--y-key\0canary\0--z=http://u:canary@h/\0--storage.path=/d\0/etc/alloy\0";
        proc_with(root, 42, 1, "/usr/bin/alloy (deleted)", line);
        fs::create_dir_all(root.join("proc/43")).unwrap();
        let kernel = Kernel::new(HostFiles::rooted(root));
        let found = find(&kernel, Some(&service(42)), is_alloy).unwrap().unwrap();
        assert!(found.executable_deleted);
        assert_eq!(found.executable.as_deref(), Some(Utf8Path::new("/usr/bin/alloy")));
        assert_eq!(found.started, Some(1123));
        let shown = format!("{} {found:?}", serde_json::to_string(&found).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(found.arguments.last().map(String::as_str), Some("/etc/alloy"));
    }

    #[test]
    fn a_wrapper_s_child_is_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        proc_with(root, 7, 1, "/bin/sh", b"sh\0-c\0alloy run x\0");
        proc_with(root, 8, 7, "/usr/bin/alloy", b"alloy\0run\0/etc/alloy\0");
        proc_with(root, 9, 1, "/usr/bin/alloy", b"alloy\0run\0/etc/other\0");
        let kernel = Kernel::new(HostFiles::rooted(root));
        assert_eq!(find(&kernel, Some(&service(7)), is_alloy).unwrap().unwrap().pid, 8);
        assert_eq!(find(&kernel, None, is_alloy).unwrap().unwrap().pid, 8);
        assert!(find(&kernel, Some(&service(0)), is_alloy).unwrap().is_none());
        assert!(find(&Kernel::new(HostFiles::rooted(&root.join("none"))), None, is_alloy).is_err());
    }
}
