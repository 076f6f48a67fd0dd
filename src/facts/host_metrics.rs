//! `host_metrics`: where the host's metrics come from, and whether they reach Trento.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::{ComponentId, Flow, Graph, exporter};
use crate::proof::Origin;

/// The gatherer.
pub(super) struct HostMetrics;

const ABOUT: About = About {
    argument: "host_metrics",
    meaning: "The exporters of this host in the configuration, and the scrapes of targets outside \
              of Alloy that lead to Trento: whether a path leads from each to Trento's endpoint, \
              else where it ends. Of more than a thousand those that reach it come first, and the \
              rest is left out.",
    shape: r#"[{"id": "prometheus.exporter.unix.trento_system", "kind": "host exporter", "reaches_trento": true, "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for HostMetrics {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.may_have_a_path()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let deployment = host.deployment();
        let prover = deployment.map_or_else(|| host.prover(), |found| found.prover(host));
        let (values, flow, graph) = (prover.values(), prover.flow(), prover.graph());
        let reaching: BTreeSet<ComponentId> = deployment
            .map(|found| found.pipeline.paths.iter().map(|path| path.source).collect())
            .unwrap_or_default();
        let is_outside = deployment.is_some_and(|found| found.pipeline.origin == Origin::Outside);
        let found = graph.components().filter(|(_, found)| found.duplicate_of.is_none());
        let found = found.filter_map(|(id, _)| {
            let is_exporter = exporter::is_host_exporter(&values, id);
            let reaches = reaching.contains(&id);
            (is_exporter || is_outside && reaches).then_some((id, is_exporter, reaches))
        });
        let mut sources = Vec::new();
        for (id, is_exporter, reaches) in long::bounded(found.collect(), |found| found.2) {
            let (message, at) = if reaches {
                (format!("`{}` reaches the Trento server", graph.full_id(id)), graph.header(id))
            } else {
                let end = last(graph, flow, id);
                let what = format!(
                    "the metrics of `{}` do not reach the Trento server: the path ends at `{}`",
                    graph.full_id(id),
                    graph.full_id(end)
                );
                (what, forward(graph, end))
            };
            sources.push(json!({
                "id": graph.full_id(id),
                "kind": if is_exporter { "host exporter" } else { "outside target" },
                "reaches_trento": reaches,
                "message": message,
                "help": "deploy the pipeline with `trento-alloy apply`, or forward this to Trento's receiver",
                "at": place(graph.at(at)),
            }));
        }
        Ok(Json::Array(sources))
    }
}

/// The component at which a way from here ends, the first one where it forks.
fn last(graph: &Graph, flow: &Flow, from: ComponentId) -> ComponentId {
    let mut at = from;
    for _ in 0..graph.components().len() {
        let next = flow.targets_to(at).first().or_else(|| flow.series_to(at).first());
        match next {
            Some(&next) if next != at => at = next,
            _ => break,
        }
    }
    at
}

/// What a component says of where its series go, or the component itself.
fn forward(graph: &Graph, id: ComponentId) -> crate::graph::Place {
    match graph.attr(id, "forward_to") {
        Some(attr) => graph.place(id, attr.span()),
        None => graph.header(id),
    }
}
