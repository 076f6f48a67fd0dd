//! Waivers: findings that somebody decided to live with, for a reason and perhaps for a time.
//!
//! A waived finding is shown, with its reason, and does not count. A waiver that has run out does
//! not hold and is reported; so is one that matches nothing, so that the file stays true.

use std::io;

use camino::Utf8PathBuf;
use serde::Deserialize;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::checks::catalogue;
use crate::checks::culprits::escaped;
use crate::checks::model::Severity;
use crate::checks::report::{CheckResult, Finding, Notice, Report, Waived};
use crate::checks::standing::Standing;
use crate::error::{Error, Result};
use crate::site::{self, Site};
use crate::system::{HostFiles, given};

/// How many subjects of findings a notice names.
const SUBJECTS: usize = 5;

const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// The waivers of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers {
    waivers: Vec<Waiver>,
}

/// What is waived, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiver {
    check: String,
    file: Option<String>,
    component: Option<String>,
    reason: String,
    until: Option<Date>,
}

/// A waivers file that is a map; it may also be the list alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    waivers: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    check: String,
    file: Option<String>,
    component: Option<String>,
    #[serde(default)]
    reason: String,
    until: Option<String>,
}

/// Marks what a host's own waivers cover, which stand where its settings say. A file that others
/// than root may change is not used, and noted.
///
/// # Errors
/// As [`Waivers::parse`]; the file cannot be read, or is not there though the settings name it.
pub fn apply_of_host(report: &mut Report, files: &HostFiles, site: &Site, now: i64) -> Result<()> {
    let named = site.waivers.as_ref();
    let path: Utf8PathBuf = named.map_or_else(|| site::WAIVERS.into(), |it| it.value.clone());
    let text = match files.read_text(&path, given::LARGEST_SETTINGS) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(()),
        Err(source) => return Err(Error::Read { path, source }),
    };
    if let Some(who) = site::others_who_may_change(files, &path) {
        let message = site::set_aside(path.as_str(), &who);
        report.notices.push(Notice { severity: Severity::Warning, message: escaped(&message) });
        return Ok(());
    }
    Waivers::parse(path.as_str(), &text)?.apply(report, now);
    Ok(())
}

impl Waivers {
    /// Reads a waivers file.
    ///
    /// # Errors
    /// It is none, or a waiver has no reason or a date that is none.
    pub fn parse(path: &str, text: &str) -> Result<Waivers> {
        let invalid = |what: String| {
            Error::Invalid(format!(
                "{path}: {what}; a waiver has `check`, `reason` and, if need be, `file`, \
                 `component` and `until: YYYY-MM-DD`"
            ))
        };
        if text.trim().is_empty() {
            return Ok(Waivers::default());
        }
        // Read the bounded way first: a file of aliases must not grow without end.
        crate::yaml::parse(text).map_err(|error| invalid(error.to_string()))?;
        let value: serde_yaml::Value =
            serde_yaml::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let entries = match value {
            serde_yaml::Value::Null => Ok(Vec::new()),
            list @ serde_yaml::Value::Sequence(_) => serde_yaml::from_value(list),
            map => serde_yaml::from_value(map).map(|File { waivers }| waivers),
        };
        let entries: Vec<Entry> = entries.map_err(|error| invalid(error.to_string()))?;
        let checked: Result<Vec<Waiver>> =
            entries.into_iter().map(|entry| entry.checked(&invalid)).collect();
        Ok(Waivers { waivers: checked? })
    }

    /// Marks the findings of a report that are waived at a time, in seconds since 1970, decides what
    /// the checks stand at, and notes which waivers have run out or match nothing.
    pub fn apply(&self, report: &mut Report, now: i64) {
        self.mark(report, now, true);
    }

    /// The same for one of many hosts, some of which need the waiver: what matches nothing here is
    /// not noted.
    pub fn apply_to_one_of_many(&self, report: &mut Report, now: i64) {
        self.mark(report, now, false);
    }

