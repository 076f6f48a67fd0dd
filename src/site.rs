//! What the people of a site decided for trento-alloy on a host: `/etc/trento-alloy/config.yaml`.
//!
//! Reads the file and refuses what is no setting, with its place. What a setting means is known
//! where it is used: whether a check has that value, which unit it is.

mod trust;

use std::io;

use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::source::{At, Source};
use crate::system::{HostFiles, given};
use crate::yaml::{self, Kind, Node, SyntaxError, wanda};

pub use trust::{others_who_may_change, set_aside};

/// Where a host keeps the settings.
pub const PATH: &str = "/etc/trento-alloy/config.yaml";
/// Where a host keeps its waivers, unless the settings name another file.
pub const WAIVERS: &str = "/etc/trento-alloy/waivers.yaml";

/// Every setting, in the order of the manual.
const KEYS: [&str; 6] = ["unit", "select", "skip", "set", "fail-on", "waivers"];

/// A setting's value, and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: At,
}

/// What exit code 1 begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Any finding.
    Warning,
    /// Critical findings.
    Critical,
    /// Nothing.
    Never,
}

/// A value of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckValue {
    /// The check's id.
    pub check_id: String,
    /// The value's name.
    pub name: String,
    /// What it is to be.
    pub value: Json,
}

/// What became of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// There is none.
    #[default]
    Missing,
    /// Its settings hold.
    Read,
    /// Nothing of it is used, because others than root may change it; the reason says who.
    SetAside(String),
}

/// The settings of a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// What became of the file.
    pub state: State,
    /// The systemd unit of the sender.
    pub unit: Option<Written<String>>,
    /// The checks to run, as patterns.
    pub select: Vec<Written<String>>,
    /// The checks to leave out, as patterns.
    pub skip: Vec<Written<String>>,
    /// Values of checks.
    pub set: Vec<Written<CheckValue>>,
    /// What exit code 1 begins with.
    pub fail_on: Option<Written<Level>>,
    /// The file of waivers.
    pub waivers: Option<Written<Utf8PathBuf>>,
}

impl Site {
    /// The settings of a host. A file that others than root may change is set aside: whoever may
    /// write it could otherwise take findings out of the results.
    ///
    /// # Errors
    /// The file cannot be read, is no YAML, or has something in it that is no setting.
    pub fn of(files: &HostFiles) -> Result<Site> {
        let path = Utf8Path::new(PATH);
        let text = match files.read_text(path, given::LARGEST_SETTINGS) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Site::default()),
            Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
        };
        match others_who_may_change(files, path) {
            Some(who) => Ok(Site { state: State::SetAside(who), ..Site::default() }),
            None => Site::parse(&text),
        }
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// As [`Site::of`].
    pub fn parse(text: &str) -> Result<Site> {
        let reader = Reader { source: Source::new(PATH, text) };
        reader.site(text).map_err(|refused| {
            let place = match reader.source.at(refused.span) {
                Some(at) => format!("{PATH}:{}:{}", at.line, at.column),
                None => PATH.to_owned(),
            };
            Error::Invalid(format!("{place}: {}", refused.message))
        })
    }

    /// Whether they decide which checks run, and with which values.
    pub fn tailors_checks(&self) -> bool {
        !(self.select.is_empty() && self.skip.is_empty() && self.set.is_empty())
    }

    /// Why the file is not used, if it is there and is not.
    pub fn set_aside(&self) -> Option<String> {
        let State::SetAside(who) = &self.state else { return None };
        Some(set_aside(PATH, who))
    }

    /// Each setting with its value as text and its place, in the order of the manual.
    pub fn settings(&self) -> Vec<(String, String, &At)> {
        let mut rows = Vec::new();
        if let Some(unit) = &self.unit {
            rows.push(("unit".to_owned(), unit.value.clone(), &unit.at));
        }
        for (key, patterns) in [("select", &self.select), ("skip", &self.skip)] {
            rows.extend(patterns.iter().map(|it| (key.to_owned(), it.value.clone(), &it.at)));
        }
        rows.extend(self.set.iter().map(|it| {
            let CheckValue { check_id, name, value } = &it.value;
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (format!("set {check_id}.{name}"), shown, &it.at)
        }));
        if let Some(level) = &self.fail_on {
            rows.push(("fail-on".to_owned(), level.value.name().to_owned(), &level.at));
        }
        if let Some(waivers) = &self.waivers {
            rows.push(("waivers".to_owned(), waivers.value.to_string(), &waivers.at));
        }
        rows
    }
}

