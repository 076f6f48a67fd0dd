//! How Alloy is started on this host: its unit, the path it loads, its flags and environment.

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::command_line::AlloyArgs;
use crate::source::At;
use crate::system::System;
use crate::unit::{self, Absent, EnvValue, NotKnown, Unit};

/// Where packages keep Alloy's settings, for hosts whose unit does not tell.
pub const ENVIRONMENT_FILES: &[&str] = &["/etc/sysconfig/alloy", "/etc/default/alloy"];
/// The folder the packages' unit starts Alloy in.
const PACKAGED_FOLDER: &str = "/var/lib/alloy";
/// What the packages load unless told otherwise.
pub const PACKAGED_CONFIG: &str = "/etc/alloy/config.alloy";

/// How Alloy is started.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its unit, or why there is none.
    pub unit: Result<Unit, Absent>,
    /// The flags, `CUSTOM_ARGS` among them.
    pub args: AlloyArgs,
    /// Where the path of the configuration was found.
    pub origin: Origin,
    /// The path as Alloy is given it, a trailing slash kept; or why there is none.
    pub config: Result<Utf8PathBuf, String>,
    /// What `sys.env` sees.
    pub environment: Environment,
    /// Why it is not known how Alloy is started, if it is not.
    pub unknown: Option<NotKnown>,
    /// The folder the process starts in, where its relative paths begin.
    pub folder: Utf8PathBuf,
}

/// Where the path of the configuration was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was given to us.
    Given,
    /// The unit's command names it.
    Command(Option<At>),
    /// The variable `CONFIG_FILE` names it.
    Variable(Option<At>),
    /// Nothing names it; it is what packages load.
    Assumed,
    /// There is none.
    None,
}

/// An environment, and what is not known of it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    values: BTreeMap<String, EnvValue>,
    unknown: BTreeMap<String, String>,
    gap: Option<String>,
}

/// What is known of one variable.
#[derive(Clone, Copy, Debug)]
pub enum Variable<'a> {
    /// Its value and place.
    Set(&'a EnvValue),
    /// It is not set.
    Unset,
    /// It cannot be known, for this reason.
    Unknown(&'a str),
}

impl Environment {
    /// An environment of which everything is known.
    pub fn known(values: impl IntoIterator<Item = (String, String)>) -> Environment {
        let values =
            values.into_iter().map(|(name, value)| (name, EnvValue::new(value, None))).collect();
        Environment { values, unknown: BTreeMap::new(), gap: None }
    }

    /// An environment of which nothing is known.
    pub fn unknown(reason: impl Into<String>) -> Environment {
        Environment { gap: Some(reason.into()), ..Environment::default() }
    }

    /// What a unit's files tell of the environment of its process.
    pub fn of_unit(unit: &Unit) -> Environment {
        Environment {
            values: unit.environment.clone(),
            unknown: unit.unknown_environment.clone(),
            gap: unit.environment_gap.clone(),
        }
    }

    /// What is known of one variable.
    pub fn get(&self, name: &str) -> Variable<'_> {
        match (self.values.get(name), self.unknown.get(name), &self.gap) {
            // With a gap, a later file may set it to something else.
            (Some(value), _, None) => Variable::Set(value),
            (_, Some(reason), _) | (_, _, Some(reason)) => Variable::Unknown(reason),
            (None, None, None) => Variable::Unset,
        }
    }

    /// The variables that are known to be set.
    pub fn values(&self) -> &BTreeMap<String, EnvValue> {
        &self.values
    }

    /// The variables that cannot be known, and why.
    pub fn unknown_values(&self) -> &BTreeMap<String, String> {
        &self.unknown
    }

    /// Why no variable can be known at all.
    pub fn gap(&self) -> Option<&str> {
        self.gap.as_deref()
    }

    fn value(&self, name: &str) -> Option<&EnvValue> {
        self.values.get(name).filter(|value| !value.value.trim().is_empty())
    }
}

impl Start {
    /// The path among CUSTOM_ARGS that is one too many, if there is one.
    pub fn path_too_many(&self) -> Option<String> {
        let is_too_many = self.args.paths.len() > 1;
        paths_in_custom_args(&self.environment).into_iter().next().filter(|_| is_too_many)
    }

