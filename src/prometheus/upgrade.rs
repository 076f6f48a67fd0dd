//! What an upgrade of Prometheus changes for a configuration and a command line.
//!
//! Holds both against the two versions: what the newer one refuses, which defaults are others, and
//! what is known to behave otherwise. What is not used is not mentioned.

use camino::Utf8Path;

use super::arguments::{Arguments, Mode};
use super::meaning::{Meant, Part, PartKind, defaults};
use super::sender::Configuration;
use super::version::Version;
use super::{duration, start};
use crate::diagnostic::Severity;
use crate::source::At;
use crate::system::HostFiles;

/// One difference between two versions that a configuration or a command line meets.
#[derive(Clone, Debug)]
pub struct Difference {
    /// `removed`, `default`, `behaviour` or `flag`.
    pub kind: &'static str,
    /// The job or endpoint; empty where it is none.
    pub component: String,
    /// What of it.
    pub path: String,
    /// The first version that differs from the older one.
    pub since: String,
    /// Whether Prometheus can fail, or send nothing, because of it.
    pub breaks: bool,
    /// One clause that says it.
    pub message: String,
    /// Where it stands.
    pub at: Option<At>,
}

/// What is held against both versions.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The files of the host.
    pub files: &'a HostFiles,
    /// Where the configuration stands.
    pub path: &'a Utf8Path,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The words of the command line, where it is known, and where they are set.
    pub words: Option<(&'a [String], Option<&'a At>)>,
}

/// What is not compared whatever the versions are.
pub const NOT_COMPARED: &[&str] = &[
    "what targets answer: 3.0 and later refuse an answer without a known Content-Type unless the \
     job has fallback_scrape_protocol",
    "ways of discovery that a distribution leaves out of its build, and what they find",
    "the format of what waits in the storage; after a step back it may not be read",
    "behaviour that changed without a trace in the fields or the changelog of Prometheus",
];

/// Fields that were renamed: the old name, and what it is now.
const RENAMED: &[(&str, &str)] =
    &[("scrape_classic_histograms", "it is `always_scrape_classic_histograms` from 3.0 on")];
/// More faults of one file are not told.
const MOST_FAULTS: usize = 50;

/// What differs between two versions.
///
/// # Errors
/// The older version does not run the configuration either; what it says.
pub fn upgrade(
    subject: &Subject<'_>,
    from: &Version,
    to: &Version,
) -> Result<Vec<Difference>, String> {
    let before = read(subject, from).map_err(|message| format!("{from} refuses it: {message}"))?;
    let mut found = refused(subject, from, to);
    if let Ok(after) = read(subject, to) {
        let parts = (before.parts(subject.files), after.parts(subject.files));
        found.extend(other_defaults(&parts.0, &parts.1, from, to));
        found.extend(variables(&parts.0, subject, from, to));
        found.extend(redirects(&parts.0, from, to));
    }
    found.extend(flags(subject, from, to));
    Ok(found)
}

fn read(subject: &Subject<'_>, version: &Version) -> Result<Configuration, String> {
    Configuration::read(subject.files, subject.path, subject.bytes, version)
        .map_err(|refused| refused.message)
}

/// The first release behind `from` for which something holds that holds for `to`.
fn since(from: &Version, to: &Version, holds: impl Fn(&Version) -> bool) -> String {
    let between: Vec<Version> =
        to.releases().into_iter().filter(|it| it.release() > from.release()).collect();
    let first = between.partition_point(|version| !holds(version));
    between.get(first).unwrap_or(to).to_string()
}

