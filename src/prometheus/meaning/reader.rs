//! Reads the fields of one part as settings by path.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::super::decode::{Fields, Item, Value};
use super::super::fields::Struct;
use super::super::jobs::{JobIn, joined};
use super::super::sender::targets_of_files;
use super::{Meant, Part, PartKind, Rule, Setting, defaults};
use crate::prometheus::Configuration;
use crate::prometheus::sender::is_secret;
use crate::proof::ComponentId;
use crate::secret::Secret;
use crate::secret::names::{is_harmless_header, is_secret_name};
use crate::source::{At, Source};
use crate::system::HostFiles;
use crate::yaml::{self, Kind, Node};
use alloy_grammar::span::Span;

/// What a job takes from `global` where it does not say it.
pub(super) const INHERITED: &[&str] = &[
    "body_size_limit",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "scrape_protocols",
    "scrape_failure_log_file",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "convert_classic_histograms_to_nhcb",
    "always_scrape_classic_histograms",
    "scrape_native_histograms",
    "extra_scrape_metrics",
];
/// How often files of targets are read where it is not said, in milliseconds.
const REFRESH: i64 = 300_000;
/// Values of unknown ways of discovery that nest deeper are not told apart.
const DEEPEST: usize = 16;

pub(super) struct Reader<'a> {
    configuration: &'a Configuration,
    source: &'a Source,
    folder: &'a Utf8Path,
    kind: PartKind,
    settings: BTreeMap<String, Setting>,
    rules: BTreeMap<String, Vec<Rule>>,
    /// The tree of the source, where something in it was not decoded.
    tree: Option<Option<Node>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        configuration: &'a Configuration,
        source: &'a Source,
        folder: &'a Utf8Path,
        kind: PartKind,
    ) -> Reader<'a> {
        let (settings, rules) = (BTreeMap::new(), BTreeMap::new());
        Reader { configuration, source, folder, kind, settings, rules, tree: None }
    }

    pub(super) fn into_part(
        self,
        id: String,
        name: String,
        component: Option<ComponentId>,
        at: Option<At>,
    ) -> Part {
        let Reader { kind, settings, rules, .. } = self;
        Part { kind, id, name, component, at, settings, rules }
    }

    /// A setting that counts whatever its value.
    pub(super) fn always(&mut self, name: &'static str, value: Meant, of: &Fields) {
        let at = self.source.at(of.span_of(name));
        self.settings.insert(name.to_owned(), Setting { value, at });
    }

    /// A section at the top of the file.
    pub(super) fn section(&mut self, name: &'static str, item: &Item) {
        match (name, item.fields()) {
            ("global", Some(global)) => {
                let inherited = |name: &str| {
                    matches!(name, "scrape_interval" | "scrape_timeout")
                        || INHERITED.contains(&name)
                };
                for (&name, item) in global.entries.iter().filter(|(name, _)| !inherited(name)) {
                    self.item("", "GlobalConfig", name, item);
                }
            }
            (_, Some(fields)) => {
                let kind = struct_of("Config", name).unwrap_or("Config");
                self.fields("", kind, fields);
            }
            (_, None) => self.value("", "Config", name, item),
        }
    }

    fn fields(&mut self, path: &str, of: &'static str, fields: &Fields) {
        for (&name, item) in &fields.entries {
            self.item(path, of, name, item);
        }
    }

    /// A field of a struct.
    pub(super) fn item(&mut self, path: &str, of: &'static str, name: &'static str, item: &Item) {
        let name = match name {
            "bearer_token" => "authorization.credentials",
            "bearer_token_file" => "authorization.credentials_file",
            name => name,
        };
        let path = join(path, name);
        self.value(&path, of, name.rsplit('.').next().unwrap_or(name), item);
    }

    fn value(&mut self, path: &str, of: &'static str, name: &'static str, item: &Item) {
        match &item.value {
            Value::Zero => self.zero(path, of, name, item.span),
            Value::Fields(fields) => match struct_of(of, name) {
                Some(inner) => self.fields(path, inner, fields),
                None => self.opaque(path, item.span),
            },
            Value::List(items) => self.list(path, of, name, item, items),
            Value::Map(items) => {
                for (key, item) in items {
                    self.entry(&join(path, key), name, key, item);
                }
            }
            Value::Any => self.opaque(path, item.span),
            value => {
                if let Some(meant) = self.scalar(name, value) {
                    self.put(path, meant, item.span);
                }
            }
        }
    }

    /// What is written without a value: the zero of its type, where that is no default.
    fn zero(&mut self, path: &str, of: &'static str, name: &'static str, span: Span) {
        let version = &self.configuration.version;
        let kind =
            Struct::named(of).and_then(|of| of.field(name, version)).map_or("", |it| it.kind);
        match kind {
            "QueueConfig" | "MetadataConfig" => {
                let fields = Struct::named(kind).into_iter().flat_map(Struct::names);
                let kept: Vec<&'static str> = fields.collect();
                for inner in kept {
                    self.zero(&join(path, inner), kind, inner, span);
                }
            }
            "bool" => self.put(path, Meant::Bool(false), span),
            "uint" | "uint64" | "int" | "int64" | "float" | "size" => {
                self.put(path, Meant::Number(0.0), span);
            }
            "duration" => self.put(path, Meant::Duration(0), span),
            "text" | "url" | "regex" | "action" | "message" => {
                self.put(path, Meant::Text(String::new()), span);
            }
            _ => {}
        }
    }

    fn scalar(&self, name: &str, value: &Value) -> Option<Meant> {
        Some(match value {
            Value::Text(text) if is_secret(name) => Meant::Secret(Secret::new(&**text)),
            Value::Text(text) if name == "url" || name.ends_with("_url") => {
                Meant::Url(text.to_string())
            }
            Value::Text(text) if name.ends_with("_file") && !text.is_empty() => {
                Meant::Path { written: text.to_string(), whole: joined(self.folder, text) }
            }
            Value::Text(text) => Meant::Text(text.to_string()),
            Value::Bool(value) => Meant::Bool(*value),
            Value::Int(number) => Meant::Number(*number as f64),
            Value::Uint(number) => Meant::Number(*number as f64),
            Value::Float(number) => Meant::Number(*number),
            Value::Duration(milliseconds) => Meant::Duration(*milliseconds),
            _ => return None,
        })
    }

    fn list(
        &mut self,
        path: &str,
        of: &'static str,
        name: &'static str,
        item: &Item,
        items: &[Item],
    ) {
        let kind = struct_of(of, name);
        if kind == Some("relabel.Config") {
            let rules: Vec<Rule> =
                items.iter().filter_map(Item::fields).map(|rule| self.rule(rule)).collect();
            if !rules.is_empty() {
                self.rules.insert(path.to_owned(), rules);
            }
            return;
        }
        let is_scalar = |item: &Item| !matches!(item.value, Value::Fields(_) | Value::Any);
        if items.iter().all(is_scalar) {
            let texts: Vec<String> = items.iter().map(|item| item.text().to_owned()).collect();
            let value = match name {
                name if is_secret(name) || name == "secrets" => {
                    Meant::Secret(Secret::new(texts.join("\n")))
                }
                "files" | "rule_files" => Meant::List(
                    texts.iter().map(|text| joined(self.folder, text).into_string()).collect(),
                ),
                _ => Meant::List(texts),
            };
            return self.put(path, value, item.span);
        }
        for (number, item) in items.iter().enumerate() {
            let path = format!("{path}[{number}]");
            match (&item.value, kind) {
                (Value::Fields(fields), Some(kind)) => self.fields(&path, kind, fields),
                _ => self.opaque(&path, item.span),
            }
        }
    }

    /// A rule: what it says beyond the defaults.
    fn rule(&self, rule: &Fields) -> Rule {
        let mut settings = BTreeMap::new();
        for (&name, item) in &rule.entries {
            let value = match &item.value {
                Value::List(items) => {
                    Meant::List(items.iter().map(|item| item.text().to_owned()).collect())
                }
                Value::Zero if name == "modulus" => Meant::Number(0.0),
                Value::Zero => Meant::Text(String::new()),
                value => match self.scalar(name, value) {
                    // `${1}` is the same as `$1` where nothing follows.
                    Some(Meant::Text(text)) if name == "replacement" && text == "${1}" => {
                        Meant::Text("$1".to_owned())
                    }
                    Some(meant) => meant,
                    None => continue,
                },
            };
            let default = match name {
                "separator" => Meant::Text(";".to_owned()),
                "regex" => Meant::Text("(.*)".to_owned()),
                "replacement" => Meant::Text("$1".to_owned()),
                "action" => Meant::Text("replace".to_owned()),
                "source_labels" => Meant::List(Vec::new()),
                "modulus" => Meant::Number(0.0),
                _ => Meant::Text(String::new()),
            };
            if value != default {
                let at = self.source.at(item.span);
                settings.insert(name.to_owned(), Setting { value, at });
            }
        }
        Rule { settings, at: self.source.at(rule.span) }
    }

    /// An entry of a map, whose key may tell that it is a credential.
    fn entry(&mut self, path: &str, map: &str, key: &str, item: &Item) {
        let is_header = map.ends_with("headers") || map.ends_with("header");
        let is_credential = match map {
            "endpoint_params" => true,
            _ if is_header => !is_harmless_header(key),
            "labels" | "external_labels" => false,
            _ => is_secret_name(key),
        };
        let texts = |item: &Item| -> Vec<String> {
            match &item.value {
                Value::List(items) => items.iter().map(|it| it.text().to_owned()).collect(),
                _ => vec![item.text().to_owned()],
            }
        };
        match &item.value {
            Value::Fields(fields) => {
                for (&name, item) in &fields.entries {
                    let is_secret = name == "secrets" || name == "values" && is_credential;
                    let value = match is_secret {
                        true => Meant::Secret(Secret::new(texts(item).join("\n"))),
                        false => Meant::List(texts(item)),
                    };
                    self.put(&join(path, name), value, item.span);
                }
            }
            _ if is_credential => {
                let secret = Secret::new(texts(item).join("\n"));
                self.put(path, Meant::Secret(secret), item.span);
            }
            Value::List(_) => self.put(path, Meant::List(texts(item)), item.span),
            _ => self.put(path, Meant::Text(item.text().to_owned()), item.span),
        }
    }

    /// The targets of a job, those of its files too, each with its labels.
    pub(super) fn targets(&mut self, files: &HostFiles, of: JobIn<'_>) {
        let mut found: BTreeMap<String, Vec<Labels>> = BTreeMap::new();
        let mut add = |group: &Fields, source: Option<&Source>| {
            let labels = group.map("labels").iter().filter(|(_, item)| !item.text().is_empty());
            let labels: Labels = labels
                .map(|(name, item)| {
                    let at = source.and_then(|source| source.at(item.span));
                    (name.to_string(), (item.text().to_owned(), at))
                })
                .collect();
            for target in group.list("targets") {
                let known = found.entry(target.text().to_owned()).or_default();
                let is_equal = |other: &Labels| texts(other) == texts(&labels);
                if !known.iter().any(is_equal) {
                    known.push(labels.clone());
                }
            }
        };
        for group in of.job.list("static_configs").iter().filter_map(Item::fields) {
            add(group, Some(of.source));
        }
        let reads_path = reads_path(of.job);
        for (number, item) in of.job.list("file_sd_configs").iter().enumerate() {
            let Some(entry) = item.fields() else { continue };
            let groups = targets_of_files(files, of, entry, &self.configuration.version);
            let is_told = groups.as_ref().is_ok_and(|groups| !groups.is_empty());
            groups.unwrap_or_default().iter().for_each(|(_, group)| add(group, None));
            let path = format!("file_sd_configs[{number}]");
            if !is_told || reads_path {
                let items = entry.list("files");
                self.list(&join(&path, "files"), "file.SDConfig", "files", item, items);
            }
            let refresh = entry.int_or("refresh_interval", REFRESH);
            if refresh != REFRESH {
                let span = entry.span_of("refresh_interval");
                self.put(&join(&path, "refresh_interval"), Meant::Duration(refresh), span);
            }
        }
        let at = self.source.at(of.job.span_of("static_configs"));
        for (address, mut all) in found {
            all.sort_by_cached_key(texts);
            for (number, labels) in all.into_iter().enumerate() {
                let shown = alloy_grammar::literal::quote(&address);
                let path = match number {
                    0 => format!("targets[{shown}]"),
                    number => format!("targets[{shown} {}]", number + 1),
                };
                for (name, (text, label_at)) in labels {
                    let setting =
                        Setting { value: Meant::Text(text), at: label_at.or_else(|| at.clone()) };
                    self.settings.insert(format!("{path}.labels.{name}"), setting);
                }
                let value = Meant::Text(address.clone());
                self.settings.insert(path, Setting { value, at: at.clone() });
            }
        }
    }

    fn put(&mut self, path: &str, value: Meant, span: Span) {
        let default = defaults::of(self.kind, path, &self.configuration.version);
        let is_default = match &default {
            Some(default) => value.is_same(default),
            None => value.is_zero(),
        };
        if !is_default {
            self.settings.insert(path.to_owned(), Setting { value, at: self.source.at(span) });
        }
    }

    /// What was not decoded: compared as it is written, whatever the order of its keys.
    fn opaque(&mut self, path: &str, span: Span) {
        let text = self.source.text();
        let tree = self.tree.get_or_insert_with(|| yaml::parse_first(text).ok().flatten());
        let found = tree.as_ref().and_then(|tree| node_at(tree, span)).cloned();
        if let Some(node) = found {
            self.written(path, &node, DEEPEST);
        }
    }

    fn written(&mut self, path: &str, node: &Node, depth: usize) {
        let at = self.source.at(node.span);
        match &node.kind {
            Kind::Scalar { text, .. } => {
                let name = path.rsplit('.').next().unwrap_or(path);
                let value = match is_secret(name) || is_secret_name(name) {
                    true => Meant::Secret(Secret::new(&**text)),
                    false => Meant::Text(text.to_string()),
                };
                self.settings.insert(path.to_owned(), Setting { value, at });
            }
            _ if depth == 0 => {}
            Kind::Sequence(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.written(&format!("{path}[{number}]"), item, depth - 1);
                }
            }
            Kind::Mapping(entries) => {
                for (key, value) in entries {
                    let key = key.scalar().map_or("", |(text, _)| text);
                    self.written(&join(path, key), value, depth - 1);
                }
            }
        }
    }
}

