//! `series`: every path to Trento's endpoint, with the labels and metrics that arrive.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::facts::host::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::proof::{LabelState, MetricState, Path, Step};
use crate::graph::{Graph, Values, exporter, series};

/// The gatherer of all paths.
pub(super) struct Series;

/// The gatherer of the paths that begin at an exporter of this host.
pub(super) struct HostSeries;

const ABOUT: About = About {
    argument: "series",
    meaning: "Every path from a source of series to Trento's endpoint (or, asked with a URL, to \
              the endpoints of that URL): what the server sees of the labels agentID and \
              exporter_name (`absent`, `constant` with `value`, `one_of` with `values`, null for \
              absent, `unknown` with `reason`), and of the metrics that Trento charts and `up` \
              (`kept`, `dropped`, `unknown`), each with the places that made it so.",
    shape: r#"[{"source": "prometheus.exporter.unix.trento_system", "path": ["…"], "endpoint": "https://…", "labels": {"agentID": {"state": "constant", "value": "…", "because": […]}, "exporter_name": {…}}, "metrics": {"up": {"state": "kept"}}}]"#,
    live: false,
};

const HOST_ABOUT: About = About {
    argument: "host_series",
    meaning: "The paths of `series` that begin at an exporter of this host.",
    shape: "as `series`",
    live: false,
};

impl Gatherer for Series {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        if let Some(url) = &host.options().url {
            let values = Values::new(host.graph());
            return Ok(series::series(&values, Some(url), None));
        }
        Ok(describe(host, |_, _| true))
    }
}

impl Gatherer for HostSeries {
    fn about(&self) -> &'static About {
        &HOST_ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()?;
        host.has_host_exporter()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(describe(host, |values, path| exporter::is_host_exporter(values, path.source)))
    }
}

fn describe(host: &Host<'_>, wanted: impl Fn(&Values<'_>, &Path) -> bool) -> Json {
    let Some(deployment) = host.deployment() else { return json!([]) };
    let graph = deployment.graph(host);
    let values = Values::new(graph);
    let pipeline = &deployment.pipeline;
    let all = series::of_pipeline(&values, pipeline);
    let described = all.as_array().cloned().unwrap_or_default();
    pipeline
        .paths
        .iter()
        .zip(described)
        .filter(|(path, _)| wanted(&values, path))
        .map(|(path, mut fact)| {
            for (name, state) in &path.reached.labels {
                let (message, at, labels) = explain(graph, path, name, state);
                if let Some(label) = fact["labels"][*name].as_object_mut() {
                    label.insert("message".to_owned(), json!(message));
                    label.insert("at".to_owned(), at);
                    label.insert("also".to_owned(), labels);
                    label.insert("help".to_owned(), json!(help(name, state)));
                    label.insert("charted_values".to_owned(), charted_values(path, name));
                }
            }
            fact
        })
        .collect()
}

/// The values that a label certainly has on `up` and the charted metrics, null for absent.
fn charted_values(path: &Path, name: &str) -> Json {
    let mut values: BTreeSet<Option<&str>> = BTreeSet::new();
    for metric in &path.reached.metrics {
        if metric.metric.name().is_none() || matches!(metric.state, MetricState::Dropped { .. }) {
            continue;
        }
        match metric.labels.get(name) {
            Some(LabelState::Absent { .. }) => drop(values.insert(None)),
            Some(LabelState::Constant { value, .. }) => drop(values.insert(Some(value))),
            Some(LabelState::OneOf(listed)) => {
                values.extend(listed.iter().map(|(value, _)| value.as_deref()));
            }
            Some(LabelState::Unknown { .. }) | None => {}
        }
    }
    json!(values)
}

/// What became of a label on a path, where, and the further places that matter.
fn explain(graph: &Graph, path: &Path, name: &str, state: &LabelState) -> (String, Json, Json) {
    let way = path
        .components
        .iter()
        .map(|id| format!("`{}`", graph.full_id(*id)))
        .collect::<Vec<_>>()
        .join(" -> ");
    let none: &[Step] = &[];
    let (what, steps) = match state {
        LabelState::Absent { steps } if steps.is_empty() => {
            (format!("{name} is never set"), steps.as_slice())
        }
        LabelState::Absent { steps } => (format!("{name} is removed"), steps.as_slice()),
        LabelState::Constant { value, steps } => (format!("{name} is `{value}`"), steps.as_slice()),
        LabelState::OneOf(values) => {
            let shown: Vec<String> = values
                .iter()
                .map(|(value, _)| match value {
                    Some(value) => format!("`{value}`"),
                    None => "absent".to_owned(),
                })
                .collect();
            let odd = values.iter().find(|(_, steps)| !steps.is_empty());
            let steps = odd.map_or(none, |(_, steps)| steps.as_slice());
            (format!("{name} is one of {}", shown.join(", ")), steps)
        }
        LabelState::Unknown { reason, steps, .. } => {
            (format!("{name} is not proven: {reason}"), steps.as_slice())
        }
    };
    let place_of = |step: &Step| place(graph.at(step.place));
    let at = match steps.last() {
        Some(step) => place_of(step),
        None => place(graph.at(graph.header(first_that_could_set(graph, path)))),
    };
    let mut also: Vec<Json> = steps
        .iter()
        .rev()
        .skip(1)
        .take(3)
        .map(|step| json!({"at": place_of(step), "text": step.what.as_ref()}))
        .collect();
    if also.is_empty() && matches!(state, LabelState::Absent { .. } | LabelState::OneOf(_)) {
        let end = graph.header(path.sink.component);
        also.push(json!({"at": place(graph.at(end)), "text": format!("arrives without {name}")}));
    }
    (format!("{what} on {way}"), at, Json::Array(also))
}

/// What to do where the label is not what it should be.
fn help(name: &str, state: &LabelState) -> String {
    match state {
        LabelState::Absent { steps } if steps.is_empty() => {
            format!("add a rule with `target_label = \"{name}\"` and this host's value")
        }
        LabelState::Absent { .. } | LabelState::OneOf(_) => {
            format!("take out what removes {name}, or set it on every path")
        }
        LabelState::Constant { .. } => {
            "`trento-alloy generate` prints the configuration for this host".to_owned()
        }
        LabelState::Unknown { .. } => format!("write the value of {name} into the configuration"),
    }
}

/// The component of a path in which the label should be set: a relabel, else the scrape.
fn first_that_could_set(graph: &Graph, path: &Path) -> crate::graph::ComponentId {
    let named =
        |name: &str| path.components.iter().copied().find(|id| graph.component(*id).name == name);
    named("discovery.relabel").or_else(|| named("prometheus.scrape")).unwrap_or(path.source)
}
