//! Alloy as a sender: what its components do with series, as a pipeline for the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::component::{ComponentId, Kind};
use super::discovered::Target;
use super::exporter;
use super::flow::Flow;
use super::schema::V1_11_0;
use super::targets;
use super::values::Values;
use crate::duration::Duration;
use crate::eval::{Number, Value};
use crate::proof::{
    Content, Exit, External, Gives, Hop, INTEREST, Label, NEVER, Pipeline, Rules, SCRAPE_LIMITS,
    Scrape, Scraped, Sink, Source, Step, Symbol, Trail,
};

/// What Alloy's components do with series, as far as it concerns these endpoints.
pub(super) fn pipeline(values: &Values<'_>, flow: &Flow, sinks: &[Sink]) -> Pipeline {
    let leads = flow.leading_to(sinks.iter().map(|sink| sink.component));
    let mut pipeline = Pipeline::default();
    for &id in &leads {
        pipeline.sources.extend(sources(values, flow, id));
        let to: Vec<ComponentId> =
            flow.series_to(id).iter().copied().filter(|next| leads.contains(next)).collect();
        pipeline.hops.insert(id, Hop { rules: Rc::new(passing(values, id)), to });
    }
    let writing: BTreeSet<ComponentId> = sinks.iter().map(|sink| sink.component).collect();
    let external: BTreeMap<ComponentId, Rc<[External]>> =
        writing.into_iter().map(|id| (id, external(values, id).into())).collect();
    pipeline.exits = sinks
        .iter()
        .map(|&sink| Exit {
            sink,
            external: external[&sink.component].clone(),
            rules: Rc::new(leaving(values, sink)),
        })
        .collect();
    pipeline
}

/// The series that begin at a component.
fn sources(values: &Values<'_>, flow: &Flow, id: ComponentId) -> Vec<Source> {
    let component = values.graph().component(id);
    let anything = |reason: String| {
        vec![Source { component: id, way: Vec::new(), gives: Gives::Anything(reason.into()) }]
    };
    match (&component.kind, component.name.as_str()) {
        (Kind::Builtin, "prometheus.scrape") => scrapes(values, id),
        (Kind::Builtin, "prometheus.relabel" | "prometheus.remote_write") => Vec::new(),
        (Kind::Builtin, "prometheus.receive_http") => {
            anything(format!("what is sent to `{}` is not known", component.local_id))
        }
        _ if flow.has_series_from(id) => Vec::new(),
        _ => anything(format!("what `{}` sends is not known", component.local_id)),
    }
}

/// The series of a `prometheus.scrape`, by the way its targets took.
fn scrapes(values: &Values<'_>, id: ComponentId) -> Vec<Source> {
    let how = Rc::new(scrape(values, id));
    let mut by_way: BTreeMap<Vec<ComponentId>, Vec<Scraped>> = BTreeMap::new();
    for target in targets::given(values, id) {
        let (way, target) = scraped(values, id, target);
        by_way.entry(way).or_default().push(target);
    }
    by_way
        .into_iter()
        .map(|(way, targets)| Source {
            component: id,
            way,
            gives: Gives::Scraped(how.clone(), targets),
        })
        .collect()
}

/// What a component does to series that come to it.
fn passing(values: &Values<'_>, id: ComponentId) -> Rules {
    let component = values.graph().component(id);
    match (&component.kind, component.name.as_str()) {
        (Kind::Builtin, "prometheus.relabel") => {
            targets::rules(values, id, values.graph().block(id), "rule")
        }
        (Kind::Builtin, "prometheus.remote_write" | "prometheus.scrape") => Ok(Vec::new()),
        _ => Err(format!("what `{}` does to series is not known", component.local_id).into()),
    }
}

/// What an endpoint does to series before it sends them.
fn leaving(values: &Values<'_>, sink: Sink) -> Rules {
    let block = values.graph().block(sink.component);
    match block.body().blocks_named("endpoint").nth(sink.endpoint) {
        Some(endpoint) => targets::rules(values, sink.component, endpoint, "write_relabel_config"),
        None => Ok(Vec::new()),
    }
}

