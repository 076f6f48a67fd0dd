//! From two configurations of Prometheus to the semantic changes between them.
//!
//! Jobs and endpoints belong together by their names, else by what they scrape or write to; rules
//! keep their order, all else has none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::align::{equal, in_order};
use super::{Change, Kind};
use crate::prometheus::{Meant, Part, PartKind, Rule, Setting, written};
use crate::proof::{ComponentId, Feed};
use crate::secret::SecretNames;
use crate::source::At;

/// The changes from one configuration to another, without what stands on the first side alone and
/// is not `of_interest` there.
pub fn compare(
    a: &[Part],
    b: &[Part],
    of_interest: impl Fn(&Part) -> bool,
    secrets: &mut SecretNames,
) -> Vec<Change> {
    let pairs = pairs(a, b);
    let mut comparison = Comparison { secrets, changes: Vec::new() };
    for (j, new) in b.iter().enumerate() {
        match pairs.iter().find(|(_, other)| *other == j) {
            Some(&(i, _)) => comparison.parts(&a[i], new),
            None => comparison.alone(new, Kind::Added),
        }
    }
    let is_left = |i: &usize| pairs.iter().all(|(paired, _)| paired != i);
    for old in (0..a.len()).filter(is_left).map(|i| &a[i]).filter(|part| of_interest(part)) {
        comparison.alone(old, Kind::Removed);
    }
    comparison.changes
}

/// The parts of a configuration that are Trento's: the job of that name, and those that feed Trento.
pub fn trentos(parts: &[Part], job: &str, feed: Option<&Feed>) -> BTreeSet<ComponentId> {
    let named = parts.iter().filter(|part| part.name == job).filter_map(|part| part.component);
    let endpoints = feed.into_iter().flat_map(|feed| &feed.endpoints);
    let members = feed.into_iter().flat_map(|feed| feed.members.iter().copied());
    named.chain(endpoints.map(|endpoint| endpoint.sink.component)).chain(members).collect()
}

/// The parts of a site's configuration that are compared with Trento's alone: Trento's there, and
/// those that the other side has as well.
pub fn concerning(
    mut parts: Vec<Part>,
    others: &[Part],
    trentos: &BTreeSet<ComponentId>,
) -> Vec<Part> {
    parts.retain(|part| {
        part.component.is_some_and(|id| trentos.contains(&id))
            || others.iter().any(|other| other.id == part.id)
    });
    parts
}

/// Which parts are the same ones: by name, then by what they are for.
fn pairs(a: &[Part], b: &[Part]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for is_same in [has_same_name as fn(&Part, &Part) -> bool, has_same_end] {
        for (j, new) in b.iter().enumerate() {
            if pairs.iter().any(|(_, paired)| *paired == j) {
                continue;
            }
            let is_free = |i: &usize| pairs.iter().all(|(paired, _)| paired != i);
            let found = (0..a.len()).filter(is_free).find(|&i| is_same(&a[i], new));
            pairs.extend(found.map(|i| (i, j)));
        }
    }
    pairs
}

fn has_same_name(a: &Part, b: &Part) -> bool {
    a.kind == b.kind && a.name == b.name && !a.name.is_empty()
}

fn has_same_end(a: &Part, b: &Part) -> bool {
    let same_url = |a: &Part, b: &Part| match (a.settings.get("url"), b.settings.get("url")) {
        (Some(one), Some(other)) => one.value.is_same(&other.value),
        _ => false,
    };
    a.kind == b.kind
        && match a.kind {
            PartKind::Job => a.addresses().any(|address| b.addresses().any(|it| it == address)),
            PartKind::Write | PartKind::Read => same_url(a, b),
            PartKind::Section => false,
        }
}

struct Comparison<'s> {
    secrets: &'s mut SecretNames,
    changes: Vec<Change>,
}

/// What one side has at a path.
#[derive(Default)]
struct Found {
    shown: Json,
    at: Option<At>,
}

