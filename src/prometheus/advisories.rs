//! Known defects of versions of Prometheus that touch a sender.

use super::version::Version;

/// A defect of the versions from the first up to the one that mends it.
#[derive(Debug)]
pub struct Advisory {
    /// The number of its issue.
    pub number: u32,
    first: (u16, u16, u16),
    mended: (u16, u16, u16),
    /// What happens.
    pub text: &'static str,
}

const ADVISORIES: &[Advisory] = &[
    Advisory {
        number: 17800,
        first: (3, 9, 0),
        mended: (3, 9, 1),
        text: "an agent ends after 45 seconds, and keep and drop rules do not work",
    },
    Advisory {
        number: 14087,
        first: (2, 51, 0),
        mended: (2, 53, 1),
        text: "samples are lost after the sender stood still",
    },
    Advisory {
        number: 13111,
        first: (2, 45, 0),
        mended: (2, 48, 1),
        text: "sending is slow, so that samples wait and grow old",
    },
];

impl Advisory {
    /// The defects that a version has.
    pub fn of(version: &Version) -> impl Iterator<Item = &'static Advisory> {
        let numbers = version.numbers();
        ADVISORIES.iter().filter(move |it| (it.first..it.mended).contains(&numbers))
    }

    /// Its identifier.
    pub fn id(&self) -> String {
        format!("prometheus-{}", self.number)
    }

    /// Where it is told.
    pub fn link(&self) -> String {
        format!("https://github.com/prometheus/prometheus/issues/{}", self.number)
    }

    /// The version to update to.
    pub fn mended(&self) -> String {
        let (major, minor, patch) = self.mended;
        format!("{major}.{minor}.{patch}")
    }
}
