//! Puts the files of a unit together: assignments in order, resets, then the environment.

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::command::{self, Command};
use super::sandbox::Sandbox;
use super::search::{self, Fragment};
use super::specifiers::Specifiers;
use super::words::{UnknownEscape, words};
use super::{Absent, EnvValue, EnvironmentFile, NotKnown, Problem, Setting, Unit};
use super::{environment_file, syntax};
use crate::secret::lines::{self, Kind};
use crate::source::{At, Source};
use crate::system::System;

/// Variables that systemd sets itself for every service, to values files do not tell.
const SET_AT_START: &[&str] = &[
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LANG",
    "MAINPID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "NOTIFY_SOCKET",
    "SYSTEMD_EXEC_PID",
];

/// The most that is read of one file; a unit of this size is a mistake.
const LARGEST: u64 = 4 << 20;
/// Why a unit with a command line that long does not start.
const TOO_LONG: &str = "its command line is longer than 2 MiB";
/// The most environment files that are read.
const MOST_FILES: usize = 1_000;

/// Reads a unit by its full name.
pub(super) fn unit(system: &System, name: &str) -> Result<Unit, Absent> {
    let absent = |reason: String| Absent { reason, masked_by: None, is_denied: false };
    let unreadable = |what: String, error: io::Error| Absent {
        reason: format!("{what} cannot be read: {error}"),
        masked_by: None,
        is_denied: is_ours(&error),
    };
    let (fragment, names) = match search::fragment(system, name) {
        Ok(Fragment::File { path, names }) => (path, names),
        Ok(Fragment::Masked(path)) => {
            let reason = format!("the unit {name} is masked by {path}");
            return Err(Absent { reason, masked_by: Some(path), is_denied: false });
        }
        Ok(Fragment::Missing) => return Err(absent(format!("there is no unit {name}"))),
        Err(error) => return Err(unreadable(format!("the unit {name}"), error)),
    };
    let text = read_text(system, &fragment)
        .map_err(|error| unreadable(format!("the unit file {fragment}"), error))?;
    let specifiers = Specifiers::new(system, name, &fragment);
    let mut settings = Settings::new(specifiers);
    settings.apply(&Source::new(fragment.as_str(), text));
    let mut drop_ins = Vec::new();
    for path in search::drop_ins(system, &names) {
        match read_text(system, &path) {
            Ok(text) => settings.apply(&Source::new(path.as_str(), text)),
            // It may set anything.
            Err(error) if is_ours(&error) => {
                settings.unread_drop_in = Some(format!("{path} cannot be read: {error}"));
            }
            Err(error) => settings.problem(format!("{path} cannot be read: {error}"), None),
        }
        drop_ins.push(path);
    }
    Ok(settings.into_unit(system, name, fragment, drop_ins))
}

/// The assignments of an environment file, later ones over earlier ones.
pub(super) fn environment_of(
    system: &System,
    path: &Utf8Path,
    problems: &mut Vec<Problem>,
) -> io::Result<BTreeMap<String, EnvValue>> {
    let text = String::from_utf8(read_small(system, path)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
    if text.contains('\0') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it contains a NUL byte"));
    }
    let source = Source::new(path.as_str(), text);
    lines::register(source.text(), Kind::Settings, system.secrets());
    let mut environment = BTreeMap::new();
    for found in environment_file::parse(source.text()) {
        let at = source.at(found.span);
        system.secrets().register_variable(&found.name, &found.value);
        if is_variable_name(&found.name) {
            environment.insert(found.name, EnvValue::new(found.value, at));
        } else {
            let message = "systemd ignores the line: what stands before `=` is no variable name";
            problems.push(Problem { message: message.to_owned(), at });
        }
    }
    Ok(environment)
}