impl Level {
    const ALL: [Level; 3] = [Level::Warning, Level::Critical, Level::Never];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Critical => "critical",
            Level::Never => "never",
        }
    }
}

/// What is wrong, and where.
type Outcome<T> = std::result::Result<T, SyntaxError>;

/// Reads the tree of one file.
struct Reader {
    source: Source,
}

impl Reader {
    fn site(&self, text: &str) -> Outcome<Site> {
        let documents = yaml::parse(text)?;
        let mut site = Site { state: State::Read, ..Site::default() };
        let root = match documents.as_slice() {
            [] => return Ok(site),
            [root] => root,
            [_, second, ..] => return refuse(second.span, "a second document; write one map"),
        };
        if is_nothing(root) {
            return Ok(site);
        }
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in map(root, "settings stand in a map, such as `fail-on: critical`")? {
            let name = key.scalar().map_or("", |(name, _)| name);
            if seen.contains(&name) {
                return refuse(key.span, format!("`{name}` is set twice"));
            }
            seen.push(name);
            self.setting(name, key, value, &mut site)?;
        }
        Ok(site)
    }

    fn setting(&self, name: &str, key: &Node, value: &Node, site: &mut Site) -> Outcome<()> {
        if !KEYS.contains(&name) {
            return refuse(key.span, unknown(name));
        }
        if is_nothing(value) {
            return Ok(());
        }
        match name {
            "unit" => site.unit = Some(self.written(value, unit(value)?)),
            "select" => site.select = self.patterns(value)?,
            "skip" => site.skip = self.patterns(value)?,
            "set" => site.set = self.values(value)?,
            "fail-on" => site.fail_on = Some(self.written(value, level(value)?)),
            _ => site.waivers = Some(self.written(value, absolute(value)?)),
        }
        Ok(())
    }

    /// One pattern, or a list of them.
    fn patterns(&self, value: &Node) -> Outcome<Vec<Written<String>>> {
        let items = value.sequence().unwrap_or(std::slice::from_ref(value));
        items
            .iter()
            .map(|item| match item.scalar() {
                Some((text, _)) if !text.trim().is_empty() => {
                    Ok(self.written(item, text.trim().to_owned()))
                }
                _ => refuse(item.span, "write a list of ids, names or groups, such as `[A11033]`"),
            })
            .collect()
    }

    /// `ID: {NAME: VALUE}`, or `ID.NAME: VALUE`.
    fn values(&self, value: &Node) -> Outcome<Vec<Written<CheckValue>>> {
        const SHAPE: &str = "write `ID:` and below it `NAME: VALUE`, or `ID.NAME: VALUE`";
        let mut values: Vec<Written<CheckValue>> = Vec::new();
        let mut add = |id: &str, name: &str, key: &Node, value: &Node| {
            let given =
                CheckValue { check_id: id.into(), name: name.into(), value: plain_value(value)? };
            let is_same = |it: &Written<CheckValue>| {
                it.value.check_id == given.check_id && it.value.name == given.name
            };
            if values.iter().any(is_same) {
                return refuse(key.span, format!("`{id}.{name}` is set twice"));
            }
            values.push(self.written(key, given));
            Ok(())
        };
        for (key, value) in map(value, SHAPE)? {
            let id = key.scalar().map_or("", |(text, _)| text);
            match (id.split_once('.'), &value.kind) {
                (Some((id, name)), Kind::Scalar { .. }) => add(id, name, key, value)?,
                (None, Kind::Mapping(values)) => {
                    for (key, value) in values {
                        add(id, key.scalar().map_or("", |(text, _)| text), key, value)?;
                    }
                }
                _ => return refuse(key.span, SHAPE),
            }
        }
        Ok(values)
    }

    fn written<T>(&self, node: &Node, value: T) -> Written<T> {
        let nowhere =
            || At { file: PATH.to_owned(), line: 1, column: 1, end_line: 1, end_column: 1 };
        Written { value, at: self.source.at(node.span).unwrap_or_else(nowhere) }
    }
}

fn refuse<T>(span: Span, message: impl Into<String>) -> Outcome<T> {
    Err(SyntaxError { message: message.into(), span })
}

