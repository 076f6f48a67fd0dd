//! Versions of Alloy: those whose schema is known, and how a written version relates to them.

use std::fmt;
use std::sync::OnceLock;

use super::tables::{self, VERSIONS};

/// A version of Alloy whose schema is known. The order is that of the releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(u16);

/// A release that something changed with: found among the known ones when it is first asked for.
#[derive(Debug)]
pub struct Milestone {
    name: &'static str,
    version: OnceLock<Option<Version>>,
}

/// Names of labels may be any text from here on, where they had to be identifiers.
pub static V1_11_0: Milestone = Milestone::new("1.11.0");
/// Sources of log stages are templates from here on.
pub static V1_16_0: Milestone = Milestone::new("1.16.0");
/// The last that makes text of capsules as Go writes their parts.
pub static V1_18_1: Milestone = Milestone::new("1.18.1");

impl Milestone {
    const fn new(name: &'static str) -> Milestone {
        Milestone { name, version: OnceLock::new() }
    }

    fn version(&self) -> Option<Version> {
        *self.version.get_or_init(|| Version::parse(self.name))
    }
}

/// What a written version is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Known.
    Exact(Version),
    /// Newer than all that are known; this is the newest.
    Newer(Version),
    /// Between two known ones; this is the older.
    Between(Version),
    /// Older than all that are known; this is the oldest.
    Older(Version),
}

impl Fit {
    /// The version to use in its place.
    pub fn version(self) -> Version {
        match self {
            Fit::Exact(version)
            | Fit::Newer(version)
            | Fit::Between(version)
            | Fit::Older(version) => version,
        }
    }
}

impl Version {
    /// All known versions, from the oldest.
    pub fn known() -> impl DoubleEndedIterator<Item = Version> + ExactSizeIterator + Clone {
        (0..VERSIONS.len()).map(Version)
    }

    /// The newest known version: the development branch.
    pub fn latest() -> Version {
        Version(VERSIONS.len() - 1)
    }

    /// Whether it is older than a release.
    pub fn is_before(self, release: &Milestone) -> bool {
        release.version().is_some_and(|release| self < release)
    }

    /// Whether it is newer than a release.
    pub fn is_after(self, release: &Milestone) -> bool {
        release.version().is_none_or(|release| self > release)
    }

    /// Finds a version written `1.18.1`, `v1.18.1` or `main`.
    pub fn parse(text: &str) -> Option<Version> {
        let bare = bare(text);
        Version::known().find(|version| bare == super::version::bare(version.name()))
    }

    /// Finds the version that fits a written one best; none if it is no version at all.
    /// What a package adds (`1.18.1-1.2`, `1.18.1+dfsg`) is left out of account; `1.18` is the
    /// newest known one of its line.
    pub fn fit(text: &str) -> Option<Fit> {
        if let Some(version) = Version::parse(text) {
            return Some(Fit::Exact(version));
        }
        let wanted = Parts::parse(bare(text))?;
        if let Some(newest) = Version::newest_of(bare(text)) {
            return Some(Fit::Exact(newest));
        }
        let releases = || Version::known().filter_map(|version| Some((version, version.parts()?)));
        let below = releases().take_while(|(_, parts)| *parts <= wanted).last();
        Some(match below {
            None => Fit::Older(Version(0)),
            Some((version, parts)) if parts == wanted => Fit::Exact(version),
            Some((version, _))
                if releases().next_back().is_some_and(|(last, _)| last == version) =>
            {
                Fit::Newer(Version::latest())
            }
            Some((version, _)) => Fit::Between(version),
        })
    }

    /// The newest known release of a line that is written without its last number, such as `1.18`;
    /// where there is only a candidate, that.
    fn newest_of(line: &str) -> Option<Version> {
        let (major, minor) = line.split_once('.')?;
        let wanted = (major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?);
        Version::known().rfind(|version| {
            version.parts().is_some_and(|Parts(major, minor, ..)| (major, minor) == wanted)
        })
    }

    /// The name with its `v`: `v1.18.1`, or `main`.
    pub fn name(self) -> &'static str {
        VERSIONS.text(self.0, 0)
    }

    /// The day of its release: `2026-08-06`.
    pub fn date(self) -> &'static str {
        VERSIONS.text(self.0, 1)
    }

    /// The commit its facts were taken from, abbreviated.
    pub fn commit(self) -> &'static str {
        VERSIONS.text(self.0, 2)
    }

    /// The version before it.
    pub fn previous(self) -> Option<Version> {
        self.0.checked_sub(1).map(Version)
    }

    /// The version after it.
    pub fn next(self) -> Option<Version> {
        (self < Version::latest()).then(|| Version(self.0 + 1))
    }

    /// Whether a version as it is written lies in a range of releases: at least `from`, below
    /// `to`; an empty bound is open. `main` is newer than every release.
    pub fn is_written_within(written: &str, from: &str, to: &str) -> bool {
        let bound = |text: &str| Parts::parse(bare(text));
        match bound(written) {
            None => written == "main" && to.is_empty(),
            Some(own) => {
                bound(from).is_none_or(|from| own >= from) && bound(to).is_none_or(|to| own < to)
            }
        }
    }

    fn bit(self) -> u64 {
        1 << self.0
    }

    fn parts(self) -> Option<Parts> {
        Parts::parse(bare(self.name()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The versions something exists in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence(pub(super) u64);

impl Presence {
    pub(super) fn of_mask(number: u16) -> Presence {
        Presence(tables::mask(number))
    }

    /// Whether it exists in that version.
    pub fn contains(self, version: Version) -> bool {
        self.0 & version.bit() != 0
    }

    /// The first version that has it; none if that is the oldest known one (or none at all).
    pub fn since(self) -> Option<Version> {
        Version::known().find(|version| self.contains(*version)).filter(|first| first.0 > 0)
    }

    /// The last version that has it; none if it still exists in the newest.
    pub fn until(self) -> Option<Version> {
        Version::known()
            .rev()
            .find(|version| self.contains(*version))
            .filter(|last| *last != Version::latest())
    }
}

fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('v')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(text)
}

/// Major, minor, patch, and the release candidate (none sorts behind every candidate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parts(u32, u32, u32, u32);

impl Parts {
    fn parse(text: &str) -> Option<Parts> {
        let core_end = text.find(['-', '+', '~']).unwrap_or(text.len());
        let mut numbers = text[..core_end].split('.').map(|part| part.parse::<u32>().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = numbers.next().unwrap_or(Some(0))?;
        if numbers.next().is_some() {
            return None;
        }
        let candidate =
            text[core_end..].trim_start_matches(['-', '~']).strip_prefix("rc").map(|rest| {
                let digits = rest.trim_start_matches('.');
                let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
                digits[..end].parse::<u32>().unwrap_or(0)
            });
        Some(Parts(major, minor, patch, candidate.unwrap_or(u32::MAX)))
    }
}
