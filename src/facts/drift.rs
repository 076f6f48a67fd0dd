//! `drift`: how the deployed pipeline differs from the one that is generated today.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy_grammar::lexer;
use alloy_grammar::token::TokenKind;
use serde_json::{Value as Json, json};

use crate::diff::{self, Change, Kind, Side};
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::generate::{Layout, Plan, Template};
use crate::graph::{Component, ComponentId, Graph, ProgramFile};
use crate::source::Source;

/// The gatherer.
pub(super) struct Drift;

const ABOUT: About = About {
    argument: "drift",
    meaning: "What is different in meaning between the Trento pipeline on this host and the one \
              that is generated from the agent's settings, by the template that is nearest to it. \
              Secrets are shown by letters. Of more than a thousand changes the rest is left out.",
    shape: r#"[{"kind": "changed", "component": "prometheus.remote_write.trento", "path": "endpoint.url", "before": "…", "after": "…", "message": "…", "at": {…}}]"#,
    live: false,
};

/// The templates, the newest first: of two that are as near, the first is taken.
const TEMPLATES: &[Template] = &[Template::Agent31, Template::Rfc0003];

/// So many items of a list are named.
const MOST_ITEMS: usize = 8;

impl Gatherer for Drift {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_a_method()?;
        host.has_sound_endpoint()?;
        plan(host).map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let nearest = host.distances().iter().min_by_key(|distance| distance.count);
        let changes = nearest.map_or(&[][..], |distance| &distance.changes);
        Ok(changes.iter().map(|change| describe(host, change)).collect())
    }
}

/// What the settings of a host ask for.
pub(super) fn plan(host: &Host<'_>) -> Result<Plan, String> {
    Plan::as_agent(host.settings(), Template::Agent31).map_err(|refusals| {
        refusals
            .first()
            .map_or_else(|| "nothing can be generated".to_owned(), |it| it.message.clone())
    })
}

/// What differs between a pipeline and what a template generates.
pub(super) struct Distance {
    /// The template.
    pub(super) template: Template,
    /// How many changes there are.
    pub(super) count: usize,
    /// So many of them as a fact holds.
    changes: Vec<Change>,
}

impl Host<'_> {
    /// What differs between the pipeline and what each template generates.
    pub(super) fn distances(&self) -> &[Distance] {
        self.note_merge_set();
        self.settings();
        self.distances.get_or_init(|| distances(self))
    }
}

/// What differs from each template; only the one where a pipeline is just what it generates.
fn distances(host: &Host<'_>) -> Vec<Distance> {
    let mut distances = Vec::new();
    for template in TEMPLATES {
        let Some(changes) = changes(host, *template) else { continue };
        let count = changes.len();
        let changes = long::bounded(changes, |_| true);
        let distance = Distance { template: *template, count, changes };
        if count == 0 {
            return vec![distance];
        }
        distances.push(distance);
    }
    distances
}

/// The changes from what a template generates to what is deployed.
fn changes(host: &Host<'_>, template: Template) -> Option<Vec<Change>> {
    let deployment = host.deployment()?;
    let plan = Plan::as_agent(host.settings(), template).ok()?;
    let text = alloy_grammar::printer::print(&plan.file(Layout::Plain));
    let tree = Arc::new(alloy_grammar::parser::parse(text.as_bytes()).file);
    let source = Source::new("generated", text);
    let generated = host.installation().graph_of_text(ProgramFile { source, tree });
    let deployed = deployment.graph(host);
    let parts = parts(host, deployed);
    if is_written_alike(&generated, deployed, &parts) {
        return Some(Vec::new());
    }
    let changes = diff::compare_with(
        &Side::whole(&generated),
        &Side::of_components(deployed, parts),
        host.schema(),
        &mut host.secret_names(),
    );
    Some(changes.into_iter().filter(|change| !is_same_url(change)).collect())
}

/// The components of the deployed pipeline, those without a path to the endpoint included.
fn parts(host: &Host<'_>, graph: &Graph) -> BTreeSet<ComponentId> {
    let Some(deployment) = host.deployment() else { return BTreeSet::new() };
    let pipeline = &deployment.pipeline;
    let mut parts: BTreeSet<ComponentId> = pipeline.members.clone();
    parts.extend(pipeline.endpoints.iter().map(|endpoint| endpoint.sink.component));
    parts.extend(graph.components().map(|(id, _)| id).filter(|&id| {
        let component = graph.component(id);
        let label = component.label.as_deref().unwrap_or_default();
        let is_named = label == "trento" || label.starts_with("trento_");
        is_named
            && component.is_component()
            && component.duplicate_of.is_none()
            && pipeline.paths.is_empty()
    }));
    parts
}

