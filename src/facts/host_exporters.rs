//! `host_exporters`: the exporters of this host that reach Trento, and how often.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::ComponentId;
use crate::proof::Path;

/// The gatherer.
pub(super) struct HostExporters;

const ABOUT: About = About {
    argument: "host_exporters",
    meaning: "The exporters of this host from which a path leads to Trento: how many paths, and \
              how many of them send the same series with the same labels as an earlier one. Of more \
              than a thousand those that do come first, and the rest is left out.",
    shape: r#"[{"id": "prometheus.exporter.unix.trento_system", "paths": 1, "repeated_paths": 0, "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for HostExporters {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()?;
        host.has_host_exporter()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(deployment) = host.deployment() else { return Ok(json!([])) };
        let values = deployment.prover(host).values();
        let graph = values.graph();
        let mut by_source: BTreeMap<ComponentId, Vec<&Path>> = BTreeMap::new();
        for path in deployment.pipeline.host_paths() {
            by_source.entry(path.source).or_default().push(path);
        }
        let found = by_source.into_iter().map(|(id, paths)| {
            let repeated = repeated(&paths);
            (id, paths, repeated)
        });
        let found = long::bounded(found.collect(), |(_, _, repeated)| !repeated.is_empty());
        let found = found.into_iter().map(|(id, paths, repeated)| {
            let scrape = repeated.first().and_then(|path| {
                path.components
                    .iter()
                    .rev()
                    .find(|id| graph.component(**id).name == "prometheus.scrape")
            });
            let name = graph.full_id(id);
            let message = if repeated.is_empty() {
                format!("`{name}` reaches the Trento server on {} path(s)", paths.len())
            } else {
                format!("the series of `{name}` are sent to the Trento server more than once")
            };
            json!({
                "id": name,
                "paths": paths.len(),
                "repeated_paths": repeated.len(),
                "message": message,
                "help": "let only one of them lead to Trento; other destinations may stay",
                "at": place(graph.at(graph.header(*scrape.unwrap_or(&id)))),
            })
        });
        Ok(found.chain(host.prometheus_beside()).collect())
    }
}

/// The paths that send the same series to the same endpoint as an earlier one.
fn repeated<'p>(paths: &[&'p Path]) -> Vec<&'p Path> {
    let mut seen = BTreeSet::new();
    let sent = paths.iter().copied().filter(|path| !path.reached.identity.is_empty());
    sent.filter(|path| !seen.insert((path.sink, path.reached.identity.as_str()))).collect()
}
