//! Which version of Alloy a host has, and which known version that is held to be.
//!
//! Looks at files only: what a running Alloy or a package tool says is given by the caller.

use camino::Utf8Path;

use crate::error::{Error, Result};
use crate::graph::schema::{Fit, Version};
use crate::host::package;
use crate::system::System;

/// The package database of Debian and its kin, a text.
const DPKG_STATUS: &str = "/var/lib/dpkg/status";
/// The largest such database that is read.
const LARGEST_STATUS: u64 = 64 << 20;

/// Where a version was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was given to us.
    Given,
    /// The running Alloy says so.
    Running,
    /// The package database says so.
    Package,
    /// The snapshot of the host says so.
    Snapshot,
    /// Nothing tells: it is the newest known one.
    Newest,
}

/// The version that a configuration is held against, and why that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// As it was written; none where nothing tells.
    pub written: Option<String>,
    /// What that is to us.
    pub fit: Fit,
    /// Where it was learned.
    pub origin: Origin,
}

impl Installed {
    /// The version to use.
    pub fn version(&self) -> Version {
        self.fit.version()
    }

    /// What there is to say about the choice; nothing where the version is known exactly.
    pub fn note(&self) -> Option<String> {
        let version = self.version();
        let written = self.written.as_deref().unwrap_or_default();
        match (self.origin, self.fit) {
            (Origin::Newest, _) => Some(format!(
                "the installed version of Alloy is not known; this is held against {version}, the \
                 newest known one"
            )),
            (_, Fit::Exact(_)) => None,
            (_, Fit::Newer(_)) => Some(format!(
                "Alloy {written} is newer than all known versions; this is held against {version}, \
                 the newest known one"
            )),
            (_, Fit::Between(_)) => Some(format!(
                "Alloy {written} is not a known version; this is held against {version}, the one \
                 before it"
            )),
            (_, Fit::Older(_)) => Some(format!(
                "Alloy {written} is older than all known versions; this is held against \
                 {version}, the oldest known one"
            )),
        }
    }

    fn of(written: &str, origin: Origin) -> Option<Installed> {
        let fit = Version::fit(written)?;
        Some(Installed { written: Some(written.trim().to_owned()), fit, origin })
    }
}

/// The version that a person asked for.
///
/// # Errors
/// It is no known version and not newer than all of them; the text names the known ones.
pub fn given(written: &str) -> Result<Installed> {
    match Installed::of(written, Origin::Given) {
        Some(found) if matches!(found.fit, Fit::Exact(_) | Fit::Newer(_)) => Ok(found),
        _ => {
            let known: Vec<&str> = Version::known().map(Version::name).collect();
            Err(Error::Usage(format!(
                "`{written}` is no version of Alloy that is known here; known are {}",
                known.join(", ")
            )))
        }
    }
}

/// The version that a person asked for as the older one: what is older than all known ones is the
/// oldest of them.
///
/// # Errors
/// It is no version, or one between known ones.
pub fn given_or_older(written: &str) -> Result<Installed> {
    match Installed::of(written, Origin::Given) {
        Some(found) if matches!(found.fit, Fit::Older(_)) => Ok(found),
        _ => given(written),
    }
}

/// The version that a host has. `running` is what the running Alloy says of itself, `package` what
/// a package tool says.
pub fn detect(system: &System, running: Option<&str>, package: Option<&str>) -> Installed {
    let recorded = || system.snapshot()?.packages.get("alloy").map(String::as_str);
    running
        .and_then(|version| Installed::of(version, Origin::Running))
        .or_else(|| Installed::of(recorded()?, Origin::Snapshot))
        .or_else(|| Installed::of(package?, Origin::Package))
        .or_else(|| Installed::of(&of_dpkg(system, "alloy")?, Origin::Package))
        .unwrap_or_else(newest)
}

/// The newest known version, where no host is meant.
pub fn newest() -> Installed {
    Installed { written: None, fit: Fit::Exact(Version::latest()), origin: Origin::Newest }
}

/// The version of the first of these packages that a host has: as its snapshot, its package tool
/// or its package database says.
pub(super) fn of_package(system: &System, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let recorded = || system.snapshot()?.packages.get(*name).cloned();
        recorded().or_else(|| package::version(system, name)).or_else(|| of_dpkg(system, name))
    })
}

fn of_dpkg(system: &System, package: &str) -> Option<String> {
    let path = Utf8Path::new(DPKG_STATUS);
    if system.files.metadata(path).ok()?.size > LARGEST_STATUS {
        return None;
    }
    let status = system.files.read(path).ok()?;
    dpkg_version(&String::from_utf8_lossy(&status), package)
}

/// The version of an installed package in a dpkg status file.
fn dpkg_version(status: &str, package: &str) -> Option<String> {
    let mut paragraphs = status.split("\n\n");
    let is_name = |line: &str| line.strip_prefix("Package: ") == Some(package);
    let paragraph = paragraphs.find(|paragraph| paragraph.lines().any(is_name))?;
    let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
    if !field("Status:")?.trim().ends_with(" installed") {
        return None;
    }
    let version = field("Version:")?.trim();
    // An epoch says nothing about Alloy.
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: alloy-tools\nStatus: install ok installed\nVersion: 9\n\n\
                          Package: alloy\nStatus: install ok installed\nVersion: 1:1.16.2-1\n";

    #[test]
    fn the_package_database_of_debian_is_a_text() {
        assert_eq!(dpkg_version(STATUS, "alloy").as_deref(), Some("1.16.2-1"));
        let removed = STATUS.replace("ok installed", "ok config-files");
        assert_eq!(dpkg_version(&removed, "alloy"), None);
    }

    #[test]
    fn a_host_tells_its_version_by_its_files() {
        let root = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(root.path()).unwrap();
        let system = || System::rooted(path).unwrap();
        assert_eq!(detect(&system(), None, None).origin, Origin::Newest);
        std::fs::create_dir_all(path.join("var/lib/dpkg")).unwrap();
        std::fs::write(path.join("var/lib/dpkg/status"), STATUS).unwrap();
        let found = detect(&system(), None, None);
        assert_eq!((found.version().name(), found.origin), ("v1.16.2", Origin::Package));
        let snapshot = r#"{"version": 1, "packages": {"alloy": "1.15.0-1.1"}}"#;
        std::fs::write(path.join("snapshot.json"), snapshot).unwrap();
        assert_eq!(detect(&system(), None, None).version().name(), "v1.15.0");
        assert_eq!(detect(&system(), Some("v1.17.0"), None).version().name(), "v1.17.0");
    }

    #[test]
    fn a_version_that_is_not_known_names_those_that_are() {
        let said = given("1.18.7").unwrap_err().to_string();
        assert!(said.contains("v1.18.1") && said.contains("1.18.7"), "{said}");
        assert!(given("latest").is_err());
        assert_eq!(given("1.18.1").unwrap().note(), None);
        assert_eq!(given("1.18").unwrap().version().name(), "v1.18.1");
        assert!(given("1.5.1").is_err());
        let older = given_or_older("1.5.1").unwrap();
        assert_eq!(older.version().name(), "v1.8.0");
        assert!(older.note().unwrap().contains("older than all known versions"));
        let newer = given("v2.0.0").unwrap();
        assert!(newer.note().unwrap().contains("newer than all known versions"));
    }
}
