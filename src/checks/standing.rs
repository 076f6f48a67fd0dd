//! What a check stands at once waivers are applied, and how many checks stand at what.
//!
//! Every format, exit code, metric and published file reads this one answer. Which standing a
//! check has is decided in [`super::report`].

use serde::Serialize;

/// The verdict on an expectation, a check or a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As expected.
    Passing,
    /// Should be looked at.
    Warning,
    /// Must be repaired.
    Critical,
}

/// What a check stands at, from the least to the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It does not apply here.
    Skipped,
    /// As expected.
    Passing,
    /// Everything it found is waived, so that it does not count.
    Waived,
    /// Should be looked at.
    Warning,
    /// Must be repaired.
    Critical,
    /// It could not be evaluated: the check itself is broken.
    Error,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        Standing::from(self).name()
    }
}

impl Standing {
    /// Every standing, the most urgent first.
    pub const ALL: [Standing; 6] = [
        Standing::Critical,
        Standing::Warning,
        Standing::Error,
        Standing::Waived,
        Standing::Passing,
        Standing::Skipped,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Skipped => "skipped",
            Standing::Passing => "passing",
            Standing::Waived => "waived",
            Standing::Warning => "warning",
            Standing::Critical => "critical",
            Standing::Error => "error",
        }
    }

    /// The verdict it amounts to; none where there is no verdict.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Standing::Passing | Standing::Waived => Some(Verdict::Passing),
            Standing::Warning => Some(Verdict::Warning),
            Standing::Critical => Some(Verdict::Critical),
            Standing::Skipped | Standing::Error => None,
        }
    }

    /// Whether it calls for attention: a fault of the host, or of the check.
    pub fn is_open(self) -> bool {
        matches!(self, Standing::Warning | Standing::Critical | Standing::Error)
    }
}

impl From<Verdict> for Standing {
    fn from(verdict: Verdict) -> Standing {
        match verdict {
            Verdict::Passing => Standing::Passing,
            Verdict::Warning => Standing::Warning,
            Verdict::Critical => Standing::Critical,
        }
    }
}

/// How many checks stand at what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; Standing::ALL.len()]);

impl FromIterator<Standing> for Counts {
    fn from_iter<I: IntoIterator<Item = Standing>>(standings: I) -> Counts {
        let mut counts = Counts::default();
        for standing in standings {
            counts.0[standing as usize] += 1;
        }
        counts
    }
}

impl Counts {
    /// How many checks stand at this.
    pub fn of(&self, standing: Standing) -> usize {
        self.0[standing as usize]
    }

    /// How many checks there are.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The counts in words: `1 critical, 2 warnings, 30 passing, 9 skipped`.
    pub fn in_words(&self) -> String {
        let words = |standing: Standing| {
            let number = self.of(standing);
            let word = match (standing, number) {
                (_, 0) => return None,
                (Standing::Warning, 1) => "warning",
                (Standing::Warning, _) => "warnings",
                (Standing::Error, 1) => "broken check",
                (Standing::Error, _) => "broken checks",
                (standing, _) => standing.name(),
            };
            Some(format!("{number} {word}"))
        };
        let words: Vec<String> = Standing::ALL.into_iter().filter_map(words).collect();
        if words.is_empty() { "no checks".to_owned() } else { words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_the_most_urgent_first() {
        let counts: Counts =
            [Standing::Passing, Standing::Error, Standing::Warning, Standing::Waived]
                .into_iter()
                .collect();
        assert_eq!(counts.in_words(), "1 warning, 1 broken check, 1 waived, 1 passing");
        assert_eq!(counts.total(), 4);
        assert_eq!(Counts::default().in_words(), "no checks");
    }
}
