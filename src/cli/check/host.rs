//! `check` of a host, or of files: gathers the facts, runs the catalogue, reports.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::checks::execution::{Plan, environment};
use crate::checks::judging;
use crate::checks::selection::compares_hosts;
use crate::checks::tailoring::{note_set_aside, tailored};
use crate::cli::check::Args;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::facts::Host;
use crate::installation::Installation;
use crate::render::publish::{self, Publication};
use crate::render::{self, Options};

/// Checks the host that the arguments mean, or only the files they name.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let began = Instant::now();
    // Dropped by whatever stops the run, it takes the old results away.
    let publication = args.publish.as_deref().map(Publication::begin).transpose()?;
    let system = args.host.open(&io.secrets)?.for_one_look();
    let site = args.host.site(&system)?;
    let installation = Installation::of_paths(&system, args.wanted()?, &args.paths, io.stdin)?;
    let host = Host::new(installation, args.options()?);
    // Whatever is wrong with them may name a secret of the host.
    let told = |error: Error| {
        host.known_secrets();
        error
    };
    let checks = args.checks.all().map_err(told)?;
    let overrides = args.checks.overrides(&checks).map_err(told)?;
    let mut plan = Plan::new(&checks, environment("host"), &overrides);
    if site.tailors_checks() {
        let known = args.checks.loaded()?;
        plan = tailored(&plan, &site, &known, args.checks.is_chosen_by_hand())?;
    }
    let (mut report, gathering) = judging::judge(&host, &plan);
    note_set_aside(&site, &mut report);
    args.report.waive(&mut report, Some((&system.files, &site)), system.now)?;
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
        let sound = checks.iter().filter_map(|loaded| loaded.check.as_deref().ok());
        let comparing: BTreeSet<_> =
            sound.filter(|check| compares_hosts(check)).map(|check| check.id()).collect();
        let mut own = report.clone();
        own.check_results.retain(|check| !comparing.contains(&check.check_id.text()));
        publication.finish(&publish::results(&own))?;
    }
    let exit = args.report.show(&report, args.report.fail_on(&site), &options, io);
    // The process ends here: to take all of it apart piece by piece would be for nothing.
    std::mem::forget((report, gathering, host, plan));
    std::mem::forget(checks);
    exit
}