/// The settings of a unit that matter to us, while its files are applied.
struct Settings {
    specifiers: Specifiers,
    environment: Vec<(String, EnvValue)>,
    files: Vec<Setting>,
    unset: Vec<String>,
    passed: Vec<String>,
    exec_start: Vec<(Command, Option<At>)>,
    is_oneshot: bool,
    user: Option<Setting>,
    group: Option<Setting>,
    groups: Vec<String>,
    directory: Option<Setting>,
    sandbox: Sandbox,
    gap: Option<String>,
    unread_drop_in: Option<String>,
    /// Variables that are set to what files do not tell, and why.
    untold: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Settings {
    fn new(specifiers: Specifiers) -> Settings {
        Settings {
            specifiers,
            environment: Vec::new(),
            files: Vec::new(),
            unset: Vec::new(),
            passed: Vec::new(),
            exec_start: Vec::new(),
            is_oneshot: false,
            user: None,
            group: None,
            groups: Vec::new(),
            directory: None,
            sandbox: Sandbox::default(),
            gap: None,
            unread_drop_in: None,
            untold: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, message: impl Into<String>, at: Option<At>) {
        self.problems.push(Problem { message: message.into(), at });
    }

    fn apply(&mut self, source: &Source) {
        let (lines, skipped) = syntax::parse(source.text());
        for line in skipped {
            let message = format!("systemd ignores the line: {}", line.reason);
            self.problem(message, source.at(line.span));
        }
        for line in lines.into_iter().filter(|line| line.section == "Service") {
            let setting = Setting { value: line.value, at: source.at(line.span) };
            self.set(&line.name, setting);
        }
    }

    fn set(&mut self, name: &str, setting: Setting) {
        let is_reset = setting.value.is_empty();
        match name {
            "Environment" if is_reset => {
                self.environment.clear();
                self.untold.clear();
            }
            "Environment" => self.environment(&setting),
            "EnvironmentFile" if is_reset => self.files.clear(),
            "EnvironmentFile" => self.files.push(self.expanded(setting)),
            "UnsetEnvironment" if is_reset => self.unset.clear(),
            "UnsetEnvironment" => self.unset.extend(self.list(&setting)),
            "PassEnvironment" if is_reset => self.passed.clear(),
            "PassEnvironment" => self.passed.extend(self.list(&setting)),
            "SupplementaryGroups" if is_reset => self.groups.clear(),
            "SupplementaryGroups" => self.groups.extend(self.list(&setting)),
            "ExecStart" if is_reset => self.exec_start.clear(),
            "ExecStart" => self.exec_start(&setting),
            "Type" => self.is_oneshot = setting.value == "oneshot",
            "User" => self.user = Some(self.expanded(setting)).filter(|_| !is_reset),
            "Group" => self.group = Some(self.expanded(setting)).filter(|_| !is_reset),
            "WorkingDirectory" => {
                let mut setting = self.expanded(setting);
                if let Some(rest) = setting.value.strip_prefix('-') {
                    setting.value = rest.to_owned();
                }
                self.directory = Some(setting).filter(|_| !is_reset);
            }
            other => {
                let setting = self.expanded(setting);
                self.sandbox.set(other, setting);
            }
        }
    }

    fn expanded(&self, setting: Setting) -> Setting {
        Setting { value: self.specifiers.expand(&setting.value), at: setting.at }
    }

    fn list(&self, setting: &Setting) -> Vec<String> {
        let (words, _) = words(&setting.value, UnknownEscape::Keep);
        words.iter().map(|word| self.specifiers.expand(word)).collect()
    }

    fn environment(&mut self, setting: &Setting) {
        let (words, ended) = words(&setting.value, UnknownEscape::Refuse);
        if ended.is_err() {
            let message = "systemd ignores the rest of the line: a quote is not closed or an \
                           escape means nothing";
            self.problem(message, setting.at.clone());
        }
        for word in words {
            let unknown = self.specifiers.unknown_in(&word);
            let word = self.specifiers.expand(&word);
            match word.split_once('=').filter(|(name, _)| is_variable_name(name)) {
                Some((name, _)) if unknown.is_some() => {
                    self.environment.retain(|(known, _)| known != name);
                    let letter = unknown.unwrap_or_default();
                    let reason =
                        format!("the unit sets it with %{letter}, which files do not tell");
                    self.untold.insert(name.to_owned(), reason);
                }
                Some((name, value)) => {
                    self.untold.remove(name);
                    let value = EnvValue::new(value, setting.at.clone());
                    self.environment.push((name.to_owned(), value));
                }
                None => self.problem(
                    "systemd ignores a word of the line: it is no `NAME=value`",
                    setting.at.clone(),
                ),
            }
        }
    }

    fn exec_start(&mut self, setting: &Setting) {
        match command::parse(setting, &self.specifiers) {
            Some(commands) => self
                .exec_start
                .extend(commands.into_iter().map(|command| (command, setting.at.clone()))),
            None => self.problem(
                "systemd ignores the line: the command cannot be split into words",
                setting.at.clone(),
            ),
        }
    }

    fn into_unit(
        mut self,
        system: &System,
        name: &str,
        fragment: Utf8PathBuf,
        drop_ins: Vec<Utf8PathBuf>,
    ) -> Unit {
        let account = self.account(system);
        let home = account.get(5).filter(|home| home.starts_with('/')).map(Utf8PathBuf::from);
        let mut environment = self.base_environment(&account);
        environment.extend(std::mem::take(&mut self.environment));
        let mut unknown: BTreeMap<String, String> = BTreeMap::new();
        for &name in SET_AT_START {
            unknown.insert(name.to_owned(), "systemd sets it at each start".to_owned());
        }
        for name in &self.passed {
            let reason = "the unit passes it on from the system manager";
            unknown.insert(name.clone(), reason.to_owned());
        }
        unknown.append(&mut self.untold);
        let environment_files = self.read_files(system, &mut environment);
        if let Some(reason) = &self.unread_drop_in {
            self.gap.get_or_insert_with(|| reason.clone());
        }
        for entry in &self.unset {
            let (name, value) = entry.split_once('=').unzip();
            let name = name.unwrap_or(entry.as_str());
            if environment.get(name).is_some_and(|set| value.is_none_or(|v| v == set.value)) {
                environment.remove(name);
            }
            unknown.remove(name);
        }
        unknown.retain(|name, _| !environment.contains_key(name));
        if self.exec_start.len() > 1 && !self.is_oneshot {
            let at = self.exec_start.last().and_then(|(_, at)| at.clone());
            let message = "systemd refuses the unit: it has more than one ExecStart= (an empty \
                           one in front would forget the earlier)";
            self.problem(message, at);
        }
        let (command, exec_start_at) = self.exec_start.pop().unwrap_or_default();
        let expanded = command.expand(&environment);
        if expanded.is_none() {
            self.problem(format!("the unit does not start: {TOO_LONG}"), exec_start_at.clone());
        }
        let denied = |reason: &String| NotKnown { reason: reason.clone(), is_denied: true };
        let unknown_variable = |name: &&str| {
            let untold = unknown.get(*name).map(|why| NotKnown {
                reason: format!("{name} is not known: {why}"),
                is_denied: false,
            });
            self.gap.as_ref().map(denied).or(untold)
        };
        let exec_start_unknown = match &self.unread_drop_in {
            Some(reason) => Some(denied(reason)),
            None if expanded.is_none() => {
                Some(NotKnown { reason: TOO_LONG.to_owned(), is_denied: false })
            }
            None => command.variables().iter().find_map(unknown_variable),
        };
        Unit {
            name: name.to_owned(),
            fragment,
            drop_ins,
            environment_files,
            exec_start: expanded.unwrap_or_default(),
            exec_start_variables: command.variables().into_iter().map(str::to_owned).collect(),
            exec_start_at,
            exec_start_unknown,
            environment,
            unknown_environment: unknown,
            environment_gap: self.gap,
            user: self.user,
            group: self.group,
            supplementary_groups: self.groups,
            working_directory: self.directory,
            home,
            sandbox: self.sandbox,
            problems: self.problems,
        }
    }

    /// What systemd sets before the unit's own settings.
    fn base_environment(&self, account: &[String]) -> BTreeMap<String, EnvValue> {
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: &str| {
            environment.insert(name.to_owned(), EnvValue::new(value, None));
        };
        set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
        if let Some(user) = &self.user {
            let name = account.first().unwrap_or(&user.value);
            set("USER", name);
            set("LOGNAME", name);
            for (name, index) in [("HOME", 5), ("SHELL", 6)] {
                account.get(index).into_iter().for_each(|value| set(name, value));
            }
        }
        environment
    }

    /// The fields of the account it runs as, root's without a user: by name, or by number.
    fn account(&self, system: &System) -> Vec<String> {
        let user = self.user.as_ref().map_or("root", |user| user.value.as_str());
        let accounts =
            system.files.read_to_string(Utf8Path::new("/etc/passwd")).unwrap_or_default();
        let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<&str>>());
        let is_number = user.bytes().all(|byte| byte.is_ascii_digit());
        let mut own =
            fields.filter(|fields| fields.get(if is_number { 2 } else { 0 }) == Some(&user));
        own.next().unwrap_or_default().into_iter().map(str::to_owned).collect()
    }

    /// Reads the environment files into the environment, over what is there.
    fn read_files(
        &mut self,
        system: &System,
        environment: &mut BTreeMap<String, EnvValue>,
    ) -> Vec<EnvironmentFile> {
        let mut found = Vec::new();
        // Of a file that is named several times the last counts: all it sets it sets again.
        let files = std::mem::take(&mut self.files);
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, setting) in files.iter().enumerate() {
            last.insert(&setting.value, at);
        }
        for (number, setting) in files.iter().enumerate() {
            if last[setting.value.as_str()] != number {
                continue;
            }
            if found.len() >= MOST_FILES {
                let reason = "the unit names more environment files than are read";
                self.gap = Some(reason.to_owned());
                break;
            }
            let optional = setting.value.strip_prefix('-');
            let is_optional = optional.is_some();
            let pattern = optional.unwrap_or(&setting.value);
            if !pattern.starts_with('/') {
                let message = "systemd ignores the line: an environment file's path is absolute";
                self.problem(message, setting.at.clone());
                continue;
            }
            for path in matching(system, Utf8Path::new(pattern)) {
                let at = setting.at.clone();
                let unreadable = match environment_of(system, &path, &mut self.problems) {
                    Ok(values) => {
                        environment.extend(values);
                        None
                    }
                    // That we do not read it says nothing of systemd.
                    Err(error) if is_ours(&error) => {
                        self.gap = Some(format!("{path} cannot be read: {error}"));
                        Some(error.to_string())
                    }
                    Err(error) => {
                        if !is_optional {
                            let message =
                                format!("the unit does not start: {path} cannot be read: {error}");
                            self.problem(message, at.clone());
                        }
                        Some(error.to_string())
                    }
                };
                found.push(EnvironmentFile { path, is_optional, unreadable, at });
            }
        }
        found
    }
}

