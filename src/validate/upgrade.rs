//! What a configuration uses that differs between two versions of Alloy.
//!
//! Compares the schemas of both at the places that the configuration uses, and what is known of
//! defaults and behaviour that changed; what it does not use is not mentioned. Whether the configuration is valid under either is `validate`'s question.

mod defaults;

pub(super) use defaults::refers_to_secret;

use alloy_grammar::ast::{Block, Stmt};
use alloy_grammar::span::Span;

use super::Levels;
use super::Program;
use super::graphs::Graphs;
use super::node::{Node, Sort};
use super::references::traversals;
use crate::graph::schema::{Component, Field, FieldKind, Schema, Stability, Type, Version};
use crate::source::Source;

/// How something that is used differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The older version does not have it.
    Added,
    /// The newer version does not have it.
    Removed,
    /// The newer version calls it deprecated.
    Deprecated,
    /// Its type, or how often it may be given, is another.
    Type,
    /// It must be given now, and is not; or need not be any more.
    Required,
    /// It has become more or less stable.
    Stability,
    /// It is not given, and its default is another.
    Default,
    /// It does something else than before.
    Behaviour,
}

impl Kind {
    /// The name in JSON and in text.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Deprecated => "deprecated",
            Kind::Type => "type",
            Kind::Required => "required",
            Kind::Stability => "stability",
            Kind::Default => "default",
            Kind::Behaviour => "behaviour",
        }
    }
}

/// One difference between two versions that a configuration meets.
#[derive(Clone, Debug)]
pub struct Change {
    /// How it differs.
    pub kind: Kind,
    /// The block or function that is used, such as `prometheus.scrape.trento`.
    pub component: String,
    /// The argument or block inside, such as `endpoint.url`; empty for the component itself.
    pub path: String,
    /// The first version that differs from the older one.
    pub since: Version,
    /// One clause that says it.
    pub message: String,
    /// Whether the configuration can fail because of it.
    pub breaks: bool,
    /// The file.
    pub source: Source,
    /// The place.
    pub span: Span,
}

/// What is not compared, so that nobody takes silence for equality.
pub const NOT_COMPARED: &[&str] = &[
    "which texts an argument accepts, and rules between arguments",
    "defaults and behaviour that changed without a trace in the code or the changelog of Alloy",
    "flags of the command line, and what comes from elsewhere (import.git, import.http, remotecfg)",
];

/// Blocks that nest deeper are not compared; no component's do.
const DEEPEST: usize = 16;

/// What a configuration uses that differs between two versions, in the order of the files.
pub fn changes(program: &Program, from: Version, to: Version) -> Vec<Change> {
    let levels = Levels { schema: Schema::for_version(to), ..Levels::default() };
    if !program.syntax_diagnostics().is_empty() {
        return Vec::new();
    }
    let graphs = Graphs::of(program, &levels);
    let mut comparison = Comparison { from, to, out: Vec::new() };
    for node in &graphs.nodes {
        comparison.node(&graphs, node);
        if !graphs.is_custom(node) {
            defaults::changes(node, from, to, &mut comparison.out);
        }
    }
    let mut found = comparison.out;
    let order = |change: &Change| (change.source.path().to_owned(), change.span);
    found.sort_by_cached_key(order);
    found
}

struct Comparison {
    from: Version,
    to: Version,
    out: Vec<Change>,
}

/// What is used: a block and the way to a place in it.
struct Used<'u, 'p> {
    node: &'u Node<'p>,
    path: Vec<&'p str>,
    span: Span,
}

