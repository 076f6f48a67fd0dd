//! The results of a report as names of files that trento-agent reads: one empty file a check.
//!
//! The agent's built-in gatherer `dir_scan@v1` carries the names to the Trento server, so that
//! every agent can show our results; `checks::export` makes the checks that read them there.

mod folder;

use crate::checks::export::{SLASH, publishable};
use crate::checks::report::Report;
use crate::checks::standing::Standing;
use crate::error::{Error, Result};
use crate::render::view::{Check, View};
use crate::visible::is_hidden;

pub use folder::Publication;

/// The longest message in a name, in bytes.
const MAX_MESSAGE: usize = 180;
/// The results there are.
pub(super) const RESULTS: [&str; 4] = ["passing", "warning", "critical", "skipped"];

/// A check's result as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The check.
    pub id: String,
    /// `passing`, `warning`, `critical` or `skipped`.
    pub result: String,
    /// What the administrator reads; only its beginning fits.
    pub message: String,
}

impl Published {
    fn of(check: &Check) -> Published {
        Published {
            id: check.id.clone(),
            result: match check.standing {
                // The server has no word for a broken check; silence would be read as health.
                Standing::Error => Standing::Critical,
                // What is waived does not count; the reason stands in the message.
                Standing::Waived => Standing::Passing,
                other => other,
            }
            .name()
            .to_owned(),
            message: message(check),
        }
    }

    /// The name of the result's file.
    pub(super) fn file_name(&self) -> Result<String> {
        let Published { id, result, message } = self;
        publishable(id)?;
        if !RESULTS.contains(&result.as_str()) {
            return Err(Error::Invalid(format!("the result {result:?} cannot be published")));
        }
        Ok(format!("{id}.{result}.{}", one_line(message, MAX_MESSAGE)))
    }
}

/// What is said of a check in one line: its first finding and how many more there are, or why it
/// stands as it does. The number is never cut off.
fn message(check: &Check) -> String {
    match check.first_of_summary() {
        (first, 0) => first,
        (first, more) => {
            let more = format!(" (and {more} more)");
            let first = one_line(&first, MAX_MESSAGE - more.len());
            format!("{}{more}", first.replace(SLASH, "/"))
        }
    }
}

/// A message as it may stand in a file name: one line of limited length, cut between characters.
fn one_line(message: &str, most: usize) -> String {
    let mut line = String::new();
    for word in message.split(|character: char| character.is_whitespace() || is_hidden(character)) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().map(|character| if character == '/' { SLASH } else { character }));
    }
    if line.len() > most {
        const MARK: char = '…';
        let mut end = most - MARK.len_utf8();
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push(MARK);
    }
    line
}

/// The results of a report as they are published.
pub fn results(report: &Report) -> Vec<Published> {
    View::of(report).checks.iter().map(Published::of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::checks::model::{Severity, Text};
    use crate::checks::report::{AgentResult, CheckResult, FactRecord, Finding};
    use crate::source::At;

    fn finding(message: &str) -> Finding {
        let file = "/etc/alloy/trento.alloy".to_owned();
        Finding {
            message: message.to_owned(),
            at: Some(At { file, line: 3, column: 1, end_line: 3, end_column: 2 }),
            also: Vec::new(),
            help: None,
            severity: Severity::Critical,
            expectation: "e".to_owned(),
            agent_id: "a".to_owned(),
            component: None,
            waived: None,
        }
    }

    fn check(result: Standing, findings: Vec<Finding>, reason: Option<&str>) -> CheckResult {
        CheckResult {
            check_id: Text::new("A1"),
            name: "name".into(),
            group: "".into(),
            result,
            reason: reason.map(str::to_owned),
            customized: false,
            expectation_results: Vec::new(),
            agents_check_results: Vec::new(),
            findings,
            notes: Vec::new(),
            severity: Severity::Critical,
            description: "".into(),
            remediation: "".into(),
        }
    }

    fn published(check: CheckResult) -> (String, String) {
        let report = Report::new(vec![check], Vec::new());
        let Published { result, message, .. } = results(&report).remove(0);
        (result, message)
    }

    #[test]
    fn a_result_says_the_first_finding_or_the_reason() {
        let said = |check| published(check);
        assert_eq!(said(check(Standing::Passing, vec![], None)), ("passing".into(), "".into()));
        let two = vec![finding("wrong"), finding("wrong too")];
        assert_eq!(
            said(check(Standing::Critical, two, None)),
            ("critical".into(), "/etc/alloy/trento.alloy:3:1: wrong (and 1 more)".into())
        );
        assert_eq!(
            said(check(Standing::Skipped, vec![], Some("pull mode"))),
            ("skipped".into(), "pull mode".into())
        );
        assert_eq!(
            said(check(Standing::Error, vec![], Some("the check is broken"))),
            ("critical".into(), "the check is broken".into())
        );
    }

    #[test]
    fn without_findings_the_failed_expectation_speaks() {
        let mut failed = check(Standing::Warning, vec![], None);
        failed.agents_check_results = vec![AgentResult::Failed {
            agent_id: "a".to_owned(),
            facts: Some(vec![FactRecord::Error {
                check_id: Text::new(Json::Null),
                name: "series".to_owned(),
                kind: "k".to_owned(),
                message: "no permission".to_owned(),
            }]),
            kind: "fact_gathering_error",
            message: "m",
        }];
        assert_eq!(published(failed), ("warning".into(), "series: no permission".into()));
        let plain = check(Standing::Warning, vec![], None);
        assert_eq!(published(plain), ("warning".into(), "name".into()));
    }

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(one_line("a\nb\r\n c\u{1b}[31m\u{202e}", MAX_MESSAGE), "a b c [31m");
        let long = one_line(&"ż".repeat(200), MAX_MESSAGE);
        assert!(long.len() <= MAX_MESSAGE && long.ends_with('…'));
        assert_eq!(one_line(&"x".repeat(180), MAX_MESSAGE).len(), 180);
        for length in 0..400 {
            assert!(one_line(&"/é🐢".repeat(length), MAX_MESSAGE).len() <= MAX_MESSAGE);
        }
    }
}