impl Comparison<'_> {
    fn push(&mut self, of: &Part, kind: Kind, path: &str, before: Found, after: Found) {
        self.changes.push(Change {
            kind,
            component: self.secrets.text(&of.id),
            path: self.secrets.text(path),
            before: before.shown,
            after: after.shown,
            at_a: before.at,
            at_b: after.at,
            component_before: None,
        });
    }

    /// A part that is on one side only.
    fn alone(&mut self, part: &Part, kind: Kind) {
        let found = Found { shown: self.whole(part), at: part.at.clone() };
        match kind {
            Kind::Removed => self.push(part, kind, "", found, Found::default()),
            _ => self.push(part, kind, "", Found::default(), found),
        }
    }

    fn parts(&mut self, a: &Part, b: &Part) {
        if a.id != b.id && !(a.name.is_empty() && b.name.is_empty()) {
            let name = |part: &Part, secrets: &mut SecretNames| Found {
                shown: json!(secrets.text(&part.id)),
                at: part.at.clone(),
            };
            let (before, after) = (name(a, self.secrets), name(b, self.secrets));
            self.push(b, Kind::Renamed, "", before, after);
        }
        self.settings(b, "", &a.settings, &b.settings);
        let lists: BTreeSet<&String> = a.rules.keys().chain(b.rules.keys()).collect();
        for list in lists {
            let rules = |part: &'_ Part| part.rules.get(list).cloned().unwrap_or_default();
            self.rules(b, list, &rules(a), &rules(b));
        }
    }

    fn settings(
        &mut self,
        of: &Part,
        path: &str,
        a: &BTreeMap<String, Setting>,
        b: &BTreeMap<String, Setting>,
    ) {
        let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        let is_of_lone = |name: &str| {
            // The labels of a target that is on one side only are told with it.
            let target = name.find(".labels.").map(|end| &name[..end]);
            target.is_some_and(|target| {
                target.starts_with("targets[") && a.contains_key(target) != b.contains_key(target)
            })
        };
        for name in names {
            let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match (a.get(name), b.get(name)) {
                (Some(old), Some(new)) if old.value.is_same(&new.value) => {}
                (Some(old), Some(new)) => {
                    let (before, after) = (self.setting(old), self.setting(new));
                    self.push(of, Kind::Changed, &full, before, after);
                }
                (Some(_), None) | (None, Some(_)) if is_of_lone(name) => {}
                (Some(old), None) => {
                    let before = Found { shown: self.target(a, name, old), at: old.at.clone() };
                    self.push(of, Kind::Removed, &full, before, Found::default());
                }
                (None, Some(new)) => {
                    let after = Found { shown: self.target(b, name, new), at: new.at.clone() };
                    self.push(of, Kind::Added, &full, Found::default(), after);
                }
                (None, None) => {}
            }
        }
    }

    /// A target with its labels; anything else as it is.
    fn target(&mut self, all: &BTreeMap<String, Setting>, name: &str, setting: &Setting) -> Json {
        if !name.starts_with("targets[") || name.contains("].labels.") {
            return self.shown(&setting.value);
        }
        let prefix = format!("{name}.labels.");
        let mut labels = Map::new();
        for (path, setting) in all {
            if let Some(label) = path.strip_prefix(&prefix) {
                labels.insert(label.to_owned(), self.shown(&setting.value));
            }
        }
        Json::Object(labels)
    }

    /// Rules of a list, whose order matters.
    fn rules(&mut self, of: &Part, list: &str, a: &[Rule], b: &[Rule]) {
        let keys = |rules: &[Rule]| rules.iter().map(key).collect::<Vec<String>>();
        let (keys_a, keys_b) = (keys(a), keys(b));
        let keys_a: Vec<&str> = keys_a.iter().map(String::as_str).collect();
        let keys_b: Vec<&str> = keys_b.iter().map(String::as_str).collect();
        let (mut free_a, mut free_b) = (vec![true; a.len()], vec![true; b.len()]);
        let same = in_order(&keys_a, &keys_b);
        for &(i, j) in &same {
            (free_a[i], free_b[j]) = (false, false);
        }
        let place = |row: &[Rule], at: usize| match row.len() {
            1 => list.to_owned(),
            _ => format!("{list}[{at}]"),
        };
        for (i, j) in equal(&keys_a, &keys_b, &mut free_a, &mut free_b) {
            let (before, after) = (self.rule(&a[i]), self.rule(&b[j]));
            self.push(of, Kind::Moved, &place(b, j), before, after);
        }
        for j in 0..b.len() {
            if !free_b[j] {
                continue;
            }
            let crosses = |i: usize| same.iter().any(|&(x, y)| (x < i) != (y < j));
            let action = |rule: &Rule| rule.settings.get("action").map(|it| it.value.clone());
            let is_it = |i: &usize| free_a[*i] && !crosses(*i) && action(&a[*i]) == action(&b[j]);
            if let Some(i) = (0..a.len()).find(is_it) {
                (free_a[i], free_b[j]) = (false, false);
                self.settings(of, &place(b, j), &a[i].settings, &b[j].settings);
            }
        }
        for i in (0..a.len()).filter(|&i| free_a[i]) {
            let before = self.rule(&a[i]);
            self.push(of, Kind::Removed, &place(a, i), before, Found::default());
        }
        for j in (0..b.len()).filter(|&j| free_b[j]) {
            let after = self.rule(&b[j]);
            self.push(of, Kind::Added, &place(b, j), Found::default(), after);
        }
    }

    fn setting(&mut self, setting: &Setting) -> Found {
        Found { shown: self.shown(&setting.value), at: setting.at.clone() }
    }

    fn rule(&mut self, rule: &Rule) -> Found {
        Found { shown: self.all(&rule.settings), at: rule.at.clone() }
    }

    fn all(&mut self, settings: &BTreeMap<String, Setting>) -> Json {
        let mut shown = Map::new();
        for (name, setting) in settings {
            shown.insert(self.secrets.text(name), self.shown(&setting.value));
        }
        Json::Object(shown)
    }

    fn whole(&mut self, part: &Part) -> Json {
        let mut shown = match self.all(&part.settings) {
            Json::Object(shown) => shown,
            _ => Map::new(),
        };
        for (list, rules) in &part.rules {
            let rules = rules.iter().map(|rule| self.all(&rule.settings)).collect();
            shown.insert(list.clone(), Json::Array(rules));
        }
        Json::Object(shown)
    }

    fn shown(&mut self, value: &Meant) -> Json {
        match value {
            Meant::Text(text) => json!(self.secrets.text(text)),
            Meant::Url(url) => json!(self.secrets.url(url)),
            Meant::Path { written, .. } => json!(self.secrets.text(written)),
            Meant::Secret(secret) => json!(self.secrets.name(secret)),
            Meant::Bool(value) => json!(value),
            Meant::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                json!(*number as i64)
            }
            Meant::Number(number) => json!(number),
            Meant::Duration(milliseconds) => json!(written(*milliseconds)),
            Meant::List(items) => {
                items.iter().map(|item| self.secrets.url(item)).collect::<Vec<_>>().into()
            }
        }
    }
}

