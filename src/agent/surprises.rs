//! What in the agent's settings will surprise whoever wrote them.
//!
//! Descriptions only: a check decides which of them matter.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::file::Entry;
use super::interval::{Interval, Reading};
use super::keys::{KEYS, Key, KeyKind, Scope};
use super::{Origin, Settings, file, scalar};
use crate::source::At;
use crate::yaml::go::{Scalar, Value};

/// Something that is not as whoever wrote it will think.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Surprise {
    /// Which kind of thing it is.
    pub kind: SurpriseKind,
    /// The key it is about, as written; none where it is about a file.
    pub key: Option<String>,
    /// One clause, lower case, no full stop; never a secret.
    pub message: String,
    /// What to do, as an imperative.
    pub help: String,
    /// Where.
    pub at: Option<At>,
}

/// Which kind of surprise it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SurpriseKind {
    /// The agent does not know the key and ignores it.
    UnknownKey,
    /// The key has underscores where the agent's has dashes.
    Underscores,
    /// The key is the RFC's; the shipped agent ignores it.
    RfcKey,
    /// The key is there twice but for case.
    CaseClash,
    /// The agent cannot read the duration and takes its default.
    DurationReplaced,
    /// The agent reads the duration as nanoseconds.
    Nanoseconds,
    /// The duration is negative.
    NegativeDuration,
    /// YAML reads the value as another one than is written.
    ScalarChanged,
    /// The value is a list or a map, which the agent reads as empty.
    NotAText,
    /// A second file that the agent does not read.
    ShadowedFile,
    /// A variable of the agent's unit overrides the file.
    UnitVariable,
    /// The agent ID is forced.
    ForcedAgentId,
    /// The key has no meaning in this mode.
    IgnoredInMode,
}

pub(super) fn find(
    settings: &Settings,
    entries: &[Entry],
    shadowed: &[Utf8PathBuf],
) -> Vec<Surprise> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in entries {
        found.extend(of_key(entry));
        found.extend(of_value(entry));
        found.extend(of_mode(settings, entry));
        if seen.insert(&entry.key, entry).is_some() {
            found.push(surprise(
                SurpriseKind::CaseClash,
                entry,
                "is there twice in different case: the one that is not in lower case counts",
                "keep one of the two, in lower case",
            ));
        }
    }
    found.extend(of_environment(settings, entries));
    if settings.get("force-agent-id").is_some_and(|setting| !setting.value.is_empty()) {
        let setting = settings.get("force-agent-id");
        found.push(Surprise {
            kind: SurpriseKind::ForcedAgentId,
            key: Some("force-agent-id".to_owned()),
            message: "`force-agent-id` replaces the host's own agent ID".to_owned(),
            help: "remove it outside of development".to_owned(),
            at: setting.and_then(|setting| setting.origin.at().cloned()),
        });
    }
    found.extend(shadowed.iter().map(|path| of_shadowed(settings.file.path(), path)));
    found
}

fn surprise(kind: SurpriseKind, entry: &Entry, what: &str, help: &str) -> Surprise {
    Surprise {
        kind,
        key: Some(entry.written_key.clone()),
        message: format!("`{}` {what}", entry.written_key),
        help: help.to_owned(),
        at: entry.at.clone(),
    }
}

/// A key that the agent ignores.
fn of_key(entry: &Entry) -> Option<Surprise> {
    match Key::named(&entry.key) {
        Some(key) if key.scope == Scope::Rfc => Some(surprise(
            SurpriseKind::RfcKey,
            entry,
            "is ignored by the agent",
            "write `prometheus-scrape-interval`",
        )),
        Some(_) => None,
        None if entry.key == "config" => None,
        None => {
            let dashed = entry.key.replace('_', "-");
            if let Some(key) = Key::named(&dashed) {
                let help = format!("write `{}`", key.name);
                let what = "is ignored by the agent: its keys have dashes";
                return Some(surprise(SurpriseKind::Underscores, entry, what, &help));
            }
            let near = KEYS
                .iter()
                .map(|key| (strsim::jaro_winkler(key.name, &dashed), key.name))
                .filter(|(likeness, _)| *likeness > 0.9)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let help = match near {
                Some((_, name)) => format!("remove it, or write `{name}`"),
                None => "remove it".to_owned(),
            };
            Some(surprise(SurpriseKind::UnknownKey, entry, "is ignored by the agent", &help))
        }
    }
}