    fn mark(&self, report: &mut Report, now: i64, notes_unused: bool) {
        let today = OffsetDateTime::from_unix_timestamp(now).map_or(Date::MIN, |now| now.date());
        for waiver in &self.waivers {
            let expired = waiver.until.filter(|until| *until < today);
            let mut uses = 0;
            for check in &mut report.check_results {
                for finding in waiver.matching(check) {
                    uses += 1;
                    if expired.is_none() {
                        finding.waived.get_or_insert_with(|| waiver.waived());
                    }
                }
            }
            let message = match (expired, uses) {
                (Some(until), _) => Some(format!("{waiver} ran out on {until}")),
                (None, 0) if notes_unused => waiver.unused(report),
                (None, _) => None,
            };
            if let Some(message) = message {
                let message = escaped(&message);
                report.notices.push(Notice { severity: Severity::Warning, message });
            }
        }
        report.settle();
    }
}

impl Entry {
    fn checked(self, invalid: &impl Fn(String) -> Error) -> Result<Waiver> {
        let Entry { check, file, component, reason, until } = self;
        if reason.trim().is_empty() {
            return Err(invalid(format!("the waiver of {check} gives no reason")));
        }
        let until = match until {
            None => None,
            Some(day) => Some(Date::parse(&day, DAY).map_err(|_| {
                invalid(format!("the waiver of {check} ends on `{day}`, which is no day"))
            })?),
        };
        Ok(Waiver { check, file, component, reason: reason.trim().to_owned(), until })
    }
}

impl Waiver {
    fn is_about(&self, check: &CheckResult) -> bool {
        check.check_id.text().eq_ignore_ascii_case(&self.check)
    }

    fn matching<'r>(&'r self, check: &'r mut CheckResult) -> impl Iterator<Item = &'r mut Finding> {
        let is_meant = self.is_about(check);
        check.findings.iter_mut().filter(move |finding| is_meant && self.covers(finding))
    }

    fn covers(&self, finding: &Finding) -> bool {
        let file = finding.at.as_ref().map(|at| at.file.as_str());
        let component = finding.component.as_deref().map(dotted);
        self.file.as_deref().is_none_or(|wanted| file == Some(wanted))
            && self.component.as_deref().is_none_or(|wanted| component == Some(dotted(wanted)))
    }

    /// Why it holds for nothing, if that can be known: its check may not have run here.
    fn unused(&self, report: &Report) -> Option<String> {
        let Some(check) = report.check_results.iter().find(|check| self.is_about(check)) else {
            return (!catalogue::contains(&self.check))
                .then(|| format!("{self} names a check that did not run"));
        };
        match check.result {
            Standing::Skipped | Standing::Error => None,
            _ if check.findings.is_empty() => {
                Some(format!("{self} is no longer needed: the check passes"))
            }
            _ => Some(format!(
                "{self} matches none of the findings of that check, which are {}",
                subjects(&check.findings)
            )),
        }
    }

    fn waived(&self) -> Waived {
        Waived { reason: escaped(&self.reason), until: self.until.map(|until| until.to_string()) }
    }
}

