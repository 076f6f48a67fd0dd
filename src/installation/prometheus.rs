//! Prometheus on a host: how it is started, in which mode, and what it loads.
//!
//! Made once from a system, or from one file that stands for itself. Judges nothing.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::installed;
use crate::error::{Error, Result};
use crate::eval;
use crate::graph::Context;
use crate::host::alloy_http::{Access, Address, Server};
use crate::load::{Environment, LARGEST_CONFIG, STDIN, Variable, working_folder};
use crate::prometheus::{
    Arguments, Configuration, Mode, NotLoaded, Surroundings, Version, WebConfig,
};
use crate::proof::{Choice, Feed};
use crate::source::At;
use crate::system::{System, given};
use crate::unit::{self, Absent, NotKnown, Unit};

/// Where packages keep the arguments, for hosts whose unit does not tell.
const ENVIRONMENT_FILES: &[&str] = &["/etc/default/prometheus", "/etc/sysconfig/prometheus"];
/// The packages of Debian and SUSE.
pub const PACKAGES: &[&str] = &["prometheus", "golang-github-prometheus-prometheus"];
/// Where units lie that are looked at for a second Prometheus.
const UNIT_FOLDERS: &[&str] =
    &["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
/// More files than this are not looked at.
const MOST_CANDIDATES: usize = 50;
/// The newest version that `--enable-feature=agent` belongs to.
const LAST_OF_2: &str = "2.55.1";

/// A Prometheus of a host, or one that loads a given file.
#[derive(Debug)]
pub struct Prometheus {
    /// The unit that runs it.
    pub unit_name: String,
    /// That unit, or why there is none.
    pub unit: std::result::Result<Unit, Absent>,
    /// Its version as the host tells it; none where nothing does.
    pub written: Option<String>,
    /// The version that its configuration is held against.
    pub version: Version,
    /// Its command line.
    pub arguments: Arguments,
    /// Where that stands.
    pub arguments_at: Option<At>,
    /// What it runs as.
    pub mode: Mode,
    /// The folder its process starts in.
    pub folder: Utf8PathBuf,
    /// The file it loads.
    pub config: Utf8PathBuf,
    /// The bytes of that file, or why it cannot be read.
    pub bytes: std::result::Result<Vec<u8>, String>,
    /// What it loads, or why it does not; an unreadable file is no reason of its own.
    pub configuration: std::result::Result<Configuration, NotLoaded>,
    /// The environment of its process.
    pub environment: Environment,
    /// Why it is not known what it loads, if it is not.
    pub unknown: Option<NotKnown>,
    /// Whether the file was given, and is no host's.
    pub is_given: bool,
    context: Context,
}

impl Prometheus {
    /// The Prometheus of a host; none where nothing of one is set up.
    pub(super) fn of_host(
        system: &System,
        unit_name: &str,
        version: Option<&Version>,
    ) -> Option<Prometheus> {
        let unit = Unit::read(system, unit_name);
        let (words, at, mut environment) = match &unit {
            Ok(unit) => (words(unit), unit.exec_start_at.clone(), Environment::of_unit(unit)),
            Err(absent) => {
                let (words, at) = packaged_arguments(system)?;
                (words, at, Environment::unknown(absent.reason.clone()))
            }
        };
        let folder = unit.as_ref().map_or_else(|_| Utf8PathBuf::from("/"), working_folder);
        let written = installed::of_package(system, PACKAGES);
        let known = written.as_deref().and_then(|version| Version::parse(version).ok());
        let version = version.cloned().or(known).unwrap_or_else(|| assumed(&words));
        let arguments = Arguments::read(&words, &version);
        // Of a command line that ends it, the file is still known.
        let named = words.iter().find_map(|word| word.strip_prefix("--config.file="));
        let config = match named.filter(|_| arguments.stop().is_some()) {
            Some(named) => folder.join(named),
            None => folder.join(arguments.config_file()),
        };
        let mut unknown = match &unit {
            Ok(unit) => unit.exec_start_unknown.clone(),
            Err(Absent { reason, is_denied: true, .. }) => {
                Some(NotKnown { reason: reason.clone(), is_denied: true })
            }
            Err(_) => None,
        };
        let read = system.files.read_at_most(&config, LARGEST_CONFIG);
        if let Err(error) = &read
            && error.kind() == io::ErrorKind::PermissionDenied
        {
            let reason = format!("we may not read {config}");
            unknown.get_or_insert(NotKnown { reason, is_denied: true });
        }
        if system.own_environment().is_some() && unit.is_err() {
            environment = Environment::unknown("there is no unit that starts it");
        }
        let found = Prometheus {
            unit_name: unit_name.to_owned(),
            written,
            mode: arguments.mode(&version),
            arguments_at: argument_place(&unit).or(at),
            bytes: read.map_err(|error| error.to_string()),
            configuration: Err(nothing()),
            context: context(system, &environment, &config),
            is_given: false,
            unit,
            version,
            arguments,
            folder,
            config,
            environment,
            unknown,
        };
        Some(found.loaded(system))
    }

    /// A Prometheus that loads this file in agent mode; `-` is `stdin`.
    pub(super) fn of_file(
        system: &System,
        path: &Utf8Path,
        version: Option<&Version>,
        stdin: &mut dyn io::Read,
    ) -> Result<Prometheus> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let (config, bytes) = if path == "-" || given::is_stream(path) {
            let bytes = given::read(path, stdin, LARGEST_CONFIG).map_err(failed)?;
            (Utf8PathBuf::from(if path == "-" { STDIN } else { path.as_str() }), bytes)
        } else {
            let bytes = system.files.read_at_most(path, LARGEST_CONFIG).map_err(failed)?;
            (path.to_owned(), bytes)
        };
        let version = version.cloned().unwrap_or(Version::NEWEST);
        let flag = if version.is_at_least(3, 0) { "--agent" } else { "--enable-feature=agent" };
        let reason = "only the given file was looked at".to_owned();
        let environment = match system.own_environment() {
            Some(own) => Environment::known(own.clone()),
            None => Environment::unknown(reason.clone()),
        };
        let found = Prometheus {
            unit_name: String::new(),
            unit: Err(Absent { reason, masked_by: None, is_denied: false }),
            written: None,
            arguments: Arguments::read(&[flag.to_owned()], &version),
            arguments_at: None,
            mode: Mode::Agent,
            folder: Utf8PathBuf::from("."),
            bytes: Ok(bytes),
            configuration: Err(nothing()),
            context: context(system, &environment, &config),
            version,
            config,
            environment,
            unknown: None,
            is_given: true,
        };
        Ok(found.loaded(system))
    }

    fn loaded(mut self, system: &System) -> Prometheus {
        if let Ok(bytes) = &self.bytes {
            self.configuration =
                Configuration::read(&system.files, &self.config, bytes, &self.version);
        }
        if let Ok(configuration) = &self.configuration {
            let secrets = configuration.secrets();
            for secret in secrets.iter().filter_map(|used| used.value.as_ref()) {
                system.secrets().register(secret.expose());
            }
        }
        self
    }

    /// Whether its flags ask for agent mode, be they those of its version or not.
    pub fn asks_for_agent(&self) -> bool {
        let is_feature = self.arguments.features().any(|feature| feature == "agent");
        let words = self.unit.as_ref().map(words).unwrap_or_default();
        is_feature
            || self.mode == Mode::Agent
            || words.iter().any(|word| word == "--agent" || word.starts_with("--agent="))
            || names_agent_feature(&words)
    }

    /// The words of its command line, where they are known.
    pub fn words(&self) -> Option<Vec<String>> {
        let unit = self.unit.as_ref().ok().filter(|unit| unit.exec_start_unknown.is_none())?;
        Some(words(unit))
    }

    /// Whether it is set up to push: in agent mode, and its file is there.
    pub fn is_set_up(&self) -> bool {
        self.asks_for_agent() && (self.bytes.is_ok() || self.unknown.is_some())
    }

    /// The bytes of its file, where agent mode loads it.
    pub fn bytes_that_load(&self) -> Option<&[u8]> {
        let configuration = self.configuration.as_ref().ok()?;
        let bytes = self.bytes.as_deref().ok()?;
        configuration.refused_by_agent_mode().is_none().then_some(bytes)
    }

    /// What feeds Trento; none where its configuration does not load.
    pub fn feed(&self, url: Option<&str>) -> Option<Feed> {
        let configuration = self.configuration.as_ref().ok()?;
        Some(self.with_surroundings(|around| configuration.feed(around, url)))
    }

    /// What feeds exactly that URL; none where its configuration does not load.
    pub fn feed_of_url(&self, url: &str) -> Option<Feed> {
        let configuration = self.configuration.as_ref().ok()?;
        Some(self.with_surroundings(|around| configuration.feed_of_url(around, url)))
    }

    /// Does something with what its configuration is looked at with.
    pub fn with_surroundings<T>(&self, work: impl FnOnce(Surroundings<'_>) -> T) -> T {
        let variable = |name: &str| match self.environment.get(name) {
            Variable::Set(value) => Some(value.value.clone()),
            Variable::Unset | Variable::Unknown(_) => None,
        };
        let is_flag_known = !self.is_given || self.version.is_at_least(3, 0);
        let expands = is_flag_known.then(|| self.arguments.expands_external_labels(&self.version));
        let knows_unset = !self.is_given
            && self.environment.gap().is_none()
            && self.environment.unknown_values().is_empty();
        let files = &self.context.files;
        work(Surroundings { files, variable: &variable, knows_unset, expands })
    }

    /// What an endpoint of it sees of its host.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The files that its configuration reads secrets from.
    pub fn secret_files(&self) -> Vec<Utf8PathBuf> {
        let secrets = self.configuration.as_ref().map(Configuration::secrets).unwrap_or_default();
        secrets.into_iter().filter_map(|used| used.file).collect()
    }

    /// The folder it keeps samples in until they are sent.
    pub fn storage(&self) -> Utf8PathBuf {
        let given = self.arguments.value("storage.agent.path");
        let is_debians = self.written.as_ref().is_some_and(|version| version.contains("ds"));
        let default = if is_debians { "/var/lib/prometheus/data-agent/" } else { "data-agent/" };
        self.folder.join(given.unwrap_or(default))
    }

    /// The files in the folder of the loaded one that hold a remote write for Trento as well.
    pub fn candidates(&self, system: &System, url: Option<&str>) -> Vec<Utf8PathBuf> {
        let Some(folder) = self.config.parent().filter(|_| !self.is_given) else {
            return Vec::new();
        };
        let entries = system.files.read_dir(folder).unwrap_or_default();
        let paths = entries.into_iter().map(|entry| folder.join(&entry.name));
        let holds_trento = |path: &Utf8PathBuf| {
            let bytes = system.files.read_at_most(path, LARGEST_CONFIG).ok()?;
            let read = Configuration::read(&system.files, path, &bytes, &self.version).ok()?;
            let feed = self.with_surroundings(|around| read.feed(around, url));
            (feed.choice != Choice::None).then_some(())
        };
        paths
            .filter(|path| *path != self.config && matches!(path.extension(), Some("yml" | "yaml")))
            .take(MOST_CANDIDATES)
            .filter(|path| holds_trento(path).is_some())
            .collect()
    }

    /// The other units of Prometheus that keep their samples in the same folder.
    pub fn sharing_storage(&self, system: &System) -> Vec<String> {
        let own = self.storage();
        let same = |other: &Prometheus| {
            let path = |path: &Utf8Path| path.components().collect::<Utf8PathBuf>();
            other.mode == Mode::Agent && path(&other.storage()) == path(&own)
        };
        let entries = UNIT_FOLDERS
            .iter()
            .flat_map(|folder| system.files.read_dir(Utf8Path::new(folder)).unwrap_or_default());
        let mut names: Vec<String> = entries
            .map(|entry| entry.name)
            .filter(|name| name.contains("prometheus") && name.ends_with(".service"))
            .filter(|name| !name.contains("exporter") && *name != self.unit_name)
            .take(MOST_CANDIDATES)
            .collect();
        names.sort();
        names.dedup();
        names.retain(|name| {
            let other = Prometheus::of_host(system, name, Some(&self.version));
            other.is_some_and(|other| other.unit.is_ok() && same(&other))
        });
        names
    }

    /// Where its HTTP server listens, as it is written.
    pub fn listen_address(&self) -> &str {
        self.arguments.value("web.listen-address").unwrap_or("0.0.0.0:9090")
    }

    /// What its HTTP server asks of who asks it; none where no readable file says it.
    pub fn web_config(&self, system: &System) -> Option<WebConfig> {
        let path = self.arguments.value("web.config.file").filter(|path| !path.is_empty())?;
        WebConfig::read(&system.files, &self.folder.join(path))
    }

    /// Where its HTTP server can be asked.
    pub fn http_server(&self, system: &System) -> Server {
        let path = |text: &str| match text.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path).to_owned(),
            None => text.to_owned(),
        };
        let external = self.arguments.value("web.external-url").map(path);
        let prefix = self.arguments.value("web.route-prefix").map(str::to_owned).or(external);
        let prefix = prefix.unwrap_or_default();
        let prefix = prefix.trim_matches('/');
        let asks_for_tls = self.web_config(system).is_some_and(|web| web.has_tls);
        let obstacle = asks_for_tls.then(|| "its --web.config.file asks for TLS".to_owned());
        Server {
            address: Address::parse(self.listen_address()),
            prefix: if prefix.is_empty() { String::new() } else { format!("/{prefix}") },
            access: Access { obstacle, ..Access::default() },
        }
    }

    /// What there is to say about the version that is held against; nothing where it is known.
    pub fn version_note(&self) -> Option<String> {
        (self.written.is_none() && !self.is_given).then(|| {
            format!(
                "the installed version of Prometheus is not known; this is held against {}",
                self.version
            )
        })
    }
}

