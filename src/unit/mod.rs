//! systemd units, drop-ins and environment files of one unit, read as systemd reads them.
//!
//! Files only: what a running process really got may be older, and `host` knows that.

mod assemble;
mod command;
mod environment_file;
mod sandbox;
mod search;
mod specifiers;
mod syntax;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::At;
use crate::system::System;

pub use sandbox::{HiddenBy, Sandbox};

/// One unit of the system manager, all its files put together.
#[derive(Clone)]
pub struct Unit {
    /// The name asked for, such as `alloy.service`.
    pub name: String,
    /// The unit's own file.
    pub fragment: Utf8PathBuf,
    /// The drop-ins that apply, in order.
    pub drop_ins: Vec<Utf8PathBuf>,
    /// The environment files it names, in order.
    pub environment_files: Vec<EnvironmentFile>,
    /// What the process is started with, as far as files tell.
    pub environment: BTreeMap<String, EnvValue>,
    /// Variables that are set, or may be, to a value that files do not tell; and why.
    pub unknown_environment: BTreeMap<String, String>,
    /// Why any other variable may be set too: an environment file that we may not read.
    pub environment_gap: Option<String>,
    /// The command with variables put in; empty if there is none.
    pub exec_start: Vec<String>,
    /// Where the command stands.
    pub exec_start_at: Option<At>,
    /// Why the command is not known, if it is not.
    pub exec_start_unknown: Option<NotKnown>,
    /// The variables the command asks for.
    pub exec_start_variables: Vec<String>,
    /// `User=`; none is root.
    pub user: Option<Setting>,
    /// `Group=`; none is the user's own.
    pub group: Option<Setting>,
    /// `SupplementaryGroups=`.
    pub supplementary_groups: Vec<String>,
    /// `WorkingDirectory=` without its `-`; none is `/`.
    pub working_directory: Option<Setting>,
    /// The home of its user, or of root without one; none where the accounts do not tell.
    pub home: Option<Utf8PathBuf>,
    /// What it hides from its process.
    pub sandbox: Sandbox,
    /// What systemd would complain of, or what we could not read.
    pub problems: Vec<Problem>,
}

/// A value of a unit's environment and the place that set it.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvValue {
    /// The value. It may be a secret.
    pub value: String,
    /// Where it is set; none for what systemd sets itself.
    pub at: Option<At>,
}

/// A setting of a unit and its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value as written, continued lines joined.
    pub value: String,
    /// Where it stands.
    pub at: Option<At>,
}

/// An environment file that a unit names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// Its path.
    pub path: Utf8PathBuf,
    /// Whether it may be missing (`-` in front of it).
    pub is_optional: bool,
    /// Why it could not be read.
    pub unreadable: Option<String>,
    /// Where it is named.
    pub at: Option<At>,
}

/// Why something that systemd knows is not known to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKnown {
    /// One clause, lower case, no full stop.
    pub reason: String,
    /// Whether that is because we may not read something.
    pub is_denied: bool,
}

/// Something in the unit's files that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One clause, lower case, no full stop.
    pub message: String,
    /// Where.
    pub at: Option<At>,
}

/// Why there is no unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// One clause, lower case, no full stop.
    pub reason: String,
    /// The file that masks it, if one does.
    pub masked_by: Option<Utf8PathBuf>,
    /// Whether it is there and we may not read it.
    pub is_denied: bool,
}

impl Unit {
    /// Reads a unit. A name without a type is a service.
    ///
    /// # Errors
    /// There is no such unit, it is masked, or its file cannot be read.
    pub fn read(system: &System, name: &str) -> Result<Unit, Absent> {
        assemble::unit(system, &full_name(name))
    }

    /// The files that made it what it is, in the order in which they apply.
    pub fn files(&self) -> Vec<Utf8PathBuf> {
        let read = self.environment_files.iter().filter(|file| file.unreadable.is_none());
        std::iter::once(&self.fragment)
            .chain(&self.drop_ins)
            .chain(read.map(|file| &file.path))
            .cloned()
            .collect()
    }
}

impl EnvValue {
    /// A value and its place.
    pub fn new(value: impl Into<String>, at: Option<At>) -> EnvValue {
        EnvValue { value: value.into(), at }
    }
}

impl fmt::Debug for EnvValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvValue").field("at", &self.at).finish_non_exhaustive()
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("at", &self.at).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unit")
            .field("name", &self.name)
            .field("fragment", &self.fragment)
            .field("drop_ins", &self.drop_ins)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// Reads one file of `NAME=value` lines as an environment file, for hosts whose unit does not
/// tell (a wrapper, or only `/etc` was copied).
///
/// # Errors
/// It cannot be read; `InvalidData` if systemd would refuse it.
pub fn read_environment_file(
    system: &System,
    path: &Utf8Path,
) -> io::Result<BTreeMap<String, EnvValue>> {
    assemble::environment_of(system, path, &mut Vec::new())
}

/// The assignment of a variable in the text of an environment file, as it is written.
pub fn assignment<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    environment_file::assignment(text, name)
}

/// The value that an assignment of an environment file gives.
pub fn assigned_value(assignment: &str) -> Option<String> {
    environment_file::parse(assignment).pop().map(|found| found.value)
}

/// The text of an environment file with another assignment of a variable, or without one.
pub fn reassigned(text: &str, name: &str, with: Option<&str>) -> String {
    environment_file::reassigned(text, name, with)
}

/// An assignment for an environment file.
pub fn quoted_assignment(name: &str, value: &str) -> String {
    environment_file::quoted(name, value)
}

/// Splits the value of a variable as an unbraced `$NAME` in a command line is split.
pub fn split_variable(value: &str) -> Vec<String> {
    words::split_variable(value)
}

fn full_name(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{name}.service") }
}
