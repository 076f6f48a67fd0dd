//! `trento-alloy remove`: takes Trento's configuration away again.

use camino::Utf8PathBuf;

use crate::cli::deployment::{self, Wanted};
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::deploy::{Proposal, State, Target, foreign_blocks};
use crate::error::{Error, Result};

/// Take Trento's configuration away again, and reload Alloy
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    host: HostArgs,
    /// The file to take away [default: trento.alloy in the folder that Alloy loads]
    #[arg(long, value_name = "PATH")]
    file: Option<Utf8PathBuf>,
    /// Only show what would change; exit 1 if something would
    #[arg(long)]
    dry_run: bool,
    /// Ask no question
    #[arg(long, short)]
    yes: bool,
    /// Restart Alloy where its command line is stale, so that a reload would not help
    #[arg(long)]
    restart: bool,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let state = if args.dry_run { None } else { Some(State::lock(&system)?) };
    let installation = args.host.installation(&system);
    let target = Target::find(&installation, args.file.as_deref())?;
    if target.before.is_none() {
        deployment::line(io, &format!("{} is not there: nothing to do", target.path))?;
        return Ok(Exit::Clean);
    }
    let foreign = foreign_blocks(&target);
    if !foreign.is_empty() {
        return Err(Error::Invalid(format!(
            "{} holds more than Trento's configuration and stays: {}",
            target.path,
            foreign.join(", ")
        )));
    }
    let proposal = Proposal::new(&installation, &target, None, &[])
        .ok_or_else(|| Error::Invalid(format!("Alloy does not load {}", target.path)))?;
    deployment::say_changes(&proposal.changes, io)?;
    if !deployment::would_be_taken(&proposal, io)? {
        return Ok(Exit::Failed);
    }
    let Some(state) = state else { return Ok(Exit::Findings) };
    let wanted = Wanted { restart: args.restart, delivery: None };
    let expected = deployment::expected(&proposal, None);
    let mut alloy = deployment::alloy(&installation, &wanted, expected)?;
    if !deployment::is_agreed(args.yes, &format!("take {} away?", target.path), io)? {
        return Ok(Exit::Findings);
    }
    deployment::carry_out(&target, None, &state, &mut *alloy, io)
}
