//! Findings of any command as code hosts annotate them: what SARIF and GitHub are made from.

use crate::checks::model::Severity;
use crate::checks::standing::Standing;
use crate::diagnostic::{self, Diagnostic};
use crate::render::view::{Check, Group, Member, View};
use crate::source::At;
use crate::visible::{Lines, visible};

/// How much an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It must be repaired.
    Error,
    /// It should be looked at.
    Warning,
    /// It is known.
    Note,
}

/// What issues are instances of.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its name, in a few words.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// What to do, in Markdown.
    pub help: String,
    /// What an instance of it usually is.
    pub level: Level,
    /// What it belongs to.
    pub group: String,
}

/// One thing to be annotated.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The rule's place among the rules.
    pub rule: usize,
    /// How much it matters.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where.
    pub at: Option<At>,
    /// What tells it from others of its rule and line, and stays when lines come and go.
    pub about: String,
    /// Why it does not count.
    pub waived: Option<String>,
    /// The host it was found on, where there are several.
    pub host: Option<String>,
}

/// What a run has to annotate.
#[derive(Clone, Debug, Default)]
pub struct Issues {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The issues, in the order they were found.
    pub issues: Vec<Issue>,
    /// What is to be said about the run as a whole.
    pub notices: Vec<(Level, String)>,
    /// Whether something could not be done, so that silence means nothing.
    pub is_incomplete: bool,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Level {
        match severity {
            Severity::Critical => Level::Error,
            Severity::Warning => Level::Warning,
        }
    }
}

impl Issues {
    /// The findings of a report; a broken check is an issue of its own.
    pub(super) fn of_report(view: &View) -> Issues {
        let mut issues = Issues {
            is_incomplete: !view.denied.is_empty() || view.counts.of(Standing::Error) > 0,
            ..Issues::default()
        };
        for check in &view.checks {
            let rule = issues.rules.len();
            issues.rules.push(rule_of(check));
            if check.standing == Standing::Error {
                let message = check.reason.clone().unwrap_or_else(|| "it is broken".to_owned());
                issues.notices.push((Level::Error, format!("{}: {message}", check.id)));
                issues.issues.push(Issue::new(rule, Level::Error, message));
            }
            issues.issues.extend(issues_of(rule, check));
        }
        let notices = view.notices.iter().map(|it| (it.severity.into(), it.message.clone()));
        issues.notices.extend(notices);
        issues
    }

    /// Adds diagnostics; each code becomes a rule.
    pub fn push_diagnostics<'d>(&mut self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
        for diagnostic in diagnostics {
            let level = match diagnostic.severity {
                diagnostic::Severity::Error => Level::Error,
                diagnostic::Severity::Warning => Level::Warning,
            };
            let code = diagnostic.code;
            let rule = self.rule(code.name, code.meaning, level);
            self.issues.push(Issue {
                help: diagnostic.help.as_deref().map(block),
                at: diagnostic.source.at(diagnostic.span).map(shown),
                ..Issue::new(rule, level, block(&diagnostic.message))
            });
        }
    }

    /// Adds an issue of a rule.
    pub fn push(&mut self, rule: (&str, &str), level: Level, message: &str, at: Option<At>) {
        let rule = self.rule(rule.0, rule.1, level);
        self.issues.push(Issue { at: at.map(shown), ..Issue::new(rule, level, block(message)) });
    }

    /// The place of a rule among the rules, to which it is added where it is new.
    fn rule(&mut self, id: &str, meaning: &str, level: Level) -> usize {
        if let Some(known) = self.rules.iter().position(|rule| rule.id == id) {
            return known;
        }
        self.rules.push(Rule {
            id: id.to_owned(),
            name: meaning.trim_end_matches('.').to_owned(),
            description: meaning.to_owned(),
            help: meaning.to_owned(),
            level,
            group: "Alloy configuration".to_owned(),
        });
        self.rules.len() - 1
    }
}

impl Issue {
    fn new(rule: usize, level: Level, message: String) -> Issue {
        Issue {
            rule,
            level,
            message,
            help: None,
            at: None,
            about: String::new(),
            waived: None,
            host: None,
        }
    }

    /// A finding at one of its places.
    pub(super) fn of_member(rule: usize, group: &Group, member: &Member) -> Issue {
        let component = member.component.as_deref().unwrap_or_default();
        Issue {
            level: if group.waived.is_some() { Level::Note } else { group.severity.into() },
            help: group.help.clone(),
            at: member.at.clone(),
            about: [&*member.expectation, component].join("\0"),
            waived: group.waived.clone(),
            ..Issue::new(rule, Level::Note, group.message.clone())
        }
    }
}

/// The rule of a check.
pub(super) fn rule_of(check: &Check) -> Rule {
    let or_name = |text: &String| if text.is_empty() { check.name.clone() } else { text.clone() };
    Rule {
        id: check.id.clone(),
        name: check.name.clone(),
        description: or_name(&check.description),
        help: or_name(&check.remediation),
        level: check.severity.into(),
        group: check.group.clone(),
    }
}

/// The findings of a check, each place an issue of its own.
fn issues_of(rule: usize, check: &Check) -> impl Iterator<Item = Issue> {
    check.findings.iter().flat_map(move |group| {
        group.members.iter().map(move |member| Issue::of_member(rule, group, member))
    })
}

fn block(text: &str) -> String {
    visible(text.trim(), Lines::Keep).into_owned()
}

fn shown(at: At) -> At {
    At { file: visible(&at.file, Lines::Fold).into_owned(), ..at }
}
