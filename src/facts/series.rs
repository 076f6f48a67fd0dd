//! `series`: every path to Trento's endpoint, with the labels and metrics that arrive.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::facts::deployment::Deployment;
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::installation::Prometheus;
use crate::proof::{Feed, LabelState, MetricState, NEVER, Names, Path, Step, explain, series};

/// How many metrics a message names.
const NAMED: usize = 3;

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
              (`kept`, `dropped`, `unknown`), each with the places that made it so; where one is \
              dropped, `message` and `at` tell by what. Of more than a thousand paths those on which \
              not all arrives as it should come first, and the rest is left out.",
    shape: r#"[{"source": "prometheus.exporter.unix.trento_system", "path": ["…"], "endpoint": "https://…", "labels": {"agentID": {"state": "constant", "value": "…", "because": […]}, "exporter_name": {…}}, "metrics": {"up": {"state": "kept"}}}]"#,
    live: false,
};

const HOST_ABOUT: About = About {
    argument: "host_series",
    meaning: "The paths of `series` that begin at an exporter of this host, but for those of a \
              scrape that never scrapes (`scrapes` has its interval).",
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
            if let Some(prometheus) = host.prometheus() {
                return of_prometheus(prometheus, url);
            }
            let prover = host.prover();
            return Ok(series::series(prover.graph(), &prover.feed_of_url(url)));
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
        // That nothing is scraped at all is what A11027 reports.
        Ok(describe(host, |feed, path| feed.is_of_host(path) && !is_never_scraped(path)))
    }
}

fn describe(host: &Host<'_>, is_wanted: impl Fn(&Feed, &Path) -> bool) -> Json {
    let Some(deployment) = host.deployment() else { return json!([]) };
    let pipeline = &deployment.pipeline;
    let described = deployment.described(|| describe_all(host, deployment));
    let all = described.iter().map(|(number, fact)| (&pipeline.paths[*number], fact));
    all.filter(|(path, _)| is_wanted(pipeline, path)).map(|(_, fact)| fact.clone()).collect()
}

/// So many paths as a fact holds, each with its number.
fn describe_all(host: &Host<'_>, deployment: &Deployment) -> Vec<(usize, Json)> {
    let names = deployment.names(host);
    let agent_id = host.agent_id_or_empty();
    let exporter_name = host.exporter_name();
    let wanted = |name: &str| match name {
        "agentID" => Some(agent_id.as_str()).filter(|id| !id.is_empty()),
        _ => exporter_name.as_deref(),
    };
    let pipeline = &deployment.pipeline;
    let paths = pipeline.paths.iter().enumerate().collect();
    let paths = long::bounded(paths, |(_, path)| !is_as_it_should(path, wanted)).into_iter();
    paths
        .map(|(number, path)| {
            let mut fact = deployment.series_of(host, path);
            for &name in path.reached.labels.keys() {
                let Some(label) = fact["labels"][name].as_object_mut() else { continue };
                let Some(found) = explain(names, path, name, wanted(name)) else { continue };
                let at = |at| place(names.at(at));
                let also = found.also.iter();
                let also = also.map(|(also, text)| json!({"at": at(*also), "text": text}));
                label.insert("also".to_owned(), also.collect());
                label.insert("at".to_owned(), at(found.at));
                label.insert("message".to_owned(), json!(found.message));
                label.insert("help".to_owned(), json!(found.help));
                label.insert("charted_values".to_owned(), charted_values(path, name));
            }
            if let Some(fields) = fact.as_object_mut() {
                fields.extend(loss(names, path));
            }
            (number, fact)
        })
        .collect()
}

/// Whether every label has the value that it should have, and no metric is lost.
fn is_as_it_should<'w>(path: &Path, wanted: impl Fn(&str) -> Option<&'w str>) -> bool {
    let is_wanted = |(name, state): (&&str, &LabelState)| match state {
        LabelState::Constant { value, .. } => wanted(name).is_none_or(|wanted| wanted == value),
        _ => false,
    };
    path.reached.labels.iter().all(is_wanted)
        && path.reached.metrics.iter().all(|metric| metric.state == MetricState::Kept)
}

fn is_never_scraped(path: &Path) -> bool {
    path.reached.metrics.iter().any(|proof| match &proof.state {
        MetricState::Dropped { by } => by.iter().any(|step| *step.what == *NEVER),
        _ => false,
    })
}

/// The paths of Prometheus to the endpoints of a URL.
fn of_prometheus(prometheus: &Prometheus, url: &str) -> Result<Json, GatherError> {
    match (&prometheus.configuration, prometheus.feed_of_url(url)) {
        (Ok(configuration), Some(feed)) => Ok(configuration.series(&feed)),
        (Err(refused), _) => {
            let why = format!("Prometheus does not load this file: {}", refused.message);
            Err(GatherError::new("prometheus-configuration", why))
        }
        (Ok(_), None) => Ok(json!([])),
    }
}

/// What keeps charted metrics from arriving: a message with the place of the first cause, the
/// others beside it. Empty where all may arrive.
fn loss(sender: &dyn Names, path: &Path) -> Map<String, Json> {
    let mut names: Vec<&str> = Vec::new();
    let mut causes: Vec<&Step> = Vec::new();
    for proof in &path.reached.metrics {
        let (Some(name), MetricState::Dropped { by }) = (proof.metric.name(), &proof.state) else {
            continue;
        };
        names.push(name);
        causes.extend(by.iter().filter(|step| !causes.contains(step)).collect::<Vec<_>>());
    }
    let Some((first, others)) = causes.split_first() else { return Map::new() };
    let more = names.len().saturating_sub(NAMED);
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let verb = if names.len() == 1 { "does" } else { "do" };
    let told = |step: &Step| format!("`{}` {}", sender.full_id(step.component), step.what);
    let also = others.iter().map(|step| {
        let at = place(sender.at(step.place));
        json!({"at": at, "text": told(step)})
    });
    [
        (
            "message",
            json!(format!("{}{more} {verb} not arrive: {}", shown.join(", "), told(first))),
        ),
        ("help", json!("let these metrics pass there, or take it out of the way to Trento")),
        ("at", place(sender.at(first.place))),
        ("also", also.collect()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
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
