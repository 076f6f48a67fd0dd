//! `trento-alloy remove`: removes Trento's configuration again.

use camino::Utf8PathBuf;

use crate::cli::apply_prometheus;
use crate::cli::deployment::{self, Wanted};
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::deploy::{Applied, Back, Proposal, State, Switch, Target, Transaction, foreign};
use crate::error::{Error, Result};
use crate::installation::{Installation, Wanted as Installed};

/// Remove Trento's configuration again, and reload Alloy
///
/// Where Prometheus in agent mode is the sender, Trento's job and remote write are taken out of the
/// file that it loads; all else in it stays.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to remove [default: trento.alloy in the folder that Alloy loads]
    #[arg(long, value_name = "PATH")]
    file: Option<Utf8PathBuf>,
    /// Only show what would change; exit 1 if something would
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Restart Alloy where its command line is stale, so that a reload would not help
    #[arg(long)]
    restart: bool,
    /// Do not ask Alloy over HTTP: systemd reloads it, and nothing is verified
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    host: HostArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    if args.host.installation(&system).is_of_prometheus() {
        if args.file.is_some() || args.restart {
            let why = "--file and --restart are for Alloy: Prometheus loads the file of its unit, \
                       and a restart would lose what it has not sent yet";
            return Err(Error::Usage(why.to_owned()));
        }
        let request = apply_prometheus::Request {
            host: &args.host,
            is_dry: args.dry_run,
            yes: args.yes,
            no_verify: args.no_verify,
            delivery: None,
        };
        return apply_prometheus::remove(&request, &system, io);
    }
    let state = if args.dry_run { None } else { Some(State::lock(&system)?) };
    let installation = args.host.installation(&system);
    let target = Target::find(&installation, args.file.as_deref())?;
    if target.before.is_none() {
        deployment::line(io, &format!("{} is not there: nothing to do", target.path))?;
        return Ok(Exit::Clean);
    }
    refuse_foreign(&target)?;
    let back = match Switch::back(&installation, &target.path)? {
        Back::Switch(switch) => Some(switch),
        Back::Nothing => None,
        Back::Kept(why) => {
            io.note(&format!("CONFIG_FILE stays as it is: {why}"))?;
            None
        }
    };
    let then = match &back {
        Some(back) => Installation::of(
            &system,
            Installed { alloy_config: Some(back.config.clone()), ..args.host.wanted() },
        ),
        None => args.host.installation(&system),
    };
    let merged = match &back {
        Some(_) => then.merge_set().clone(),
        None => then.merge_set().with_file(&target.path, None).ok_or_else(|| {
            Error::Invalid(format!(
                "Alloy does not load {}: it can be removed by hand without a change for Alloy",
                target.path
            ))
        })?,
    };
    let proposal = Proposal::new(&then, &target, None, merged, (&[], &Applied::default()));
    deployment::say_changes(&proposal.changes, io)?;
    if let Some(back) = &back {
        deployment::say_switch(back, &installation, &then, io)?;
    }
    if !deployment::would_be_taken(&proposal, io)? {
        return Ok(Exit::Failed);
    }
    let Some(state) = state else { return Ok(Exit::Findings) };
    let wanted = Wanted {
        restart: args.restart || back.is_some(),
        no_verify: args.no_verify,
        delivery: None,
    };
    let expected = deployment::expected(&proposal, None);
    let mut alloy = deployment::alloy(&then, &wanted, expected)?;
    let question = match back {
        Some(_) => format!("remove {}, and restart Alloy where it runs?", target.path),
        None => format!("remove {}?", target.path),
    };
    if !deployment::is_agreed(args.yes, &question, io)? {
        return Ok(Exit::Findings);
    }
    let switch = back.as_deref();
    let transaction = Transaction { target: &target, content: None, switch, state: &state };
    deployment::carry_out(&transaction, &mut *alloy, io)
}

/// Refuses a file that holds more than Trento's configuration.
fn refuse_foreign(target: &Target) -> Result<()> {
    let foreign = foreign(target);
    if foreign.is_broken {
        return Err(Error::Invalid(format!(
            "{} does not parse, so it cannot be told whether it holds more than Trento's \
             configuration, and stays: repair it (`trento-alloy validate` shows where), then run \
             this again",
            target.path
        )));
    }
    if foreign.ids.is_empty() {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "{} holds more than Trento's configuration and stays: {}; move that to a file of its own \
         in the same folder, then run this again",
        target.path,
        foreign.ids.join(", ")
    )))
}