/// What the newer version does not start with, and the older one does.
fn refused(subject: &Subject<'_>, from: &Version, to: &Version) -> Vec<Difference> {
    let faults = |version: &Version| {
        let start = start(subject.files, subject.path, subject.bytes, version);
        let errors = start.findings.into_iter().filter(|(how, _)| *how == Severity::Error);
        errors.map(|(_, finding)| finding).collect::<Vec<_>>()
    };
    let old = faults(from);
    let is_old = |message: &str| old.iter().any(|known| known.message == message);
    let new = faults(to).into_iter().filter(|fault| !is_old(&fault.message));
    new.take(MOST_FAULTS)
        .map(|fault| {
            let has_it = |version: &Version| {
                faults(version).iter().any(|other| other.message == fault.message)
            };
            let renamed = RENAMED
                .iter()
                .find(|(name, _)| fault.message.contains(&format!("field {name} not found")));
            let hint = renamed.map_or(String::new(), |(_, hint)| format!("; {hint}"));
            Difference {
                kind: "removed",
                component: String::new(),
                path: String::new(),
                since: since(from, to, has_it),
                breaks: true,
                message: format!("it does not start with this: {}{hint}", fault.message),
                at: fault.source.at(fault.span),
            }
        })
        .collect()
}

/// What is written nowhere and becomes another value.
fn other_defaults(
    before: &[Part],
    after: &[Part],
    from: &Version,
    to: &Version,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for kind in [PartKind::Job, PartKind::Write, PartKind::Read] {
        for (path, (major, minor), old, new) in defaults::changed(kind, from, to) {
            // What is written and equal to one of the defaults shows under the other version.
            let is_free = |parts: &[Part], id: &str| {
                parts.iter().any(|part| part.id == id && !part.settings.contains_key(path))
            };
            let parts = before.iter().filter(|part| part.kind == kind);
            let parts: Vec<&Part> = parts
                .filter(|part| is_free(before, &part.id) && is_free(after, &part.id))
                .collect();
            let Some(first) = parts.first() else { continue };
            let others = match parts.len() {
                1 => String::new(),
                count => format!(" (and of {} others)", count - 1),
            };
            found.push(Difference {
                kind: "default",
                component: first.id.clone(),
                path: path.to_owned(),
                since: format!("{major}.{minor}.0"),
                breaks: false,
                message: format!(
                    "`{path}` of {}{others} is not written: it was {} and becomes {}",
                    first.id,
                    shown(&old),
                    shown(&new)
                ),
                at: first.at.clone(),
            });
        }
    }
    found
}

/// A default as it would be written.
fn shown(value: &Meant) -> String {
    match value {
        Meant::Text(text) => text.clone(),
        Meant::Bool(value) => value.to_string(),
        Meant::Number(number) => number.to_string(),
        Meant::Duration(milliseconds) => duration::shown(*milliseconds),
        Meant::List(items) => items.join(", "),
        Meant::Url(_) | Meant::Path { .. } | Meant::Secret(_) => String::new(),
    }
}

/// External labels that stay as they are before 3.0, and are expanded from then on.
fn variables(
    parts: &[Part],
    subject: &Subject<'_>,
    from: &Version,
    to: &Version,
) -> Vec<Difference> {
    if from.is_at_least(3, 0) || !to.is_at_least(3, 0) {
        return Vec::new();
    }
    let known =
        subject.words.map(|(words, _)| Arguments::read(words, from).expands_external_labels(from));
    if known == Some(true) {
        return Vec::new();
    }
    let unless = match known {
        Some(_) => "",
        None => ", unless --enable-feature=expand-external-labels is given already",
    };
    let global = parts.iter().filter(|part| part.id == "global");
    let labels = global.flat_map(|part| &part.settings).filter(|(path, setting)| {
        path.starts_with("external_labels.")
            && matches!(&setting.value, Meant::Text(text) if text.contains('$'))
    });
    labels
        .map(|(path, setting)| Difference {
            kind: "behaviour",
            component: "global".to_owned(),
            path: path.clone(),
            since: "3.0.0".to_owned(),
            breaks: true,
            message: format!(
                "`$` in `{path}` becomes a variable{unless}; write `$$` for the character itself"
            ),
            at: setting.at.clone(),
        })
        .collect()
}

