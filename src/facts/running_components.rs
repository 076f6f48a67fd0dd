//! `running_components`: the components of the Trento pipeline in the running Alloy.

use serde_json::{Value as Json, json};

use crate::facts::host::place;
use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::host::components::components;

/// The gatherer.
pub(super) struct RunningComponents;

const ABOUT: About = About {
    argument: "running_components",
    meaning: "Each component of the Trento pipeline on disk: whether the running Alloy has it, its \
              health (`healthy`, `unhealthy`, `unknown`, `exited`) and what Alloy says of it.",
    shape: r#"[{"id": "prometheus.scrape.trento_system", "running": true, "health": "healthy", "message": "", "at": {…}}]"#,
    live: true,
};

impl Gatherer for RunningComponents {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.alloy_answers()?;
        host.has_sound_pipeline()?;
        match host.deployment() {
            Some(found) if found.is_loaded() => Ok(()),
            _ => Err("Alloy does not load the pipeline".to_owned()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(deployment) = host.deployment() else { return Ok(json!([])) };
        let running = components(seen(host.answers())?)
            .map_err(|reason| GatherError::new("alloy-http", reason))?;
        let graph = deployment.graph(host);
        Ok(deployment
            .pipeline
            .members
            .iter()
            .map(|&id| {
                let component = graph.component(id);
                let module = &graph.scope(component.scope).path;
                let found =
                    running.iter().find(|it| it.id == component.local_id && it.module == *module);
                let name = graph.full_id(id);
                let message = match found {
                    None => format!("`{name}` is not in the running Alloy"),
                    Some(it) if it.health != "healthy" => {
                        format!("`{name}` is {}: {}", it.health, it.message)
                    }
                    Some(_) => String::new(),
                };
                json!({
                    "id": name,
                    "running": found.is_some(),
                    "health": found.map_or("", |it| it.health.as_str()),
                    "message": message,
                    "help": "systemctl reload alloy, then journalctl -u alloy -n 50",
                    "at": place(graph.at(graph.header(id))),
                })
            })
            .collect())
    }
}
