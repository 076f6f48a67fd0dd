//! A fleet as issues, for SARIF and GitHub: each finding of each host, or each finding once.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::fleet::queue::Ended;
use crate::render::fleet::{Fleet, Rendering};
use crate::render::issue::{Issue, Issues, Level, rule_of};
use crate::render::view::{Check, Group, Member};
use crate::render::{github, sarif};

/// So many hosts are named in an annotation.
const MOST_NAMES: usize = 20;

/// Writes SARIF: each finding of each host, with the host in its properties and its fingerprint.
pub(in crate::render) fn sarif(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fleet = rendering.fleet;
    let mut issues = begun(fleet);
    for host in &fleet.hosts {
        let Ok(judged) = &host.outcome else { continue };
        for (group, members) in &judged.found {
            let Some(group) = fleet.groups.get(*group as usize) else { continue };
            for member in members {
                let issue = Issue::of_member(group.check, &group.finding, member);
                issues.issues.push(Issue { host: Some(host.name.clone()), ..issue });
            }
        }
    }
    sarif::log(&issues, &BTreeMap::new(), out)
}

/// Writes annotations: each finding once, with the hosts that have it. They have no place: the
/// files are those of other machines.
pub(in crate::render) fn github(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fleet = rendering.fleet;
    let mut issues = begun(fleet);
    for group in &fleet.groups {
        let nowhere =
            Member { at: None, component: None, expectation: String::new(), also: Vec::new() };
        let issue = Issue::of_member(group.check, &group.finding, &nowhere);
        let names = fleet.some_names(&group.hosts, MOST_NAMES);
        let message = format!("{} (on {names})", issue.message);
        issues.issues.push(Issue { message, ..issue });
    }
    github::annotate(&issues, out)
}

/// The rules, and what is said of the hosts together.
fn begun(fleet: &Fleet) -> Issues {
    let mut issues = Issues {
        is_incomplete: fleet.incomplete > 0 || fleet.ended == Ended::Stopped,
        ..Issues::default()
    };
    issues.rules.extend(fleet.checks.iter().map(rule_of));
    for check in &fleet.across.checks {
        across(check, &mut issues);
    }
    for (why, hosts) in fleet.faults() {
        let names = fleet.some_names(&hosts, MOST_NAMES);
        issues.notices.push((Level::Error, format!("{names}: {why}")));
    }
    for (severity, message, hosts) in &fleet.notices {
        let names = fleet.some_names(hosts, MOST_NAMES);
        issues.notices.push(((*severity).into(), format!("{message} (on {names})")));
    }
    issues
}

fn across(check: &Check, issues: &mut Issues) {
    let rule = issues.rules.len();
    issues.rules.push(rule_of(check));
    let of_group = |group: &Group| {
        let members = group.members.iter();
        members.map(|member| Issue::of_member(rule, group, member)).collect::<Vec<_>>()
    };
    issues.issues.extend(check.findings.iter().flat_map(of_group));
}
