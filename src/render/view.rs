//! A report made ready to be shown: texts without hidden characters, equal findings folded.
//!
//! Made once for all formats, which only place what is here. Decides no standing.

use std::cell::OnceCell;

use crate::checks::model::Severity;
use crate::checks::report::{AgentResult, CheckResult, Evaluation, FactRecord, Finding, Report};
use crate::checks::standing::{Counts, Standing};
use crate::render::Options;
use crate::source::At;
use crate::visible::{Lines, visible};

/// A report as every format for people and programs shows it.
#[derive(Clone, Debug)]
pub struct View {
    /// What the run stands at.
    pub standing: Standing,
    /// How many checks stand at what.
    pub counts: Counts,
    /// The checks, in the report's order.
    pub checks: Vec<Check>,
    /// What is to be said about the run as a whole.
    pub notices: Vec<Notice>,
    /// Why what could not be read is unknown.
    pub denied: Vec<String>,
}

/// All that a form is made from.
pub(super) struct Rendering<'r> {
    /// The report as it is.
    pub report: &'r Report,
    /// What is needed beside it.
    pub options: &'r Options,
    view: OnceCell<View>,
}

impl<'r> Rendering<'r> {
    /// What a form is made from.
    pub fn new(report: &'r Report, options: &'r Options) -> Rendering<'r> {
        Rendering { report, options, view: OnceCell::new() }
    }

    /// The report as it is shown. Made for the form that asks first: JSON never does.
    pub fn view(&self) -> &View {
        self.view.get_or_init(|| View::of(self.report))
    }
}

/// A check.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its id, in one line.
    pub id: String,
    /// Its name, in one line.
    pub name: String,
    /// Its group, in one line.
    pub group: String,
    /// What it stands at.
    pub standing: Standing,
    /// What a failure of it gives.
    pub severity: Severity,
    /// Why there is no verdict.
    pub reason: Option<String>,
    /// What it looks at and why, in Markdown.
    pub description: String,
    /// What to do when it fails, in Markdown.
    pub remediation: String,
    /// What it found, equal findings once.
    pub findings: Vec<Group>,
    /// What the server would not tell.
    pub notes: Vec<String>,
    /// Why it did not pass where no finding says so.
    failure: Option<String>,
}

/// Findings that differ in nothing but their places.
#[derive(Clone, Debug)]
pub struct Group {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Why it does not count, and until when.
    pub waived: Option<String>,
    /// Each finding of the group.
    pub members: Vec<Member>,
}

/// One of several findings that are equal but for their places.
#[derive(Clone, Debug)]
pub struct Member {
    /// Where it is.
    pub at: Option<At>,
    /// What it is about.
    pub component: Option<String>,
    /// The expectation that was not met.
    pub expectation: String,
    /// Further places, and what they have to do with it.
    pub also: Vec<(At, String)>,
}

/// Something to be said about the run as a whole.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in one line.
    pub message: String,
}

impl View {
    /// Makes a report ready to be shown.
    pub fn of(report: &Report) -> View {
        View {
            standing: report.result,
            counts: report.counts(),
            checks: report.check_results.iter().map(Check::of).collect(),
            notices: report
                .notices
                .iter()
                .map(|notice| Notice { severity: notice.severity, message: line(&notice.message) })
                .collect(),
            denied: report.denied.iter().map(|reason| line(reason)).collect(),
        }
    }

    /// The groups that the checks belong to, in their order.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for check in &self.checks {
            if !groups.contains(&check.group.as_str()) {
                groups.push(&check.group);
            }
        }
        groups
    }

    /// What came of the run, in a sentence.
    pub fn sentence(&self) -> String {
        let applied = self.counts.total() - self.counts.of(Standing::Skipped);
        let found = |standing: Standing| self.counts.of(standing);
        let (critical, warning) = (found(Standing::Critical), found(Standing::Warning));
        let (broken, waived) = (found(Standing::Error), found(Standing::Waived));
        let mut parts = Vec::new();
        let mut part = |number: usize, one: &str, many: &str| {
            if number > 0 {
                parts.push(format!("{number} {}", if number == 1 { one } else { many }));
            }
        };
        part(critical, "must be repaired", "must be repaired");
        part(warning, "should be looked at", "should be looked at");
        part(broken, "is a broken check", "are broken checks");
        part(waived, "is waived", "are waived");
        let checks = match applied {
            0 => "No check applies here".to_owned(),
            1 => "Of 1 check that applies here".to_owned(),
            _ => format!("Of {applied} checks that apply here"),
        };
        let mut sentence = match (applied, parts.as_slice()) {
            (0, _) => checks,
            (1, []) => "The one check that applies here passes".to_owned(),
            (_, []) => format!("All {applied} checks that apply here pass"),
            (_, parts) => format!("{checks}, {}", parts.join(", ")),
        };
        if !self.denied.is_empty() {
            sentence.push_str("; what could not be read is not known");
        }
        sentence + "."
    }
}