impl Comparison {
    fn node<'p>(&mut self, graphs: &Graphs<'p>, node: &Node<'p>) {
        let is_own = graphs.is_custom(node);
        if !is_own {
            self.component(node);
        }
        self.functions(node);
    }

    fn component(&mut self, node: &Node<'_>) {
        let at = |version| component(version, node);
        let used = Used { node, path: Vec::new(), span: node.block.header_span() };
        match (at(self.from), at(self.to)) {
            (None, None) => {}
            (None, Some(_)) => {
                let since = self.since(|version| at(version).is_some());
                self.push(Kind::Added, since, false, &used, "is new".to_owned());
            }
            (Some(_), None) => {
                let since = self.since(|version| at(version).is_none());
                self.push(Kind::Removed, since, true, &used, "no longer exists".to_owned());
            }
            (Some(old), Some(new)) => {
                self.stability(&used, old, new);
                self.body(node);
            }
        }
    }

    fn stability(&mut self, used: &Used<'_, '_>, old: Component, new: Component) {
        let name = |level: Option<Stability>| level.map_or("community", Stability::name);
        if old.stability() == new.stability() {
            return;
        }
        let differs = |version| {
            component(version, used.node).map(Component::stability) != Some(old.stability())
        };
        let since = self.since(differs);
        let message = format!("is {} instead of {}", name(new.stability()), name(old.stability()));
        self.push(Kind::Stability, since, new.stability() < old.stability(), used, message);
    }

    /// Compares what is given in the body, at any depth, and what is missing from it.
    fn body<'p>(&mut self, node: &Node<'p>) {
        let mut open: Vec<(Block<'p>, Vec<&'p str>)> = vec![(node.block, Vec::new())];
        while let Some((block, path)) = open.pop() {
            self.missing(node, block, &path);
            for stmt in block.body().stmts() {
                let (name, span) = match stmt {
                    Stmt::Attr(attr) => (attr.name(), attr.span()),
                    Stmt::Block(block) => (block.name(), block.header_span()),
                };
                let mut path = path.clone();
                path.push(name);
                let used = Used { node, path, span };
                self.field(&used);
                if let Stmt::Block(inner) = stmt
                    && used.path.len() < DEEPEST
                {
                    open.push((inner, used.path));
                }
            }
        }
    }

    fn field(&mut self, used: &Used<'_, '_>) {
        let at = |version| field(version, used.node, &used.path);
        match (at(self.from), at(self.to)) {
            (None, None) => {}
            (None, Some(_)) => {
                let since = self.since(|version| at(version).is_some());
                self.push(Kind::Added, since, false, used, "is new".to_owned());
            }
            (Some(_), None) => {
                let since = self.since(|version| at(version).is_none());
                self.push(Kind::Removed, since, true, used, "no longer exists".to_owned());
            }
            (Some(old), Some(new)) => self.both(used, old, new),
        }
    }

    fn both(&mut self, used: &Used<'_, '_>, old: Field, new: Field) {
        let at = |version| field(version, used.node, &used.path);
        if shape(old) != shape(new) {
            let since = self.since(|version| at(version).map(shape) != Some(shape(old)));
            let message = format!("takes {} instead of {}", shape(new), shape(old));
            self.push(Kind::Type, since, true, used, message);
        }
        let is_deprecated = |version| at(version).is_some_and(|field| field.deprecated().is_some());
        if is_deprecated(self.to) && !is_deprecated(self.from) {
            let since = self.since(is_deprecated);
            let said = new.deprecated().unwrap_or_default();
            let said = said.trim_start_matches("Deprecated:").trim().trim_end_matches('.');
            self.push(Kind::Deprecated, since, false, used, format!("is deprecated: {said}"));
        }
    }

    /// What must be given in a block now, and is not.
    fn missing<'p>(&mut self, node: &Node<'p>, block: Block<'p>, path: &[&'p str]) {
        let Some(new) = body(self.to, node, path) else { return };
        for required in new.fields().filter(|field| field.is_required()) {
            let name = required.name();
            let body = block.body();
            if body.attr(name).is_some() || body.block(name).is_some() {
                continue;
            }
            let is_required = |version| {
                let field = self::body(version, node, path).and_then(|body| body.field(name));
                field.is_some_and(Field::is_required)
            };
            if is_required(self.from) {
                continue;
            }
            let since = self.since(is_required);
            let mut path = path.to_vec();
            path.push(name);
            let used = Used { node, path, span: block.header_span() };
            self.push(Kind::Required, since, true, &used, "must be given now".to_owned());
        }
    }

    fn functions(&mut self, node: &Node<'_>) {
        for traversal in traversals(node.block, node.sort) {
            let name = traversal.parts.join(".");
            let at = |version| Schema::for_version(version).function(&name);
            let (kind, message, breaks) = match (at(self.from), at(self.to)) {
                (None, Some(_)) => (Kind::Added, "is new", false),
                (Some(_), None) => (Kind::Removed, "no longer exists", true),
                (Some(old), Some(new)) if new.is_deprecated() && !old.is_deprecated() => {
                    (Kind::Deprecated, "is deprecated", false)
                }
                _ => continue,
            };
            let since = self.since(|version| at(version) == at(self.to));
            self.out.push(Change {
                kind,
                component: name.clone(),
                path: String::new(),
                since,
                message: format!("`{name}` {message}"),
                breaks,
                source: node.source.clone(),
                span: traversal.span,
            });
        }
    }

    /// The first version behind the older one for which something holds.
    fn since(&self, holds: impl Fn(Version) -> bool) -> Version {
        Version::known()
            .filter(|version| *version > self.from && *version <= self.to)
            .find(|version| holds(*version))
            .unwrap_or(self.to)
    }

    fn push(
        &mut self,
        kind: Kind,
        since: Version,
        breaks: bool,
        used: &Used<'_, '_>,
        said: String,
    ) {
        let path = used.path.join(".");
        let name = used.node.block.name();
        let what =
            if path.is_empty() { format!("`{name}`") } else { format!("`{path}` of {name}") };
        self.out.push(Change {
            kind,
            component: used.node.id.to_string(),
            path,
            since,
            message: format!("{what} {said}"),
            breaks,
            source: used.node.source.clone(),
            span: used.span,
        });
    }
}

fn component(version: Version, node: &Node<'_>) -> Option<Component> {
    let schema = Schema::for_version(version);
    let name = node.block.name();
    match node.sort {
        Sort::Component => schema.component(name),
        Sort::Service => schema.service(name),
        _ => schema.config_block(name),
    }
}