/// A rule as a text that equal rules share.
fn key(rule: &Rule) -> String {
    let settings = rule.settings.iter().map(|(name, it)| format!("{name}={:?}", it.value));
    settings.collect::<Vec<_>>().join("\u{1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prometheus::{Configuration, Version};
    use crate::system::{MemoryTree, Node, System};

    const SITE: &str = "\
global: {scrape_interval: 1m, external_labels: {monitor: site}}
scrape_configs:
  - job_name: a
    static_configs:
      - targets: ['h:9100', 'i:9100']
        labels: {agentID: one}
    relabel_configs:
      - {source_labels: [x], target_label: y}
      - {source_labels: [y], regex: z, action: drop}
  - job_name: b
    bearer_token: quite-secret
    file_sd_configs: [{files: [targets.json]}]
remote_write:
  - {url: 'http://x/w', name: one, basic_auth: {username: u, password: pw}}
";

    fn parts(text: &str) -> Vec<Part> {
        let targets = r#"[{"targets": ["k:9100"], "labels": {"l": "m"}}]"#;
        let same = "- {labels: {l: m}, targets: [k:9100]}\n";
        let tree = MemoryTree::new()
            .with("/etc/targets.json", Node::file(targets.as_bytes()))
            .with("/etc/targets.yml", Node::file(same.as_bytes()));
        let system = System::in_memory(tree, "host".into()).unwrap();
        let path = "/etc/prometheus.yml".into();
        let read = Configuration::read(&system.files, path, text.as_bytes(), &Version::NEWEST);
        read.unwrap().parts(&system.files)
    }

    fn changes(a: &str, b: &str) -> Vec<String> {
        let mut secrets = SecretNames::new();
        let found = compare(&parts(a), &parts(b), |_| true, &mut secrets);
        let shown = |it: &Change| {
            let name = it.kind.name();
            format!("{name} {} {}: {} -> {}", it.component, it.path, it.before, it.after)
        };
        found.iter().map(shown).collect()
    }

    #[test]
    fn what_is_written_otherwise_and_means_the_same_is_no_change() {
        let other = "\
remote_write:
  - basic_auth: {password: \"pw\", username: u}
    remote_timeout: 30s
    name: one
    url: http://x:80/w
    queue_config: {max_shards: 50}
scrape_configs:
  - job_name: b
    authorization: {type: Bearer, credentials: 'quite-secret'}
    file_sd_configs: [{files: [targets.yml], refresh_interval: 5m}]
    scrape_interval: 60s
  - static_configs:
      - {labels: {agentID: one, none: ''}, targets: ['i:9100']}
      - {labels: {agentID: one}, targets: ['h:9100', 'h:9100']}
    relabel_configs:
      - {source_labels: ['x'], target_label: y, action: Replace, replacement: '${1}'}
      - {separator: ;, source_labels: [y], regex: 'z', action: DROP}
    metrics_path: /metrics
    job_name: a
    sample_limit: 0
global: {scrape_interval: 60s, evaluation_interval: 1m, external_labels: {monitor: 'site'}}
rule_files: []
";
        assert_eq!(changes(SITE, other), Vec::<String>::new());
    }

    #[test]
    fn each_change_is_told_with_its_path_and_no_secret() {
        let other = SITE
            .replace("scrape_interval: 1m", "scrape_interval: 30s")
            .replace("agentID: one", "agentID: two")
            .replace("password: pw", "password: other")
            .replace("monitor: site", "monitor: else");
        let found = changes(SITE, &other);
        let paths: Vec<&str> = found.iter().filter_map(|it| it.split(": ").next()).collect();
        assert_eq!(
            paths,
            [
                "changed scrape_configs.a scrape_interval",
                "changed scrape_configs.a targets[\"h:9100\"].labels.agentID",
                "changed scrape_configs.a targets[\"i:9100\"].labels.agentID",
                "changed scrape_configs.b scrape_interval",
                "changed remote_write.one basic_auth.password",
                "changed global external_labels.monitor",
            ]
        );
        assert!(found[4].ends_with("\"(secret A)\" -> \"(secret B)\""), "{}", found[4]);
    }

    #[test]
    fn the_order_of_rules_matters_and_a_job_is_known_by_its_targets() {
        let moved = SITE.replace(
            "      - {source_labels: [x], target_label: y}\n      \
             - {source_labels: [y], regex: z, action: drop}\n",
            "      - {source_labels: [y], regex: z, action: drop}\n      \
             - {source_labels: [x], target_label: y}\n",
        );
        let found = changes(SITE, &moved);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("moved scrape_configs.a relabel_configs["), "{found:?}");
        let renamed = changes(SITE, &SITE.replace("job_name: a", "job_name: other"));
        assert_eq!(renamed.len(), 1, "{renamed:?}");
        assert!(renamed[0].starts_with("renamed scrape_configs.other"), "{renamed:?}");
        let edited = changes(SITE, &SITE.replace("regex: z", "regex: zz"));
        assert_eq!(edited, ["changed scrape_configs.a relabel_configs[1].regex: \"z\" -> \"zz\""]);
        let without = SITE.replace(", 'i:9100'", "");
        assert_eq!(
            changes(SITE, &without),
            ["removed scrape_configs.a targets[\"i:9100\"]: {\"agentID\":\"one\"} -> null"]
        );
    }
}