/// The labels that a `prometheus.remote_write` adds to series that have none of that name.
fn external(values: &Values<'_>, id: ComponentId) -> Vec<External> {
    let Some(attr) = values.graph().attr(id, "external_labels") else { return Vec::new() };
    let place = values.graph().place(id, attr.span());
    let external = |name: &str, content| {
        let what = format!("gives `{name}` to series that have none: `external_labels`");
        let trails = &values.discovered().trails;
        let trail = trails.push(Trail::START, Step::new(id, place, what));
        External { name: name.into(), label: Label { content, trail } }
    };
    let unknown = |name: &str, reason: &str| {
        Content::Unknown(Symbol::new(format!("external/{id:?}/{name}"), reason))
    };
    match values.argument(id, "external_labels").unwrap_or(Value::Null) {
        Value::Null => Vec::new(),
        Value::Object(object) => object
            .iter()
            .filter_map(|(name, value)| {
                let name = name.as_str()?;
                let content = match (value.as_str(), value.unknown_reason()) {
                    (Some(""), _) => Content::Absent,
                    (Some(text), _) => Content::Known(text.into()),
                    (None, reason) => {
                        unknown(name, reason.unwrap_or("an external label is no text"))
                    }
                };
                Some(external(name, content))
            })
            .collect(),
        other => INTEREST
            .iter()
            .map(|&name| {
                let reason = other.unknown_reason().unwrap_or("the external labels are no object");
                external(name, unknown(name, reason))
            })
            .collect(),
    }
}

/// How a `prometheus.scrape` scrapes.
fn scrape(values: &Values<'_>, id: ComponentId) -> Scrape {
    let graph = values.graph();
    let honors = match values.argument(id, "honor_labels") {
        None | Some(Value::Null) => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| reason_of(&value)),
    };
    let job = match values.argument(id, "job_name") {
        Some(Value::String(text)) if !text.is_empty() => {
            Content::Known(text.as_str().unwrap_or_default().into())
        }
        Some(value @ Value::Unknown(_)) => {
            Content::Unknown(Symbol::new("job_name", reason_of(&value)))
        }
        _ => Content::Known(graph.full_id(id).into()),
    };
    let place = graph.header(id);
    let step = Step::new(id, place, "gives its series this `job`");
    let trail = values.discovered().trails.push(Trail::START, step);
    let has_extra =
        values.argument(id, "extra_metrics").is_some_and(|value| value.as_bool() != Some(false));
    Scrape {
        component: id,
        place,
        honors,
        job: Label { content: job, trail },
        has_extra,
        rules: Ok(Vec::new()),
        takes_any_name: takes_any_name(values, id),
        never: never(values, id),
        doubt: doubt(values, id),
    }
}

/// A target as it is scraped, and the components it came through.
fn scraped(values: &Values<'_>, id: ComponentId, target: Target) -> (Vec<ComponentId>, Scraped) {
    let Target { mut path, variants, dropped } = target;
    let from = path[0];
    let variants = variants
        .into_iter()
        .map(|variant| {
            let exposed = exporter::exposed(values, exporter::exposition(values, &variant, from));
            (variant, exposed)
        })
        .collect();
    let lost = match values.graph().component(from).name.as_str() {
        "prometheus.exporter.unix" => exporter::Exposition::Host(from),
        _ => exporter::Exposition::Other(from),
    };
    path.retain(|&way| way != id);
    (path, Scraped { variants, lost: exporter::exposed(values, lost), dropped })
}

/// Whether the targets of a scrape may have labels of any name; before 1.11 they may not.
fn takes_any_name(values: &Values<'_>, scrape: ComponentId) -> Result<bool, Arc<str>> {
    let is_old = values.version().is_before(&V1_11_0);
    match values.argument(scrape, "metric_name_validation_scheme").filter(|_| !is_old) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => match value.as_str() {
            Some(scheme) => Ok(scheme == "utf8"),
            None => Err(reason_of(&value)),
        },
    }
}

/// Where a scrape has an interval that is not above zero, with which it never asks.
fn never(values: &Values<'_>, scrape: ComponentId) -> Option<Step> {
    let interval = values.argument(scrape, "scrape_interval")?;
    let is_zero = match &interval {
        Value::Null => true,
        value => Duration::parse(value.as_str()?).is_ok_and(|every| every.nanoseconds() <= 0),
    };
    let attr = values.graph().attr(scrape, "scrape_interval").filter(|_| is_zero)?;
    let place = values.graph().place(scrape, attr.span());
    Some(Step::new(scrape, place, NEVER))
}

fn reason_of(value: &Value) -> Arc<str> {
    value.unknown_reason().unwrap_or("it has the wrong type").into()
}

/// Why a scrape may yield nothing but `up`.
fn doubt(values: &Values<'_>, scrape: ComponentId) -> Option<Arc<str>> {
    for name in SCRAPE_LIMITS {
        let is_none = match values.argument(scrape, name) {
            None | Some(Value::Null) => true,
            Some(Value::Number(Number::Int(0) | Number::Uint(0))) => true,
            Some(value) => matches!(value.as_str(), Some("" | "0")),
        };
        if !is_none {
            return Some(format!("`{name}` refuses a scrape that has more").into());
        }
    }
    let block = values.graph().block(scrape);
    let clustering = block.body().block("clustering")?.body().attr("enabled")?;
    let enabled = values.expr(scrape, clustering.value());
    (enabled.as_bool() != Some(false))
        .then(|| "in a cluster another Alloy may scrape the target".into())
}
