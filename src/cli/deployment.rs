//! What `apply` and `remove` share: the running Alloy, the steps as they are said, the end.

use std::io::Write;
use std::time::Duration;

use crate::cli::{Exit, Io};
use crate::deploy::Transaction;
use crate::deploy::{Ended, Expected, Live, NoAlloy, Proposal, RunningAlloy, State, Target};
use crate::diff::Change;
use crate::error::{Error, Result};
use crate::host::Seen;
use crate::installation::Installation;
use crate::render::changes;
use crate::render::snippet;
use crate::visible::{Lines, visible};

/// How long hash and health may take to be right after a reload.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the running Alloy is asked for.
pub(super) struct Wanted {
    pub(super) restart: bool,
    pub(super) delivery: Option<Duration>,
}

/// The Alloy of this host, if one runs.
///
/// # Errors
/// Its command line is stale and no restart is allowed.
pub(super) fn alloy<'a>(
    installation: &'a Installation<'_>,
    wanted: &Wanted,
    expected: Expected,
) -> Result<Box<dyn RunningAlloy + 'a>> {
    let system = installation.system();
    let (Some(programs), Some(alloy)) = (system.programs(), system.alloy_http()) else {
        let reason = "this is no running system".to_owned();
        return Ok(Box::new(NoAlloy { reason }));
    };
    let process = match installation.process() {
        Seen::Known(Some(process)) => process,
        _ => return Ok(Box::new(NoAlloy { reason: "Alloy does not run".to_owned() })),
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
    let unit = installation.wanted().unit.as_str();
    let server = installation.http_server();
    Ok(Box::new(Live { system, programs, alloy, unit, server, restart, expected }))
}

/// What Alloy should do once the proposal is in place.
pub(super) fn expected(proposal: &Proposal, delivery: Option<Duration>) -> Expected {
    Expected {
        hash: proposal.merged.hash.clone(),
        components: proposal.components.clone(),
        patience: PATIENCE,
        delivery: delivery.filter(|patience| !patience.is_zero()),
    }
}

/// Says why Alloy would not take it; true if it would.
pub(super) fn would_be_taken(proposal: &Proposal, io: &mut Io<'_>) -> Result<bool> {
    if let Some(refused) = &proposal.refused {
        line(io, &format!("error: {refused}"))?;
    }
    if !proposal.faults.is_empty() {
        let options = snippet::Options::default();
        let faults = proposal.merged.covered(&proposal.faults, &io.secrets);
        snippet::write(&faults, &options, &mut io.err).map_err(Error::Output)?;
        line(io, "error: Alloy would refuse to load its files like this: nothing was changed")?;
    }
    Ok(proposal.refused.is_none() && proposal.faults.is_empty())
}

/// Says changes, one a line; secrets are shown by their names.
pub(super) fn say_changes(changes: &[Change], io: &mut Io<'_>) -> Result<()> {
    changes::list(changes, &mut io.out).map_err(Error::Output)
}

/// Asks for a yes, unless it was given beforehand.
pub(super) fn is_agreed(yes: bool, question: &str, io: &mut Io<'_>) -> Result<bool> {
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
        line(io, "nothing was changed; say --yes to be asked no questions")?;
    }
    Ok(agreed)
}

/// Takes the steps, saying each on standard error.
pub(super) fn carry_out(
    target: &Target,
    content: Option<&[u8]>,
    state: &State,
    alloy: &mut dyn RunningAlloy,
    io: &mut Io<'_>,
) -> Result<Exit> {
    let err = &mut io.err;
    let mut say = |text: &str| {
        // Who does not listen does not stop the work half-way.
        let _ = writeln!(err, "{}", visible(text, Lines::Fold));
    };
    let transaction = Transaction { target, content, state };
    match transaction.run(alloy, &mut say, &mut |_| Ok(()))? {
        Ended::Done => Ok(Exit::Clean),
        Ended::Restored { why, trouble } => {
            say(&format!("error: {why}; the host is as it was before"));
            if let Some(trouble) = trouble {
                say(&format!("error: Alloy does not take the old files either: {trouble}"));
            }
            Ok(Exit::Failed)
        }
    }
}

pub(super) fn line(io: &mut Io<'_>, text: &str) -> Result<()> {
    writeln!(io.err, "{}", visible(text, Lines::Fold)).map_err(Error::Output)
}
