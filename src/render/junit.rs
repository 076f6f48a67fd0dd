//! JUnit XML: one suite a group, one case a check. What is waived is skipped, with the reason.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::checks::standing::Standing;
use crate::render::view::{Check, Group, Rendering, position};

/// Writes the report.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (view, options) = (rendering.view(), rendering.options);
    let mut report = Report::new("trento-alloy");
    report.set_time(Duration::try_from_secs_f64(options.seconds).unwrap_or_default());
    for group in view.groups() {
        let mut suite = TestSuite::new(group);
        suite.extra.insert("hostname".into(), options.host.as_str().into());
        let checks = view.checks.iter().filter(|check| check.group == group);
        suite.add_test_cases(checks.map(case));
        report.add_test_suite(suite);
    }
    if !view.notices.is_empty() {
        let mut suite = TestSuite::new("trento-alloy");
        let notices: Vec<&str> = view.notices.iter().map(|it| it.message.as_str()).collect();
        if !view.denied.is_empty() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(view.denied.join("; "));
            suite.add_test_case(TestCase::new("everything can be read", status));
        }
        suite.set_system_out(notices.join("\n"));
        report.add_test_suite(suite);
    }
    report.serialize(out).map_err(io::Error::other)
}

/// A check as a case.
pub(super) fn case(check: &Check) -> TestCase {
    let mut case = TestCase::new(format!("{} {}", check.id, check.name), status(check));
    case.set_classname(check.group.as_str());
    let notes = check.notes.iter().cloned();
    let waived = check.waived().map(|(group, _)| finding(group));
    // The reason of a waived check stands in its status.
    let waived = waived.filter(|_| check.standing != Standing::Waived);
    let notes: Vec<String> = waived.chain(notes).collect();
    if !notes.is_empty() {
        case.set_system_out(notes.join("\n"));
    }
    case
}

fn status(check: &Check) -> TestCaseStatus {
    let mut status = match check.standing {
        Standing::Passing => return TestCaseStatus::success(),
        Standing::Skipped | Standing::Waived => TestCaseStatus::skipped(),
        Standing::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Standing::Warning | Standing::Critical => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(check.standing.name());
            status
        }
    };
    status.set_message(check.summary());
    let mut text: Vec<String> = match check.standing {
        Standing::Waived => check.findings.iter().map(finding).collect(),
        _ => check.open().map(finding).collect(),
    };
    if matches!(check.standing, Standing::Warning | Standing::Critical) {
        text.push(check.remediation.clone());
    }
    if !text.is_empty() {
        status.set_description(text.join("\n"));
    }
    status
}

/// A finding with all its places, what to do, and why it is waived.
pub(super) fn finding(group: &Group) -> String {
    let mut lines: Vec<String> =
        group.places().map(|at| format!("{}: {}", position(at), group.message)).collect();
    if lines.is_empty() {
        lines.push(group.message.clone());
    }
    let below = group.help.iter().chain(&group.waived);
    lines.extend(below.map(|line| format!("  {line}")));
    lines.join("\n")
}
