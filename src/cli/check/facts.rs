//! `check --facts`: any Trento checks on given facts, no host needed.

use std::io::Write;

use camino::Utf8Path;
use serde_json::json;

use crate::checks::execution::{self, Input, Stopped};
use crate::checks::facts::{Fact, FactsFile, Flow};
use crate::checks::load::Loaded;
use crate::checks::overrides::Override;
use crate::checks::report::{Notice, Report};
use crate::cli::check::Args;
use crate::cli::{Exit, Io, report_args};
use crate::error::{Error, Result};
use crate::render::json::{self, Versioned};
use crate::render::{Format, Options};
use crate::site::Site;
use crate::system::{System, given};

/// Runs the checks that `--checks` names on the facts of a file; `-` is standard input.
pub fn run(args: &Args, path: &Utf8Path, io: &mut Io<'_>) -> Result<Exit> {
    let checks = args.checks.given()?;
    if checks.is_empty() {
        return Err(Error::Usage("there is no check to run; name some with --checks".to_owned()));
    }
    let fail_on = args.report.fail_on(&Site::default());
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let text = given::read(path, io.stdin, given::LARGEST_INPUT).map_err(failed)?;
    let file = FactsFile::parse(path.as_str(), &text)?;
    let overrides = args.checks.overrides(&checks)?;
    let flow = flow(&file, &checks);
    let input = input(&file, &checks, overrides);
    let mut report = match (flow, checks.as_slice()) {
        (Flow::Evaluate, [check]) => execution::evaluate(check, &input),
        _ => match execution::execute(&checks, &input) {
            Ok(mut execution) if file.want_requested => {
                args.report.waive(&mut execution.report, None, System::live().now)?;
                tell(&execution.report, io)?;
                json::pretty(&Versioned::new(&execution), &mut io.out).map_err(Error::Output)?;
                return Ok(report_args::exit(&execution.report, fail_on));
            }
            Ok(execution) => execution.report,
            Err(stopped) => return stop(args, &stopped, io),
        },
    };
    args.report.waive(&mut report, None, System::live().now)?;
    tell(&report, io)?;
    let options = Options { is_quiet: io.is_quiet, ..Options::default() };
    args.report.show(&report, fail_on, &options, io)
}

/// Says on standard error why checks give no verdict.
fn tell(report: &Report, io: &mut Io<'_>) -> Result<()> {
    for check in &report.check_results {
        if let (None, Some(reason)) = (check.result.verdict(), &check.reason) {
            writeln!(io.err, "error: {}: {reason}", check.check_id).map_err(Error::Output)?;
        }
    }
    for Notice { severity, message } in &report.notices {
        writeln!(io.err, "{}: {message}", severity.name()).map_err(Error::Output)?;
    }
    Ok(())
}

fn stop(args: &Args, stopped: &Stopped, io: &mut Io<'_>) -> Result<Exit> {
    if args.report.format() == Format::JSON && *stopped == Stopped::NoChecksSelected {
        let nothing = Versioned::new(json!({"error": "no_checks_selected"}));
        json::compact(&nothing, &mut io.out).map_err(Error::Output)?;
    }
    writeln!(io.err, "error: {stopped}").map_err(Error::Output)?;
    Ok(Exit::Failed)
}

/// One check that speaks of no targets is only evaluated, unless the file asks for more.
fn flow(file: &FactsFile, checks: &[Loaded]) -> Flow {
    let speaks_of_targets = |loaded: &Loaded| match &loaded.check {
        Ok(check) => check.when.is_some() || check.exclude.is_some(),
        Err(_) => false,
    };
    match file.kind {
        Some(flow) => flow,
        None if checks.len() > 1 || checks.iter().any(speaks_of_targets) => Flow::Execute,
        None => file.flow(),
    }
}

/// What the run is made with. A fact or value that names no check is for the first one, or, where
/// the file does not ask for the server's exact flow, for every check that knows its name.
fn input(file: &FactsFile, checks: &[Loaded], mut overrides: Vec<Override>) -> Input {
    let exact = file.kind.is_some() || checks.len() == 1;
    let first = checks.first().map(id).unwrap_or_default();
    let mut agents = file.agents.clone();
    for agent in &mut agents {
        let facts = std::mem::take(&mut agent.facts);
        for fact in facts {
            let owners = match &fact.check_id {
                Some(named) => vec![named.clone()],
                None if exact => vec![first.clone()],
                None => owners(checks, &fact.name, &first),
            };
            agent.facts.extend(
                owners
                    .into_iter()
                    .map(|check_id| Fact { check_id: Some(check_id), ..fact.clone() }),
            );
        }
    }
    for custom in &file.custom_values {
        overrides.push(Override {
            check_id: custom.check_id.clone().unwrap_or_else(|| first.clone()),
            name: custom.name.clone(),
            value: custom.value.clone(),
        });
    }
    let from_env = file.env.get("target_type").and_then(|it| it.as_str()).map(str::to_owned);
    let target_type = file
        .target_type
        .clone()
        .or(from_env.filter(|_| file.kind.is_none()))
        .unwrap_or_else(|| "cluster".to_owned());
    let timeouts = file.timeouts.clone();
    Input { env: file.env.clone(), target_type, overrides, agents, timeouts }
}

fn id(loaded: &Loaded) -> String {
    match &loaded.check {
        Ok(check) => check.id().into_owned(),
        Err(_) => loaded.file_id.clone(),
    }
}

fn owners(checks: &[Loaded], name: &str, first: &str) -> Vec<String> {
    let knows = |loaded: &&Loaded| match &loaded.check {
        Ok(check) => check.facts.iter().any(|request| request.name.text() == name),
        Err(_) => false,
    };
    let owners: Vec<String> = checks.iter().filter(knows).map(id).collect();
    if owners.is_empty() { vec![first.to_owned()] } else { owners }
}
