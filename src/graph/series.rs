//! The fact `series`: every path to an endpoint with the labels and metrics that arrive, as JSON.

use serde_json::{Map, Value as Json, json};

use super::flow::Flow;
use super::pipeline::Pipeline;
use super::proof::{LabelState, Metric, MetricState, Path, Step};
use super::values::Values;

/// The value of the fact: the paths to the endpoints of that URL, or else to Trento's.
///
/// `settings_url` is what the agent's settings say; `url` is what was asked for.
pub fn series(values: &Values<'_>, url: Option<&str>, settings_url: Option<&str>) -> Json {
    let flow = Flow::of(values);
    let pipeline = match url {
        Some(url) => Pipeline::to_url(values, &flow, url),
        None => Pipeline::find(values, &flow, settings_url),
    };
    of_pipeline(values, &pipeline)
}

/// The paths of a pipeline that was found already.
pub fn of_pipeline(values: &Values<'_>, pipeline: &Pipeline) -> Json {
    pipeline.paths.iter().map(|path| one(values, pipeline, path)).collect()
}

fn one(values: &Values<'_>, pipeline: &Pipeline, path: &Path) -> Json {
    let graph = values.graph();
    let endpoint = pipeline.endpoints.iter().find(|endpoint| endpoint.sink == path.sink);
    let endpoint = endpoint
        .and_then(|endpoint| endpoint.shown_url())
        .unwrap_or_else(|| graph.full_id(path.sink.component));
    let labels: Map<String, Json> = path
        .reached
        .labels
        .iter()
        .map(|(&name, state)| (name.to_owned(), label(values, state)))
        .collect();
    let metrics: Map<String, Json> = path
        .reached
        .metrics
        .iter()
        .filter_map(|proof| {
            let name = proof.metric.name()?;
            Some((name.to_owned(), metric(values, &proof.state)))
        })
        .collect();
    let by_metric: Map<String, Json> = path
        .reached
        .metrics
        .iter()
        .map(|proof| {
            let name = proof.metric.name().unwrap_or("other");
            let labels: Map<String, Json> = proof
                .labels
                .iter()
                .map(|(&name, state)| (name.to_owned(), label(values, state)))
                .collect();
            (name.to_owned(), Json::Object(labels))
        })
        .collect();
    json!({
        "source": graph.full_id(path.source),
        "path": path.components.iter().map(|&id| graph.full_id(id)).collect::<Vec<_>>(),
        "endpoint": endpoint,
        "labels": labels,
        "metrics": metrics,
        "labels_by_metric": by_metric,
    })
}

fn label(values: &Values<'_>, state: &LabelState) -> Json {
    match state {
        LabelState::Absent { steps } => json!({
            "state": "absent",
            "because": because(values, [(None, steps)]),
        }),
        LabelState::Constant { value, steps } => json!({
            "state": "constant",
            "value": value,
            "because": because(values, [(Some(value.as_str()), steps)]),
        }),
        LabelState::OneOf(listed) => json!({
            "state": "one_of",
            "values": listed.iter().map(|(value, _)| value).collect::<Vec<_>>(),
            "because":
                because(values, listed.iter().map(|(value, steps)| (value.as_deref(), steps))),
        }),
        LabelState::Unknown { reason, steps, others } => json!({
            "state": "unknown",
            "reason": reason,
            "steps": places(values, steps),
            "because":
                because(values, others.iter().map(|(value, steps)| (value.as_deref(), steps))),
        }),
    }
}

fn because<'s>(
    values: &Values<'_>,
    listed: impl IntoIterator<Item = (Option<&'s str>, &'s Vec<Step>)>,
) -> Json {
    listed
        .into_iter()
        .map(|(value, steps)| json!({"value": value, "steps": places(values, steps)}))
        .collect()
}

fn metric(values: &Values<'_>, state: &MetricState) -> Json {
    match state {
        MetricState::Kept => json!({"state": "kept"}),
        MetricState::Dropped { by } => json!({"state": "dropped", "by": places(values, by)}),
        MetricState::Unknown { reason, by } => {
            json!({"state": "unknown", "reason": reason, "by": places(values, by)})
        }
    }
}

/// Steps with the places they point at.
pub fn places(values: &Values<'_>, steps: &[Step]) -> Json {
    let graph = values.graph();
    steps
        .iter()
        .map(|step| {
            json!({
                "component": graph.full_id(step.component),
                "what": &*step.what,
                "at": graph.at(step.place),
            })
        })
        .collect()
}

/// The key of a metric in `labels_by_metric`.
pub fn metric_key(metric: Metric) -> &'static str {
    metric.name().unwrap_or("other")
}