/// The files a path with shell patterns in its last part stands for; itself without any, and
/// where nothing matches.
fn matching(system: &System, path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return vec![path.to_owned()];
    };
    let pattern = name.contains(['*', '?', '[']).then(|| globset::Glob::new(name));
    let Some(Ok(pattern)) = pattern else { return vec![path.to_owned()] };
    let pattern = pattern.compile_matcher();
    let entries = system.files.read_dir(folder).unwrap_or_default();
    let found: Vec<Utf8PathBuf> = entries
        .iter()
        .filter(|entry| !entry.name.starts_with('.') && pattern.is_match(&entry.name))
        .map(|entry| folder.join(&entry.name))
        .collect();
    if found.is_empty() { vec![path.to_owned()] } else { found }
}

/// A unit file as text: a line that is not UTF-8 is one that systemd ignores.
fn read_text(system: &System, path: &Utf8Path) -> io::Result<String> {
    let bytes = read_small(system, path)?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        let lines = error.as_bytes().split(|&byte| byte == b'\n');
        lines.map(|line| std::str::from_utf8(line).unwrap_or("")).collect::<Vec<_>>().join("\n")
    });
    lines::register(&text, Kind::Settings, system.secrets());
    Ok(text)
}

fn is_ours(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::FileTooLarge)
}

fn read_small(system: &System, path: &Utf8Path) -> io::Result<Vec<u8>> {
    if system.files.metadata(path)?.size > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
    }
    system.files.read(path)
}

/// Whether systemd takes it for the name of a variable.
fn is_variable_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.starts_with(|first: char| !first.is_ascii_digit())
}