/// What the body at the end of a path takes.
fn body(version: Version, node: &Node<'_>, path: &[&str]) -> Option<Type> {
    let arguments = component(version, node)?.arguments()?;
    path.iter().try_fold(arguments, |body, name| inner(body, name)?.body())
}

fn field(version: Version, node: &Node<'_>, path: &[&str]) -> Option<Field> {
    let (last, before) = path.split_last()?;
    inner(body(version, node, before)?, last)
}

fn inner(body: Type, name: &str) -> Option<Field> {
    body.field(name).filter(|field| field.kind() != FieldKind::Enum).or_else(|| body.member(name))
}

/// What a field takes, in words.
fn shape(field: Field) -> String {
    use crate::graph::schema::Repeat;

    match (field.value(), field.repeat()) {
        (Some(words), _) => words.text().to_owned(),
        (None, Repeat::Once) => "one block".to_owned(),
        (None, Repeat::Any) => "any number of blocks".to_owned(),
        (None, Repeat::Exactly(count)) => format!("exactly {count} blocks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, from: &str, to: &str) -> Vec<String> {
        let program = Program::new([("a.alloy".to_owned(), text.as_bytes().to_vec())]);
        let version = |name| Version::parse(name).expect("known");
        changes(&program, version(from), version(to))
            .into_iter()
            .map(|change| format!("{} {}: {}", change.since, change.kind.name(), change.message))
            .collect()
    }

    #[test]
    fn only_what_is_used_is_mentioned() {
        let text = "prometheus.scrape \"s\" { targets = [] \n forward_to = [] }";
        assert!(found(text, "1.11.0", "1.18.1").is_empty());
    }

    #[test]
    fn a_default_that_changed_matters_where_nothing_is_written() {
        let scrape = |body: &str| format!("prometheus.scrape \"s\" {{\n{body}\n}}");
        let told = |text: &str| {
            let mut found = found(text, "1.10.2", "1.11.0");
            found.retain(|line| line.contains("native_histograms` of prometheus.scrape is not"));
            found
        };
        assert_eq!(
            told(&scrape("targets = []")),
            ["v1.11.0 default: `scrape_native_histograms` of prometheus.scrape is not given: its \
              default is false instead of true"]
        );
        assert!(told(&scrape("scrape_native_histograms = true")).is_empty());
        assert!(found(&scrape("targets = []"), "1.11.0", "1.18.1").is_empty());
    }

    #[test]
    fn a_default_inside_a_block_needs_the_block() {
        let write = |body: &str| format!("prometheus.remote_write \"w\" {{\n{body}\n}}");
        let told = |body: &str| found(&write(body), "1.10.2", "1.18.1");
        let line = "v1.11.0 default: `endpoint.enable_http2` of prometheus.remote_write is not \
                    given: its default is false instead of true";
        assert_eq!(told("endpoint {\nurl = \"u\"\n}"), [line]);
        assert!(told("endpoint {\nurl = \"u\"\nenable_http2 = true\n}").is_empty());
        assert!(told("").is_empty());
    }

    #[test]
    fn behaviour_that_changed_is_told_where_it_is_met() {
        let instance = found("prometheus.exporter.snmp \"s\" { }", "1.11.3", "1.12.0");
        assert!(instance.iter().any(|line| line.contains("id of the component")), "{instance:?}");
        let target = |value: &str| {
            let text = format!(
                "local.file \"id\" {{ filename = \"/id\" }}\ndiscovery.relabel \"r\" {{\n\
                 targets = [{{\"agentID\" = {value}}}]\n}}"
            );
            found(&text, "1.18.1", "main")
        };
        assert_eq!(target("local.file.id.content").len(), 1);
        assert!(target("\"x\"").is_empty());
    }

    #[test]
    fn a_removed_argument_is_found_with_its_version() {
        let text = "otelcol.receiver.kafka \"k\" {\n metadata {\n include_all_topics = true\n }\n}";
        assert_eq!(
            found(text, "1.8.3", "1.13.1"),
            ["v1.9.0 removed: `metadata.include_all_topics` of otelcol.receiver.kafka no longer \
              exists"]
        );
        assert!(found(text, "1.9.0", "1.13.1").is_empty());
    }

    #[test]
    fn what_the_older_version_lacks_is_new() {
        let text = "prometheus.exporter.unix \"u\" {\n arp { }\n}";
        assert_eq!(
            found(text, "1.10.0", "1.18.1"),
            ["v1.11.3 added: `arp` of prometheus.exporter.unix is new"]
        );
    }

    #[test]
    fn functions_are_compared_as_well() {
        let text = "local.file \"f\" { filename = encoding.url_encode(\"a b\") }";
        assert_eq!(
            found(text, "1.10.0", "1.18.1"),
            ["v1.11.0 added: `encoding.url_encode` is new"]
        );
    }

    #[test]
    fn a_component_that_becomes_stable_is_told() {
        let text = "database_observability.mysql \"d\" { }";
        let found = found(text, "1.11.3", "1.15.0");
        assert!(
            found
                .iter()
                .any(|line| line.contains("is generally-available instead of experimental")),
            "{found:?}"
        );
    }
}
