//! `check --hosts`: many hosts side by side, one report over all.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::SIGINT;

use crate::atomic;
use crate::checks::engine::Engine;
use crate::checks::execution::{Plan, environment};
use crate::checks::load::Loaded;
use crate::checks::model::Check;
use crate::checks::report::{Finding, Report};
use crate::checks::selection::compares_hosts;
use crate::checks::standing::Verdict;
use crate::cli::check::Args;
use crate::cli::{self, Exit, Io};
use crate::error::{Error, Result};
use crate::facts::Options as HostOptions;
use crate::fleet::across::Across;
use crate::fleet::hosts::Hosts;
use crate::fleet::judge::{Judge, Row};
use crate::fleet::queue;
use crate::fleet::since::{Known, Since};
use crate::render::fleet::{Fleet, Fold, Keep, Stream, Streamed, Told};
use crate::render::format::Codes;
use crate::render::nagios::State;
use crate::render::{Format, Options};
use crate::system::System;

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let began = Instant::now();
    std::thread::spawn(Engine::shared);
    let checks = args.checks.all()?;
    let overrides = args.checks.overrides(&checks)?;
    let compares = |loaded: &Loaded| loaded.check.as_deref().is_ok_and(compares_hosts);
    let (comparing, checks): (Vec<Loaded>, Vec<Loaded>) = checks.into_iter().partition(compares);
    let comparing: Vec<&Loaded> = comparing.iter().collect();
    let judge = Judge {
        plan: Plan::new(&checks, environment("host"), &overrides),
        across: comparing.iter().filter_map(|loaded| sound(loaded)).collect(),
        wanted: args.wanted()?,
        // A host in a folder has no network.
        options: HostOptions { offline: true, ..args.options()? },
        waivers: args.report.given_waivers()?,
        known: args.checks.loaded()?,
        heeds_site: !args.host.no_site_config,
        is_chosen_by_hand: args.checks.is_chosen_by_hand(),
    };
    let mut run = Run::begin(args, io)?;
    let stop = interrupted()?;
    let with_line = run.has_lines();
    let hosts = Hosts::new(&args.hosts, io.stdin);
    let work = |item| {
        let rows = judge.judge(item).into_iter();
        rows.map(|row| (Told::of(&row, with_line), row)).collect::<Vec<_>>()
    };
    let out = &mut io.out;
    let ended = queue::in_order(hosts, &work, &stop, |rows| {
        rows.into_iter()
            .try_for_each(|(told, row)| run.take(told.map_err(Error::Output)?, row, out))
    })?;
    let across = run.across.judge(&comparing, &overrides);
    run.finish(across, ended, args, began, io)
}

fn sound(loaded: &Loaded) -> Option<&Check> {
    loaded.check.as_deref().ok()
}

/// Set by the first interrupt, which ends the run with what is done; a second one ends it at once.
fn interrupted() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let refused = |error| Error::Usage(format!("interrupts cannot be waited for: {error}"));
    // In this order: at the first interrupt the flag is not set yet.
    signal_hook::flag::register_conditional_shutdown(SIGINT, 130, stop.clone()).map_err(refused)?;
    signal_hook::flag::register(SIGINT, stop.clone()).map_err(refused)?;
    Ok(stop)
}

/// A run, as far as it has come.
struct Run<'a> {
    fold: Fold,
    across: Across,
    since: Option<Since>,
    primary: Stream,
    /// The other formats that are written while the run goes on, and what they hold so far.
    others: Vec<(&'static Format, Stream, Vec<u8>)>,
    progress: ProgressBar,
    args: &'a Args,
}

