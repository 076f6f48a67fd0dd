//! The Trento agent's settings in force, each with where it came from, and the host's agent ID.
//!
//! Read as the real agent reads them, silent replacements included; what will surprise whoever
//! wrote them stands beside as data. Nothing is judged here.

mod file;
mod id;
mod interval;
mod keys;
mod places;
mod scalar;
mod surprises;

use std::collections::BTreeMap;
use std::fmt;

use camino::Utf8PathBuf;
use serde::Serialize;

pub use file::FileState;
pub use id::AgentId;
pub use interval::{Interval, Reading};
pub use keys::{KEYS, Key, KeyKind};
pub use places::secret_places;
pub use surprises::{Surprise, SurpriseKind};

use crate::secret::{Secret, SecretNames, Vault};
use crate::source::At;
use crate::system::System;
use crate::unit::{EnvValue, NotKnown, Unit};
use crate::yaml::go::{Scalar, Value};
use file::Entry;

/// The unit that runs the agent.
const UNIT: &str = "trento-agent.service";

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What became of the configuration file.
    pub file: FileState,
    /// Files that could be the agent's and are not read.
    pub shadowed: Vec<Utf8PathBuf>,
    /// The host's agent ID, or why it is not known.
    pub agent_id: Result<AgentId, String>,
    /// What will surprise whoever wrote the settings.
    pub surprises: Vec<Surprise>,
    /// Why they may be others than these: what the agent's unit sets and we cannot know.
    pub unknown: Option<NotKnown>,
    settings: BTreeMap<&'static str, Setting>,
}

/// One setting in force.
#[derive(Clone)]
pub struct Setting {
    /// Its key.
    pub key: &'static Key,
    /// Its value as a text, as the agent takes it. Secret or not: see [`Setting::shown`].
    pub value: Secret,
    /// Where it came from.
    pub origin: Origin,
    read: Value,
}

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag,
    /// A variable of the environment.
    Variable {
        /// Its name.
        name: String,
        /// Where it is set, for one of the agent's unit.
        at: Option<At>,
        /// Whether it is one of the agent's unit rather than of our own process.
        is_unit: bool,
    },
    /// The configuration file.
    File(Option<At>),
    /// Nothing sets it.
    Default,
}

/// How Alloy proves who it is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMethod {
    /// Not at all.
    None,
    /// With a user name and a password.
    Basic,
    /// With a token.
    Bearer,
    /// With a client certificate.
    Mtls,
}

/// What a command was given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--config`.
    pub config: Option<Utf8PathBuf>,
    /// Flags by the name of their key.
    pub flags: BTreeMap<&'static str, Secret>,
}

impl Given {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.config.is_none() && self.flags.is_empty()
    }
}

impl Settings {
    /// The settings of the agent that runs as a service: its unit's environment counts.
    pub fn of_service(system: &System) -> Settings {
        Settings::of_unit(system, &Given::default())
    }

    fn of_unit(system: &System, given: &Given) -> Settings {
        let unit = Unit::read(system, UNIT);
        let none = BTreeMap::new();
        let environment = unit.as_ref().map_or(&none, |unit| &unit.environment);
        let unknown = unit.as_ref().ok().and_then(untold);
        Settings { unknown, ..Settings::read(system, given, environment, true) }
    }

    /// The settings of a command such as `generate`: flags and our own environment count; under
    /// a root folder, whose environment is not ours, that of the agent's unit.
    pub fn of_command(system: &System, given: &Given) -> Settings {
        let Some(own) = system.own_environment() else {
            return Settings::of_unit(system, given);
        };
        let own = own.iter().map(|(name, value)| (name.clone(), EnvValue::new(value, None)));
        Settings::read(system, given, &own.collect(), false)
    }

    fn read(
        system: &System,
        given: &Given,
        environment: &BTreeMap<String, EnvValue>,
        is_unit: bool,
    ) -> Settings {
        let variable = |name: &str| environment.get(name).filter(|set| !set.value.is_empty());
        let home = variable("HOME").map_or("/root", |home| home.value.as_str());
        let named = given
            .config
            .clone()
            .or_else(|| variable("TRENTO_CONFIG").map(|set| Utf8PathBuf::from(&set.value)));
        let mut candidates = match named {
            Some(path) => vec![path],
            None => file::find(system, home),
        };
        let (state, entries) = match candidates.first() {
            Some(path) => file::read(system, path),
            None => (FileState::Missing, Vec::new()),
        };
        let shadowed = candidates.split_off(candidates.len().min(1));
        let settings = KEYS
            .iter()
            .map(|key| (key.name, resolve(key, given, environment, is_unit, &entries)))
            .collect();
        let mut found = Settings {
            file: state,
            shadowed,
            agent_id: id::of_machine(system),
            surprises: Vec::new(),
            unknown: None,
            settings,
        };
        let forced = found.value("force-agent-id");
        if !forced.is_empty() {
            found.agent_id = Ok(AgentId { id: forced.to_owned(), is_forced: true });
        }
        found.surprises = surprises::find(&found, &entries, &found.shadowed);
        found.register(&entries, system.secrets());
        found
    }

