//! `trento-alloy apply` and `remove` where Prometheus in agent mode is the sender.

use std::time::Duration;

use crate::agent::{Given, Settings};
use crate::cli::deployment;
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io};
use crate::deploy::{
    Applied, LivePrometheus, NotRunning, Proposed, RunningSender, State, Target, Transaction,
};
use crate::error::{Error, Result};
use crate::generate::prometheus::{merged, standalone, without};
use crate::generate::{Plan, Template};
use crate::host::Seen;
use crate::host::delivery::delivery;
use crate::host::prometheus_http;
use crate::installation::{Installation, Prometheus, Sender};
use crate::prometheus::Mode;
use crate::system::System;

/// How long the new file may take to run after a reload.
const PATIENCE: Duration = Duration::from_secs(20);

/// What both commands are asked.
pub(super) struct Request<'a> {
    pub host: &'a HostArgs,
    pub is_dry: bool,
    pub yes: bool,
    pub no_verify: bool,
    /// How long the first delivery may take; none or zero: it is not waited for.
    pub delivery: Option<Duration>,
}

/// Puts Trento's part into the file, or a file of its own in its place.
pub(super) fn apply(
    request: &Request<'_>,
    given: &Given,
    force: bool,
    system: &System,
    io: &mut Io<'_>,
) -> Result<Exit> {
    let settings = Settings::of_command(system, given);
    let plan = match Plan::checked(&settings, Template::ALL[0]) {
        Ok(checked) => checked.plan,
        Err(refusals) => {
            for refusal in &refusals {
                deployment::line(io, &format!("error: {}", refusal.message))?;
            }
            return Ok(Exit::Failed);
        }
    };
    let state = if request.is_dry { None } else { Some(State::lock(system)?) };
    let installation = installation(request, system);
    let prometheus = prometheus(&installation)?;
    refuse_server(prometheus)?;
    let target = Target::of_prometheus(system, prometheus)?;
    let is_own = Proposed::is_own_file(system, prometheus, &target);
    let text = match text(&target)?.filter(|_| !is_own) {
        None => standalone(&plan).map_err(Error::Invalid)?,
        Some(site) => merged(&plan, &site)
            .map_err(|why| Error::Invalid(format!("cannot put it into {}: {why}", target.path)))?,
    };
    let applied = Applied::read(system, &target.path);
    let mut names = request.host.secret_names()?.knowing(&io.secrets);
    let proposed = Proposed::new(system, prometheus, &target, &text, (&applied, &mut names));
    let work = Work { request, installation: &installation, prometheus, target, proposed };
    if work.proposed.changes.is_empty() && work.target.before.is_some() {
        return work.unchanged(state.is_some(), io);
    }
    deployment::say_changes(&work.proposed.changes, io)?;
    if !work.would_start(io)? {
        return Ok(Exit::Failed);
    }
    if !work.proposed.edits.is_empty() {
        work.name_edits(force, io)?;
        if !force {
            return Ok(if request.is_dry { Exit::Findings } else { Exit::Failed });
        }
    }
    let Some(state) = &state else { return Ok(Exit::Findings) };
    work.carry_out(&text, "write", state, io)
}

/// Takes Trento's part out of the file again.
pub(super) fn remove(request: &Request<'_>, system: &System, io: &mut Io<'_>) -> Result<Exit> {
    let state = if request.is_dry { None } else { Some(State::lock(system)?) };
    let installation = installation(request, system);
    let prometheus = prometheus(&installation)?;
    let target = Target::of_prometheus(system, prometheus)?;
    let Some(before) = text(&target)? else {
        deployment::line(io, &format!("{} is not there: nothing to do", target.path))?;
        return Ok(Exit::Clean);
    };
    let after = without(&before)
        .map_err(|why| Error::Invalid(format!("cannot take it out of {}: {why}", target.path)))?;
    if after == before {
        let what = "holds no job and no remote write of Trento's: nothing to do";
        deployment::line(io, &format!("{} {what}", target.path))?;
        return Ok(Exit::Clean);
    }
    let mut names = request.host.secret_names()?.knowing(&io.secrets);
    let applied = Applied::default();
    let proposed = Proposed::new(system, prometheus, &target, &after, (&applied, &mut names));
    let work = Work { request, installation: &installation, prometheus, target, proposed };
    deployment::say_changes(&work.proposed.changes, io)?;
    if !work.would_start(io)? {
        return Ok(Exit::Failed);
    }
    let Some(state) = &state else { return Ok(Exit::Findings) };
    let ended = work.carry_out(&after, "take Trento's job and remote write out of", state, io)?;
    if ended == Exit::Clean && work.proposed.is_empty_then {
        let unit = &prometheus.unit_name;
        io.note(&format!(
            "nothing is left for {unit} to do: `systemctl disable --now {unit}` ends it"
        ))?;
    }
    Ok(ended)
}

