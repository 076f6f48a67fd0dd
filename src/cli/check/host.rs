//! `check` of a host, or of files: gathers the facts, runs the catalogue, reports.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::checks::engine::Engine;
use crate::checks::execution;
use crate::checks::facts::{Agent, Object};
use crate::checks::gathering::Gathering;
use crate::checks::load::Loaded;
use crate::checks::model::{Check, Severity};
use crate::checks::report::{Notice, Report};
use crate::cli::check::Args;
use crate::cli::{Exit, Io};
use crate::error::Result;
use crate::facts::Host;
use crate::installation::Installation;
use crate::load::Kind;
use crate::render::publish::{self, Publication};
use crate::render::{self, Options};

/// Checks the host that the arguments mean, or only the files they name.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let began = Instant::now();
    // Dropped by whatever stops the run, it takes the old results away.
    let publication = args.publish.as_deref().map(Publication::begin).transpose()?;
    // The engine takes its time to be made, and nobody needs it before the facts are there.
    std::thread::spawn(Engine::shared);
    let checks = args.checks.all()?;
    let overrides = args.checks.overrides(&checks)?;
    let system = args.host.system(&io.secrets)?;
    let installation = Installation::of_paths(&system, args.wanted()?, &args.paths, io.stdin)?;
    let host = Host::new(installation, args.options()?);
    let gathering = Gathering::of(&host, checks.iter().filter_map(sound));
    let agent = Agent { agent_id: host.agent_id_or_empty(), ..Agent::default() };
    let mut env = Object::new();
    env.insert("target_type".to_owned(), "host".into());
    let mut report =
        execution::on_host(&checks, &agent, &env, &overrides, &|check| gathering.supply(check));
    for (_, reason) in gathering.denied() {
        report.deny(reason);
    }
    nothing_here(&host, &mut report);
    name_the_unknown(&host, &mut report);
    remark(&host, &mut report);
    args.report.waive(&mut report, Some(&system.files), system.now)?;
    let options = Options {
        sources: if args.report.wants_sources() { host.shown_sources() } else { BTreeMap::new() },
        host: system.hostname.clone().unwrap_or_default(),
        now: system.now,
        graph: args.report.wants_graph().then(|| render::graph::svg(&host.drawing())),
        seconds: began.elapsed().as_secs_f64(),
        is_quiet: io.is_quiet,
        ..args.report.options(args.host.root.as_deref())
    };
    if let Some(publication) = publication {
        publication.finish(&publish::results(&report))?;
    }
    args.report.show(&report, &options, io)
}

fn sound(loaded: &Loaded) -> Option<&Check> {
    loaded.check.as_deref().ok()
}

/// Says so where nothing of Trento or Alloy was found at all: a wrong folder looks like this.
fn nothing_here(host: &Host<'_>, report: &mut Report) {
    if !host.is_files_only()
        && host.settings().file.path().is_none()
        && matches!(host.merge_set().kind, Kind::Absent(_))
    {
        report.notices.push(Notice {
            severity: Severity::Warning,
            message: "neither the Trento agent nor Grafana Alloy is set up here".to_owned(),
        });
    }
}

/// Names the configuration that no check can see.
fn name_the_unknown(host: &Host<'_>, report: &mut Report) {
    let unknown = host.graph().elsewhere();
    report.notices.extend(unknown.into_iter().map(|found| Notice {
        severity: Severity::Warning,
        message: format!("unproven: `{}`: {}", found.block, found.reason),
    }));
}

/// Adds what decides silently.
fn remark(host: &Host<'_>, report: &mut Report) {
    let remarks = host.remarks().into_iter();
    report.notices.extend(remarks.map(|message| Notice { severity: Severity::Warning, message }));
}
