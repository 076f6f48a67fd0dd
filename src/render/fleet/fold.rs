//! A fleet folded: each host in a few bytes, each finding once with the hosts that have it.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::model::Severity;
use crate::checks::report::Report;
use crate::checks::standing::{Counts, Standing};
use crate::fleet::queue::Ended;
use crate::fleet::since::Changes;
use crate::render::fleet::told::{Seen, Told};
use crate::render::view::{self, Check, Member, View};

/// How much of each host is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// Nothing but numbers.
    Totals,
    /// What it stands at, and which findings it has.
    Findings,
    /// Their places too.
    Places,
}

/// A fleet as every format shows it.
#[derive(Debug)]
pub struct Fleet {
    /// The worst of all hosts and of the checks that compare them.
    pub standing: Standing,
    /// How many hosts stand at what; those that cannot be judged are not among them.
    pub counts: Counts,
    /// How many hosts cannot be judged.
    pub unreadable: usize,
    /// How many hosts something could not be done on or read of, those included.
    pub incomplete: usize,
    /// How many of these lack nothing but a permission.
    pub denied: usize,
    /// The checks, without what they found.
    pub checks: Vec<Check>,
    /// The hosts, in their order.
    pub hosts: Vec<HostRow>,
    /// What is wrong, and on which hosts.
    pub groups: Vec<Group>,
    /// What is to be said of hosts as a whole, and of which.
    pub notices: Vec<(Severity, String, Vec<u32>)>,
    /// The checks that compare hosts.
    pub across: View,
    /// The same as a report.
    pub across_report: Report,
    /// Whether all hosts were reached.
    pub ended: Ended,
    /// What changed since an earlier report.
    pub changes: Option<Changes>,
}

/// A host.
#[derive(Debug)]
pub struct HostRow {
    /// What it is called; no other host is.
    pub name: String,
    /// What came of it, or why it cannot be judged.
    pub outcome: Result<Judged, String>,
}

/// What came of a host.
#[derive(Debug)]
pub struct Judged {
    /// What it stands at.
    pub standing: Standing,
    /// What each check stands at, in the order of the checks.
    pub standings: Vec<Standing>,
    /// Its findings: the group, and where, if places are kept.
    pub found: Vec<(u32, Vec<Member>)>,
}

/// A finding, and the hosts that have it.
#[derive(Debug)]
pub struct Group {
    /// The place of its check among the checks.
    pub check: usize,
    /// What is wrong, with the places on the first host.
    pub finding: view::Group,
    /// The hosts, by their places.
    pub hosts: Vec<u32>,
}

/// What tells a finding from others.
type GroupKey = (usize, String, Option<String>, Severity, Option<String>);

/// A fleet that is being folded.
pub struct Fold {
    keep: Keep,
    fleet: Fleet,
    groups: BTreeMap<GroupKey, u32>,
    notices: BTreeMap<(Severity, String), usize>,
    names: BTreeSet<String>,
    standings: Vec<(Standing, usize)>,
}

impl Fold {
    /// A fleet without hosts.
    pub fn new(keep: Keep) -> Fold {
        let nothing = Report::new(Vec::new(), Vec::new());
        let fleet = Fleet {
            standing: Standing::Passing,
            counts: Counts::default(),
            unreadable: 0,
            incomplete: 0,
            denied: 0,
            checks: Vec::new(),
            hosts: Vec::new(),
            groups: Vec::new(),
            notices: Vec::new(),
            across: View::of(&nothing),
            across_report: nothing,
            ended: Ended::Complete,
            changes: None,
        };
        Fold {
            keep,
            fleet,
            groups: BTreeMap::new(),
            notices: BTreeMap::new(),
            names: BTreeSet::new(),
            standings: Standing::ALL.map(|standing| (standing, 0)).to_vec(),
        }
    }

    /// A name for a host that no other host has.
    pub fn name(&mut self, told: &Told) -> String {
        if self.names.insert(told.name.clone()) {
            return told.name.clone();
        }
        let mut name = format!("{} ({})", told.name, told.path);
        while !self.names.insert(name.clone()) {
            name.push('\'');
        }
        name
    }

    /// Adds a host under its name.
    pub fn add(&mut self, name: String, told: Told) {
        let outcome = told.outcome;
        let outcome = match outcome {
            Err(why) => {
                self.fleet.unreadable += 1;
                self.fleet.incomplete += 1;
                Err(why)
            }
            Ok(seen) => {
                let is_denied = !seen.view.denied.is_empty();
                self.fleet.incomplete += usize::from(seen.has_errors || is_denied);
                self.fleet.denied += usize::from(is_denied && !seen.has_errors);
                self.fleet.standing = self.fleet.standing.max(seen.view.standing);
                let known = self.standings.iter_mut().find(|(it, _)| *it == seen.view.standing);
                if let Some((_, count)) = known {
                    *count += 1;
                }
                if self.keep == Keep::Totals {
                    return;
                }
                Ok(self.judged(seen))
            }
        };
        if self.keep > Keep::Totals {
            self.fleet.hosts.push(HostRow { name, outcome });
        }
    }

