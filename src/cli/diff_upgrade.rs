//! `trento-alloy diff --upgrade FROM..TO`: what an upgrade of Alloy changes for a configuration.

use camino::Utf8PathBuf;

use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::installation::{Installation, Installed, installed};
use crate::load::Kind;
use crate::render::upgrade::{self, Change, Defect, Upgrade};
use crate::validate::Program;
use crate::validate::advisories::{self, Action, Advisory};
use crate::validate::upgrade::{NOT_COMPARED, changes};

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
        program: "Alloy",
        from: from.name().to_owned(),
        to: to.name().to_owned(),
        changes: changes(&program, from, to).into_iter().map(change).collect(),
        defects: defects(&program, to.name()),
        notes,
        not_compared: NOT_COMPARED.iter().map(|what| (*what).to_owned()).collect(),
    };
    written(&found, json, io)
}

/// Writes what was found, and what it means for the exit code.
pub(super) fn written(found: &Upgrade, json: bool, io: &mut Io<'_>) -> Result<Exit> {
    let written =
        if json { upgrade::json(found, &mut io.out) } else { upgrade::human(found, &mut io.out) };
    written.map_err(Error::Output)?;
    let is_clean =
        found.changes.is_empty() && found.defects.iter().all(|it| it.component.is_none());
    Ok(if is_clean { Exit::Clean } else { Exit::Findings })
}

fn change(found: crate::validate::upgrade::Change) -> Change {
    Change {
        kind: found.kind.name(),
        component: found.component,
        path: found.path,
        since: found.since.name().to_owned(),
        breaks: found.breaks,
        message: found.message,
        at: found.source.at(found.span),
    }
}

/// The known defects of a version that touch a program, and those of upgrading to it.
fn defects(program: &Program, to: &str) -> Vec<Defect> {
    let defect = |advisory: &Advisory, component, at| Defect {
        id: advisory.id.to_owned(),
        component,
        text: advisory.text.to_owned(),
        help: advisory.help.to_owned(),
        link: advisory.link.to_owned(),
        at,
    };
    let touching = advisories::touching(program, to).into_iter().map(|it| {
        let at = it.source.at(it.span);
        defect(it.advisory, Some(it.component), at)
    });
    let about = advisories::about(Action::Upgrade, to).map(|it| defect(it, None, None));
    touching.chain(about).collect()
}

/// The two versions of a range as they are written.
pub(super) fn range(range: &str) -> Result<(&str, &str)> {
    range.split_once("..").ok_or_else(|| {
        Error::Usage(format!("`{range}` is no range of versions; write two such as 1.16.3..1.18.1"))
    })
}

fn versions(range: &str, installation: &Installation<'_>) -> Result<(Installed, Installed)> {
    let (from, to) = self::range(range)?;
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
