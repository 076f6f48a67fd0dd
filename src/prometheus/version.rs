//! A version of Prometheus, and whose build it is.

use std::fmt;

use crate::error::{Error, Result};

/// A version of Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
    is_debian: bool,
}

impl Version {
    /// The newest that is known here.
    pub const NEWEST: Version = Version { major: 3, minor: 14, patch: 0, is_debian: false };

    /// Reads `3.5.3`, `v3.5.3`, or a package's version such as `2.53.3+ds1-2`.
    ///
    /// # Errors
    /// It is no version, or older than agent mode.
    pub fn parse(text: &str) -> Result<Version> {
        let bare = text.trim().trim_start_matches('v');
        let end = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
        let (numbers, rest) = bare.split_at(end);
        let mut parts = numbers.split('.').map(str::parse::<u16>);
        let (major, minor) = match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
            _ => return Err(Error::Usage(format!("`{text}` is no version of Prometheus"))),
        };
        let patch = match parts.next() {
            None => 0,
            Some(Ok(patch)) => patch,
            Some(Err(_)) => {
                return Err(Error::Usage(format!("`{text}` is no version of Prometheus")));
            }
        };
        let version = Version { major, minor, patch, is_debian: rest.contains("ds") };
        if !version.is_at_least(2, 32) {
            return Err(Error::Usage(format!(
                "Prometheus {text} has no agent mode; it came with 2.32"
            )));
        }
        Ok(version)
    }

    /// Whether it is this version or a later one.
    pub fn is_at_least(&self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// The first of each pair of numbers up to this version, and this one, of the same build.
    pub(super) fn releases(&self) -> Vec<Version> {
        let last_of_2 = (32..=55).map(|minor| (2, minor));
        let all = last_of_2.chain((0..=Version::NEWEST.minor).map(|minor| (3, minor)));
        let is_debian = self.is_debian;
        let mut found: Vec<Version> = all
            .filter(|release| *release < self.release())
            .map(|(major, minor)| Version { major, minor, patch: 0, is_debian })
            .collect();
        found.push(match self.patch {
            0 => self.clone(),
            _ => Version { patch: 0, ..self.clone() },
        });
        found
    }

    /// Its first two numbers.
    pub(super) fn release(&self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// Its three numbers.
    pub fn numbers(&self) -> (u16, u16, u16) {
        (self.major, self.minor, self.patch)
    }

    /// Whether Debian built it, which leaves out some ways of discovery.
    pub(super) fn is_debian(&self) -> bool {
        self.is_debian
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