fn unknown(name: &str) -> String {
    let keys = KEYS.join(", ");
    let distance = |key: &&str| strsim::damerau_levenshtein(key, name);
    match KEYS.iter().copied().min_by_key(distance).filter(|near| distance(near) <= 2) {
        Some(near) => {
            format!("`{name}` is no setting; did you mean `{near}`? The settings are {keys}")
        }
        None => format!("`{name}` is no setting: the settings are {keys}"),
    }
}

fn is_nothing(node: &Node) -> bool {
    matches!(wanda::scalar(node), Ok(Some(wanda::Scalar::Null)))
}

fn map<'n>(node: &'n Node, shape: &str) -> Outcome<&'n [(Node, Node)]> {
    node.mapping().map_or_else(|| refuse(node.span, shape), Ok)
}

fn plain_value(node: &Node) -> Outcome<Json> {
    wanda::value(node).map(|value| value.json)
}

fn unit(node: &Node) -> Outcome<String> {
    let fits = |text: &str| {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        !text.is_empty() && text.len() <= 255 && text.chars().all(is_usual)
    };
    match node.scalar() {
        Some((text, _)) if fits(text) => Ok(text.to_owned()),
        _ => refuse(node.span, "`unit` is the name of a systemd unit, such as `alloy.service`"),
    }
}

fn level(node: &Node) -> Outcome<Level> {
    let text = node.scalar().map_or("", |(text, _)| text);
    match Level::ALL.into_iter().find(|level| level.name() == text) {
        Some(level) => Ok(level),
        None => refuse(node.span, "`fail-on` is warning, critical or never"),
    }
}

fn absolute(node: &Node) -> Outcome<Utf8PathBuf> {
    match node.scalar() {
        Some((text, _)) if text.starts_with('/') => Ok(Utf8PathBuf::from(text)),
        _ => refuse(node.span, format!("`waivers` is the path of a file, such as `{WAIVERS}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_with_its_place() {
        let text = "\
unit: alloy-trento
select: [A110*, endpoints]
skip:
  - A11033
set:
  A11037:
    min_days_left: 14
  A11027.max_interval: 60
fail-on: critical
waivers: /etc/trento-alloy/ours.yaml
";
        let site = Site::parse(text).unwrap();
        let rows: Vec<String> = site
            .settings()
            .iter()
            .map(|(key, value, at)| format!("{}: {key} = {value}", at.line))
            .collect();
        assert_eq!(
            rows,
            [
                "1: unit = alloy-trento",
                "2: select = A110*",
                "2: select = endpoints",
                "4: skip = A11033",
                "7: set A11037.min_days_left = 14",
                "8: set A11027.max_interval = 60",
                "9: fail-on = critical",
                "10: waivers = /etc/trento-alloy/ours.yaml",
            ]
        );
        assert_eq!(site.set[0].value.value, serde_json::json!(14));
    }

    #[test]
    fn nothing_set_is_no_error() {
        for text in ["", "# all as usual\n", "---\n", "skip:\nset: ~\n", "~"] {
            let site = Site::parse(text).unwrap();
            assert_eq!((site.state.clone(), site.settings().len()), (State::Read, 0), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_setting_is_refused_with_its_place() {
        let refused = |text: &str| {
            let error = Site::parse(text).unwrap_err().to_string();
            error.strip_prefix("/etc/trento-alloy/config.yaml:").unwrap().to_owned()
        };
        let keys = "unit, select, skip, set, fail-on, waivers";
        assert_eq!(
            refused("skip: A1\nfail_on: never\n"),
            format!(
                "2:1: `fail_on` is no setting; did you mean `fail-on`? The settings are {keys}"
            )
        );
        assert_eq!(
            refused("colour: red"),
            format!("1:1: `colour` is no setting: the settings are {keys}")
        );
        assert_eq!(refused("fail-on: error"), "1:10: `fail-on` is warning, critical or never");
        assert_eq!(refused("skip: a\nskip: b"), "2:1: `skip` is set twice");
        assert_eq!(refused("set: {A1: {b: 1}, A1.b: 2}"), "1:19: `A1.b` is set twice");
        for text in [
            "- skip",
            "skip: [[a]]",
            "skip: {a: b}",
            "set: [A1.b=2]",
            "set: {A1: 2}",
            "unit: /etc/alloy",
            "unit: 'a b'",
            "waivers: waivers.yaml",
            "a: 1\n---\nb: 2",
            "skip: [a",
        ] {
            refused(text);
        }
    }
}
