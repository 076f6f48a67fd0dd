//! `collectors`: what the host exporters of the pipeline collect.

use std::collections::BTreeSet;

use alloy_grammar::ast::Attr;
use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::{ComponentId, Graph, Values, exporter};

/// The gatherer.
pub(super) struct Collectors;

const ABOUT: About = About {
    argument: "collectors",
    meaning: "The collectors that each exporter of this host in the pipeline runs (from \
              set_collectors, enable_collectors, disable_collectors and the defaults); `unknown` \
              says why they cannot be known. Of more than a thousand those that name collectors \
              come first, and the rest is left out.",
    shape: r#"[{"exporter": "prometheus.exporter.unix.trento_system", "enabled": ["cpu", "meminfo"], "unknown": "", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Collectors {
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
        let exporters = deployment.pipeline.host_exporters.iter().copied().collect();
        let exporters = long::bounded(exporters, |&id| named(values.graph(), id).is_some());
        Ok(exporters.into_iter().map(|id| describe(&values, id)).collect())
    }
}

/// The argument that names collectors, the one that takes some away first.
fn named(graph: &Graph, id: ComponentId) -> Option<Attr<'_>> {
    let arguments = ["disable_collectors", "set_collectors", "enable_collectors"];
    arguments.iter().find_map(|argument| graph.attr(id, argument))
}

fn describe(values: &Values<'_>, id: ComponentId) -> Json {
    let graph = values.graph();
    let (enabled, unknown) = match exporter::collectors(values, id) {
        Ok(enabled) => (enabled, String::new()),
        Err(reason) => (BTreeSet::new(), reason),
    };
    let name = graph.full_id(id);
    let message = if unknown.is_empty() {
        let shown: Vec<&str> = enabled.iter().map(String::as_str).collect();
        format!("`{name}` collects {}", shown.join(", "))
    } else {
        format!("what `{name}` collects is not proven: {unknown}")
    };
    let at =
        named(graph, id).map_or_else(|| graph.header(id), |attr| graph.place(id, attr.name_span()));
    json!({
        "exporter": name,
        "enabled": enabled,
        "unknown": unknown,
        "message": message,
        "help": "Trento charts need the collectors cpu, meminfo and filesystem",
        "at": place(graph.at(at)),
    })
}