    /// Finds out how Alloy is started; `given` overrules the path the host names.
    pub fn read(system: &System, unit_name: &str, given: Option<&Utf8Path>) -> Start {
        let unit = Unit::read(system, unit_name);
        let mut start = match &unit {
            Ok(found) => of_unit(system, found),
            Err(absent) => of_files(system, Environment::unknown(absent.reason.clone())),
        };
        if let Err(Absent { reason, is_denied: true, .. }) = &unit {
            start.unknown = Some(NotKnown { reason: reason.clone(), is_denied: true });
        }
        start.folder = match &unit {
            Ok(unit) => working_folder(unit),
            Err(_) => PACKAGED_FOLDER.into(),
        };
        start.unit = unit;
        if let Some(given) = given {
            start.origin = Origin::Given;
            start.unknown = None;
            start.config = system
                .files
                .absolute(given)
                .map_err(|error| format!("{given} is no path that can be read: {error}"));
            return start;
        }
        start.config = start.config.map(|path| in_folder(&start.folder, &path));
        start
    }

    /// How Alloy is started where only files are looked at.
    ///
    /// They are looked at from where we are and with our environment, where our process runs in
    /// the system; those of a host elsewhere as its unit would have them.
    pub fn of_paths(system: &System, unit_name: &str) -> Start {
        let Some(own) = system.own_environment() else {
            return Start::read(system, unit_name, None);
        };
        let reason = "only the given files were looked at".to_owned();
        Start {
            unit: Err(Absent { reason: reason.clone(), masked_by: None, is_denied: false }),
            args: AlloyArgs::default(),
            origin: Origin::Given,
            config: Err(reason),
            environment: Environment::known(own.clone()),
            unknown: None,
            folder: ".".into(),
        }
    }
}

/// What the unit's command tells, or `CONFIG_FILE` and `CUSTOM_ARGS` where it starts a wrapper.
fn of_unit(system: &System, unit: &Unit) -> Start {
    let environment = Environment::of_unit(unit);
    let is_run = |word: &String| word == "run";
    let Some(run) = unit.exec_start.iter().position(is_run) else {
        return of_files(system, environment);
    };
    let args = AlloyArgs::parse(&unit.exec_start[run + 1..]);
    let program = unit.exec_start[..run].last().map_or("", String::as_str);
    let is_alloy = Utf8Path::new(program).file_name().is_some_and(|name| name == "alloy");
    let config = match args.paths.as_slice() {
        [path] => Ok(Utf8PathBuf::from(path)),
        [] if !is_alloy => return of_files(system, environment),
        [] => Err(match &environment.gap {
            Some(gap) => format!("the path is not known: {gap}"),
            None => "`alloy run` is started without a path: CONFIG_FILE is not set".to_owned(),
        }),
        paths => Err(too_many(paths, &environment)),
    };
    // The place that named it: the variable, if the command asks for one with that value.
    let variable = unit.exec_start_variables.iter().find_map(|name| {
        environment.value(name).filter(|value| Some(&value.value) == args.paths.first())
    });
    let origin = match variable {
        Some(value) => Origin::Variable(value.at.clone()),
        None => Origin::Command(unit.exec_start_at.clone()),
    };
    let unknown = unit.exec_start_unknown.clone();
    let config = match &unknown {
        Some(unknown) => Err(format!("the path is not known: {}", unknown.reason)),
        None => config,
    };
    Start { unit: Ok(unit.clone()), args, origin, config, environment, unknown, folder: "/".into() }
}

/// Why Alloy does not start with several paths.
fn too_many(paths: &[String], environment: &Environment) -> String {
    let count = format!("`alloy run` is started with {} paths and takes one", paths.len());
    let text = |name: &str| environment.value(name).map_or("", |value| value.value.as_str());
    if let Some(path) = paths_in_custom_args(environment).first() {
        return format!("{count}: CUSTOM_ARGS holds the path {path}");
    }
    match text("CONFIG_FILE").trim().contains(char::is_whitespace) {
        true => format!("{count}: there is a space in CONFIG_FILE"),
        false => count,
    }
}

/// The paths among CUSTOM_ARGS, which is for flags.
fn paths_in_custom_args(environment: &Environment) -> Vec<String> {
    let custom = environment.value("CUSTOM_ARGS").map_or("", |value| value.value.as_str());
    AlloyArgs::parse(&unit::split_variable(custom)).paths
}

