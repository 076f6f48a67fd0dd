//! Which checks apply, as the Trento server decides it, and which ones a person asked for.

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::Value as Json;

use crate::checks::engine::{Engine, Failure, Variables};
use crate::checks::evaluation::Broken;
use crate::checks::facts::Object;
use crate::checks::load::Loaded;
use crate::checks::model::Check;
use crate::error::{Error, Result};

/// Why a check does not apply; nothing if it does.
///
/// # Errors
/// The server would die of its `when` or `metadata`.
pub fn inapplicable(check: &Check, env: &Object) -> std::result::Result<Option<String>, Broken> {
    if env.is_empty() {
        return Ok(None);
    }
    if let Some(when) = &check.when {
        let Some(script) = when.as_str() else {
            return Err(Broken(format!("`when: {when}` is no text; put it in quotes")));
        };
        match holds(script, "env", env)? {
            Held::Yes => {}
            Held::No => return Ok(Some(format!("its `when` does not hold: {script}"))),
            Held::Erred(why) => return Ok(Some(format!("its `when` cannot be evaluated: {why}"))),
        }
    }
    match &check.metadata {
        Json::Null => Ok(None),
        Json::Object(metadata) => Ok(env
            .iter()
            .find(|(key, value)| {
                metadata.get(key.as_str()).is_some_and(|wanted| !matches(wanted, value))
            })
            .map(|(key, value)| match (plain(value).as_str(), metadata.get(key.as_str())) {
                ("host", Some(wanted)) if wanted == SEVERAL => {
                    "it compares hosts, which `check --hosts` does".to_owned()
                }
                (value, _) => format!("it is not meant for {key} {value}"),
            })),
        other => Err(Broken(format!("`metadata: {other}` is no map"))),
    }
}

/// What hosts are together, as checks know it.
pub const SEVERAL: &str = "cluster";

/// Whether a check compares hosts: it is meant for several together, and not for one.
///
/// A check whose `when` or `metadata` is broken is none; it is told of on every host.
pub fn compares_hosts(check: &Check) -> bool {
    let env = |target: &str| Object::from_iter([("target_type".to_owned(), target.into())]);
    let is_for = |target| matches!(inapplicable(check, &env(target)), Ok(None));
    is_for(SEVERAL) && !is_for("host")
}

/// Whether a check leaves a host out.
///
/// # Errors
/// The server would die of its `exclude`.
pub fn excluded(check: &Check, host: &Object) -> std::result::Result<bool, Broken> {
    let Some(exclude) = &check.exclude else { return Ok(false) };
    let Some(script) = exclude.as_str() else {
        return Err(Broken(format!("`exclude: {exclude}` is no text; put it in quotes")));
    };
    Ok(matches!(holds(script, "host", host)?, Held::Yes))
}

enum Held {
    Yes,
    No,
    Erred(String),
}

fn holds(script: &str, name: &'static str, map: &Object) -> std::result::Result<Held, Broken> {
    let variables = Variables::new().with(name, map).map_err(|it| Broken(it.to_string()))?;
    match Engine::shared().eval(script, &variables) {
        Ok(Json::Bool(true)) => Ok(Held::Yes),
        Ok(_) | Err(Failure::Unstorable(_)) => Ok(Held::No),
        Err(Failure::Script(error)) => Ok(Held::Erred(error.message)),
        Err(error) => Err(Broken(error.to_string())),
    }
}

/// Whether a metadata value admits an environment's: null anything, a list one of its elements.
fn matches(wanted: &Json, value: &Json) -> bool {
    match wanted {
        Json::Null => true,
        Json::Array(choices) => choices.iter().any(|choice| matches(choice, value)),
        wanted => wanted == value,
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Which checks a person asked for: by id, name or group, each a pattern with `*` and `?`.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    select: Option<Patterns>,
    skip: Option<Patterns>,
}

#[derive(Clone, Debug)]
struct Patterns {
    set: GlobSet,
    texts: Vec<String>,
}

impl Filter {
    /// Makes a filter. Nothing selected means everything.
    ///
    /// # Errors
    /// A pattern is none.
    pub fn new(select: &[String], skip: &[String]) -> Result<Filter> {
        let patterns = |texts: &[String]| -> Result<Option<Patterns>> {
            if texts.is_empty() { Ok(None) } else { Patterns::new(texts).map(Some) }
        };
        Ok(Filter { select: patterns(select)?, skip: patterns(skip)? })
    }

    /// Whether a check is asked for. A file that holds none is known by its name.
    pub fn admits(&self, loaded: &Loaded) -> bool {
        self.select.as_ref().is_none_or(|patterns| patterns.name(loaded))
            && !self.skip.as_ref().is_some_and(|patterns| patterns.name(loaded))
    }

    /// Patterns that name none of the checks: likely misspelt.
    pub fn idle(&self, checks: &[Loaded]) -> Vec<String> {
        let mut idle = Vec::new();
        for patterns in self.select.iter().chain(&self.skip) {
            for (index, text) in patterns.texts.iter().enumerate() {
                if !checks.iter().any(|check| patterns.matched(check).contains(&index)) {
                    idle.push(text.clone());
                }
            }
        }
        idle
    }
}

impl Patterns {
    fn new(texts: &[String]) -> Result<Patterns> {
        let mut builder = GlobSetBuilder::new();
        let mut kept = Vec::new();
        let separate = texts.iter().flat_map(|text| text.split(','));
        for text in separate.map(str::trim).filter(|text| !text.is_empty()) {
            let glob = Glob::new(&text.to_lowercase())
                .map_err(|error| Error::Usage(format!("`{text}` is no pattern: {error}")))?;
            builder.add(glob);
            kept.push(text.to_owned());
        }
        let set = builder
            .build()
            .map_err(|error| Error::Usage(format!("cannot use these patterns: {error}")))?;
        Ok(Patterns { set, texts: kept })
    }

    fn name(&self, loaded: &Loaded) -> bool {
        !self.matched(loaded).is_empty()
    }

    fn matched(&self, loaded: &Loaded) -> Vec<usize> {
        let names = match &loaded.check {
            Ok(check) => [&check.id, &check.name, &check.group].map(|name| name.to_string()),
            Err(_) => [loaded.file_id.clone(), String::new(), String::new()],
        };
        names.iter().flat_map(|name| self.set.matches(name.to_lowercase())).collect()
    }
}
