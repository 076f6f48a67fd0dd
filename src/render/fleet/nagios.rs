//! A fleet as one service of a monitoring system: the worst counts.

use std::io::{self, Write};

use crate::checks::standing::Standing;
use crate::fleet::queue::Ended;
use crate::render::fleet::{Fleet, Rendering};
use crate::render::nagios::{State, plain};
use crate::render::table::count;

/// So many hosts are named in a line.
const MOST_NAMES: usize = 10;

impl State {
    /// The state that a fleet amounts to. What was not found out is never OK.
    pub fn of_fleet(fleet: &Fleet) -> State {
        match fleet.standing {
            Standing::Critical => State::Critical,
            Standing::Warning => State::Warning,
            _ if fleet.incomplete > 0 || fleet.ended == Ended::Stopped => State::Unknown,
            _ if fleet.total() == 0 || fleet.standing == Standing::Error => State::Unknown,
            _ => State::Ok,
        }
    }
}

/// Writes the report.
pub(in crate::render) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { fleet, options } = rendering;
    let total = fleet.total();
    let hosts = |standing| fleet.counts.of(standing);
    let stopped = if fleet.ended == Ended::Stopped { "stopped before the end; " } else { "" };
    writeln!(
        out,
        "TRENTO ALLOY {} - {stopped}{}: {} | hosts={total};;;0 critical={};;1;0;{total} \
         warning={};1;;0;{total} passing={};;;0;{total} unreadable={};;;0;{total} time={:.3}s;;;0",
        State::of_fleet(fleet).word(),
        count(total, "host"),
        plain(&fleet.in_words()),
        hosts(Standing::Critical),
        hosts(Standing::Warning),
        hosts(Standing::Passing),
        fleet.unreadable,
        options.seconds
    )?;
    for (check, hosts, groups) in fleet.open_groups() {
        for group in groups {
            let severity = group.finding.severity.name().to_uppercase();
            let names = fleet.some_names(&group.hosts, MOST_NAMES);
            let text = format!("{} on {hosts} of {total}: {}", check.id, group.finding.message);
            writeln!(out, "{severity} {} ({})", plain(&text), plain(&names))?;
        }
    }
    for check in &fleet.across.checks {
        for finding in check.open() {
            let severity = finding.severity.name().to_uppercase();
            writeln!(out, "{severity} {}", plain(&format!("{}: {}", check.id, finding.message)))?;
        }
    }
    for (why, hosts) in fleet.faults() {
        let names = fleet.some_names(&hosts, MOST_NAMES);
        writeln!(out, "ERROR {}", plain(&format!("{names}: {why}")))?;
    }
    Ok(())
}