/// A value that the agent reads as another one.
fn of_value(entry: &Entry) -> Option<Surprise> {
    let key = Key::named(&entry.key).filter(|key| key.scope != Scope::Rfc)?;
    if !matches!(entry.value, Value::Scalar(_)) {
        return Some(surprise(
            SurpriseKind::NotAText,
            entry,
            "is a list or a map, which the agent reads as empty",
            "write one text",
        ));
    }
    if key.kind == KeyKind::Duration {
        return of_duration(entry);
    }
    let written = entry.plain.as_ref()?;
    let read = scalar::text(&entry.value);
    if written.is_empty() || *written == read {
        return None;
    }
    let what = match (&entry.value, key.kind) {
        (Value::Scalar(Scalar::Null), _) => "is read as empty".to_owned(),
        (_, KeyKind::Text) => format!("is written `{written}` and read as `{read}`"),
        _ => "is read as another value than is written: YAML takes it for a number, a date or \
              a truth value"
            .to_owned(),
    };
    Some(surprise(SurpriseKind::ScalarChanged, entry, &what, "put the value in quotes"))
}

fn of_duration(entry: &Entry) -> Option<Surprise> {
    let interval = Interval::read(&entry.value);
    let (kind, what) = match interval.reading {
        Reading::AsWritten | Reading::Default => return None,
        Reading::Replaced if entry.key == "prometheus-scrape-interval" => (
            SurpriseKind::DurationReplaced,
            format!("cannot be read or is zero: the agent takes {}", interval.duration),
        ),
        Reading::Replaced => {
            (SurpriseKind::DurationReplaced, "cannot be read or is zero".to_owned())
        }
        Reading::Nanoseconds => (
            SurpriseKind::Nanoseconds,
            format!("has no unit: the agent reads {}", interval.duration),
        ),
        Reading::Negative => (SurpriseKind::NegativeDuration, "is negative".to_owned()),
    };
    Some(surprise(kind, entry, &what, "write a number with a unit, such as 15s or 1m30s"))
}

/// A key that means nothing in the mode in force.
fn of_mode(settings: &Settings, entry: &Entry) -> Option<Surprise> {
    let scope = Key::named(&entry.key)?.scope;
    let mode = settings.value("prometheus-mode");
    // A mode that the agent does not know is a fault of its own, and nothing follows from it.
    if !matches!((scope, mode), (Scope::Push, "pull") | (Scope::Pull, "push")) {
        return None;
    }
    // An empty value says nothing, so nothing of it is ignored.
    if scalar::text(&entry.value).is_empty() && matches!(entry.value, Value::Scalar(_)) {
        return None;
    }
    let what = format!("has no meaning in {mode} mode");
    Some(surprise(SurpriseKind::IgnoredInMode, entry, &what, "remove it, or change the mode"))
}

/// Variables of the agent's unit that override the file.
fn of_environment(settings: &Settings, entries: &[Entry]) -> Vec<Surprise> {
    let mut found = Vec::new();
    for setting in settings.iter() {
        let Origin::Variable { name, at, is_unit: true } = &setting.origin else { continue };
        let written = file::entry_in_force(entries, setting.key.name);
        if written.is_some_and(|entry| scalar::text(&entry.value) == setting.value.expose()) {
            continue;
        }
        let over = if written.is_some() { "overrides" } else { "sets" };
        found.push(Surprise {
            kind: SurpriseKind::UnitVariable,
            key: Some(setting.key.name.to_owned()),
            message: format!(
                "the variable {name} of the agent's unit {over} `{}`",
                setting.key.name
            ),
            help: "set it in agent.yaml, so that `generate` on a terminal sees it too".to_owned(),
            at: at.clone(),
        });
    }
    found
}

fn of_shadowed(taken: Option<&Utf8Path>, path: &Utf8Path) -> Surprise {
    let taken = taken.map_or("another file", Utf8Path::as_str);
    Surprise {
        kind: SurpriseKind::ShadowedFile,
        key: None,
        message: format!("{path} is not read: the agent takes {taken}"),
        help: "keep one of the two".to_owned(),
        at: Some(At { file: path.to_string(), line: 1, column: 1, end_line: 1, end_column: 1 }),
    }
}