/// What findings are about, as a waiver can name it.
fn subjects(findings: &[Finding]) -> String {
    let mut subjects: Vec<String> = Vec::new();
    for finding in findings {
        let component = finding.component.as_ref().map(|it| format!("about `{it}`"));
        let file = finding.at.as_ref().map(|at| format!("in {}", at.file));
        let parts: Vec<String> = component.into_iter().chain(file).collect();
        let subject = if parts.is_empty() { "about the host".to_owned() } else { parts.join(" ") };
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let more = subjects.len().saturating_sub(SUBJECTS);
    subjects.truncate(SUBJECTS);
    if more > 0 {
        subjects.push(format!("and {more} more"));
    }
    subjects.join(", ")
}

/// A component's id with a dot before its label, whether it is written so or as in a
/// configuration: `prometheus.remote_write "trento"`.
fn dotted(component: &str) -> String {
    let component = component.trim();
    match component.split_once('"') {
        Some((name, label)) => {
            let label = label.split('"').next().unwrap_or_default();
            format!("{}.{label}", name.trim_end())
        }
        None => component.to_owned(),
    }
}

impl std::fmt::Display for Waiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the waiver of {}", self.check)?;
        if let Some(component) = &self.component {
            write!(f, " about {component}")?;
        }
        if let Some(file) = &self.file {
            write!(f, " in {file}")?;
        }
        write!(f, " ({})", self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::execution::{self, Input};
    use crate::checks::facts::{Agent, Fact};
    use crate::checks::load;
    use crate::checks::standing::Verdict;
    use crate::source::Source;

    /// A report of one check with findings in two files.
    fn report() -> Report {
        let check = "
            {id: A1, name: n, group: g, description: d, remediation: r,
             facts: [{name: x, gatherer: g}],
             expectations: [{name: e, expect: 'facts.x.is_empty()'}]}";
        let loaded = load::source(Source::new("A1.yaml", check));
        let element =
            |file: &str| serde_json::json!({"at": {"file": file, "line": 1}, "component": "c.x"});
        let facts = vec![Fact::value("x", vec![element("/a"), element("/b")])];
        let agent = Agent { agent_id: "h".to_owned(), facts, ..Agent::default() };
        execution::evaluate(&loaded, &Input { agents: vec![agent], ..Input::default() })
    }

    fn applied(text: &str) -> Report {
        let mut report = report();
        // 2026-06-15.
        Waivers::parse("w.yaml", text).unwrap().apply(&mut report, 1_781_500_000);
        report
    }

    #[test]
    fn a_waived_finding_is_kept_and_does_not_count() {
        let report = applied("- {check: A1, file: /a, reason: known}");
        let waived: Vec<bool> =
            report.check_results[0].findings.iter().map(|it| it.waived.is_some()).collect();
        assert_eq!(waived, [true, false]);
        assert_eq!(report.check_results[0].result, Standing::Critical);
        assert_eq!(report.worst(), Verdict::Critical);
        let all = applied("waivers:\n  - {check: a1, reason: known, until: 2026-06-15}");
        assert_eq!(all.check_results[0].result, Standing::Waived);
        assert_eq!((all.result, all.worst()), (Standing::Passing, Verdict::Passing));
        assert!(all.notices.is_empty());
    }

    #[test]
    fn a_component_is_named_as_in_a_configuration_or_with_a_dot() {
        for name in ["c.x", "c \"x\"", "c\"x\"", " c  \"x\" {"] {
            let report = applied(&format!("- {{check: A1, component: '{name}', reason: known}}"));
            assert_eq!(report.result, Standing::Passing, "{name}");
            assert!(report.notices.is_empty(), "{name}");
        }
    }

    #[test]
    fn waivers_that_ran_out_or_match_nothing_are_reported() {
        let notice = |text: &str| {
            let report = applied(text);
            assert_eq!(report.worst(), Verdict::Critical);
            report.notices.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            notice("- {check: A1, reason: known, until: 2026-06-14}"),
            "the waiver of A1 (known) ran out on 2026-06-14"
        );
        assert_eq!(
            notice("- {check: A2, reason: known}"),
            "the waiver of A2 (known) names a check that did not run"
        );
        assert_eq!(notice("- {check: A11001, reason: a check of the catalogue}"), "");
        assert_eq!(
            notice("- {check: A1, component: c.y, reason: known}"),
            "the waiver of A1 about c.y (known) matches none of the findings of that check, which \
             are about `c.x` in /a, about `c.x` in /b"
        );
    }

    #[test]
    fn a_waiver_needs_a_reason_and_a_day_that_exists() {
        for wrong in [
            "- {check: A1}",
            "- {check: A1, reason: ' '}",
            "- {check: A1, reason: x, until: 2026-02-30}",
            "- {check: A1, reason: x, whatever: 1}",
            "- A1",
            "check: A1",
            "a: b: c",
        ] {
            let error = Waivers::parse("w.yaml", wrong).unwrap_err().to_string();
            assert!(error.starts_with("w.yaml: "), "{wrong}: {error}");
        }
        assert_eq!(Waivers::parse("w.yaml", "# none yet\n").unwrap(), Waivers::default());
    }
}
