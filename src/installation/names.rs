//! What people call the sender of a host and what belongs to it, for texts that advise what to do.
//!
//! One place for the program, its unit, its file and its user, whichever program it is. Judges
//! nothing.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Installation, Prometheus, node_exporter};
use crate::system::System;
use crate::unit::{Absent, Unit};

/// Where the packages keep the arguments of Prometheus: Debian's, and SUSE's.
const PROMETHEUS_FILES: &[&str] = &["/etc/default/prometheus", "/etc/sysconfig/prometheus"];
/// The exporter's unit where none is installed.
const USUAL_EXPORTER: &str = "prometheus-node_exporter";

/// What belongs to the sender of a host, by the names that a person there would use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderNames {
    /// The program.
    pub program: &'static str,
    /// Its unit, without `.service`.
    pub unit: String,
    /// The user it runs as.
    pub user: String,
    /// The group of that user, which its files belong to.
    pub group: String,
    /// The file or folder that it loads.
    pub file: Utf8PathBuf,
    /// Where its arguments are set, such as ``ARGS of `/etc/default/prometheus` ``.
    pub arguments: String,
    /// Where its environment is set.
    pub environment: String,
    /// The unit of the exporter that it asks, without `.service`.
    pub exporter: &'static str,
}

impl Installation<'_> {
    /// What belongs to the sender of this host.
    pub fn names(&self) -> &SenderNames {
        self.names.get_or_init(|| match (self.is_of_prometheus(), self.prometheus()) {
            (true, Some(found)) => of_prometheus(self.system, found, self.sender_unit()),
            (true, None) => SenderNames::PROMETHEUS.of_unit(self.sender_unit()),
            (false, _) => {
                SenderNames::ALLOY.of_unit(self.sender_unit()).loading(self.alloys_path())
            }
        })
    }

    fn alloys_path(&self) -> Option<&Utf8Path> {
        self.merge_set().config_path()
    }
}

/// The names of a program as its packages have them.
struct Usual {
    program: &'static str,
    user: &'static str,
    file: &'static str,
    arguments: &'static str,
    environment: &'static str,
}

impl SenderNames {
    const ALLOY: &Usual = &Usual {
        program: "Alloy",
        user: "alloy",
        file: "/etc/alloy",
        arguments: "CUSTOM_ARGS of `/etc/sysconfig/alloy`",
        environment: "`/etc/sysconfig/alloy`",
    };

    const PROMETHEUS: &Usual = &Usual {
        program: "Prometheus",
        user: "prometheus",
        file: "/etc/prometheus/prometheus.yml",
        arguments: "ARGS of `/etc/sysconfig/prometheus`",
        environment: "`/etc/sysconfig/prometheus`",
    };

    /// The names of Prometheus where nothing is known of a host.
    pub fn of_prometheus() -> SenderNames {
        SenderNames::PROMETHEUS.of_unit("prometheus.service")
    }

    fn loading(self, path: Option<&Utf8Path>) -> SenderNames {
        SenderNames { file: path.map_or(self.file, Utf8Path::to_owned), ..self }
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Utf8Path {
        self.file.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(&self.file)
    }
}

impl Usual {
    fn of_unit(&self, unit: &str) -> SenderNames {
        SenderNames {
            program: self.program,
            unit: short(unit),
            user: self.user.to_owned(),
            group: self.user.to_owned(),
            file: self.file.into(),
            arguments: self.arguments.to_owned(),
            environment: self.environment.to_owned(),
            exporter: USUAL_EXPORTER,
        }
    }
}

fn short(unit: &str) -> String {
    unit.strip_suffix(".service").unwrap_or(unit).to_owned()
}

fn of_prometheus(system: &System, found: &Prometheus, unit: &str) -> SenderNames {
    let usual = SenderNames::of_prometheus();
    let exporter = node_exporter::unit_name(system).and_then(|it| it.strip_suffix(".service"));
    let (arguments, environment) = settings(system, found, &usual);
    let (user, group) = account(&found.unit, &usual.user);
    SenderNames {
        unit: short(if found.unit_name.is_empty() { unit } else { &found.unit_name }),
        file: found.config.clone(),
        exporter: exporter.unwrap_or(usual.exporter),
        arguments,
        environment,
        user,
        group,
        ..usual
    }
}

/// The user and the group of a unit.
fn account(unit: &Result<Unit, Absent>, usual: &str) -> (String, String) {
    let Ok(unit) = unit else { return (usual.to_owned(), usual.to_owned()) };
    let user = unit.user.as_ref().map_or("root", |user| user.value.as_str());
    let group = unit.group.as_ref().map_or(user, |group| group.value.as_str());
    (user.to_owned(), group.to_owned())
}

/// Where arguments and environment are set: in the file that its unit reads, else in the unit.
fn settings(system: &System, found: &Prometheus, usual: &SenderNames) -> (String, String) {
    let unit = found.unit.as_ref().ok();
    let is_there = |file: &&str| system.files.exists(Utf8Path::new(file));
    let packaged = PROMETHEUS_FILES.iter().copied().find(is_there);
    let environment =
        packaged.map_or_else(|| usual.environment.clone(), |file| format!("`{file}`"));
    let variable = unit.and_then(|unit| unit.exec_start_variables.first());
    let name = variable.map_or("ARGS", String::as_str);
    let command = unit.and_then(|unit| unit.exec_start_at.as_ref());
    match (&found.arguments_at, command) {
        (Some(at), _) => (format!("{name} of `{}`", at.file), format!("`{}`", at.file)),
        (None, Some(at)) if variable.is_none() => {
            (format!("ExecStart of `{}`", at.file), environment)
        }
        _ => (format!("{name} of {environment}"), environment),
    }
}
