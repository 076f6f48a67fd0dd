//! A fleet as one self-contained page: what is wrong and on how many hosts, then hosts by checks.
//!
//! The table can be sorted by a script of its own, which the content-security policy allows by its
//! hash; without it the page reads the same.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::checks::standing::{Standing, Verdict};
use crate::fleet::queue::Ended;
use crate::fleet::since::Change;
use crate::render::Options;
use crate::render::fleet::fold::{Group, HostRow};
use crate::render::fleet::{Fleet, Rendering};
use crate::render::html::markdown::markdown;
use crate::render::html::{STYLE, begin, date, end, finding_html};
use crate::render::table::count;
use crate::render::text::markup;
use crate::render::view::Check;

const FLEET_STYLE: &str = include_str!("fleet.css");
const SORT: &str = include_str!("sort.js");

/// So many different findings of a check are shown.
const MOST_FINDINGS: usize = 40;
/// So many changes are listed.
const MOST_CHANGES: usize = 200;

/// What of a page can be pointed to.
#[derive(Default)]
struct Page<'f> {
    /// The checks that have a card, by their places among the checks.
    targets: BTreeMap<usize, &'f str>,
    /// The lists of hosts, by their numbers.
    lists: BTreeMap<&'f [u32], usize>,
}

/// Writes the page.
pub(in crate::render) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { fleet, options } = rendering;
    let title = count(fleet.total(), "host");
    begin(&title, &format!("{STYLE}{FLEET_STYLE}"), SORT, out)?;
    header(fleet, &title, options, out)?;
    writeln!(out, "<main>")?;
    for check in fleet.across.checks.iter().filter(|it| it.standing.is_open()) {
        across(check, options, out)?;
    }
    let mut page = Page::default();
    for (check, hosts, groups) in fleet.open_groups() {
        card(fleet, check, hosts, &groups, &mut page, options, out)?;
    }
    changes(fleet, out)?;
    faults(fleet, out)?;
    matrix(fleet, &page.targets, out)?;
    writeln!(out, "<script>{SORT}</script>")?;
    end(out)
}

fn header(fleet: &Fleet, title: &str, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let result = fleet.standing.name();
    writeln!(
        out,
        "<header><h1>{title}</h1><p class=\"verdict {result}\">{result}</p>{}\
         <p class=\"counts\">{}</p>",
        date(options.now),
        markup(&fleet.in_words())
    )?;
    if fleet.ended == Ended::Stopped {
        writeln!(out, "<p class=\"notice\">Incomplete: the run was stopped.</p>")?;
    }
    for (_, message, hosts) in &fleet.notices {
        let on = count(hosts.len(), "host");
        writeln!(out, "<p class=\"notice\">{} ({on})</p>", markup(message))?;
    }
    writeln!(out, "</header>")
}

/// A check that compares hosts.
fn across(check: &Check, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    summary(check, check.standing, "all hosts together", out)?;
    for finding in &check.findings {
        finding_html(finding, options, out)?;
    }
    texts(check, out)
}

/// A check, with what it found on which hosts.
fn card<'f>(
    fleet: &'f Fleet,
    check: &'f Check,
    hosts: usize,
    groups: &[&'f Group],
    page: &mut Page<'f>,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let worst =
        groups.iter().map(|group| Standing::from(Verdict::from(group.finding.severity))).max();
    let on = format!("{hosts} of {}", count(fleet.total(), "host"));
    summary(check, worst.unwrap_or(Standing::Warning), &on, out)?;
    if let Some(group) = groups.first() {
        page.targets.insert(group.check, &check.id);
    }
    for group in groups.iter().take(MOST_FINDINGS) {
        finding_html(&group.finding, options, out)?;
        names(fleet, &group.hosts, &mut page.lists, out)?;
    }
    if let Some(more) = groups.len().checked_sub(MOST_FINDINGS).filter(|more| *more > 0) {
        writeln!(out, "<p class=\"note\">and {}</p>", count(more, "further finding"))?;
    }
    texts(check, out)
}

fn summary(check: &Check, standing: Standing, on: &str, out: &mut dyn Write) -> io::Result<()> {
    let result = standing.name();
    let (id, name) = (markup(&check.id), markup(&check.name));
    writeln!(
        out,
        "<details class=\"check {result}\" id=\"{id}\"><summary><h2><span class=\"badge\">{result}\
         </span> <code>{id}</code> {name} <span class=\"number\">{on}</span></h2></summary>"
    )
}

fn texts(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    let (about, todo) = (markdown(&check.description), markdown(&check.remediation));
    writeln!(out, "<div class=\"text\">{about}</div><div class=\"text\">{todo}</div></details>")
}

