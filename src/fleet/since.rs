//! What changed since an earlier report of a fleet: findings that are new or gone, and hosts that
//! appeared or went away.
//!
//! A finding is the same one while host, check, file, component and message are; numbers in the
//! message may change, as days to an expiry do. Waived findings do not count on either side.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use crate::checks::model::Severity;
use crate::checks::standing::Verdict;
use crate::error::{Error, Result};

/// The largest report that is read.
const LARGEST: u64 = 1 << 30;

/// Findings that are equal on several hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The check.
    pub check_id: String,
    /// How bad it is, or was.
    pub severity: Severity,
    /// What is wrong, or was.
    pub message: String,
    /// Where.
    pub hosts: Vec<String>,
}

/// What changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Findings that the earlier report does not have.
    pub new: Vec<Change>,
    /// Findings of the earlier report that are there no more, on hosts that are.
    pub gone: Vec<Change>,
    /// How many findings are in both.
    pub unchanged: usize,
    /// Hosts that the earlier report does not have.
    pub appeared: Vec<String>,
    /// Hosts of the earlier report that are not there any more.
    pub vanished: Vec<String>,
}

impl Changes {
    /// The worst of what is new.
    pub fn worst(&self) -> Verdict {
        let new = self.new.iter().map(|change| Verdict::from(change.severity));
        new.max().unwrap_or(Verdict::Passing)
    }
}

/// A finding as both reports know it.
#[derive(Clone, Copy, Debug)]
pub struct Known<'f> {
    /// The check.
    pub check_id: &'f str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'f str,
    /// The file it stands in.
    pub file: &'f str,
    /// What it is about.
    pub component: &'f str,
}

/// What is equal of one finding on all hosts that have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    check_id: String,
    /// Without its numbers.
    message: String,
    file: String,
    component: String,
}

#[derive(Debug)]
struct Seen {
    severity: Severity,
    message: String,
    hosts: BTreeSet<String>,
}

/// An earlier report, and what of it has been found again.
#[derive(Debug, Default)]
pub struct Since {
    before: BTreeMap<Key, Seen>,
    /// Hosts of the earlier report that have not been met yet.
    hosts: BTreeSet<String>,
    new: BTreeMap<Key, Seen>,
    unchanged: usize,
    appeared: Vec<String>,
    /// Whether the earlier report holds what compares hosts.
    tells_across: bool,
    /// Hosts that cannot be read now: nothing is known of their findings.
    unknown: BTreeSet<String>,
}

impl Since {
    /// Reads a report: that of a fleet in JSON or in lines of it.
    ///
    /// # Errors
    /// It cannot be read, or is no such report.
    pub fn read(path: &Utf8Path) -> Result<Since> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let reader = BufReader::new(file.take(LARGEST));
        let mut since = Since::default();
        for value in serde_json::Deserializer::from_reader(reader).into_iter::<Earlier>() {
            let value = value.map_err(|error| invalid(path, &error.to_string()))?;
            let (hosts, checks) = (value.hosts.unwrap_or_default(), value.checks);
            let one = value.host.map(|host| EarlierHost {
                host,
                error: value.error,
                check_results: value.check_results,
            });
            for host in hosts.into_iter().chain(one) {
                since.note(host);
            }
            since.tells_across |= checks.is_some();
            for check in checks.into_iter().flatten() {
                check.findings.iter().for_each(|it| since.note_finding("", &check.check_id, it));
            }
        }
        if since.hosts.is_empty() {
            return Err(invalid(path, "it tells of no host"));
        }
        Ok(since)
    }

    fn note(&mut self, host: EarlierHost) {
        if host.error.is_none() {
            for check in &host.check_results {
                for finding in &check.findings {
                    self.note_finding(&host.host, &check.check_id, finding);
                }
            }
        }
        self.hosts.insert(host.host);
    }

    fn note_finding(&mut self, host: &str, check_id: &str, finding: &EarlierFinding) {
        if finding.waived.is_none() {
            let known = Known {
                check_id,
                severity: finding.severity,
                message: &finding.message,
                file: finding.file.as_deref().unwrap_or_default(),
                component: finding.component.as_deref().unwrap_or_default(),
            };
            add(&mut self.before, host, known);
        }
    }

    /// Takes note of a host of this run, and of its findings that count; none if it cannot be read.
    pub fn host<'f>(&mut self, name: &str, findings: Option<impl Iterator<Item = Known<'f>>>) {
        if !self.hosts.remove(name) {
            self.appeared.push(name.to_owned());
        }
        match findings {
            Some(findings) => findings.for_each(|finding| self.finding(name, finding)),
            None => {
                self.unknown.insert(name.to_owned());
            }
        }
    }

    /// Takes note of a finding of a check that compares hosts.
    pub fn across(&mut self, finding: Known<'_>) {
        if self.tells_across {
            self.finding("", finding);
        }
    }

    fn finding(&mut self, host: &str, finding: Known<'_>) {
        let was_there =
            self.before.get_mut(&key(finding)).is_some_and(|seen| seen.hosts.remove(host));
        if was_there {
            self.unchanged += 1;
        } else {
            add(&mut self.new, host, finding);
        }
    }

    /// What changed, once all hosts were met.
    pub fn changes(mut self, is_complete: bool) -> Changes {
        // What was not reached, or cannot be read, is not known to be gone.
        let is_known = |host: &String| {
            is_complete && !self.hosts.contains(host) && !self.unknown.contains(host)
        };
        for seen in self.before.values_mut() {
            seen.hosts.retain(is_known);
        }
        Changes {
            new: listed(self.new),
            gone: listed(self.before),
            unchanged: self.unchanged,
            appeared: self.appeared,
            vanished: if is_complete { self.hosts.into_iter().collect() } else { Vec::new() },
        }
    }
}

