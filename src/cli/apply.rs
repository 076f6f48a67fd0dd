//! `trento-alloy apply`: puts the generated configuration in its place.

use std::time::Duration;

use alloy_grammar::printer;
use camino::{Utf8Path, Utf8PathBuf};

use crate::agent::Settings;
use crate::cli::apply_prometheus;
use crate::cli::deployment::{self, Wanted};
use crate::cli::generate::AgentArgs;
use crate::cli::host_args::HostArgs;
use crate::cli::length::length;
use crate::cli::{Exit, Io};
use crate::deploy::{
    Applied, Edits, Foreign, Proposal, State, Switch, Target, Transaction, foreign,
};
use crate::error::{Error, Result};
use crate::generate::{Layout, Plan, Template};
use crate::installation::{Installation, Sender, Wanted as Installed};
use crate::system::System;

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy apply --dry-run
  trento-alloy apply --set-config-file
  trento-alloy apply --yes";

/// Write the generated configuration, reload Alloy and verify the result
///
/// Where Prometheus in agent mode is the sender, Trento's job and remote write are put into the file
/// that it loads; it is reloaded, and never restarted.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which configuration to generate: agent-3.1 or rfc-0003
    #[arg(long, value_name = "NAME", default_value = "agent-3.1", value_parser = template)]
    template: Template,
    /// The file to write [default: trento.alloy in the folder that Alloy loads]
    #[arg(long, value_name = "PATH")]
    file: Option<Utf8PathBuf>,
    /// Only show what would change; exit 1 if something would
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Overwrite what a person changed in Trento's own blocks; other blocks are never overwritten
    #[arg(long)]
    force: bool,
    /// Where Alloy loads one file alone, make it load the folder of that file: sets CONFIG_FILE in
    /// its environment file, shown first, and restarts Alloy; `remove` takes it back
    #[arg(long)]
    set_config_file: bool,
    /// Restart Alloy where its command line is stale, so that a reload would not help
    #[arg(long)]
    restart: bool,
    /// Do not use Alloy's HTTP server: reload by systemd, without verification
    #[arg(long)]
    no_verify: bool,
    /// How long to wait for the first delivery; 0 does not wait
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = length)]
    delivery: Duration,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    agent: AgentArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    if args.host.installation(&system).to_be_set_up()? == Sender::PrometheusAgent {
        return of_prometheus(args, &system, io);
    }
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
    let now = args.host.installation(&system);
    let switch = if args.set_config_file { Switch::to_folder(&now)? } else { None };
    let then = match &switch {
        Some(switch) => Installation::of(
            &system,
            Installed { alloy_config: Some(switch.config.clone()), ..args.host.wanted() },
        ),
        None => args.host.installation(&system),
    };
    let target = Target::find(&then, args.file.as_deref())?;
    let merged = then
        .merge_set()
        .with_file(&target.path, Some(text.as_bytes().to_vec()))
        .ok_or_else(|| Error::Invalid(format!("Alloy would not load {}", target.path)))?;
    let applied = Applied::read(&system, &target.path);
    let proposal = Proposal::new(&then, &target, Some(&text), merged, (&templates, &applied));
    Work { args, text: &text, state, now: &now, switch, then: &then, target, proposal }.run(io)
}

/// Puts Trento's job and remote write into the file of a Prometheus in agent mode.
fn of_prometheus(args: &Args, system: &System, io: &mut Io<'_>) -> Result<Exit> {
    if args.file.is_some() || args.set_config_file || args.restart {
        let why = "--file, --set-config-file and --restart are for Alloy: Prometheus loads the \
                   file of its unit, and a restart would lose what it has not sent yet";
        return Err(Error::Usage(why.to_owned()));
    }
    let request = apply_prometheus::Request {
        host: &args.host,
        is_dry: args.dry_run,
        yes: args.yes,
        no_verify: args.no_verify,
        delivery: Some(args.delivery),
    };
    apply_prometheus::apply(&request, &args.agent.given(), args.force, system, io)
}