/// What the variables tell, or the packages' own environment files.
fn of_files(system: &System, mut environment: Environment) -> Start {
    let mut unknown = None;
    for file in ENVIRONMENT_FILES {
        if environment.value("CONFIG_FILE").is_some() {
            break;
        }
        match unit::read_environment_file(system, Utf8Path::new(file)) {
            Ok(found) => {
                for (name, value) in found {
                    environment.values.entry(name).or_insert(value);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let reason = format!("{file} cannot be read: {error}");
                unknown = Some(NotKnown { reason, is_denied: true });
            }
            Err(_) => {}
        }
    }
    let custom = environment.value("CUSTOM_ARGS").map_or("", |value| value.value.as_str());
    let args = AlloyArgs::parse(&unit::split_variable(custom));
    let (origin, config) = if let Some(value) = environment.value("CONFIG_FILE") {
        (Origin::Variable(value.at.clone()), Ok(Utf8PathBuf::from(value.value.trim())))
    } else if system.files.exists(Utf8Path::new("/etc/alloy")) {
        (Origin::Assumed, Ok(Utf8PathBuf::from(PACKAGED_CONFIG)))
    } else {
        (Origin::None, Err("Alloy is not set up: it has no unit and no /etc/alloy".to_owned()))
    };
    let unit = Err(Absent { reason: String::new(), masked_by: None, is_denied: false });
    Start { unit, args, origin, config, environment, unknown, folder: "/".into() }
}

/// The folder a unit's process starts in, as systemd has it: `/` without a setting, and for `~`
/// the home that the accounts give the user, whatever HOME is set to.
pub fn working_folder(unit: &Unit) -> Utf8PathBuf {
    let Some(setting) = &unit.working_directory else { return Utf8PathBuf::from("/") };
    if setting.value != "~" {
        return Utf8PathBuf::from(&setting.value);
    }
    unit.home.clone().unwrap_or_else(|| match unit.user {
        None => "/root".into(),
        Some(_) => "/".into(),
    })
}

/// A path as seen from a folder; a trailing slash stays.
fn in_folder(folder: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    if path.is_absolute() {
        return path.to_owned();
    }
    Utf8PathBuf::from(format!("{}/{path}", folder.as_str().trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{MemoryTree, Node};

    fn start(settings: &str, variables: &str) -> Start {
        let unit = format!(
            "[Service]\n{settings}\nEnvironmentFile=/etc/sysconfig/alloy\n\
             ExecStart=/usr/bin/alloy run $CUSTOM_ARGS $CONFIG_FILE\n"
        );
        let accounts = "root:x:0:0::/roots:/bin/sh\nalloy:x:9:9::/srv/alloy:/bin/sh\n";
        let tree = MemoryTree::new()
            .with("/usr/lib/systemd/system/alloy.service", Node::file(unit.as_bytes()))
            .with("/etc/sysconfig/alloy", Node::file(variables.as_bytes()))
            .with("/etc/passwd", Node::file(accounts.as_bytes()));
        let system = System::in_memory(tree, Utf8Path::new("host.tar")).unwrap();
        Start::read(&system, "alloy.service", None)
    }

    #[test]
    fn a_tilde_is_the_home_of_the_account_whatever_the_environment_says() {
        let folder = |settings: &str| start(settings, "").folder;
        assert_eq!(folder("User=alloy\nWorkingDirectory=~"), "/srv/alloy");
        assert_eq!(folder("User=9\nWorkingDirectory=-~"), "/srv/alloy");
        assert_eq!(folder("User=alloy\nEnvironment=HOME=/x\nWorkingDirectory=~"), "/srv/alloy");
        assert_eq!(folder("WorkingDirectory=~"), "/roots");
        assert_eq!(folder("User=alloy"), "/");
    }

    #[test]
    fn a_path_among_the_flags_is_one_too_many() {
        let both = start("", "CUSTOM_ARGS=\"--a=b /etc/x.alloy\"\nCONFIG_FILE=/etc/alloy/\n");
        let why = both.config.clone().unwrap_err();
        assert!(why.ends_with("CUSTOM_ARGS holds the path /etc/x.alloy"), "{why}");
        assert_eq!(both.path_too_many().as_deref(), Some("/etc/x.alloy"));
        let space = start("", "CONFIG_FILE=\"/etc/my alloy\"\n");
        assert!(space.config.unwrap_err().ends_with("there is a space in CONFIG_FILE"));
        let alone = start("", "CUSTOM_ARGS=/etc/x.alloy\n");
        assert_eq!((alone.path_too_many(), alone.config.unwrap().as_str()), (None, "/etc/x.alloy"));
    }
}
