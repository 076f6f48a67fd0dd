//! `running_components`: the components of the Trento pipeline in the running Alloy.

use serde_json::{Value as Json, json};

use crate::facts::deployment::Deployment;
use crate::facts::place::place;
use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::ComponentId;
use crate::host::components::{components, unseen_modules};

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
            Some(found) if found.is_loaded() => is_seen(host, found),
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
                    running.iter().find(|it| it.id == *component.local_id && it.module == *module);
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

/// Whether what runs inside the pipeline's modules was asked for.
fn is_seen(host: &Host<'_>, deployment: &Deployment) -> Result<(), String> {
    let Ok(answers) = seen(host.answers()) else { return Ok(()) };
    let unseen = unseen_modules(answers);
    let graph = deployment.graph(host);
    let module_of = |&id: &ComponentId| &graph.scope(graph.component(id).scope).path;
    match deployment.pipeline.members.iter().map(module_of).find(|path| unseen.contains(*path)) {
        Some(path) => Err(format!("what runs inside `{path}` was not recorded")),
        None => Ok(()),
    }
}