/// What is to be done, worked out.
struct Work<'a> {
    args: &'a Args,
    text: &'a str,
    /// None: only looked at.
    state: Option<State>,
    now: &'a Installation<'a>,
    switch: Option<Switch>,
    then: &'a Installation<'a>,
    target: Target,
    proposal: Proposal,
}

impl Work<'_> {
    fn run(self, io: &mut Io<'_>) -> Result<Exit> {
        let Work { args, target, proposal, .. } = &self;
        let wanted = Wanted {
            restart: args.restart || self.switch.is_some(),
            no_verify: args.no_verify,
            delivery: Some(args.delivery),
        };
        if self.switch.is_none() && proposal.changes_nothing(target, self.text) {
            let may_reload = self.state.is_some();
            return unchanged(target, proposal, self.then, &wanted, may_reload, io);
        }
        deployment::say_changes(&proposal.changes, io)?;
        if let Some(switch) = &self.switch {
            deployment::say_switch(switch, self.now, self.then, io)?;
        }
        let foreign = foreign(target);
        if !foreign.ids.is_empty() {
            return Err(not_ours(target, &foreign, args.file.is_some()));
        }
        if !deployment::would_be_taken(proposal, io)? {
            return Ok(Exit::Failed);
        }
        if !self.may_overwrite(&foreign, io)? {
            return Ok(if args.dry_run { Exit::Findings } else { Exit::Failed });
        }
        let Some(state) = &self.state else { return Ok(Exit::Findings) };
        let expected = deployment::expected(proposal, wanted.delivery);
        let mut alloy = deployment::alloy(self.then, &wanted, expected)?;
        let question = match &self.switch {
            Some(it) => {
                format!("write {} and {}, and restart Alloy where it runs?", target.path, it.path)
            }
            None => format!("write {}?", target.path),
        };
        if !deployment::is_agreed(args.yes, &question, io)? {
            return Ok(Exit::Findings);
        }
        let (content, switch) = (Some(self.text.as_bytes()), self.switch.as_ref());
        let transaction = Transaction { target, content, switch, state };
        deployment::carry_out(&transaction, &mut *alloy, io)
    }

    /// Whether what a person wrote, if anything, may be overwritten; it is named in any case.
    fn may_overwrite(&self, foreign: &Foreign, io: &mut Io<'_>) -> Result<bool> {
        let (path, force) = (&self.target.path, self.args.force);
        let edits = &self.proposal.edits;
        if edits.is_empty() && !foreign.is_broken {
            return Ok(true);
        }
        let word = if force { "note" } else { "error" };
        if foreign.is_broken {
            let text = "does not parse: what a person may have written there would be lost";
            deployment::line(io, &format!("{word}: {path} {text}"))?;
        } else {
            name_edits(word, path, edits, io)?;
        }
        if !force {
            deployment::line(io, "with --force it is overwritten; the old file is kept")?;
        }
        Ok(force)
    }
}

/// Names what a person wrote and would be lost.
fn name_edits(word: &str, path: &Utf8Path, edits: &Edits, io: &mut Io<'_>) -> Result<()> {
    let since = if edits.since_applied { " since it was applied" } else { "" };
    let what = "what was written there would be lost";
    deployment::line(io, &format!("{word}: {path} was edited by hand{since}; {what}:"))?;
    for edit in &edits.statements {
        deployment::line(io, format!("  {} {}", edit.component, edit.path).trim_end())?;
    }
    for (line, comment) in &edits.comments {
        deployment::line(io, &format!("  line {line}: {comment}"))?;
    }
    Ok(())
}

/// Why a file that holds other people's blocks is not written, whatever is forced.
fn not_ours(target: &Target, foreign: &Foreign, is_named: bool) -> Error {
    let forward = if is_named {
        "leave --file out, so that Trento's configuration gets a file of its own (with \
         --set-config-file where Alloy loads this one alone)"
    } else {
        "move them to a file of their own in the same folder, then run this again"
    };
    Error::Invalid(format!(
        "{} holds more than Trento's configuration, which is never overwritten: {}; {forward}",
        target.path,
        foreign.ids.join(", ")
    ))
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

fn template(name: &str) -> std::result::Result<Template, String> {
    Template::named(name).ok_or_else(|| "the templates are agent-3.1 and rfc-0003".to_owned())
}
