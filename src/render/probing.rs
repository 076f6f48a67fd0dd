//! What probes found out, for people and for programs.

use std::io::{self, Write};

use serde_json::json;
use time::OffsetDateTime;

use crate::probe::{Batches, PullList, Report, Series, Severity, Step, Strangers, Verdict, Writer};
use crate::render::json::{Versioned, compact};
use crate::visible::{Lines, visible};

/// Writes `{ok, probes: [report…]}`.
pub fn json(reports: &[Report], is_ok: bool, out: &mut dyn Write) -> io::Result<()> {
    compact(&Versioned::new(json!({"ok": is_ok, "probes": reports})), out)
}

/// Writes each endpoint with its steps, and what to do where one failed.
pub fn human(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    for (position, report) in reports.iter().enumerate() {
        if position > 0 {
            writeln!(out)?;
        }
        one(report, out)?;
    }
    Ok(())
}

fn one(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", line(&report.endpoint))?;
    if let Some(proxy) = &report.proxy {
        writeln!(out, "  proxy    {}", line(proxy))?;
    }
    let outcome = &report.outcome;
    let names = [
        (Step::Dns, "name", report.addresses.join(", ")),
        (Step::Tcp, "connect", report.connected.clone().unwrap_or_default()),
        (Step::Tls, "tls", tls(report)),
        (Step::Write, "write", String::new()),
    ];
    for (step, name, detail) in names {
        let state = report.step(step);
        if outcome.step() == step && (state == "failed" || step == Step::Write) {
            writeln!(out, "  {name:<8} {}", line(&outcome.message()))?;
        } else if state == "passed" {
            writeln!(out, "  {name:<8} {}", line(&detail))?;
        } else if outcome.step() == step {
            writeln!(out, "  {name:<8} {}", line(&outcome.message()))?;
        }
    }
    if let Some(skew) = report.clock_skew_seconds {
        writeln!(out, "  clock    {}", clock(skew))?;
    }
    let Writer { program, unusable_files, .. } = report.writer;
    let does = match outcome.verdict() {
        Verdict::Retried => {
            Some(format!("{program} keeps the samples for a while and tries again"))
        }
        Verdict::Dropped => Some(format!("{program} drops the samples")),
        Verdict::NotStarted => Some(unusable_files.to_owned()),
        Verdict::Redirected => {
            Some("the samples arrive, each write by way of the redirect".to_owned())
        }
        Verdict::Accepted | Verdict::Unknown => None,
    };
    if let Some(does) = does {
        writeln!(out, "  so       {does}")?;
    }
    if let Some(help) = outcome.help() {
        writeln!(out, "  help     {help}")?;
    }
    edge(report, out)
}

/// What the server does beyond the write, then what is wrong with it.
fn edge(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(edge) = &report.edge else { return Ok(()) };
    let lines = [
        ("stranger", strangers(&edge.strangers)),
        ("batch", batches(&edge.batches)),
        ("series", series(&edge.series)),
        ("pulled", pull_list(&edge.pull_list)),
    ];
    for (name, text) in lines {
        if let Some(text) = text {
            writeln!(out, "  {name:<8} {}", line(&text))?;
        }
    }
    for finding in &report.findings {
        let severity = finding.severity.name();
        writeln!(out, "  {severity}: {} [{}]", line(&finding.message), finding.rule)?;
        if finding.severity > Severity::Unproven {
            writeln!(out, "  help     {}", finding.help)?;
        }
    }
    Ok(())
}

fn strangers(strangers: &Strangers) -> Option<String> {
    Some(match strangers {
        Strangers::NotAsked(_) => return None,
        Strangers::Refused(how) => format!("{how}: refused without credentials"),
        Strangers::Accepted(status) => format!("{status}: accepted without credentials"),
        Strangers::Unclear(what) => format!("not known: {what}"),
    })
}

fn batches(batches: &Batches) -> Option<String> {
    Some(match batches {
        Batches::NotAsked(_) => return None,
        Batches::Accepted => "900 kB are accepted".to_owned(),
        Batches::TooLarge(0) => "100 kB are too large".to_owned(),
        Batches::TooLarge(_) => "100 kB are accepted, 900 kB are too large".to_owned(),
        Batches::Unclear(what) => format!("not known: {what}"),
    })
}

fn series(series: &Series) -> Option<String> {
    Some(match series {
        Series::NotAsked(_) | Series::NotAllowed(_) | Series::NotExposed(_) => return None,
        Series::NoQueryApi => "queries are not answered".to_owned(),
        Series::Found(found) if found.is_empty() => "none of this host".to_owned(),
        Series::Found(found) => {
            let shown: Vec<String> = found
                .iter()
                .take(5)
                .map(|up| match &up.exporter_name {
                    Some(name) => format!("up of {name} is {}", up.value),
                    None => format!("up without a name is {}", up.value),
                })
                .collect();
            let more = found.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}", shown.join(", "))
        }
    })
}

fn pull_list(list: &PullList) -> Option<String> {
    match list {
        PullList::Listed => Some("Trento lists this host as one to be pulled".to_owned()),
        PullList::NotListed | PullList::NotAsked(_) | PullList::Unclear(_) => None,
    }
}

fn tls(report: &Report) -> String {
    let Some(tls) = &report.tls else { return String::new() };
    let mut parts = vec![tls.version.unwrap_or("TLS").to_owned()];
    if let Some(certificate) = &tls.certificate {
        let until = OffsetDateTime::from_unix_timestamp(certificate.not_after)
            .map_or_else(|_| "?".to_owned(), |time| time.date().to_string());
        parts.push(format!("certificate valid until {until}"));
        parts.push(format!("signed by {}", certificate.issuer));
    }
    if !tls.verified {
        parts.push("not verified (insecure_skip_verify)".to_owned());
    }
    parts.join(", ")
}

fn clock(skew: i64) -> String {
    match skew {
        -1..=1 => "the server's clock agrees".to_owned(),
        2.. => format!("the server's clock is {skew} s ahead"),
        _ => format!("the server's clock is {} s behind", -skew),
    }
}

fn line(text: &str) -> std::borrow::Cow<'_, str> {
    visible(text, Lines::Fold)
}
