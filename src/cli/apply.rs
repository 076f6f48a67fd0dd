//! `trento-alloy apply`: puts the generated configuration in its place.

use std::time::Duration;

use alloy_grammar::printer;
use camino::Utf8PathBuf;

use crate::agent::Settings;
use crate::cli::deployment::{self, Wanted};
use crate::cli::generate::AgentArgs;
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::deploy::{Proposal, State, Target};
use crate::error::{Error, Result};
use crate::generate::{Layout, Plan, Template};
use crate::installation::Installation;

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy apply --dry-run
  trento-alloy apply --yes";

/// Put the generated configuration in its place, reload Alloy and verify
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    agent: AgentArgs,
    /// Which configuration to generate: agent-3.1 or rfc-0003
    #[arg(long, value_name = "NAME", default_value = "agent-3.1", value_parser = template)]
    template: Template,
    /// The file to write [default: trento.alloy in the folder that Alloy loads]
    #[arg(long, value_name = "PATH")]
    file: Option<Utf8PathBuf>,
    /// Only show what would change; exit 1 if something would
    #[arg(long)]
    dry_run: bool,
    /// Ask no question
    #[arg(long, short)]
    yes: bool,
    /// Overwrite what a person wrote into the file
    #[arg(long)]
    force: bool,
    /// Restart Alloy where its command line is stale, so that a reload would not help
    #[arg(long)]
    restart: bool,
    /// How many seconds to wait for the first delivery; 0: do not wait
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    delivery: u16,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let settings = Settings::of_command(&system, &args.agent.given());
    let text = match Plan::checked(&settings, args.template) {
        Ok(checked) => printer::print(&checked.plan.file(Layout::Plain)),
        Err(refusals) => {
            for refusal in &refusals {
                deployment::line(io, &format!("error: {}", refusal.message))?;
            }
            return Ok(Exit::Failed);
        }
    };
    let templates: Vec<String> = Template::ALL
        .iter()
        .filter_map(|template| Plan::checked(&settings, *template).ok())
        .map(|checked| printer::print(&checked.plan.file(Layout::Plain)))
        .collect();
    // From here on the host must not be changed by a second run.
    let state = if args.dry_run { None } else { Some(State::lock(&system)?) };
    let installation = args.host.installation(&system);
    let target = Target::find(&installation, args.file.as_deref())?;
    let proposal = Proposal::new(&installation, &target, Some(&text), &templates)
        .ok_or_else(|| Error::Invalid(format!("Alloy would not load {}", target.path)))?;
    let wanted =
        Wanted { restart: args.restart, delivery: Some(Duration::from_secs(args.delivery.into())) };
    if proposal.changes_nothing(&target, &text) {
        return unchanged(&target, &proposal, &installation, &wanted, state.is_some(), io);
    }
    deployment::say_changes(&proposal.changes, io)?;
    if !deployment::would_be_taken(&proposal, io)? {
        return Ok(Exit::Failed);
    }
    let known = state
        .as_ref()
        .and_then(|state| state.is_as_applied(&target.outer, &target.before.as_ref()?.content));
    if known != Some(true) && !proposal.edits.is_empty() && !args.force {
        return edited(&target, &proposal, args.dry_run, io);
    }
    let Some(state) = state else { return Ok(Exit::Findings) };
    let expected = deployment::expected(&proposal, wanted.delivery);
    let mut alloy = deployment::alloy(&installation, &wanted, expected)?;
    if !deployment::is_agreed(args.yes, &format!("write {}?", target.path), io)? {
        return Ok(Exit::Findings);
    }
    deployment::carry_out(&target, Some(text.as_bytes()), &state, &mut *alloy, io)
}

/// The file is right; Alloy may still have to read it.
fn unchanged(
    target: &Target,
    proposal: &Proposal,
    installation: &Installation<'_>,
    wanted: &Wanted,
    may_reload: bool,
    io: &mut Io<'_>,
) -> Result<Exit> {
    deployment::line(io, &format!("{} is as it should be", target.path))?;
    let mut expected = deployment::expected(proposal, None);
    // The file stays as it is, down to its comments.
    expected.hash.clone_from(&installation.merge_set().hash);
    expected.patience = Duration::ZERO;
    let mut alloy = deployment::alloy(installation, wanted, expected)?;
    let Err(why) = alloy.verify(&mut |_| {}) else {
        deployment::line(io, "nothing to do")?;
        return Ok(Exit::Clean);
    };
    deployment::line(io, &format!("but: {why}"))?;
    if !may_reload {
        return Ok(Exit::Findings);
    }
    let mut said = Vec::new();
    let reloaded = alloy.reload(&mut |text| said.push(text.to_owned()));
    for text in &said {
        deployment::line(io, text)?;
    }
    let mut expected = deployment::expected(proposal, wanted.delivery);
    expected.hash.clone_from(&installation.merge_set().hash);
    let mut alloy = deployment::alloy(installation, wanted, expected)?;
    match reloaded.and_then(|()| alloy.verify(&mut |_| {})) {
        Ok(()) => Ok(Exit::Clean),
        Err(why) => {
            deployment::line(io, &format!("error: {why}"))?;
            Ok(Exit::Failed)
        }
    }
}

/// Names what a person wrote and would be lost.
fn edited(target: &Target, proposal: &Proposal, dry: bool, io: &mut Io<'_>) -> Result<Exit> {
    deployment::line(
        io,
        &format!(
            "error: {} was edited by hand; what was written there would be lost:",
            target.path
        ),
    )?;
    for edit in &proposal.edits {
        deployment::line(io, &format!("  {} {}", edit.component, edit.path))?;
    }
    deployment::line(io, "keep a copy, then overwrite it with --force")?;
    Ok(if dry { Exit::Findings } else { Exit::Failed })
}

fn template(name: &str) -> std::result::Result<Template, String> {
    Template::named(name).ok_or_else(|| "the templates are agent-3.1 and rfc-0003".to_owned())
}
