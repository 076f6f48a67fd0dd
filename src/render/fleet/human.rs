//! A fleet for people: what is wrong on how many hosts, the hosts by what they have, what compares
//! them, and what changed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::Cell;

use crate::checks::standing::Standing;
use crate::fleet::queue::Ended;
use crate::fleet::since::{Change, Changes};
use crate::render::fleet::{Fleet, Rendering, fold};
use crate::render::table::{count, plain};
use crate::render::view::{Check, Group as Finding};
use crate::render::{Options, human};

/// So many different findings of a check are shown.
const MOST_FINDINGS: usize = 3;
/// So many hosts are named in a line.
const MOST_NAMES: usize = 8;
/// So many rows of hosts, and of reasons, are shown.
const MOST_ROWS: usize = 40;

/// Writes the report.
pub(in crate::render) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { fleet, options } = rendering;
    findings(fleet, options, out)?;
    across(fleet, options, out)?;
    // What could not be done is told of in full.
    let is_sound = fleet.incomplete == 0 && fleet.ended == Ended::Complete;
    let is_short = options.is_quiet && is_sound;
    if !is_short {
        hosts(fleet, options, out)?;
    }
    if let Some(changes) = &fleet.changes {
        changed(changes, options, out)?;
    }
    if is_short { Ok(()) } else { closing(fleet, options, out) }
}

fn findings(fleet: &Fleet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let total = fleet.total();
    for (check, hosts, groups) in fleet.open_groups() {
        let on = format!("{} on {hosts} of {}: {}", check.id, count(total, "host"), check.name);
        paragraph(&on, options, out)?;
        for group in groups.iter().take(MOST_FINDINGS) {
            human::one(check, &group.finding, options, out)?;
            let names = fleet.some_names(&group.hosts, MOST_NAMES);
            paragraph(&format!("  on {names}"), options, out)?;
        }
        let more = groups.len().saturating_sub(MOST_FINDINGS);
        if more > 0 {
            let findings = count(more, "further finding");
            paragraph(&format!("  and {findings} of {}", check.id), options, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What is wrong with the hosts together.
fn across(fleet: &Fleet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for check in &fleet.across.checks {
        for finding in check.open() {
            one_across(check, finding, options, out)?;
        }
    }
    Ok(())
}

fn one_across(
    check: &Check,
    finding: &Finding,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    human::one(check, finding, options, out)?;
    writeln!(out)
}

/// The hosts on which something is found, those with the same checks together.
fn hosts(fleet: &Fleet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let rows = alike(fleet);
    if !rows.is_empty() {
        let mut table = plain(options.width);
        table.set_header(["RESULT", "HOSTS", "WHICH", "CHECKS"]);
        for ((_, standing, checks), hosts) in rows.iter().take(MOST_ROWS) {
            table.add_row([
                Cell::new(standing.name()),
                Cell::new(hosts.len()),
                Cell::new(fleet.some_names(hosts, MOST_NAMES)),
                Cell::new(checks),
            ]);
        }
        for line in table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        let more: usize = rows.iter().skip(MOST_ROWS).map(|(_, hosts)| hosts.len()).sum();
        if more > 0 {
            writeln!(out, "and {} more; --format table names each", count(more, "host"))?;
        }
    }
    faults(fleet, options, out)
}

/// What a row of hosts has in common: how urgent it is, the least first, and the checks.
type Alike = (std::cmp::Reverse<Standing>, Standing, String);

fn alike(fleet: &Fleet) -> Vec<(Alike, Vec<u32>)> {
    let mut alike: BTreeMap<Alike, Vec<u32>> = BTreeMap::new();
    for (number, host) in (0..).zip(&fleet.hosts) {
        let Ok(judged) = &host.outcome else { continue };
        let open = fleet.checks.iter().zip(&judged.standings).filter(|(_, it)| it.is_open());
        let ids: Vec<&str> = open.map(|(check, _)| &*check.id).collect();
        if !ids.is_empty() {
            let key = (std::cmp::Reverse(judged.standing), judged.standing, ids.join(" "));
            alike.entry(key).or_default().push(number);
        }
    }
    let mut rows: Vec<(Alike, Vec<u32>)> = alike.into_iter().collect();
    rows.sort_by_key(|((urgency, ..), hosts)| (*urgency, std::cmp::Reverse(hosts.len())));
    rows
}

/// The hosts that cannot be judged, and why.
pub(super) fn faults(fleet: &Fleet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let faults = fleet.faults();
    for (why, hosts) in faults.iter().take(MOST_ROWS) {
        let names = fleet.some_names(hosts, MOST_NAMES);
        paragraph(&format!("error: {names}: {why}"), options, out)?;
    }
    match faults.len().saturating_sub(MOST_ROWS) {
        0 => Ok(()),
        more => writeln!(out, "and {}", count(more, "further reason")),
    }
}

/// What changed since an earlier report.
pub(super) fn changed(changes: &Changes, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for (word, all) in [("new", &changes.new), ("gone", &changes.gone)] {
        for change in all.iter().take(MOST_ROWS) {
            paragraph(&format!("{word}: {}", told(change)), options, out)?;
        }
        let more = all.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            writeln!(out, "{word}: {}", count(more, "further finding"))?;
        }
    }
    for (word, hosts) in [("appeared", &changes.appeared), ("vanished", &changes.vanished)] {
        if !hosts.is_empty() {
            paragraph(&format!("{word}: {}", some(hosts)), options, out)?;
        }
    }
    let unchanged = count(changes.unchanged, "finding");
    writeln!(out, "since the earlier report: {unchanged} unchanged")
}

fn told(change: &Change) -> String {
    let Change { check_id, severity, message, hosts } = change;
    let on = if hosts.is_empty() { String::new() } else { format!(" on {}", some(hosts)) };
    format!("{check_id} {}{on}: {message}", severity.name())
}

fn some(names: &[String]) -> String {
    fold::some(names.iter().map(String::as_str), names.len(), MOST_NAMES)
}

/// What is to be said of the run, and how it ended.
pub(super) fn closing(fleet: &Fleet, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for (severity, message, hosts) in &fleet.notices {
        let names = fleet.some_names(hosts, MOST_NAMES);
        paragraph(&format!("{}: {message} (on {names})", severity.name()), options, out)?;
    }
    let compared: Vec<String> = fleet.across.checks.iter().map(standing).collect();
    if !compared.is_empty() && fleet.total() > 1 {
        paragraph(&format!("all hosts together: {}", compared.join(", ")), options, out)?;
    }
    let end = match fleet.ended {
        Ended::Complete => "",
        Ended::Stopped => "; incomplete: the run was stopped",
    };
    writeln!(out, "{}: {}{end}", count(fleet.total(), "host"), fleet.in_words())
}

fn standing(check: &Check) -> String {
    match (&check.reason, check.standing) {
        (Some(reason), Standing::Skipped) => format!("{} skipped ({reason})", check.id),
        (_, standing) => format!("{} {}", check.id, standing.name()),
    }
}

/// Writes a text in lines that are no wider than the writer, all indented as its first.
fn paragraph(text: &str, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let body = text.trim_start();
    human::paragraph(body, &text[..text.len() - body.len()], options, out)
}