/// The host, of which Prometheus is the sender.
fn installation<'s>(request: &Request<'_>, system: &'s System) -> Installation<'s> {
    let mut wanted = request.host.wanted();
    wanted.sender = Sender::PrometheusAgent;
    Installation::of(system, wanted)
}

fn prometheus<'i>(installation: &'i Installation<'_>) -> Result<&'i Prometheus> {
    installation.prometheus().ok_or_else(|| {
        Error::Invalid("Prometheus is not set up here: install it, or name its unit".to_owned())
    })
}

/// Refuses a unit that does not run an agent: what it is given would not do what it should.
fn refuse_server(prometheus: &Prometheus) -> Result<()> {
    let Prometheus { unit_name, version, .. } = prometheus;
    if let Some(unknown) = &prometheus.unknown {
        return Err(Error::Invalid(format!(
            "it is not known how {unit_name} starts: {}",
            unknown.reason
        )));
    }
    if let Some(stop) = prometheus.arguments.stop() {
        return Err(Error::Invalid(format!(
            "{unit_name} does not start with its command line: {}; set that right first",
            stop.message
        )));
    }
    if prometheus.mode == Mode::Agent {
        return Ok(());
    }
    let flag = if version.is_at_least(3, 0) { "--agent" } else { "--enable-feature=agent" };
    Err(Error::Invalid(format!(
        "{unit_name} runs Prometheus {version} as a server: add {flag} and --storage.agent.path to \
         its arguments, restart it, then run this again"
    )))
}

/// The text of the file, if it is there.
fn text(target: &Target) -> Result<Option<String>> {
    let Some(before) = &target.before else { return Ok(None) };
    String::from_utf8(before.content.clone())
        .map(Some)
        .map_err(|_| Error::Invalid(format!("{} is no text", target.path)))
}

/// What is to be done, worked out.
struct Work<'a> {
    request: &'a Request<'a>,
    installation: &'a Installation<'a>,
    prometheus: &'a Prometheus,
    target: Target,
    proposed: Proposed,
}