/// The hosts of a finding, folded where there are many; the same ones are listed once.
fn names<'f>(
    fleet: &Fleet,
    hosts: &'f [u32],
    lists: &mut BTreeMap<&'f [u32], usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let on = count(hosts.len(), "host");
    let next = lists.len();
    let number = *lists.entry(hosts).or_insert(next);
    if number != next {
        return writeln!(out, "<p class=\"hosts\">on <a href=\"#hosts-{number}\">{on}</a></p>");
    }
    let names: Vec<String> = fleet.names(hosts).map(markup).collect();
    let names = names.join(", ");
    if hosts.len() <= 8 {
        return writeln!(out, "<p class=\"hosts\" id=\"hosts-{number}\">on {names}</p>");
    }
    writeln!(
        out,
        "<details class=\"hosts\" id=\"hosts-{number}\"><summary>on {on}</summary>{names}</details>"
    )
}

fn changes(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let Some(changes) = &fleet.changes else { return Ok(()) };
    writeln!(out, "<section class=\"since\"><h2>Since the earlier report</h2><ul>")?;
    for (word, all) in [("new", &changes.new), ("gone", &changes.gone)] {
        for change in all.iter().take(MOST_CHANGES) {
            let Change { check_id, message, hosts, .. } = change;
            let on =
                if hosts.is_empty() { String::new() } else { format!(" on {}", hosts.join(", ")) };
            let text = format!("{check_id}{on}: {message}");
            writeln!(out, "<li><strong>{word}</strong> {}</li>", markup(&text))?;
        }
        if all.len() > MOST_CHANGES {
            writeln!(out, "<li>{word}: {} more</li>", all.len() - MOST_CHANGES)?;
        }
    }
    for (word, hosts) in [("appeared", &changes.appeared), ("vanished", &changes.vanished)] {
        if !hosts.is_empty() {
            let hosts = markup(&hosts.join(", "));
            writeln!(out, "<li><strong>{word}</strong> {hosts}</li>")?;
        }
    }
    writeln!(out, "<li>{} unchanged</li></ul></section>", count(changes.unchanged, "finding"))
}

fn faults(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let faults = fleet.faults();
    if faults.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section class=\"faults\"><h2>Hosts that could not be read</h2><ul>")?;
    for (why, hosts) in faults {
        let names = markup(&fleet.some_names(&hosts, 20));
        writeln!(out, "<li><strong>{names}</strong>: {}</li>", markup(why))?;
    }
    writeln!(out, "</ul></section>")
}

/// Hosts by checks: the checks that found something anywhere.
fn matrix(fleet: &Fleet, targets: &BTreeMap<usize, &str>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"scroll\" tabindex=\"0\"><table id=\"hosts\"><thead><tr><th>Host</th>\
         <th>Result</th><th>Findings</th>"
    )?;
    for id in targets.values() {
        write!(out, "<th>{}</th>", markup(id))?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    let mut hosts: Vec<&HostRow> = fleet.hosts.iter().filter(|host| host.outcome.is_ok()).collect();
    hosts.sort_by_key(|host| std::cmp::Reverse(host.outcome.as_ref().map(|it| it.standing).ok()));
    for host in hosts {
        row(fleet, host, targets, out)?;
    }
    writeln!(out, "</tbody></table></section>")
}

fn row(
    fleet: &Fleet,
    host: &HostRow,
    targets: &BTreeMap<usize, &str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Ok(judged) = &host.outcome else { return Ok(()) };
    let counts = |(group, _): &&(u32, Vec<_>)| {
        fleet.groups.get(*group as usize).is_some_and(|group| group.finding.waived.is_none())
    };
    let findings = judged.found.iter().filter(counts).count();
    let (name, result) = (markup(&host.name), judged.standing.name());
    write!(out, "<tr><th>{name}<td class={}>{result}<td>{findings}", letter(judged.standing))?;
    for (check, id) in targets {
        match judged.standings.get(*check).copied().unwrap_or(Standing::Skipped) {
            Standing::Passing => write!(out, "<td>")?,
            standing if standing.is_open() => {
                let (letter, id) = (letter(standing), markup(id));
                write!(out, "<td class={letter}><a href=#{id}>{letter}</a>")?;
            }
            standing => write!(out, "<td>{}", letter(standing))?,
        }
    }
    writeln!(out)
}

/// A standing in one letter.
fn letter(standing: Standing) -> &'static str {
    match standing {
        Standing::Skipped => "–",
        Standing::Passing => "p",
        Standing::Waived => "v",
        Standing::Warning => "w",
        Standing::Critical => "c",
        Standing::Error => "e",
    }
}