fn nothing() -> NotLoaded {
    NotLoaded { message: String::new(), faults: Vec::new(), is_included: false }
}

/// The words behind the program's name.
fn words(unit: &Unit) -> Vec<String> {
    let is_program = |word: &String| {
        Utf8Path::new(word).file_name().is_some_and(|name| name.starts_with("prometheus"))
    };
    let program = unit.exec_start.iter().position(is_program).unwrap_or(0);
    unit.exec_start.get(program + 1..).unwrap_or_default().to_vec()
}

/// Where the arguments are set: the variable that the command asks for.
fn argument_place(unit: &std::result::Result<Unit, Absent>) -> Option<At> {
    let unit = unit.as_ref().ok()?;
    unit.exec_start_variables.iter().find_map(|name| unit.environment.get(name)?.at.clone())
}

/// The arguments of the packages' own environment files.
fn packaged_arguments(system: &System) -> Option<(Vec<String>, Option<At>)> {
    ENVIRONMENT_FILES.iter().find_map(|file| {
        let mut found = unit::read_environment_file(system, Utf8Path::new(file)).ok()?;
        let value = found.remove("ARGS")?;
        Some((unit::split_variable(&value.value), value.at))
    })
}

/// The version where nothing tells it: the newest that these flags belong to.
fn assumed(words: &[String]) -> Version {
    let is_of_3 = words.iter().any(|word| word == "--agent");
    match Version::parse(LAST_OF_2) {
        Ok(version) if names_agent_feature(words) && !is_of_3 => version,
        _ => Version::NEWEST,
    }
}

/// Whether a word asks for agent mode as Prometheus 2 has it, be it one that its version reads.
fn names_agent_feature(words: &[String]) -> bool {
    let features = words.iter().filter_map(|word| word.strip_prefix("--enable-feature="));
    features.flat_map(|list| list.split(',')).any(|feature| feature == "agent")
}

/// Paths in a configuration begin at the file they stand in.
fn context(system: &System, environment: &Environment, config: &Utf8Path) -> Context {
    let folder = config.parent().map_or_else(|| Utf8PathBuf::from("/"), Utf8Path::to_owned);
    Context::new(system, eval::Environment::from(environment), folder)
}
