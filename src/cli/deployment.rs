//! What `apply` and `remove` share: the running Alloy, the steps as they are said, the end.

use std::io::Write;
use std::time::Duration;

use crate::cli::{Exit, Io};
use crate::deploy::{
    Ended, Expected, Live, NotRunning, Proposal, RunningSender, Switch, Transaction,
};
use crate::diff::Change;
use crate::error::{Error, Result};
use crate::host::Seen;
use crate::installation::Installation;
use crate::render::changes;
use crate::render::snippet;
use crate::validate;
use crate::visible::{Lines, visible};

/// How long hash and health may take to be right after a reload.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the running Alloy is asked for.
pub(super) struct Wanted {
    /// It may be restarted.
    pub(super) restart: bool,
    /// It is not asked over HTTP.
    pub(super) no_verify: bool,
    pub(super) delivery: Option<Duration>,
}

/// The Alloy of this host, if one runs.
///
/// # Errors
/// Its command line is stale and no restart is allowed, or it cannot be asked whether it took what
/// is about to be written. The text names the way forward.
pub(super) fn alloy<'a>(
    installation: &'a Installation<'_>,
    wanted: &Wanted,
    expected: Expected,
) -> Result<Box<dyn RunningSender + 'a>> {
    let system = installation.system();
    let (Some(programs), Some(alloy)) = (system.programs(), system.alloy_http()) else {
        let reason = "this is no running system".to_owned();
        return Ok(Box::new(NotRunning { reason }));
    };
    let process = match installation.process() {
        Seen::Known(Some(process)) => process,
        _ => return Ok(Box::new(NotRunning { reason: "Alloy does not run".to_owned() })),
    };
    let args = process.alloy_args();
    let config = installation.merge_set().config_path();
    let is_same = |path: &str| config.is_some_and(|config| config.as_str() == path);
    let stale = args.paths.first().is_some_and(|path| path.starts_with('/') && !is_same(path));
    if stale && !wanted.restart {
        return Err(Error::Invalid(
            "Alloy runs with another path than its settings name now: a reload would not help; \
             allow a restart with --restart"
                .to_owned(),
        ));
    }
    let restart = stale && wanted.restart;
    let ends = match restart {
        true => expected.ends_by_restart(),
        false => expected.ends_by_signal().filter(|_| wanted.no_verify),
    };
    if let Some(why) = ends {
        return Err(Error::Invalid(format!(
            "{why}: nothing was written; mend what `trento-alloy validate --strict` reports first"
        )));
    }
    if !wanted.no_verify
        && let Seen::Hidden(hidden) = installation.answers()
    {
        return Err(Error::Invalid(format!(
            "Alloy runs and cannot be asked whether it took the change ({}): nothing was written; \
             let its HTTP server answer on this host, or accept with --no-verify that systemd \
             reloads it and nothing is verified",
            hidden.reason
        )));
    }
    let unasked = wanted.no_verify;
    let unit = installation.wanted().unit.as_str();
    let server = installation.http_server();
    Ok(Box::new(Live { system, programs, alloy, unit, server, restart, unasked, expected }))
}

/// What Alloy should do once the proposal is in place.
pub(super) fn expected(proposal: &Proposal, delivery: Option<Duration>) -> Expected {
    Expected {
        hash: proposal.merged.hash.clone(),
        components: proposal.components.clone(),
        patience: PATIENCE,
        delivery: delivery.filter(|patience| !patience.is_zero()),
        reloading: Some(validate::reloading(&proposal.old_faults)),
    }
}

