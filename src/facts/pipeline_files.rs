//! `pipeline_files`: the files that hold the Trento pipeline, and whether Alloy loads them.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use crate::facts::faults::broken_candidate;
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::load::Origin;

/// Where packages put units: a copy of a host that lacks it tells nothing of them.
const UNITS: &str = "/usr/lib/systemd/system";

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
        // Whether a file is loaded can be told of one that does not parse, too.
        let lies_about = || host.could_be_seen().is_ok() && broken_candidate(host).is_some();
        if host.pushes().is_ok() && lies_about() { Ok(()) } else { host.has_endpoint() }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(deployment) = host.deployment() else {
            let broken = broken_candidate(host).map(|candidate| {
                let path = &candidate.file.path;
                let reason = candidate.reason.text();
                describe(host, path.as_str(), host.at_file(path), Some(&reason))
            });
            return Ok(broken.into_iter().collect());
        };
        let graph = deployment.graph(host);
        let pipeline = &deployment.pipeline;
        let endpoints = pipeline.endpoints.iter().map(|endpoint| endpoint.sink.component);
        let no_unit = without_unit(host);
        let mut files = BTreeMap::new();
        for id in pipeline.members.iter().copied().chain(endpoints) {
            let at = place(graph.at(graph.header(id)));
            let path = graph.source(graph.component(id).file).path();
            files.entry(path.to_owned()).or_insert(at);
        }
        Ok(files
            .into_iter()
            .map(|(path, at)| {
                let reason = deployment.not_loaded.get(Utf8Path::new(&path)).or(no_unit.as_ref());
                describe(host, &path, at, reason.map(String::as_str))
            })
            .collect())
    }
}

/// Why nothing starts Alloy, where its settings are there and its unit certainly is not.
fn without_unit(host: &Host<'_>) -> Option<String> {
    let start = host.installation().start();
    let absent = start.unit.as_ref().err().filter(|absent| !absent.is_denied)?;
    let has_units = host.system().files.metadata(Utf8Path::new(UNITS)).is_ok();
    let is_set_up = matches!(start.origin, Origin::Variable(_));
    (has_units && is_set_up).then(|| format!("{}, so nothing starts Alloy", absent.reason))
}

fn help(host: &Host<'_>) -> String {
    if let Some(path) = host.installation().start().path_too_many() {
        return format!("take {path} out of CUSTOM_ARGS, which is for flags; then restart Alloy");
    }
    match without_unit(host) {
        Some(_) => "install the package of Alloy, or name the unit that starts it with --unit",
        None => {
            "set CONFIG_FILE=\"/etc/alloy/\" and put the file directly there; then restart Alloy"
        }
    }
    .to_owned()
}

fn describe(host: &Host<'_>, path: &str, at: Json, not_loaded: Option<&str>) -> Json {
    let message = match not_loaded {
        Some(reason) => format!("{path} holds the pipeline and is not loaded: {reason}"),
        None => format!("{path} is loaded"),
    };
    json!({
        "path": path,
        "loaded": not_loaded.is_none(),
        "reason": not_loaded.unwrap_or_default(),
        "message": message,
        "help": help(host),
        "at": at,
    })
}
