//! `trento-alloy diff` where Prometheus in agent mode is the sender.

use std::collections::BTreeSet;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::agent::{Given, Settings};
use crate::cli::diff_side::{Text, is_host, plan};
use crate::cli::host_args::HostArgs;
use crate::cli::{Exit, Io, diff_upgrade};
use crate::diff::{lines, prometheus};
use crate::error::{Error, Result};
use crate::generate::prometheus::{JOB, configuration};
use crate::generate::{Plan, Template};
use crate::installation::{Installation, Prometheus, Sender};
use crate::prometheus::{
    Advisory, Configuration, Mode, NOT_COMPARED, Part, Subject, Version, upgrade,
};
use crate::proof::ComponentId;
use crate::render::changes;
use crate::render::json::{Versioned, compact};
use crate::render::upgrade::{Change, Defect, Upgrade};
use crate::secret::SecretNames;
use crate::system::System;
use crate::visible::{Lines, visible};

/// What is asked.
pub(super) struct Question<'a> {
    pub host: &'a HostArgs,
    pub given: Given,
    pub paths: &'a [Utf8PathBuf],
    pub version: Option<Version>,
    pub is_all: bool,
    pub as_text: bool,
    pub as_json: bool,
}

/// Whether Prometheus is meant: by name, by what a host has set up, or by the names of files.
pub(super) fn is_meant(host: &HostArgs, paths: &[Utf8PathBuf], io: &Io<'_>) -> Result<bool> {
    match host.sender {
        Sender::Alloy => return Ok(false),
        Sender::PrometheusAgent => return Ok(true),
        Sender::Auto => {}
    }
    let is_of = |system: &System| host.installation(system).is_of_prometheus();
    if paths.is_empty() {
        return Ok(is_of(&host.system(&io.secrets)?));
    }
    for path in paths {
        let is_it = match path {
            path if is_host(path) => is_of(&open(path, io)?),
            path => matches!(path.extension(), Some("yml" | "yaml")),
        };
        if is_it {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Compares two configurations of Prometheus.
pub(super) fn run(question: &Question<'_>, io: &mut Io<'_>) -> Result<Exit> {
    let (a, b) = sides(question, io)?;
    for side in [&a, &b] {
        side.note.as_ref().map_or(Ok(()), |note| io.note(note))?;
    }
    let mut secrets = question.host.secret_names()?.knowing(&io.secrets);
    let of = |one: &Side, other: &Side| {
        (one.is_host && !other.is_host && !question.is_all).then(|| one.trentos.clone())
    };
    let only_a = of(&a, &b);
    let is_in_a = |part: &Part| {
        let only = only_a.as_ref();
        only.is_none_or(|only| part.component.is_some_and(|id| only.contains(&id)))
    };
    let parts_b = match of(&b, &a) {
        Some(only) => prometheus::concerning(b.parts.clone(), &a.parts, &only),
        None => b.parts.clone(),
    };
    let found = prometheus::compare(&a.parts, &parts_b, is_in_a, &mut secrets);
    let text = if question.as_text { hunk(&a, &b, &mut secrets) } else { String::new() };
    if question.as_json {
        let mut value = json!({"changes": found});
        if question.as_text {
            value["text"] = json!(text);
        }
        compact(&Versioned::new(value), &mut io.out).map_err(Error::Output)?;
    } else {
        changes::human(&found, &mut io.out).map_err(Error::Output)?;
        if !text.is_empty() {
            write!(io.out, "\n{}", visible(&text, Lines::Keep)).map_err(Error::Output)?;
        }
    }
    Ok(if found.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// One side, loaded.
struct Side {
    parts: Vec<Part>,
    file: Text,
    /// Where secrets stand in its text, by structure.
    secrets: Vec<std::ops::Range<usize>>,
    /// Whether it is all a host runs, and not only what is Trento's.
    is_host: bool,
    /// What of a host is Trento's.
    trentos: BTreeSet<ComponentId>,
    note: Option<String>,
}

fn sides(question: &Question<'_>, io: &mut Io<'_>) -> Result<(Side, Side)> {
    match question.paths {
        [] => {
            let system = question.host.system(&io.secrets)?;
            of_host(question, &system, io)
        }
        [a] if is_host(a) => of_host(question, &open(a, io)?, io),
        [a] => {
            let system = question.host.system(&io.secrets)?;
            let version = version(question, &system);
            Ok((named(question, a, &version, io)?, generated(question, &system, &version, io)?))
        }
        [a, b] if a == "-" && b == "-" => {
            Err(Error::Usage("only one side can be standard input".to_owned()))
        }
        [a, b] => {
            let version = version_of_sides(question, io)?;
            Ok((named(question, a, &version, io)?, named(question, b, &version, io)?))
        }
        more => Err(Error::Usage(format!("diff compares two sides; {} were given", more.len()))),
    }
}

/// What a host has deployed, and what it needs.
fn of_host(question: &Question<'_>, system: &System, io: &mut Io<'_>) -> Result<(Side, Side)> {
    let version = version(question, system);
    let deployed = deployed(question, system, &version, io)?;
    Ok((deployed, generated(question, system, &version, io)?))
}

fn installation<'s>(
    question: &Question<'_>,
    system: &'s System,
    version: Option<&Version>,
) -> Installation<'s> {
    let mut wanted = question.host.wanted();
    wanted.prometheus_version = version.or(question.version.as_ref()).cloned();
    Installation::of(system, wanted)
}

/// The version that a host has, if none is given.
fn version(question: &Question<'_>, system: &System) -> Version {
    let installation = installation(question, system, None);
    installation.prometheus_beside().map_or(Version::NEWEST, |found| found.version.clone())
}

/// The version of the first side that is a host, if none is given.
fn version_of_sides(question: &Question<'_>, io: &Io<'_>) -> Result<Version> {
    let host = question.paths.iter().find(|path| is_host(path));
    match (&question.version, host) {
        (Some(version), _) => Ok(version.clone()),
        (None, Some(host)) => Ok(version(question, &open(host, io)?)),
        (None, None) => Ok(Version::NEWEST),
    }
}

fn named(
    question: &Question<'_>,
    path: &Utf8Path,
    version: &Version,
    io: &mut Io<'_>,
) -> Result<Side> {
    if is_host(path) {
        let system = open(path, io)?;
        return deployed(question, &system, version, io);
    }
    let system = System::live();
    system.secrets().pass_on(&io.secrets);
    let mut wanted = question.host.wanted();
    (wanted.sender, wanted.prometheus_version) = (Sender::PrometheusAgent, Some(version.clone()));
    let installation = Installation::of_paths(&system, wanted, &[path], io.stdin)?;
    let Some(found) = installation.prometheus() else {
        return Err(Error::Invalid(format!("{path} cannot be compared")));
    };
    of_prometheus(found, &system, false)
}

fn deployed(
    question: &Question<'_>,
    system: &System,
    version: &Version,
    io: &Io<'_>,
) -> Result<Side> {
    let installation = installation(question, system, Some(version));
    let Some(found) = installation.prometheus_beside() else {
        let what = "nothing is deployed that could be compared: Prometheus is not set up here";
        return Err(Error::Invalid(what.to_owned()));
    };
    let mut side = of_prometheus(found, system, true)?;
    let settings = Settings::of_command(system, &question.given);
    system.secrets().pass_on(&io.secrets);
    let plan = Plan::as_agent(&settings, Template::ALL[0]).ok();
    let url = plan.as_ref().map(|plan| plan.url.expose());
    side.trentos = prometheus::trentos(&side.parts, JOB, found.feed(url).as_ref());
    if found.mode == Mode::Server {
        side.note = Some("Prometheus does not run in agent mode here".to_owned());
    }
    Ok(side)
}

fn of_prometheus(found: &Prometheus, system: &System, is_host: bool) -> Result<Side> {
    if let Err(why) = &found.bytes {
        return Err(Error::Invalid(format!("{} cannot be compared: {why}", found.config)));
    }
    let configuration = found.configuration.as_ref().map_err(|refused| {
        let version = &found.version;
        let first = refused.faults.first();
        let at = first.and_then(|fault| fault.source.at(fault.span));
        let place = at.map_or_else(
            || found.config.to_string(),
            |at| format!("{}:{}:{}", at.file, at.line, at.column),
        );
        let message = first.map_or(&refused.message, |fault| &fault.message);
        Error::Invalid(format!("{place}: {message} (Prometheus {version})"))
    })?;
    Ok(side(configuration, system, found.config.as_str(), is_host))
}

fn side(configuration: &Configuration, system: &System, name: &str, is_host: bool) -> Side {
    let parts = configuration.parts(&system.files);
    let secrets = configuration.secrets();
    for secret in secrets.iter().filter_map(|used| used.value.as_ref()) {
        system.secrets().register(secret.expose());
    }
    let main = secrets.iter().filter(|used| used.value.is_some() && used.place.file.index() == 0);
    let places = main.map(|used| used.place.span.start as usize..used.place.span.end as usize);
    let text = configuration.sources().next().map_or("", |source| source.text());
    Side {
        secrets: places.collect(),
        file: (name.to_owned(), text.to_owned()),
        trentos: prometheus::trentos(&parts, JOB, None),
        parts,
        is_host,
        note: None,
    }
}

fn generated(
    question: &Question<'_>,
    system: &System,
    version: &Version,
    io: &Io<'_>,
) -> Result<Side> {
    let settings = Settings::of_command(system, &question.given);
    system.secrets().pass_on(&io.secrets);
    let name = "generated (prometheus-agent)";
    let plan = plan(&settings, Template::ALL[0])?;
    let read = configuration(&plan, name, &system.files, version).map_err(Error::Invalid)?;
    Ok(side(&read, system, name, false))
}

fn open(path: &Utf8Path, io: &Io<'_>) -> Result<System> {
    let host = HostArgs { root: Some(path.to_owned()), ..HostArgs::default() };
    host.open(&io.secrets)
}

/// The changed lines of both files.
fn hunk(a: &Side, b: &Side, secrets: &mut SecretNames) -> String {
    let before = secrets.yaml(&a.file.1, a.secrets.clone());
    let after = secrets.yaml(&b.file.1, b.secrets.clone());
    lines::unified(&before, &after, &a.file.0, &b.file.0)
}

/// Says what an upgrade of Prometheus changes; `range` is `FROM..TO`.
pub(super) fn upgraded(range: &str, question: &Question<'_>, io: &mut Io<'_>) -> Result<Exit> {
    let system = question.host.system(&io.secrets)?;
    let (from, to) = diff_upgrade::range(range)?;
    let mut wanted = question.host.wanted();
    if !question.paths.is_empty() {
        wanted.sender = Sender::PrometheusAgent;
    }
    wanted.prometheus_version =
        Some(from).filter(|it| !it.is_empty()).map(Version::parse).transpose()?;
    let installation = Installation::of_paths(&system, wanted, question.paths, io.stdin)?;
    let Some(found) = installation.prometheus_beside() else {
        let what = "there is nothing to compare: Prometheus is not set up here";
        return Err(Error::Invalid(what.to_owned()));
    };
    if from.is_empty() && found.written.is_none() {
        return Err(Error::Usage(format!(
            "the installed version of Prometheus is not known; write it: FROM..{to}"
        )));
    }
    let to = if to.is_empty() { Version::NEWEST } else { Version::parse(to)? };
    let from = found.version.clone();
    if from.numbers() > to.numbers() {
        return Err(Error::Usage(format!(
            "{from} is newer than {to}; write the older version first"
        )));
    }
    let bytes = found
        .bytes
        .as_ref()
        .map_err(|why| Error::Invalid(format!("{} cannot be compared: {why}", found.config)))?;
    let words = found.words();
    let words = words.as_deref().map(|words| (words, found.arguments_at.as_ref()));
    let subject = Subject { files: &system.files, path: &found.config, bytes, words };
    let changes = upgrade(&subject, &from, &to).map_err(Error::Invalid)?;
    let mut not_compared: Vec<String> = NOT_COMPARED.iter().map(|it| (*it).to_owned()).collect();
    if words.is_none() {
        not_compared.push(
            "the command line, which is not known: `--enable-feature=agent` is `--agent` from 3.0 \
             on, and the other one does not give agent mode"
                .to_owned(),
        );
    }
    if changes.iter().any(|it| it.kind == "removed") {
        not_compared.push(format!(
            "defaults and behaviour, as long as {to} does not start with the configuration"
        ));
    }
    let changes = changes.into_iter().map(|it| Change {
        kind: it.kind,
        component: it.component,
        path: it.path,
        since: it.since,
        breaks: it.breaks,
        message: it.message,
        at: it.at,
    });
    let found = Upgrade {
        program: "Prometheus",
        from: from.to_string(),
        to: to.to_string(),
        changes: changes.collect(),
        defects: Advisory::of(&to).map(|it| defect(it, &found.unit_name)).collect(),
        notes: notes(&to),
        not_compared,
    };
    diff_upgrade::written(&found, question.as_json, io)
}

fn defect(advisory: &Advisory, unit: &str) -> Defect {
    Defect {
        id: advisory.id(),
        component: Some(unit.to_owned()),
        text: advisory.text.to_owned(),
        help: format!("take {} or later", advisory.mended()),
        link: advisory.link(),
        at: None,
    }
}

/// What there is to say of a version that is newer than all that is known.
fn notes(to: &Version) -> Vec<String> {
    let newest = Version::NEWEST;
    let is_newer = to.numbers() > newest.numbers();
    let note = format!(
        "{to} is newer than {newest}, the newest that is known: what came later is \
                        not known"
    );
    if is_newer { vec![note] } else { Vec::new() }
}