/// Says why Alloy would not take it; true if it would.
pub(super) fn would_be_taken(proposal: &Proposal, io: &mut Io<'_>) -> Result<bool> {
    if let Some(refused) = &proposal.refused {
        line(io, &format!("error: {refused}; repair that, and run this again"))?;
    }
    let options = snippet::Options::default();
    if !proposal.faults.is_empty() {
        let faults = proposal.merged.covered(&proposal.faults, &io.secrets);
        snippet::write(&faults, &options, &mut io.err).map_err(Error::Output)?;
        line(io, "error: Alloy would not start with its files like this: nothing was changed")?;
        for (path, blocks) in &proposal.rivals {
            let blocks = blocks.join(", ");
            line(
                io,
                &format!(
                    "{path} holds blocks of Trento's pipeline already ({blocks}): take them out of \
                     it by hand, then run this again"
                ),
            )?;
        }
    }
    if !proposal.old_faults.is_empty() {
        let faults = proposal.merged.covered(&proposal.old_faults, &io.secrets);
        snippet::write(&faults, &options, &mut io.err).map_err(Error::Output)?;
        let becomes = validate::reloading(&proposal.old_faults).says();
        io.note(&format!("this is in Alloy's files already: {becomes}"))?;
    }
    Ok(proposal.refused.is_none() && proposal.faults.is_empty())
}

/// Says what Alloy would load in place of what it loads now.
pub(super) fn say_switch(
    switch: &Switch,
    now: &Installation<'_>,
    then: &Installation<'_>,
    io: &mut Io<'_>,
) -> Result<()> {
    let shown = |text: &Option<String>| match text {
        Some(text) => visible(text, Lines::Fold).into_owned(),
        None => "no CONFIG_FILE".to_owned(),
    };
    let mut out = String::new();
    out.push_str(&format!("changed {}:\n", visible(switch.path.as_str(), Lines::Fold)));
    out.push_str(&format!("        {}\n", shown(&switch.old)));
    out.push_str(&format!("        -> {}\n", shown(&switch.new)));
    let (before, after) = (&now.merge_set().files, &then.merge_set().files);
    for file in after.iter().filter(|file| before.iter().all(|it| it.path != file.path)) {
        let path = visible(file.path.as_str(), Lines::Fold);
        out.push_str(&format!("loaded as well from then on: {path}\n"));
    }
    io.out.write_all(out.as_bytes()).map_err(Error::Output)
}

/// Says changes, one a line; secrets are shown by their names.
pub(super) fn say_changes(changes: &[Change], io: &mut Io<'_>) -> Result<()> {
    changes::list(changes, &mut io.out).map_err(Error::Output)
}

/// Asks for a yes, unless it was given beforehand.
pub(super) fn is_agreed(yes: bool, question: &str, io: &mut Io<'_>) -> Result<bool> {
    // What is agreed to must be on the screen.
    io.out.flush().map_err(Error::Output)?;
    if yes {
        return Ok(true);
    }
    write!(io.err, "{question} [y/N] ").map_err(Error::Output)?;
    io.err.flush().map_err(Error::Output)?;
    let mut answer = Vec::new();
    let mut byte = [0; 1];
    while answer.len() < 16 && matches!(io.stdin.read(&mut byte), Ok(1)) && byte[0] != b'\n' {
        answer.push(byte[0]);
    }
    let agreed = matches!(answer.to_ascii_lowercase().trim_ascii(), b"y" | b"yes");
    if !agreed {
        line(io, "nothing was changed; with --yes no question is asked")?;
    }
    Ok(agreed)
}

/// Takes the steps, saying each on standard error.
pub(super) fn carry_out(
    transaction: &Transaction<'_>,
    alloy: &mut dyn RunningSender,
    io: &mut Io<'_>,
) -> Result<Exit> {
    let err = &mut io.err;
    let mut say = |text: &str| {
        // Who does not listen does not stop the work half-way.
        let _ = writeln!(err, "{}", visible(text, Lines::Fold));
    };
    match transaction.run(alloy, &mut say, &mut |_| Ok(()))? {
        Ended::Done => Ok(Exit::Clean),
        Ended::Restored { why, trouble } => {
            say(&format!("error: {why}; the host is as it was before"));
            if let Some(trouble) = trouble {
                say(&format!("error: the old files are not accepted either: {trouble}"));
            }
            Ok(Exit::Failed)
        }
    }
}

pub(super) fn line(io: &mut Io<'_>, text: &str) -> Result<()> {
    writeln!(io.err, "{}", visible(text, Lines::Fold)).map_err(Error::Output)
}
