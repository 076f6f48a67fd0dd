//! The flags that say which checks are meant, shared by the subcommands that use them.

use camino::Utf8PathBuf;

use crate::checks::catalogue;
use crate::checks::load::{self, Loaded};
use crate::checks::overrides::{self, Override};
use crate::checks::selection::Filter;
use crate::error::{Error, Result};
use crate::system::given;

/// Which checks are meant, and with which values.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Checks")]
pub struct ChecksArgs {
    /// Also run the checks of this file or folder
    #[arg(long, value_name = "PATH")]
    pub checks: Vec<Utf8PathBuf>,
    /// Run only checks whose id, name or group matches (`*` and `?` are wildcards)
    #[arg(long, value_name = "PATTERN")]
    pub select: Vec<String>,
    /// Skip checks whose id, name or group matches
    #[arg(long, value_name = "PATTERN")]
    pub skip: Vec<String>,
    /// Override a value of a check
    #[arg(long, value_name = "ID.NAME=VALUE")]
    pub set: Vec<String>,
    /// Override values from a YAML file: check ids, below them names and values
    #[arg(long, value_name = "FILE")]
    pub values: Option<Utf8PathBuf>,
}

impl ChecksArgs {
    /// The catalogue and the checks that were added, as far as they are asked for.
    pub fn all(&self) -> Result<Vec<Loaded>> {
        self.filter(self.loaded()?)
    }

    /// The catalogue and the checks that were added, asked for or not.
    pub fn loaded(&self) -> Result<Vec<Loaded>> {
        let mut checks = catalogue::load();
        checks.extend(self.read()?);
        Ok(checks)
    }

    /// Whether somebody said on the command line which checks are to run: then they do, whatever
    /// the host's own settings leave out.
    pub fn is_chosen_by_hand(&self) -> bool {
        !self.select.is_empty()
    }

    /// The checks that were added, as far as they are asked for; without any, the catalogue.
    pub fn given(&self) -> Result<Vec<Loaded>> {
        if self.checks.is_empty() { self.all() } else { self.filter(self.read()?) }
    }

    /// The values that `--values` and `--set` give; of one value the last counts.
    pub fn overrides(&self, checks: &[Loaded]) -> Result<Vec<Override>> {
        let mut given = Vec::new();
        if let Some(path) = &self.values {
            let text = given::read_text(path, given::LARGEST_SETTINGS)
                .map_err(|source| Error::Read { path: path.clone(), source })?;
            given.extend(overrides::file(path.as_str(), &text)?);
        }
        for text in &self.set {
            given.push(overrides::assignment(text)?);
        }
        overrides::validate(&given, |id| {
            checks.iter().filter_map(|loaded| loaded.check.as_deref().ok()).find(|it| it.id() == id)
        })?;
        // Whoever looks a value up takes the first.
        given.reverse();
        Ok(given)
    }

    fn read(&self) -> Result<Vec<Loaded>> {
        let mut checks = Vec::new();
        for path in &self.checks {
            checks.extend(load::path(path)?);
        }
        Ok(checks)
    }

    fn filter(&self, mut checks: Vec<Loaded>) -> Result<Vec<Loaded>> {
        let filter = Filter::new(&self.select, &self.skip)?;
        if let Some(pattern) = filter.idle(&checks).first() {
            return Err(Error::Usage(format!(
                "no check has the id, name or group `{pattern}`; `trento-alloy catalog list` shows \
                 them all"
            )));
        }
        checks.retain(|loaded| filter.admits(loaded));
        load::mark_duplicates(&mut checks);
        Ok(checks)
    }
}
