//! What a configuration means, part by part: jobs, remote writes, and the rest of its file.
//!
//! Each part is its settings by their paths, with what is inherited and what stands in files of
//! targets taken in, and with defaults left out. Two configurations that mean the same have the
//! same parts.

pub(super) mod defaults;
mod reader;

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::Configuration;
use super::check::Inherited;
use super::decode::{Fields, Item, Value};
use super::jobs::JobIn;
use crate::proof::{ComponentId, is_same_url};
use crate::secret::Secret;
use crate::source::{At, Source};
use crate::system::HostFiles;
use reader::{INHERITED, Reader};

/// What kind of part it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// A job.
    Job,
    /// A remote write.
    Write,
    /// A remote read.
    Read,
    /// A section at the top of the file.
    Section,
}

/// A part of a configuration.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// What it is called: `scrape_configs.NAME`, `remote_write[0]`, `global`.
    pub id: String,
    /// Its name, empty where it has none.
    pub name: String,
    /// Its number, as the proof knows it; none of what the proof does not know.
    pub component: Option<ComponentId>,
    /// Where it stands.
    pub at: Option<At>,
    /// Its settings by path.
    pub settings: BTreeMap<String, Setting>,
    /// Its rules, list by list, in their order.
    pub rules: BTreeMap<String, Vec<Rule>>,
}

/// A value that is set.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The value.
    pub value: Meant,
    /// Where it is set.
    pub at: Option<At>,
}

/// A relabel rule: what of it is no default.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its settings by name.
    pub settings: BTreeMap<String, Setting>,
    /// Where it stands.
    pub at: Option<At>,
}

/// What a value means, however it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant {
    /// A text.
    Text(String),
    /// A URL.
    Url(String),
    /// A path, as it is written and from where its file stands.
    Path {
        /// As it is written.
        written: String,
        /// From the folder of its file.
        whole: Utf8PathBuf,
    },
    /// A credential.
    Secret(Secret),
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A number of milliseconds.
    Duration(i64),
    /// Texts in their order.
    List(Vec<String>),
}

impl Meant {
    /// Whether both mean the same.
    pub fn is_same(&self, other: &Meant) -> bool {
        match (self, other) {
            (Meant::Url(one), Meant::Url(other)) => one == other || is_same_url(one, other),
            (
                Meant::Path { written, whole },
                Meant::Path { written: other_written, whole: other_whole },
            ) => written == other_written || whole == other_whole,
            _ => self == other,
        }
    }

    /// Whether it is what is meant where nothing is written and there is no default.
    fn is_zero(&self) -> bool {
        match self {
            Meant::Text(text) | Meant::Url(text) | Meant::Path { written: text, .. } => {
                text.is_empty()
            }
            Meant::Secret(secret) => secret.is_empty(),
            Meant::Bool(value) => !value,
            Meant::Number(number) => *number == 0.0,
            Meant::Duration(milliseconds) => *milliseconds == 0,
            Meant::List(items) => items.is_empty(),
        }
    }
}

impl Part {
    /// Whether it says nothing beyond the defaults.
    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.rules.is_empty()
    }

    /// The addresses of its targets.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.settings.iter().filter_map(|(path, setting)| match &setting.value {
            Meant::Text(address) if path.starts_with("targets[") && path.ends_with(']') => {
                Some(address.as_str())
            }
            _ => None,
        })
    }
}

impl Configuration {
    /// Its parts: jobs, remote writes, and what else its file says.
    pub fn parts(&self, files: &HostFiles) -> Vec<Part> {
        let inherited = Inherited::of(&self.loaded.fields);
        let mut parts: Vec<Part> = self
            .jobs()
            .into_iter()
            .enumerate()
            .map(|(number, of)| self.job_part(files, number, of, &inherited))
            .collect();
        let first = parts.len();
        for (list, of, kind) in [
            ("remote_write", "RemoteWriteConfig", PartKind::Write),
            ("remote_read", "RemoteReadConfig", PartKind::Read),
        ] {
            for (number, item) in self.loaded.fields.list(list).iter().enumerate() {
                let Some(fields) = item.fields() else { continue };
                let component = (kind == PartKind::Write).then(|| ComponentId::new(first + number));
                parts.push(self.endpoint_part(list, of, kind, number, fields, component));
            }
        }
        parts.extend(self.sections());
        parts
    }

    fn job_part(
        &self,
        files: &HostFiles,
        number: usize,
        of: JobIn<'_>,
        inherited: &Inherited,
    ) -> Part {
        let mut reader = Reader::new(self, of.source, of.folder, PartKind::Job);
        let global = self.loaded.fields.fields("global");
        for (&name, item) in &of.job.entries {
            let is_apart = matches!(
                name,
                "job_name" | "scrape_interval" | "scrape_timeout" | "static_configs"
            ) || name == "file_sd_configs"
                || INHERITED.contains(&name);
            if !is_apart {
                reader.item("", "ScrapeConfig", name, item);
            }
        }
        for &name in INHERITED {
            let is_written = |item: &&Item| !matches!(item.value, Value::Zero | Value::Uint(0));
            let own = of.job.get(name).filter(is_written);
            if let Some(item) = own.or_else(|| global?.get(name)) {
                reader.item("", "ScrapeConfig", name, item);
            }
        }
        let (interval, timeout) = inherited.times_of(of.job);
        reader.always("scrape_interval", Meant::Duration(interval), of.job);
        if timeout != interval.min(10_000) {
            reader.always("scrape_timeout", Meant::Duration(timeout), of.job);
        }
        reader.targets(files, of);
        let name = of.job.text("job_name").to_owned();
        let at = of.source.at(of.job.span_of("job_name"));
        let id = format!("scrape_configs.{name}");
        reader.into_part(id, name, Some(ComponentId::new(number)), at)
    }

    fn endpoint_part(
        &self,
        list: &'static str,
        of: &'static str,
        kind: PartKind,
        number: usize,
        fields: &Fields,
        component: Option<ComponentId>,
    ) -> Part {
        let source = &self.loaded.source;
        let mut reader = Reader::new(self, source, &self.loaded.folder, kind);
        for (&name, item) in fields.entries.iter().filter(|(name, _)| **name != "name") {
            reader.item("", of, name, item);
        }
        let name = fields.text("name").to_owned();
        let id = match name.as_str() {
            "" => format!("{list}[{number}]"),
            name => format!("{list}.{name}"),
        };
        reader.into_part(id, name, component, source.at(fields.span_of("url")))
    }

    /// What the file says beside its jobs and endpoints, as far as it says anything.
    fn sections(&self) -> Vec<Part> {
        const APART: &[&str] =
            &["scrape_configs", "scrape_config_files", "remote_write", "remote_read"];
        let source: &Source = &self.loaded.source;
        let mut parts = Vec::new();
        for (&name, item) in self.loaded.fields.entries.iter() {
            if APART.contains(&name) {
                continue;
            }
            let mut reader = Reader::new(self, source, &self.loaded.folder, PartKind::Section);
            reader.section(name, item);
            let part =
                reader.into_part(name.to_owned(), name.to_owned(), None, source.at(item.span));
            if !part.is_empty() {
                parts.push(part);
            }
        }
        parts
    }
}
