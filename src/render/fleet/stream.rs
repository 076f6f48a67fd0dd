//! A fleet in JSON, written while the run goes on: a line a host, alone or in one document.

use std::io::{self, Write};

use serde::Serialize;

use crate::checks::model::Severity;
use crate::checks::report::CheckResult;
use crate::checks::standing::Standing;
use crate::fleet::queue::Ended;
use crate::fleet::since::Changes;
use crate::render::fleet::{Fleet, Told};
use crate::render::json::{self, SCHEMA_VERSION};

/// How a form is written while the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streamed {
    /// Not at all: it is made of the whole fleet.
    No,
    /// A line a host, and nothing else.
    Lines,
    /// One document: the hosts first, then what they have in common.
    Document,
}

/// A form that is being written.
pub struct Stream {
    form: Streamed,
    hosts: usize,
}

impl Stream {
    /// Begins to write.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn begin(form: Streamed, out: &mut dyn Write) -> io::Result<Stream> {
        if form == Streamed::Document {
            write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\"hosts\":[")?;
        }
        Ok(Stream { form, hosts: 0 })
    }

    /// Writes a host, which must have its line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn host(&mut self, told: &Told, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Streamed::No => return Ok(()),
            Streamed::Lines => {
                write!(out, "{{\"schema_version\":{SCHEMA_VERSION},")?;
                out.write_all(told.line.get(1..).unwrap_or_default())?;
            }
            Streamed::Document => {
                out.write_all(if self.hosts == 0 { b"\n" } else { b",\n" })?;
                out.write_all(told.line.trim_ascii_end())?;
            }
        }
        self.hosts += 1;
        Ok(())
    }

    /// Writes what the hosts have in common.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end(self, fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
        if self.form != Streamed::Document {
            return Ok(());
        }
        write!(out, "\n],")?;
        let mut rest = Vec::new();
        json::compact(&Rest::of(fleet), &mut rest)?;
        out.write_all(rest.get(1..).unwrap_or_default())
    }
}

/// What stands behind the hosts.
#[derive(Serialize)]
struct Rest<'f> {
    result: Standing,
    complete: bool,
    groups: Vec<Group<'f>>,
    notices: Vec<Notice<'f>>,
    checks: &'f [CheckResult],
    totals: Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'f Changes>,
}

#[derive(Serialize)]
struct Group<'f> {
    check_id: &'f str,
    name: &'f str,
    severity: Severity,
    message: &'f str,
    help: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'f str>,
    hosts: Vec<&'f str>,
}

#[derive(Serialize)]
struct Notice<'f> {
    severity: Severity,
    message: &'f str,
    hosts: Vec<&'f str>,
}

#[derive(Serialize)]
struct Totals {
    hosts: usize,
    critical: usize,
    warning: usize,
    passing: usize,
    error: usize,
    unreadable: usize,
}

impl<'f> Rest<'f> {
    fn of(fleet: &'f Fleet) -> Rest<'f> {
        let group = |group: &'f crate::render::fleet::fold::Group| {
            let check = fleet.checks.get(group.check);
            Group {
                check_id: check.map_or("", |check| &check.id),
                name: check.map_or("", |check| &check.name),
                severity: group.finding.severity,
                message: &group.finding.message,
                help: group.finding.help.as_deref(),
                waived: group.finding.waived.as_deref(),
                hosts: fleet.names(&group.hosts).collect(),
            }
        };
        let open = fleet.open_groups().into_iter().flat_map(|(_, _, groups)| groups);
        let waived = fleet.groups.iter().filter(|group| group.finding.waived.is_some());
        let hosts = |standing| fleet.counts.of(standing);
        Rest {
            result: fleet.standing,
            complete: fleet.ended == Ended::Complete,
            groups: open.chain(waived).map(group).collect(),
            notices: fleet
                .notices
                .iter()
                .map(|(severity, message, hosts)| Notice {
                    severity: *severity,
                    message,
                    hosts: fleet.names(hosts).collect(),
                })
                .collect(),
            checks: &fleet.across_report.check_results,
            totals: Totals {
                hosts: fleet.total(),
                critical: hosts(Standing::Critical),
                warning: hosts(Standing::Warning),
                passing: hosts(Standing::Passing),
                error: hosts(Standing::Error),
                unreadable: fleet.unreadable,
            },
            since: fleet.changes.as_ref(),
        }
    }
}

/// Nothing: such a form is written while the run goes on.
pub(in crate::render) fn written(_: &super::Rendering<'_>, _: &mut dyn Write) -> io::Result<()> {
    Ok(())
}
