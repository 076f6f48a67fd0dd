//! A fleet in JUnit XML: one suite a host, one for what compares them.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::checks::standing::Standing;
use crate::render::fleet::fold::Judged;
use crate::render::fleet::{Fleet, Rendering};
use crate::render::junit::{case, finding};
use crate::render::view::{Check, Group};

/// Writes the report.
pub(in crate::render) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { fleet, options } = rendering;
    let mut report = Report::new("trento-alloy");
    report.set_time(Duration::try_from_secs_f64(options.seconds).unwrap_or_default());
    for host in &fleet.hosts {
        let mut suite = TestSuite::new(host.name.as_str());
        suite.extra.insert("hostname".into(), host.name.as_str().into());
        match &host.outcome {
            Ok(judged) => {
                let checks = fleet.checks.iter().zip(&judged.standings).enumerate();
                suite.add_test_cases(checks.map(|(number, (check, standing))| {
                    on_host(fleet, number, check, *standing, judged)
                }));
            }
            Err(why) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(why.as_str());
                suite.add_test_case(TestCase::new("the host can be read", status));
            }
        }
        report.add_test_suite(suite);
    }
    let mut suite = TestSuite::new("all hosts together");
    suite.add_test_cases(fleet.across.checks.iter().map(case));
    report.add_test_suite(suite);
    report.serialize(out).map_err(io::Error::other)
}

/// A check on a host, with its findings there.
fn on_host(
    fleet: &Fleet,
    number: usize,
    check: &Check,
    standing: Standing,
    judged: &Judged,
) -> TestCase {
    let found = judged.found.iter().filter_map(|(group, members)| {
        let group = fleet.groups.get(*group as usize).filter(|group| group.check == number)?;
        Some(Group { members: members.clone(), ..group.finding.clone() })
    });
    let found: Vec<Group> = found.collect();
    let kind = match standing {
        Standing::Passing => None,
        Standing::Skipped | Standing::Waived => Some(TestCaseStatus::skipped()),
        Standing::Error => Some(TestCaseStatus::non_success(NonSuccessKind::Error)),
        Standing::Warning | Standing::Critical => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(standing.name());
            Some(status)
        }
    };
    let mut status = kind.unwrap_or_else(TestCaseStatus::success);
    if let Some(first) = found.iter().find(|it| it.waived.is_none()).or(found.first()) {
        status.set_message(format!("{}{}", first.place_before(), first.message));
        status.set_description(found.iter().map(finding).collect::<Vec<_>>().join("\n"));
    }
    let mut case = TestCase::new(format!("{} {}", check.id, check.name), status);
    case.set_classname(check.group.as_str());
    case
}