/// Endpoints with credentials, which no longer follow a redirect to another host.
fn redirects(parts: &[Part], from: &Version, to: &Version) -> Vec<Difference> {
    if from.is_at_least(3, 13) || !to.is_at_least(3, 13) {
        return Vec::new();
    }
    let has_credentials = |part: &&Part| {
        let ways = ["basic_auth.", "authorization.", "oauth2."];
        part.kind == PartKind::Write
            && !part.settings.contains_key("follow_redirects")
            && part.settings.keys().any(|path| ways.iter().any(|way| path.starts_with(way)))
    };
    parts
        .iter()
        .filter(has_credentials)
        .map(|part| Difference {
            kind: "behaviour",
            component: part.id.clone(),
            path: "follow_redirects".to_owned(),
            since: "3.13.0".to_owned(),
            breaks: false,
            message: format!(
                "the credentials of {} no longer follow a redirect to another host",
                part.id
            ),
            at: part.at.clone(),
        })
        .collect()
}

/// What becomes of the command line.
fn flags(subject: &Subject<'_>, from: &Version, to: &Version) -> Option<Difference> {
    let (words, at) = subject.words?;
    let mode = |version: &Version| Arguments::read(words, version).mode(version);
    let stop = |version: &Version| {
        let arguments = Arguments::read(words, version);
        arguments.stop().map(|stop| stop.message.clone())
    };
    let (message, since) = if mode(from) == Mode::Agent && mode(to) == Mode::Server {
        let message = "`--enable-feature=agent` no longer gives agent mode: it would run as a \
                       server; write `--agent` with the new version"
            .to_owned();
        (message, since(from, to, |version| mode(version) == Mode::Server))
    } else {
        let new = stop(to).filter(|_| stop(from).is_none())?;
        let message = format!("it ends at once with its command line: {new}");
        (message, since(from, to, |version| stop(version).is_some()))
    };
    Some(Difference {
        kind: "flag",
        component: String::new(),
        path: String::new(),
        since,
        breaks: true,
        message,
        at: at.cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::System;

    fn messages(text: &str, words: &[&str], from: &str, to: &str) -> Vec<(String, String)> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let system = System::live();
        let subject = Subject {
            files: &system.files,
            path: Utf8Path::new("prometheus.yml"),
            bytes: text.as_bytes(),
            words: Some((&words, None)),
        };
        let version = |text: &str| Version::parse(text).unwrap();
        let found = upgrade(&subject, &version(from), &version(to)).unwrap();
        found.into_iter().map(|it| (it.since, it.message)).collect()
    }

    #[test]
    fn a_field_that_is_gone_is_told_with_its_version_and_its_new_name() {
        let text = "scrape_configs: [{job_name: a, scrape_classic_histograms: true}]\n";
        let found = messages(text, &[], "2.53.3", "3.14.0");
        assert_eq!(found[0].0, "3.0.0");
        assert!(found[0].1.contains("always_scrape_classic_histograms"), "{found:?}");
        assert!(messages(text, &[], "2.45.0", "2.53.3").is_empty());
    }

    #[test]
    fn a_default_counts_only_where_nothing_is_written() {
        let text = "remote_write: [{url: 'http://x/w', queue_config: {max_shards: 200}}]\n";
        let found = messages(text, &[], "2.42.0", "2.53.3");
        let of = |name: &str| found.iter().filter(|it| it.1.contains(name)).count();
        assert_eq!((of("`queue_config.max_shards`"), of("`queue_config.capacity`")), (0, 1));
        assert!(found.iter().all(|it| it.0 == "2.44.0"), "{found:?}");
    }

    #[test]
    fn the_flag_of_agent_mode_and_variables_change_with_3() {
        let text = "global: {external_labels: {a: 'x$y'}}\n";
        let found = messages(text, &["--enable-feature=agent"], "2.53.3", "3.5.3");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|it| it.0 == "3.0.0"));
        assert!(found[1].1.contains("write `--agent`"));
        let feature = "--enable-feature=agent,expand-external-labels";
        assert_eq!(messages(text, &[feature], "2.53.3", "2.55.0"), []);
    }
}
