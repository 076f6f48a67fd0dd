//! The fact `series`: every path to an endpoint with the labels and metrics that arrive, as JSON.

use serde_json::{Map, Value as Json, json};

use super::feed::Feed;
use super::names::Names;
use super::{LabelState, MetricState, Path, Step};

/// The paths of a feed.
pub fn series(names: &dyn Names, feed: &Feed) -> Json {
    feed.paths.iter().map(|path| of_path(names, feed, path)).collect()
}

/// One path of a feed.
pub fn of_path(names: &dyn Names, feed: &Feed, path: &Path) -> Json {
    let endpoint = feed.endpoints.iter().find(|endpoint| endpoint.sink == path.sink);
    let endpoint = endpoint
        .and_then(|endpoint| endpoint.shown_url())
        .unwrap_or_else(|| names.full_id(path.sink.component));
    let labels: Map<String, Json> = path
        .reached
        .labels
        .iter()
        .map(|(&name, state)| (name.to_owned(), label(names, state)))
        .collect();
    let metrics: Map<String, Json> = path
        .reached
        .metrics
        .iter()
        .filter_map(|proof| {
            let name = proof.metric.name()?;
            Some((name.to_owned(), metric(names, &proof.state)))
        })
        .collect();
    let by_metric: Map<String, Json> = path
        .reached
        .metrics
        .iter()
        .filter_map(|proof| {
            let name = proof.metric.name().unwrap_or("other");
            let own = proof.labels.iter();
            let own = own.filter(|(label, state)| path.reached.labels.get(*label) != Some(state));
            let labels: Map<String, Json> =
                own.map(|(&name, state)| (name.to_owned(), label(names, state))).collect();
            (!labels.is_empty()).then(|| (name.to_owned(), Json::Object(labels)))
        })
        .collect();
    json!({
        "source": names.full_id(path.source),
        "path": path.components.iter().map(|&id| names.full_id(id)).collect::<Vec<_>>(),
        "endpoint": endpoint,
        "labels": labels,
        "metrics": metrics,
        "labels_by_metric": by_metric,
    })
}

fn label(names: &dyn Names, state: &LabelState) -> Json {
    match state {
        LabelState::Absent { steps } => json!({
            "state": "absent",
            "because": because(names, [(None, steps)]),
        }),
        LabelState::Constant { value, steps } => json!({
            "state": "constant",
            "value": value,
            "because": because(names, [(Some(value.as_str()), steps)]),
        }),
        LabelState::OneOf(listed) => json!({
            "state": "one_of",
            "values": listed.iter().map(|(value, _)| value).collect::<Vec<_>>(),
            "because":
                because(names, listed.iter().map(|(value, steps)| (value.as_deref(), steps))),
        }),
        LabelState::Unknown { reason, steps, others } => json!({
            "state": "unknown",
            "reason": reason,
            "steps": places(names, steps),
            "because":
                because(names, others.iter().map(|(value, steps)| (value.as_deref(), steps))),
        }),
    }
}

fn because<'s>(
    names: &dyn Names,
    listed: impl IntoIterator<Item = (Option<&'s str>, &'s Vec<Step>)>,
) -> Json {
    listed
        .into_iter()
        .map(|(value, steps)| json!({"value": value, "steps": places(names, steps)}))
        .collect()
}

fn metric(names: &dyn Names, state: &MetricState) -> Json {
    match state {
        MetricState::Kept => json!({"state": "kept"}),
        MetricState::Dropped { by } => json!({"state": "dropped", "by": places(names, by)}),
        MetricState::Unknown { reason, by } => {
            json!({"state": "unknown", "reason": reason, "by": places(names, by)})
        }
    }
}

/// Steps with the places they point at.
pub fn places(names: &dyn Names, steps: &[Step]) -> Json {
    steps
        .iter()
        .map(|step| {
            json!({
                "component": names.full_id(step.component),
                "what": &*step.what,
                "at": names.at(step.place),
            })
        })
        .collect()
}
