//! A host judged: the catalogue run on its facts, and what else there is to say of it.

use crate::checks::execution::Plan;
use crate::checks::facts::Agent;
use crate::checks::gathering::{Gathering, Incoming};
use crate::checks::model::Severity;
use crate::checks::report::{Notice, Report};
use crate::checks::standing::Standing;
use crate::checks::wording::Wording;
use crate::facts::Host;
use crate::load::Kind;

/// Gathers the facts of a host and runs the checks of a plan on them, with all of this machine.
pub fn judge(host: &Host<'_>, plan: &Plan<'_>) -> (Report, Gathering) {
    let wording = Wording::of(host);
    let facts = Incoming::of(plan.applicable());
    let report = plan.on_host(
        &agent(host),
        wording.as_ref(),
        |check| facts.needed(check),
        &|check| facts.supply(check),
        || facts.gather(host),
    );
    let gathering = facts.all();
    let report = noted(host, &gathering, report);
    (report, gathering)
}

/// The same for one of many hosts, on this thread alone, whose stack must be large.
pub fn judge_one_of_many(host: &Host<'_>, plan: &Plan<'_>, gathering: &Gathering) -> Report {
    let wording = Wording::of(host);
    let report =
        plan.on_one_of_many(&agent(host), wording.as_ref(), &|check| gathering.supply(check));
    noted(host, gathering, report)
}

fn agent(host: &Host<'_>) -> Agent {
    Agent { agent_id: host.agent_id_or_empty(), ..Agent::default() }
}

fn noted(host: &Host<'_>, gathering: &Gathering, mut report: Report) -> Report {
    for (_, reason) in gathering.denied() {
        report.deny(reason);
    }
    unproven(host, &mut report);
    nothing_here(host, &mut report);
    name_the_unknown(host, &mut report);
    remark(host, &mut report);
    report
}

/// Skips the checks that a snapshot does not answer: it says so itself.
fn unproven(host: &Host<'_>, report: &mut Report) {
    let Some(snapshot) = host.system().snapshot() else { return };
    if snapshot.unproven.is_empty() {
        return;
    }
    for check in &mut report.check_results {
        if let Some(why) = snapshot.unproven.get(&*check.check_id.text()) {
            check.result = Standing::Skipped;
            check.reason = Some(format!("the snapshot does not answer it: {why}"));
            check.findings.clear();
        }
    }
    report.settle();
}

/// Says so where nothing of Trento or a sender was found at all: a wrong folder looks like this.
fn nothing_here(host: &Host<'_>, report: &mut Report) {
    if !host.is_files_only()
        && host.settings().file.path().is_none()
        && !host.installation().is_of_prometheus()
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
