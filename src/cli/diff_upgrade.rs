//! `trento-alloy diff --upgrade FROM..TO`: what an upgrade of Alloy changes for a configuration.

use camino::Utf8PathBuf;

use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::installation::{Installation, Installed, installed};
use crate::load::Kind;
use crate::render::upgrade::{self, Upgrade};
use crate::validate::Program;
use crate::validate::advisories::{self, Action};
use crate::validate::upgrade::changes;

/// Compares what two versions of Alloy make of what a host loads, or of files. `range` is
/// `FROM..TO`; without FROM the installed version is meant, without TO the newest known.
///
/// # Errors
/// The range is none, a version is not known, or a file does not parse.
pub fn run(
    range: &str,
    host: &HostArgs,
    paths: &[Utf8PathBuf],
    json: bool,
    io: &mut Io<'_>,
) -> Result<Exit> {
    let system = host.system(&io.secrets)?;
    let installation = Installation::of_paths(&system, host.wanted(), paths, io.stdin)?;
    let (from, to) = versions(range, &installation)?;
    let notes = [&from, &to].into_iter().filter_map(Installed::note).collect();
    let (from, to) = (from.version(), to.version());
    let set = installation.merge_set();
    if let Kind::Absent(reason) = &set.kind {
        return Err(Error::Invalid(format!("there is nothing to compare: {reason}")));
    }
    let program = Program::of_files(&set.files);
    if let Some(refused) = program.refused() {
        return Err(Error::Invalid(refused.to_owned()));
    }
    if let Some(fault) = program.syntax_diagnostics().first() {
        return Err(Error::Invalid(format!(
            "{} does not parse: {}; `trento-alloy validate` shows where",
            fault.source.path(),
            fault.message
        )));
    }
    let found = Upgrade {
        from,
        to,
        changes: changes(&program, from, to),
        touching: advisories::touching(&program, to.name()),
        about: advisories::about(Action::Upgrade, to.name()).collect(),
        notes,
    };
    let written =
        if json { upgrade::json(&found, &mut io.out) } else { upgrade::human(&found, &mut io.out) };
    written.map_err(Error::Output)?;
    let is_clean = found.changes.is_empty() && found.touching.is_empty();
    Ok(if is_clean { Exit::Clean } else { Exit::Findings })
}

fn versions(range: &str, installation: &Installation<'_>) -> Result<(Installed, Installed)> {
    let Some((from, to)) = range.split_once("..") else {
        return Err(Error::Usage(format!(
            "`{range}` is no range of versions; write two such as 1.16.3..1.18.1"
        )));
    };
    let from = match from {
        "" => match installation.installed() {
            known if known.written.is_some() => known.clone(),
            _ => {
                return Err(Error::Usage(format!(
                    "the installed version of Alloy is not known; write it: FROM..{to}"
                )));
            }
        },
        from => installed::given_or_older(from)?,
    };
    let to = match to {
        "" => installed::newest(),
        to => installed::given(to)?,
    };
    if from.version() > to.version() {
        return Err(Error::Usage(format!(
            "{} is newer than {}; write the older version first",
            from.version(),
            to.version()
        )));
    }
    Ok((from, to))
}