    /// Registers what in the settings may not be shown.
    fn register(&self, entries: &[Entry], secrets: &Vault) {
        for setting in self.iter() {
            match setting.key.kind {
                KeyKind::Secret => secrets.register(setting.value.expose()),
                KeyKind::Url => secrets.register_url(setting.value.expose()),
                KeyKind::Text | KeyKind::Duration => {}
            }
        }
        for entry in entries.iter().filter(|entry| Key::named(&entry.key).is_none()) {
            secrets.register_variable(&entry.key, &scalar::text(&entry.value));
        }
    }

    /// A setting by its key.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    /// Every setting, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }

    /// The value of a key that is no secret; empty for one that is, or that is not known.
    pub fn value(&self, key: &str) -> &str {
        let setting = self.get(key).filter(|setting| setting.key.kind != KeyKind::Secret);
        setting.map_or("", |setting| setting.value.expose())
    }

    /// Whether anything sets the key to more than an empty value.
    pub fn is_set(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|setting| setting.origin != Origin::Default && !setting.value.is_empty())
    }

    /// Whether metrics are pushed; whatever is not exactly `push` counts as pull.
    pub fn is_push(&self) -> bool {
        self.value("prometheus-mode") == "push"
    }

    /// The value of the label exporter_name.
    pub fn exporter_name(&self) -> &str {
        let legacy = self.value("node-exporter-name");
        match (self.value("prometheus-exporter-name"), self.is_push()) {
            ("", true) => "grafana_alloy",
            ("", false) if !legacy.is_empty() => legacy,
            ("", false) => "node_exporter",
            (name, _) => name,
        }
    }

    /// The method that the agent takes: basic where none is set.
    ///
    /// # Errors
    /// The name that the agent does not know.
    pub fn auth_method(&self) -> Result<AuthMethod, &str> {
        match self.value("prometheus-auth") {
            "" => Ok(AuthMethod::Basic),
            name => AuthMethod::named(name).ok_or(name),
        }
    }

    /// The interval of a key of kind duration, as the agent takes it.
    pub fn interval(&self, key: &str) -> Interval {
        match self.get(key).filter(|setting| setting.origin != Origin::Default) {
            Some(setting) => Interval::read(&setting.read),
            None => Interval::default_interval(),
        }
    }

    /// The scrape interval of the shipped agent.
    pub fn scrape_interval(&self) -> Interval {
        self.interval("prometheus-scrape-interval")
    }
}

impl Setting {
    /// The value as it may be shown: secrets by their names, URLs without user-info.
    pub fn shown(&self, names: &mut SecretNames) -> String {
        match self.key.kind {
            KeyKind::Text | KeyKind::Duration => self.value.expose().to_owned(),
            KeyKind::Url => names.url(self.value.expose()),
            KeyKind::Secret => names.name(&self.value),
        }
    }

    /// Whether the value is a list or a map, which counts as empty.
    pub fn is_nested(&self) -> bool {
        !matches!(self.read, Value::Scalar(_))
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting")
            .field("key", &self.key.name)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Origin {
    /// Where it is set, if that is a place in a file.
    pub fn at(&self) -> Option<&At> {
        match self {
            Origin::Variable { at, .. } | Origin::File(at) => at.as_ref(),
            Origin::Flag | Origin::Default => None,
        }
    }
}

impl AuthMethod {
    /// The method of a name, which is in lower case to the letter.
    pub fn named(name: &str) -> Option<AuthMethod> {
        match name {
            "none" => Some(AuthMethod::None),
            "basic" => Some(AuthMethod::Basic),
            "bearer" => Some(AuthMethod::Bearer),
            "mtls" => Some(AuthMethod::Mtls),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::Basic => "basic",
            AuthMethod::Bearer => "bearer",
            AuthMethod::Mtls => "mtls",
        }
    }
}

/// Flag over variable over file over default.
fn resolve(
    key: &'static Key,
    given: &Given,
    environment: &BTreeMap<String, EnvValue>,
    is_unit: bool,
    entries: &[Entry],
) -> Setting {
    let of_text = |text: &str, origin| Setting {
        key,
        value: Secret::new(text),
        origin,
        read: Value::Scalar(Scalar::Text(text.into())),
    };
    if let Some(flag) = given.flags.get(key.name) {
        return of_text(flag.expose(), Origin::Flag);
    }
    let variable = environment.iter().find(|(name, _)| key.is_set_by(name));
    if let Some((name, set)) = variable.filter(|(_, set)| !set.value.is_empty()) {
        let (name, at) = (name.clone(), set.at.clone());
        return of_text(&set.value, Origin::Variable { name, at, is_unit });
    }
    match file::entry_in_force(entries, key.name) {
        Some(entry) => Setting {
            key,
            value: Secret::new(scalar::text(&entry.value)),
            origin: Origin::File(entry.at.clone()),
            read: entry.value.clone(),
        },
        None => of_text(key.default, Origin::Default),
    }
}

/// Why settings of the agent's service are not known: its unit sets variables that we cannot know,
/// and any of them would win over the file.
fn untold(unit: &Unit) -> Option<NotKnown> {
    if let Some(reason) = &unit.environment_gap {
        return Some(NotKnown { reason: reason.clone(), is_denied: true });
    }
    let own = |name: &str| KEYS.iter().any(|key| key.is_set_by(name));
    unit.unknown_environment.iter().find(|(name, _)| own(name)).map(|(name, why)| NotKnown {
        reason: format!("{name} is not known: {why}"),
        is_denied: false,
    })
}