impl Check {
    fn of(check: &CheckResult) -> Check {
        Check {
            id: line(&check.check_id.text()),
            name: line(&check.name),
            group: line(&check.group),
            standing: check.result,
            severity: check.severity,
            reason: check.reason.as_deref().map(line),
            description: block(check.description.trim()),
            remediation: block(check.remediation.trim()),
            findings: folded(&check.findings),
            notes: check.notes.iter().map(|note| line(note)).collect(),
            failure: failure(check).as_deref().map(line),
        }
    }

    /// The findings that count.
    pub fn open(&self) -> impl Iterator<Item = &Group> {
        self.findings.iter().filter(|group| group.waived.is_none())
    }

    /// The findings that do not count.
    pub fn waived(&self) -> impl Iterator<Item = (&Group, &str)> {
        self.findings.iter().filter_map(|group| Some((group, group.waived.as_deref()?)))
    }

    /// How many findings count, each place for itself.
    pub fn open_count(&self) -> usize {
        self.open().map(|group| group.members.len()).sum()
    }

    /// What there is to say of the check in one line: its first finding, its place first, and how
    /// many more there are, or why it stands as it does. Empty if it passes.
    pub fn summary(&self) -> String {
        match self.first_of_summary() {
            (first, 0) => first,
            (first, more) => format!("{first} (and {more} more)"),
        }
    }

    /// The summary without, and beside it, the number of further findings.
    pub fn first_of_summary(&self) -> (String, usize) {
        if self.standing == Standing::Passing {
            return (String::new(), 0);
        }
        if let Some(first) = self.open().next() {
            return (format!("{}{}", first.place_before(), first.message), self.open_count() - 1);
        }
        let waived = self.waived().next().map(|(_, why)| why.to_owned());
        let reason = waived.or_else(|| self.reason.clone()).or_else(|| self.failure.clone());
        (reason.unwrap_or_else(|| self.name.clone()), 0)
    }
}

impl Group {
    /// The first place, if there is one.
    pub fn at(&self) -> Option<&At> {
        self.members.first()?.at.as_ref()
    }

    /// The places of all its findings.
    pub fn places(&self) -> impl Iterator<Item = &At> {
        self.members.iter().filter_map(|member| member.at.as_ref())
    }

    /// The first place as it stands before a message: `FILE:LINE:COLUMN: `, or nothing.
    pub fn place_before(&self) -> String {
        self.at().map_or_else(String::new, |at| format!("{}: ", position(at)))
    }
}

/// A place as `FILE:LINE:COLUMN`.
pub(super) fn position(at: &At) -> String {
    format!("{}:{}:{}", at.file, at.line, at.column)
}

/// A text in one line, without hidden characters.
fn line(text: &str) -> String {
    visible(text.trim(), Lines::Fold).into_owned()
}

/// A text of several lines, without hidden characters.
fn block(text: &str) -> String {
    visible(text, Lines::Keep).into_owned()
}

fn folded(findings: &[Finding]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for finding in findings {
        let group = Group {
            message: line(&finding.message),
            help: finding.help.as_deref().map(line),
            severity: finding.severity,
            waived: finding.waived.as_ref().map(|waived| match &waived.until {
                Some(until) => line(&format!("waived until {until}: {}", waived.reason)),
                None => line(&format!("waived: {}", waived.reason)),
            }),
            members: Vec::new(),
        };
        let member = Member {
            at: finding.at.as_ref().map(place),
            component: finding.component.as_deref().map(line),
            expectation: line(&finding.expectation),
            also: finding.also.iter().map(|it| (place(&it.at), line(&it.text))).collect(),
        };
        match groups.iter_mut().find(|known| known.is_equal(&group)) {
            Some(known) => known.members.push(member),
            None => groups.push(Group { members: vec![member], ..group }),
        }
    }
    groups
}

impl Group {
    fn is_equal(&self, other: &Group) -> bool {
        (&self.message, &self.help, self.severity, &self.waived)
            == (&other.message, &other.help, other.severity, &other.waived)
    }
}

fn place(at: &At) -> At {
    At { file: line(&at.file), ..at.clone() }
}

/// Why a check did not pass on the first agent where it did not.
fn failure(check: &CheckResult) -> Option<String> {
    check.agents_check_results.iter().find_map(|agent| match agent {
        AgentResult::Done { expectation_evaluations, .. } => {
            expectation_evaluations.iter().find_map(|evaluation| match evaluation {
                Evaluation::Value { failure_message, .. } => {
                    failure_message.as_str().map(str::to_owned)
                }
                Evaluation::Error { name, message, .. } => Some(format!("{name}: {message}")),
            })
        }
        AgentResult::Failed { facts, message, .. } => {
            let errors = facts.iter().flatten().find_map(|fact| match fact {
                FactRecord::Error { name, message, .. } => Some(format!("{name}: {message}")),
                FactRecord::Value { .. } => None,
            });
            Some(errors.unwrap_or_else(|| (*message).to_owned()))
        }
    })
}