/// The labels of a target, and where each is set.
type Labels = BTreeMap<String, (String, Option<At>)>;

fn texts(labels: &Labels) -> Vec<(String, String)> {
    labels.iter().map(|(name, (text, _))| (name.clone(), text.clone())).collect()
}

/// Whether a rule of a job may look at the file that a target stands in.
fn reads_path(job: &Fields) -> bool {
    job.list("relabel_configs").iter().filter_map(Item::fields).any(|rule| {
        rule.text("action") == "labelmap"
            || rule.list("source_labels").iter().any(|label| label.text() == "__meta_filepath")
    })
}

fn node_at(node: &Node, span: Span) -> Option<&Node> {
    if node.span == span {
        return Some(node);
    }
    match &node.kind {
        Kind::Scalar { .. } => None,
        Kind::Sequence(items) => items.iter().find_map(|item| node_at(item, span)),
        Kind::Mapping(entries) => entries.iter().find_map(|(_, value)| node_at(value, span)),
    }
}

/// The struct that a field is, or a list of it is.
fn struct_of(of: &str, name: &str) -> Option<&'static str> {
    let kind = Struct::named(of)?.kind_of(name)?;
    let bare = match kind {
        "static" => "Group",
        "alertmanagers" => "AlertmanagerConfig",
        kind => kind.trim_start_matches("[]").trim_start_matches('*'),
    };
    Struct::named(bare).map(|found| found.name)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
