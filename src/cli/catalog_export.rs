//! `trento-alloy catalog export`: writes checks for a Trento server.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use camino::Utf8PathBuf;

use crate::atomic;
use crate::checks::export::{self, RESULTS_FOLDER};
use crate::checks::load::Loaded;
use crate::checks::selection::compares_hosts;
use crate::cli::checks_args::ChecksArgs;
use crate::cli::{self, Exit, Io};
use crate::error::{Error, Result};
use crate::render::table::count;

/// Write the checks into a folder, for a Trento server
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder, which is made if it is not there
    #[arg(value_name = "DIR")]
    folder: Utf8PathBuf,
    /// How the server gets at our facts: from the plugin of its agents, or from the results that
    /// `check --publish` leaves for every agent
    #[arg(long, value_enum, value_name = "WAY", default_value_t = Via::Plugin)]
    via: Via,
    /// Where the hosts publish their results
    #[arg(long, value_name = "DIR", default_value = RESULTS_FOLDER)]
    results: Utf8PathBuf,
    #[command(flatten)]
    checks: ChecksArgs,
}

/// How a server gets at our facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Via {
    /// By the gatherer `alloy@v1`: the checks as they are.
    Plugin,
    /// By `dir_scan@v1`, which every agent has: checks that carry a published result.
    DirScan,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    if args.checks.values.is_some() || !args.checks.set.is_empty() {
        return Err(Error::Usage(
            "checks are exported as they are: override values on the server, or, for published \
             results, where `check` runs"
                .to_owned(),
        ));
    }
    // Everything is made before anything is written.
    let mut files = BTreeMap::new();
    for loaded in args.checks.given()? {
        // A host publishes its own results; what compares hosts is not among them.
        let compares = loaded.check.as_deref().is_ok_and(compares_hosts);
        if compares && matches!(args.via, Via::DirScan) {
            continue;
        }
        let text = args.text(&loaded)?;
        if !is_plain(&loaded.file_id) {
            return Err(Error::Invalid(format!(
                "{}: the id {:?} cannot be a file's name; use letters and digits",
                loaded.source.path(),
                loaded.file_id
            )));
        }
        if files.insert(args.folder.join(format!("{}.yaml", loaded.file_id)), text).is_some() {
            return Err(Error::Usage(format!("there are two checks {}", loaded.file_id)));
        }
    }
    fs::create_dir_all(&args.folder)
        .map_err(|source| Error::Write { path: args.folder.clone(), source })?;
    for (path, text) in &files {
        cli::written(path, atomic::write(path, text.as_bytes(), 0o644)?, io)?;
    }
    let checks = count(files.len(), "check");
    writeln!(io.out, "{checks} written to {}", args.folder).map_err(Error::Output)?;
    Ok(Exit::Clean)
}

/// Whether an id, which comes from a file, is one plain part of a path.
fn is_plain(id: &str) -> bool {
    !id.is_empty()
        && !id.starts_with('.')
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

impl Args {
    fn text(&self, loaded: &Loaded) -> Result<String> {
        let check = loaded.check.as_ref().map_err(|why| {
            Error::Invalid(format!("{} is no check: {why}", loaded.source.path()))
        })?;
        match self.via {
            Via::Plugin => Ok(loaded.source.text().to_owned()),
            Via::DirScan => export::via_dir_scan(check, &self.results),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_plain_part_of_a_path_becomes_a_file_name() {
        for id in ["A11001", "house-rule_1", "v1.2"] {
            assert!(is_plain(id), "{id}");
        }
        for id in ["", ".", "..", ".hidden", "../../escaped", "/etc/cron.d/x", "a/b", "a\0b", "a b"]
        {
            assert!(!is_plain(id), "{id}");
        }
    }
}
