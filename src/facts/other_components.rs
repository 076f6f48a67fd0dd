//! `other_components`: what Alloy loads beside the Trento pipeline.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use crate::facts::long;
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::{Component, ComponentId, Graph};
use crate::proof::Feed;

/// The gatherer.
pub(super) struct OtherComponents;

const ABOUT: About = About {
    argument: "other_components",
    meaning: "The components that are neither in the Trento pipeline nor on a path to its \
              endpoint. Of more than a thousand those whose label begins with `trento` come \
              first, and the rest is left out.",
    shape: r#"[{"id": "prometheus.scrape.team", "label": "team", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for OtherComponents {
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
        let holding = holding(graph, pipeline);
        let others: Vec<(ComponentId, &Component)> = graph
            .components()
            .filter(|(id, component)| {
                // Another block of the same id counts as belonging where the first does.
                let id = component.duplicate_of.unwrap_or(*id);
                component.is_component()
                    && graph.scope(component.scope).path.is_empty()
                    && !pipeline.members.contains(&id)
                    && !pipeline.leading.contains(&id)
                    && !holding.contains(graph.component(id).local_id.as_str())
            })
            .collect();
        let is_trentos = |(_, component): &(ComponentId, &Component)| {
            component.label.as_deref().is_some_and(|label| label.starts_with("trento"))
        };
        let others = long::bounded(others, is_trentos).into_iter();
        Ok(others
            .map(|(id, component)| {
                json!({
                    "id": graph.full_id(id),
                    "label": component.label.as_deref().unwrap_or_default(),
                    "message": format!(
                        "`{}` has nothing to do with the Trento pipeline",
                        graph.full_id(id)
                    ),
                    "help": "give it a label of its own team",
                    "at": place(graph.at(graph.header(id))),
                })
            })
            .collect())
    }
}

/// The ids of the module instances that hold part of the pipeline, at the top and in each other.
fn holding<'g>(graph: &'g Graph, pipeline: &Feed) -> HashSet<&'g str> {
    let mut holding = HashSet::new();
    for part in pipeline.members.iter().chain(&pipeline.leading) {
        let path = graph.scope(graph.component(*part).scope).path.as_str();
        let ends = path.match_indices(['.', '/']).map(|(at, _)| at).chain([path.len()]);
        holding.extend(ends.map(|end| &path[..end]));
    }
    holding
}