impl Work<'_> {
    /// Says why Prometheus would not start with the file; true if it would.
    fn would_start(&self, io: &mut Io<'_>) -> Result<bool> {
        for fault in &self.proposed.faults {
            let at = fault
                .source
                .at(fault.span)
                .map_or(String::new(), |at| format!("{}:{}:{}: ", at.file, at.line, at.column));
            deployment::line(io, &format!("error: {at}{}", fault.message))?;
        }
        if self.proposed.faults.is_empty() {
            return Ok(true);
        }
        let version = &self.prometheus.version;
        let what = "would not start with the file like this: nothing was changed";
        deployment::line(io, &format!("error: Prometheus {version} {what}"))?;
        Ok(false)
    }

    /// Names what a person changed in Trento's part and would be lost.
    fn name_edits(&self, force: bool, io: &mut Io<'_>) -> Result<()> {
        let word = if force { "note" } else { "error" };
        let path = &self.target.path;
        let what = "was edited since it was applied; what was written there would be lost";
        deployment::line(io, &format!("{word}: Trento's part of {path} {what}:"))?;
        for edit in &self.proposed.edits {
            deployment::line(io, format!("  {} {}", edit.component, edit.path).trim_end())?;
        }
        if !force {
            deployment::line(io, "with --force it is overwritten; the old file is kept")?;
        }
        Ok(())
    }

    fn carry_out(&self, text: &str, verb: &str, state: &State, io: &mut Io<'_>) -> Result<Exit> {
        let mut running = self.running(self.request.delivery, PATIENCE)?;
        let question = format!("{verb} {}?", self.target.path);
        if !deployment::is_agreed(self.request.yes, &question, io)? {
            return Ok(Exit::Findings);
        }
        let content = Some(text.as_bytes());
        let transaction = Transaction { target: &self.target, content, switch: None, state };
        deployment::carry_out(&transaction, &mut *running, io)
    }

    /// The file is right; Prometheus may still have to read it.
    fn unchanged(&self, may_reload: bool, io: &mut Io<'_>) -> Result<Exit> {
        deployment::line(io, &format!("{} is as it should be", self.target.path))?;
        let mut running = self.running(None, Duration::ZERO)?;
        let Err(why) = running.verify(&mut |_| {}) else {
            deployment::line(io, "nothing to do")?;
            return Ok(Exit::Clean);
        };
        deployment::line(io, &format!("but: {why}"))?;
        if !may_reload {
            return Ok(Exit::Findings);
        }
        let mut running = self.running(self.request.delivery, PATIENCE)?;
        let mut said = Vec::new();
        let mut say = |text: &str| said.push(text.to_owned());
        let ended = running.reload(&mut say).and_then(|()| running.verify(&mut say));
        for text in &said {
            deployment::line(io, text)?;
        }
        match ended {
            Ok(()) => Ok(Exit::Clean),
            Err(why) => {
                deployment::line(io, &format!("error: {why}"))?;
                Ok(Exit::Failed)
            }
        }
    }

    /// The Prometheus of this host, if one runs.
    ///
    /// # Errors
    /// It runs with another file or as a server, so that a reload would not help, or it cannot be
    /// asked whether it took what is about to be written.
    fn running(
        &self,
        delivery: Option<Duration>,
        patience: Duration,
    ) -> Result<Box<dyn RunningSender + '_>> {
        let system = self.installation.system();
        let (Some(programs), Some(right)) = (system.programs(), system.alloy_http()) else {
            let reason = "this is no running system".to_owned();
            return Ok(Box::new(NotRunning { reason }));
        };
        if !matches!(self.installation.process(), Seen::Known(Some(_))) {
            let reason = "Prometheus does not run".to_owned();
            return Ok(Box::new(NotRunning { reason }));
        }
        let unasked = self.request.no_verify;
        let by_http = !unasked && self.is_reloaded_by_http()?;
        Ok(Box::new(LivePrometheus {
            system,
            programs,
            right,
            unit: &self.prometheus.unit_name,
            server: self.prometheus.http_server(system),
            by_http,
            unasked,
            after: self.proposed.after.as_ref(),
            patience,
            delivery: delivery.filter(|patience| !patience.is_zero()),
            before: None,
        }))
    }

    /// Whether the running Prometheus reloads over HTTP.
    fn is_reloaded_by_http(&self) -> Result<bool> {
        let asked = match self.installation.prometheus_answers() {
            Seen::Known(answers) => {
                prometheus_http::running(answers).map(|running| (answers, running))
            }
            Seen::Hidden(hidden) => Err(hidden.reason.clone()),
            Seen::NotRecorded => Err("there is none to ask".to_owned()),
        };
        let (answers, now) = asked.map_err(|why| {
            Error::Invalid(format!(
                "Prometheus runs and cannot be asked whether it took the change ({why}): nothing \
                 was written; let its HTTP server answer on this host, or accept with --no-verify \
                 that systemd reloads it and nothing is verified"
            ))
        })?;
        let file = now.config_file.as_deref().unwrap_or_default();
        let is_other = file.starts_with('/') && file != self.prometheus.config.as_str();
        if is_other || now.is_agent == Some(false) {
            let waiting: u64 =
                delivery(answers).unwrap_or_default().iter().map(|queue| queue.pending).sum();
            return Err(Error::Invalid(format!(
                "Prometheus still runs with other arguments than {} has now, so that a reload \
                 would not help: restart it when nothing waits to be sent, which a restart loses \
                 ({waiting} samples wait), then run this again",
                self.prometheus.unit_name
            )));
        }
        Ok(now.reloads_by_http)
    }
}