    fn judged(&mut self, seen: Seen) -> Judged {
        let host = u32::try_from(self.fleet.hosts.len()).unwrap_or(u32::MAX);
        let view = seen.view;
        let mut found = Vec::new();
        for notice in view.notices {
            let key = (notice.severity, notice.message.clone());
            let at = *self.notices.entry(key).or_insert(self.fleet.notices.len());
            if at == self.fleet.notices.len() {
                self.fleet.notices.push((notice.severity, notice.message, Vec::new()));
            }
            self.fleet.notices[at].2.push(host);
        }
        let standings = view.checks.iter().map(|check| check.standing).collect();
        for (number, mut check) in view.checks.into_iter().enumerate() {
            let findings = std::mem::take(&mut check.findings);
            if self.fleet.checks.len() == number {
                self.fleet.checks.push(check);
            }
            for finding in findings {
                found.push(self.group(number, finding, host));
            }
        }
        Judged { standing: view.standing, standings, found }
    }

    fn group(&mut self, check: usize, mut finding: view::Group, host: u32) -> (u32, Vec<Member>) {
        let view::Group { message, help, severity, waived, .. } = &finding;
        let key = (check, message.clone(), help.clone(), *severity, waived.clone());
        let next = u32::try_from(self.fleet.groups.len()).unwrap_or(u32::MAX);
        let number = *self.groups.entry(key).or_insert(next);
        let members = match self.keep {
            Keep::Places => finding.members.clone(),
            Keep::Totals | Keep::Findings => Vec::new(),
        };
        if number == next {
            finding.members.truncate(1);
            self.fleet.groups.push(Group { check, finding, hosts: Vec::new() });
        }
        self.fleet.groups[number as usize].hosts.push(host);
        (number, members)
    }

    /// The fleet, once all hosts are in it.
    pub fn end(mut self, across: Report, ended: Ended, changes: Option<Changes>) -> Fleet {
        self.fleet.across = View::of(&across);
        // What compares hosts and does not apply to these says nothing of them.
        self.fleet.standing = self.fleet.standing.max(across.result);
        self.fleet.across_report = across;
        self.fleet.ended = ended;
        self.fleet.changes = changes;
        let each = self.standings.into_iter();
        self.fleet.counts = each.flat_map(|(it, count)| std::iter::repeat_n(it, count)).collect();
        self.fleet
    }
}

impl Fleet {
    /// How many hosts there are, those that cannot be judged included.
    pub fn total(&self) -> usize {
        self.counts.total() + self.unreadable
    }

    /// What the hosts stand at, in words: `1 critical, 2 warnings, 30 passing, 1 not readable`.
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        for standing in Standing::ALL {
            let count = self.counts.of(standing);
            if count > 0 {
                parts.push(format!("{count} {}", standing.name()));
            }
        }
        if self.unreadable > 0 {
            parts.push(format!("{} not readable", self.unreadable));
        }
        if parts.is_empty() { "no hosts".to_owned() } else { parts.join(", ") }
    }

    /// The names of hosts.
    pub fn names<'f>(&'f self, hosts: &'f [u32]) -> impl Iterator<Item = &'f str> {
        hosts.iter().filter_map(|host| self.hosts.get(*host as usize)).map(|row| &*row.name)
    }

    /// The first names, and how many more there are.
    pub fn some_names(&self, hosts: &[u32], most: usize) -> String {
        some(self.names(hosts), hosts.len(), most)
    }

    /// The groups of each check that count, the worst checks first, each with how many hosts have
    /// any of them; in each the most common first.
    pub fn open_groups(&self) -> Vec<(&Check, usize, Vec<&Group>)> {
        let mut by_check: BTreeMap<usize, Vec<&Group>> = BTreeMap::new();
        for group in self.groups.iter().filter(|group| group.finding.waived.is_none()) {
            by_check.entry(group.check).or_default().push(group);
        }
        let mut checks: Vec<(&Check, usize, Vec<&Group>)> = by_check
            .into_iter()
            .map(|(check, mut groups)| {
                let hosts: BTreeSet<u32> =
                    groups.iter().flat_map(|group| group.hosts.iter().copied()).collect();
                groups.sort_by_key(|group| std::cmp::Reverse(group.hosts.len()));
                (&self.checks[check], hosts.len(), groups)
            })
            .collect();
        let severity = |groups: &[&Group]| groups.iter().map(|it| it.finding.severity).max();
        checks.sort_by_key(|(_, hosts, groups)| std::cmp::Reverse((severity(groups), *hosts)));
        checks
    }

    /// The hosts that cannot be judged, by the reason why.
    pub fn faults(&self) -> Vec<(&str, Vec<u32>)> {
        let mut faults: Vec<(&str, Vec<u32>)> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (host, row) in (0..).zip(&self.hosts) {
            if let Err(why) = &row.outcome {
                let at = *known.entry(why).or_insert(faults.len());
                if at == faults.len() {
                    faults.push((why, Vec::new()));
                }
                faults[at].1.push(host);
            }
        }
        faults
    }
}

/// The first of so many names, and how many more there are.
pub(super) fn some<'n>(names: impl Iterator<Item = &'n str>, count: usize, most: usize) -> String {
    let first = names.take(most).collect::<Vec<_>>().join(", ");
    match count.saturating_sub(most) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
