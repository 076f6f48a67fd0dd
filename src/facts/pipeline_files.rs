//! `pipeline_files`: the files that hold the Trento pipeline, and whether Alloy loads them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::facts::host::place;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct PipelineFiles;

const ABOUT: About = About {
    argument: "pipeline_files",
    meaning: "The files that hold the Trento pipeline: whether Alloy loads each, and the reason if \
              not.",
    shape: r#"[{"path": "/etc/alloy/config.d/trento.alloy", "loaded": false, "reason": "Alloy does not look below /etc/alloy", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for PipelineFiles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_endpoint()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(deployment) = host.deployment() else { return Ok(json!([])) };
        let graph = deployment.graph(host);
        let pipeline = &deployment.pipeline;
        let endpoints = pipeline.endpoints.iter().map(|endpoint| endpoint.sink.component);
        let mut files = BTreeMap::new();
        for id in pipeline.members.iter().copied().chain(endpoints) {
            let at = place(graph.at(graph.header(id)));
            let path = graph.source(graph.component(id).file).path();
            files.entry(path.to_owned()).or_insert(at);
        }
        Ok(files
            .into_iter()
            .map(|(path, at)| {
                let reason = deployment.not_loaded.get(camino::Utf8Path::new(&path));
                let message = match reason {
                    Some(reason) => {
                        format!("{path} holds the pipeline and is not loaded: {reason}")
                    }
                    None => format!("{path} is loaded"),
                };
                json!({
                    "path": path,
                    "loaded": reason.is_none(),
                    "reason": reason.cloned().unwrap_or_default(),
                    "message": message,
                    "help": "set CONFIG_FILE=\"/etc/alloy/\" and put the file directly there; \
                             then restart Alloy",
                    "at": at,
                })
            })
            .collect())
    }
}
