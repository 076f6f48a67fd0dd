//! Nagios and Icinga: a status line with performance data, then a line a finding.

use std::io::{self, Write};

use crate::checks::report::Report;
use crate::checks::standing::Standing;
use crate::render::view::{Rendering, View};
use crate::visible::{Lines, visible};

/// The longest reason in the status line, in characters.
const LONGEST: usize = 300;

/// The state of a service as its plugins give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 0.
    Ok,
    /// 1.
    Warning,
    /// 2.
    Critical,
    /// 3.
    Unknown,
}

impl State {
    /// The state that a report amounts to. What was not found out is never OK.
    pub fn of(report: &Report) -> State {
        let counts = report.counts();
        let found = |standing: Standing| counts.of(standing) > 0;
        if found(Standing::Critical) {
            State::Critical
        } else if found(Standing::Warning) {
            State::Warning
        } else if report.has_errors() || !report.denied.is_empty() {
            State::Unknown
        } else if found(Standing::Passing) || found(Standing::Waived) {
            State::Ok
        } else {
            State::Unknown
        }
    }

    /// The exit code.
    pub fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }
}

/// Writes the report.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (view, options) = (rendering.view(), rendering.options);
    let (counts, total) = (view.counts, view.counts.total());
    let state = State::of(rendering.report);
    let reason = match state {
        State::Unknown => format!("{}; ", short(&why_unknown(view))),
        _ => String::new(),
    };
    writeln!(
        out,
        "TRENTO ALLOY {} - {reason}{} | critical={};;1;0;{total} warning={};1;;0;{total} \
         passing={};;;0;{total} waived={};;;0;{total} skipped={};;;0;{total} time={:.3}s;;;0",
        state.word(),
        counts.in_words(),
        counts.of(Standing::Critical),
        counts.of(Standing::Warning),
        counts.of(Standing::Passing),
        counts.of(Standing::Waived),
        counts.of(Standing::Skipped),
        options.seconds
    )?;
    for check in &view.checks {
        if check.standing == Standing::Error {
            let reason = check.reason.as_deref().unwrap_or_default();
            writeln!(out, "ERROR {}: {}", plain(&check.id), plain(reason))?;
        }
        for group in &check.findings {
            let (word, waived) = match &group.waived {
                Some(why) => ("WAIVED".to_owned(), format!(" ({why})")),
                None => (group.severity.name().to_uppercase(), String::new()),
            };
            let more = match group.members.len() {
                0 | 1 => String::new(),
                many => format!(" (and {} more places)", many - 1),
            };
            let place = group.place_before();
            let text = format!("{} {place}{}{more}{waived}", check.id, group.message);
            writeln!(out, "{word} {}", plain(&text))?;
        }
    }
    for notice in &view.notices {
        let word = notice.severity.name().to_uppercase();
        writeln!(out, "{word} {}", plain(&notice.message))?;
    }
    Ok(())
}

/// Writes that the command could not do its work, as a monitoring system can read it.
///
/// # Errors
/// Those of the writer.
pub fn unknown(reason: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TRENTO ALLOY {} - {}", State::Unknown.word(), short(reason))
}

fn why_unknown(view: &View) -> String {
    let broken = view.checks.iter().find(|check| check.standing == Standing::Error);
    let broken =
        || broken.map(|it| format!("{}: {}", it.id, it.reason.clone().unwrap_or_default()));
    let denied = view.denied.first().cloned();
    let notice = || view.notices.first().map(|notice| notice.message.clone());
    let nothing = || view.checks.iter().find_map(|check| check.reason.clone());
    denied
        .or_else(broken)
        .or_else(notice)
        .or_else(nothing)
        .unwrap_or_else(|| "no check applies here".to_owned())
}

/// A text in one line that begins no performance data.
pub(super) fn plain(text: &str) -> String {
    visible(text, Lines::Fold).replace('|', "/")
}

/// The same, no longer than a status line has room for.
fn short(text: &str) -> String {
    let line = plain(text);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