/// Whether the parts are the generated components token by token, which most hosts have: then there
/// is nothing to compare.
fn is_written_alike(generated: &Graph, deployed: &Graph, parts: &BTreeSet<ComponentId>) -> bool {
    let is_part = |(id, component): (ComponentId, &Component)| {
        let mut parts = parts.iter().copied();
        component.duplicate_of.is_none()
            && parts.any(|part| {
                deployed.component(part).duplicate_of.is_none()
                    && deployed.full_id(part) == generated.full_id(id)
                    && tokens(generated, id).eq(tokens(deployed, part))
            })
    };
    generated.components().len() == parts.len() && generated.components().all(is_part)
}

/// What a component is written with, comments left out.
fn tokens(graph: &Graph, id: ComponentId) -> impl Iterator<Item = (TokenKind, &[u8])> {
    let source = graph.source(graph.component(id).file);
    let text = &source.text().as_bytes()[graph.block(id).span().range()];
    let tokens = lexer::lex(text).tokens.into_iter();
    tokens
        .filter(|token| token.kind != TokenKind::Comment)
        .map(move |token| (token.kind, &text[token.span.range()]))
}

/// Whether only the spelling of the URL differs.
fn is_same_url(change: &Change) -> bool {
    change.kind == Kind::Changed
        && change.path.ends_with("endpoint.url")
        && matches!(
            (change.before.as_str(), change.after.as_str()),
            (Some(before), Some(after)) if crate::proof::is_same_url(before, after)
        )
}

/// What one list has more and less than another, which is the generated one.
fn lists(generated: &[Json], deployed: &[Json]) -> String {
    let lacking = |list: &[Json], items: &[Json]| -> Vec<String> {
        let new = items.iter().filter(|item| !list.contains(item));
        new.map(|item| item.as_str().map_or_else(|| item.to_string(), |it| format!("`{it}`")))
            .collect()
    };
    let named = |word: &str, mut items: Vec<String>| {
        let more = items.len().saturating_sub(MOST_ITEMS);
        items.truncate(MOST_ITEMS);
        if more > 0 {
            items.push(format!("and {more} more"));
        }
        (!items.is_empty()).then(|| format!("{word} {}", items.join(", ")))
    };
    let added = named("added", lacking(generated, deployed));
    let removed = named("removed", lacking(deployed, generated));
    let parts: Vec<String> = added.into_iter().chain(removed).collect();
    if parts.is_empty() { "another order or number".to_owned() } else { parts.join("; ") }
}

fn describe(host: &Host<'_>, change: &Change) -> Json {
    let at = match (&change.at_b, host.deployment()) {
        (Some(at), _) => json!(at),
        (None, Some(found)) => found.pipeline.endpoints.first().map_or(Json::Null, |endpoint| {
            let graph = found.graph(host);
            place(graph.at(graph.header(endpoint.sink.component)))
        }),
        (None, None) => Json::Null,
    };
    let help = "`trento-alloy diff` shows all differences, `trento-alloy apply` writes Trento's file \
                anew";
    described(change, at, help)
}

/// A change as an element of the fact.
pub(super) fn described(change: &Change, at: Json, help: &str) -> Json {
    let what = match change.path.as_str() {
        "" => format!("`{}`", change.component),
        path => format!("{path} of `{}`", change.component),
    };
    let value = |value: &Json| match value {
        Json::String(text) => format!("`{text}`"),
        Json::Null => "nothing".to_owned(),
        Json::Array(_) | Json::Object(_) => "another value".to_owned(),
        other => other.to_string(),
    };
    let message = match change.kind {
        Kind::Added => format!("{what} is not in the generated configuration"),
        Kind::Removed => format!("{what} is missing"),
        Kind::Renamed => format!("{what} has another name in the generated configuration"),
        Kind::Moved => format!("{what} stands in another place"),
        Kind::Changed => match (&change.before, &change.after) {
            (Json::Array(before), Json::Array(after)) => {
                format!("{what} differs from the generated one: {}", lists(before, after))
            }
            (before, after) => {
                format!("{what} is {}, generated is {}", value(after), value(before))
            }
        },
    };
    json!({
        "kind": change.kind.name(),
        "component": change.component,
        "path": change.path,
        "before": change.before,
        "after": change.after,
        "message": message,
        "help": help,
        "at": at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_by_what_was_added_and_removed() {
        let list = |items: &[&str]| items.iter().map(|it| json!(it)).collect::<Vec<Json>>();
        let told = |before: &[&str], after: &[&str]| lists(&list(before), &list(after));
        assert_eq!(told(&["cpu", "meminfo"], &["cpu", "xfs"]), "added `xfs`; removed `meminfo`");
        assert_eq!(told(&["a"], &["a", "b"]), "added `b`");
        assert_eq!(told(&["a", "b"], &["b", "a"]), "another order or number");
        let many: Vec<String> = (0..12).map(|it| it.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(told(&[], &many).ends_with("`7`, and 4 more"));
    }
}
