//! A host of a fleet, made ready to be shown by the thread that judged it.

use std::io;

use serde::Serialize;

use crate::checks::model::Text;
use crate::checks::report::{CheckResult, Finding, Notice, Report};
use crate::checks::standing::Standing;
use crate::fleet::judge::{Judged, Row};
use crate::render::json;
use crate::render::view::View;
use crate::visible::{Lines, visible};

/// A host as reports show it.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it is called, in one line.
    pub name: String,
    /// Where its files are, in one line.
    pub path: String,
    /// What came of it, or why it cannot be judged.
    pub outcome: Result<Seen, String>,
    /// Its line of JSON, where one is wanted.
    pub line: Vec<u8>,
}

/// A host that was judged.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its report.
    pub view: View,
    /// Whether a check could not be read or evaluated.
    pub has_errors: bool,
}

impl Told {
    /// Makes a host ready to be shown, as a line of JSON too where one is wanted.
    ///
    /// # Errors
    /// The line cannot be written.
    pub fn of(row: &Row, with_line: bool) -> io::Result<Told> {
        let mut line = Vec::new();
        if with_line {
            json::compact(&Line::of(row), &mut line)?;
        }
        let seen = |judged: &Judged| Seen {
            view: View::of(&judged.report),
            has_errors: judged.report.has_errors(),
        };
        Ok(Told {
            name: one_line(&row.name),
            path: one_line(row.path.as_str()),
            outcome: row.outcome.as_ref().map(seen).map_err(|why| one_line(why)),
            line,
        })
    }
}

fn one_line(text: &str) -> String {
    visible(text.trim(), Lines::Fold).into_owned()
}

/// A host in JSON. Facts and values are left out: `check --root` of the host shows them.
#[derive(Serialize)]
struct Line<'r> {
    host: &'r str,
    path: &'r str,
    result: Standing,
    agent_id: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'r str>,
    check_results: Vec<Check<'r>>,
    #[serde(skip_serializing_if = "<[Notice]>::is_empty")]
    notices: &'r [Notice],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unreadable: &'r [String],
}

/// The result of a check on a host of a fleet.
#[derive(Serialize)]
struct Check<'r> {
    check_id: &'r Text,
    name: &'r str,
    group: &'r str,
    result: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    customized: bool,
    findings: &'r [Finding],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'r [String],
}

impl<'r> Line<'r> {
    fn of(row: &'r Row) -> Line<'r> {
        let (host, path) = (row.name.as_str(), row.path.as_str());
        match &row.outcome {
            Ok(Judged { agent_id, report, .. }) => {
                let Report { result, check_results, notices, denied, .. } = report;
                Line {
                    host,
                    path,
                    result: *result,
                    agent_id: Some(agent_id).filter(|id| !id.is_empty()).map(String::as_str),
                    error: None,
                    check_results: check_results.iter().map(check).collect(),
                    notices,
                    unreadable: denied,
                }
            }
            Err(why) => Line {
                host,
                path,
                result: Standing::Error,
                agent_id: None,
                error: Some(why),
                check_results: Vec::new(),
                notices: &[],
                unreadable: &[],
            },
        }
    }
}

fn check(check: &CheckResult) -> Check<'_> {
    Check {
        check_id: &check.check_id,
        name: &check.name,
        group: &check.group,
        result: check.result,
        reason: check.reason.as_deref(),
        customized: check.customized,
        findings: &check.findings,
        notes: &check.notes,
    }
}
