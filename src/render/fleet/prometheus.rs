//! A fleet as gauges for the textfile collector, with the label `host`.

use std::io::{self, Write};

use crate::checks::standing::Standing;
use crate::fleet::queue::Ended;
use crate::render::fleet::{Fleet, Rendering};
use crate::render::prometheus::{about_the_run, head, number, sample};

/// Writes the report.
pub(in crate::render) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { fleet, options } = rendering;
    results(fleet, out)?;
    let name = "trento_alloy_host_readable";
    head(out, name, "Whether a host could be judged.")?;
    for host in &fleet.hosts {
        sample(out, name, &[("host", &host.name)], usize::from(host.outcome.is_ok()))?;
    }
    let name = "trento_alloy_fleet_check_result";
    head(
        out,
        name,
        "Result of a check that compares hosts: 0 passing, 1 warning, 2 critical, 3 skipped, \
         4 broken, 5 waived.",
    )?;
    for check in &fleet.across.checks {
        let labels = [("check_id", check.id.as_str()), ("name", &check.name)];
        sample(out, name, &labels, number(check.standing))?;
    }
    let name = "trento_alloy_fleet_hosts";
    head(out, name, "Number of hosts by what they stand at.")?;
    for standing in Standing::ALL {
        let labels = [("result", standing.name())];
        sample(out, name, &labels, fleet.counts.of(standing))?;
    }
    sample(out, name, &[("result", "unreadable")], fleet.unreadable)?;
    let name = "trento_alloy_fleet_complete";
    head(out, name, "Whether the run reached all hosts.")?;
    sample(out, name, &[], usize::from(fleet.ended == Ended::Complete))?;
    about_the_run(options, out)
}

/// What each check stands at on each host, and how many findings count.
fn results(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let name = "trento_alloy_check_result";
    head(
        out,
        name,
        "Result of a check: 0 passing, 1 warning, 2 critical, 3 skipped, 4 broken, 5 waived.",
    )?;
    let judged = || fleet.hosts.iter().filter_map(|host| Some((host, host.outcome.as_ref().ok()?)));
    for (host, judged) in judged() {
        for (check, standing) in fleet.checks.iter().zip(&judged.standings) {
            let labels = [
                ("host", host.name.as_str()),
                ("check_id", &check.id),
                ("name", &check.name),
                ("group", &check.group),
                ("severity", check.severity.name()),
            ];
            sample(out, name, &labels, number(*standing))?;
        }
    }
    let name = "trento_alloy_host_result";
    head(
        out,
        name,
        "Result of a host: 0 passing, 1 warning, 2 critical, 3 skipped, 4 broken, 5 waived.",
    )?;
    for (host, judged) in judged() {
        sample(out, name, &[("host", &host.name)], number(judged.standing))?;
    }
    Ok(())
}