impl<'a> Run<'a> {
    fn begin(args: &'a Args, io: &mut Io<'_>) -> Result<Run<'a>> {
        let begin = |form, out: &mut dyn Write| Stream::begin(form, out).map_err(Error::Output);
        let formats = || args.report.output.iter().map(|(format, _)| *format);
        let keep = formats().chain([args.report.format()]).map(|format| format.keeps).max();
        let mut others = Vec::new();
        for format in formats().filter(|format| format.streamed != Streamed::No) {
            let mut content = Vec::new();
            let stream = begin(format.streamed, &mut content)?;
            others.push((format, stream, content));
        }
        Ok(Run {
            fold: Fold::new(keep.unwrap_or(Keep::Findings)),
            across: Across::default(),
            since: args.since.as_deref().map(Since::read).transpose()?,
            primary: begin(args.report.format().streamed, &mut io.out)?,
            others,
            progress: progress(args.report.format()),
            args,
        })
    }

    fn has_lines(&self) -> bool {
        !self.others.is_empty() || self.args.report.format().streamed != Streamed::No
    }

    /// Takes the next host: tells it where that is done at once, keeps what is needed at the end.
    fn take(&mut self, told: Told, row: Row, out: &mut dyn Write) -> Result<()> {
        self.primary.host(&told, out).map_err(Error::Output)?;
        if self.args.report.format().streamed == Streamed::Lines {
            out.flush().map_err(Error::Output)?;
        }
        for (_, stream, content) in &mut self.others {
            stream.host(&told, content).map_err(Error::Output)?;
        }
        let name = self.fold.name(&told);
        match row.outcome {
            Ok(judged) => {
                if let Some(since) = &mut self.since {
                    since.host(&row.name, Some(known(&judged.report)));
                }
                self.across.add(&name, &judged.agent_id, judged.facts);
            }
            Err(_) => {
                if let Some(since) = &mut self.since {
                    since.host(&row.name, None::<std::iter::Empty<Known<'_>>>);
                }
            }
        }
        self.fold.add(name, told);
        self.progress.inc(1);
        Ok(())
    }

    fn finish(
        self,
        across: Report,
        ended: queue::Ended,
        args: &Args,
        began: Instant,
        io: &mut Io<'_>,
    ) -> Result<Exit> {
        self.progress.finish_and_clear();
        let changes = self.since.map(|mut since| {
            known(&across).for_each(|finding| since.across(finding));
            since.changes(ended == queue::Ended::Complete)
        });
        let fleet = self.fold.end(across, ended, changes);
        let options = Options {
            now: System::live().now,
            seconds: began.elapsed().as_secs_f64(),
            links: None,
            is_quiet: io.is_quiet,
            ..args.report.options(None)
        };
        let mut others = self.others.into_iter();
        for (format, path) in &args.report.output {
            let plain = Options { color: false, ..options.clone() };
            let mut content = Vec::new();
            if format.streamed == Streamed::No {
                format.write_fleet(&fleet, &plain, &mut content).map_err(Error::Output)?;
            } else if let Some((_, stream, begun)) = others.next() {
                content = begun;
                stream.end(&fleet, &mut content).map_err(Error::Output)?;
            }
            let shown = io.secrets.shown(&content);
            cli::written(path, atomic::write(path, shown.as_bytes(), 0o644)?, io)?;
        }
        self.primary.end(&fleet, &mut io.out).map_err(Error::Output)?;
        let format = args.report.format();
        format.write_fleet(&fleet, &options, &mut io.out).map_err(Error::Output)?;
        if format.streamed == Streamed::Lines {
            told_beside(&fleet, io)?;
        }
        Ok(match format.codes {
            Codes::Nagios => Exit::Nagios(State::of_fleet(&fleet)),
            Codes::Usual => exit(&fleet, args),
        })
    }
}

/// The findings of a report that count.
fn known(report: &Report) -> impl Iterator<Item = Known<'_>> {
    report.check_results.iter().flat_map(|check| {
        let check_id = check.check_id.as_str().unwrap_or_default();
        check.open_findings().map(move |finding| {
            let Finding { message, severity, at, component, .. } = finding;
            let file = at.as_ref().map_or("", |at| &at.file);
            let component = component.as_deref().unwrap_or_default();
            Known { check_id, severity: *severity, message, file, component }
        })
    })
}

/// What lines of hosts do not hold: what compares them, and that the run was stopped.
fn told_beside(fleet: &Fleet, io: &mut Io<'_>) -> Result<()> {
    for check in &fleet.across.checks {
        for finding in check.open() {
            let severity = finding.severity.name();
            let text = format!("{severity}: {}: {}", check.id, finding.message);
            writeln!(io.err, "{text}").map_err(Error::Output)?;
        }
    }
    if fleet.ended == queue::Ended::Stopped {
        let said = "warning: incomplete: the run was stopped";
        writeln!(io.err, "{said}").map_err(Error::Output)?;
    }
    Ok(())
}

/// The exit code: as of one host, the worst counts. What was not reached is no success.
fn exit(fleet: &Fleet, args: &Args) -> Exit {
    let found = match &fleet.changes {
        Some(changes) if args.fail_on_new => changes.worst(),
        _ => fleet.standing.verdict().unwrap_or(Verdict::Passing),
    };
    if fleet.incomplete > fleet.denied || fleet.across_report.has_errors() {
        Exit::Failed
    } else if args.report.fail_on.unwrap_or_default().is_reached(found) {
        Exit::Findings
    } else if fleet.denied > 0 || fleet.ended == queue::Ended::Stopped || fleet.total() == 0 {
        Exit::Failed
    } else {
        Exit::Clean
    }
}

/// A line on a terminal that says how far the run is; it does not cut through what is printed there
/// in the meantime.
fn progress(format: &Format) -> ProgressBar {
    if format.streamed != Streamed::No && std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} hosts, {per_sec}, {elapsed}");
    let progress = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match style {
        Ok(style) => progress.with_style(style),
        Err(_) => progress,
    }
}