fn listed(found: BTreeMap<Key, Seen>) -> Vec<Change> {
    let found = found.into_iter().filter(|(_, seen)| !seen.hosts.is_empty());
    found
        .map(|(key, seen)| Change {
            check_id: key.check_id,
            severity: seen.severity,
            message: seen.message,
            // A finding about all hosts together stands on none.
            hosts: seen.hosts.into_iter().filter(|host| !host.is_empty()).collect(),
        })
        .collect()
}

fn add(to: &mut BTreeMap<Key, Seen>, host: &str, finding: Known<'_>) {
    let seen = to.entry(key(finding)).or_insert_with(|| Seen {
        severity: finding.severity,
        message: finding.message.to_owned(),
        hosts: BTreeSet::new(),
    });
    seen.hosts.insert(host.to_owned());
}

fn key(finding: Known<'_>) -> Key {
    Key {
        check_id: finding.check_id.to_owned(),
        message: without_numbers(finding.message),
        file: finding.file.to_owned(),
        component: finding.component.to_owned(),
    }
}

/// A message with each of its numbers as `#`; digits within a word belong to a name.
fn without_numbers(message: &str) -> String {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit());
    let words = message.split(' ').map(|word| {
        let number = word.trim_end_matches([',', '.', ';', ':', ')']);
        if is_number(number) { word.replacen(number, "#", 1) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn invalid(path: &Utf8Path, why: &str) -> Error {
    Error::Invalid(format!(
        "{path} is no report of `check --hosts` in the format json or jsonl: {why}"
    ))
}

#[derive(Deserialize)]
struct Earlier {
    hosts: Option<Vec<EarlierHost>>,
    host: Option<String>,
    error: Option<String>,
    #[serde(default)]
    check_results: Vec<EarlierCheck>,
    checks: Option<Vec<EarlierCheck>>,
}

#[derive(Deserialize)]
struct EarlierHost {
    host: String,
    error: Option<String>,
    #[serde(default)]
    check_results: Vec<EarlierCheck>,
}

#[derive(Deserialize)]
struct EarlierCheck {
    check_id: String,
    #[serde(default)]
    findings: Vec<EarlierFinding>,
}

#[derive(Deserialize)]
struct EarlierFinding {
    message: String,
    file: Option<String>,
    component: Option<String>,
    severity: Severity,
    waived: Option<serde::de::IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check_id: &'static str, message: &'static str) -> Known<'static> {
        let severity = Severity::Critical;
        Known { check_id, severity, message, file: "/etc/alloy/a.alloy", component: "" }
    }

    fn earlier(hosts: &str) -> Result<Since> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = Utf8Path::from_path(folder.path()).expect("it is UTF-8").join("report.json");
        std::fs::write(&path, hosts).expect("it can be written");
        Since::read(&path)
    }

    const BEFORE: &str = r#"{"schema_version": 1, "hosts": [
        {"host": "a", "check_results": [{"check_id": "A1", "findings": [
            {"message": "expires in 12 days", "file": "/etc/alloy/a.alloy", "severity": "critical"},
            {"message": "old", "file": "/etc/alloy/a.alloy", "severity": "warning"},
            {"message": "known", "severity": "warning", "waived": {"reason": "x"}}]}]},
        {"host": "b", "check_results": []},
        {"host": "c", "check_results": [{"check_id": "A1", "findings": [
            {"message": "old", "file": "/etc/alloy/a.alloy", "severity": "warning"}]}]}]}"#;

    #[test]
    fn findings_and_hosts_are_new_gone_or_unchanged() {
        let mut since = earlier(BEFORE).unwrap();
        let found = [finding("A1", "expires in 11 days"), finding("A2", "wrong")];
        since.host("a", Some(found.into_iter()));
        since.host("d", Some([finding("A2", "wrong")].into_iter()));
        since.host("c", None::<std::iter::Empty<Known<'_>>>);
        let changes = since.changes(true);
        assert_eq!(changes.unchanged, 1);
        assert_eq!((changes.appeared, changes.vanished), (vec!["d".into()], vec!["b".into()]));
        assert_eq!(changes.new.len(), 1);
        assert_eq!(changes.new[0].hosts, ["a", "d"]);
        assert_eq!(changes.gone.len(), 1, "{:?}", changes.gone);
        assert_eq!((&*changes.gone[0].message, changes.gone[0].hosts.len()), ("old", 1));
    }

    #[test]
    fn a_run_that_was_stopped_tells_of_nothing_gone() {
        let changes = earlier(BEFORE).unwrap().changes(false);
        assert_eq!(changes, Changes::default());
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        for text in ["", "[]", "{}", "{\"hosts\": 1}", "{\"hosts\": []}", "no"] {
            assert!(earlier(text).is_err(), "{text}");
        }
        assert!(earlier("{\"host\": \"a\", \"check_results\": []}\n").is_ok());
    }
}
