//! `pipeline`: the components of the Trento pipeline.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::ComponentId;

/// The gatherer.
pub(super) struct Pipeline;

const ABOUT: About = About {
    argument: "pipeline",
    meaning: "The components on a path from the host's metrics to Trento's endpoint, and what only \
              they use; `used_elsewhere` tells whether something outside of the pipeline uses one too. \
              Of more than a thousand those that are not labelled as Trento's come first, and the \
              rest is left out.",
    shape: r#"[{"id": "prometheus.scrape.trento_system", "name": "prometheus.scrape", "label": "trento_system", "used_elsewhere": false, "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Pipeline {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(deployment) = host.deployment() else { return Ok(json!([])) };
        let graph = deployment.graph(host);
        let pipeline = &deployment.pipeline;
        let is_strange = |id: &ComponentId| {
            let label = graph.component(*id).label.as_deref().unwrap_or_default();
            !label.starts_with("trento") && pipeline.exclusive.contains(id)
        };
        let members = pipeline.members.iter().copied().collect();
        Ok(long::bounded(members, is_strange)
            .into_iter()
            .map(|id| {
                let component = graph.component(id);
                json!({
                    "id": graph.full_id(id),
                    "name": component.name,
                    "label": component.label.as_deref().unwrap_or_default(),
                    "used_elsewhere": !pipeline.exclusive.contains(&id),
                    "message": format!("`{}` belongs to the Trento pipeline", graph.full_id(id)),
                    "help": "where it is Trento's alone, label it `trento_…`, with the references to it",
                    "at": place(graph.at(graph.header(id))),
                })
            })
            .collect())
    }
}
