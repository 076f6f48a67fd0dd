//! `drift` where Prometheus pushes: how Trento's job and remote write differ from those that are
//! generated today.

use serde_json::{Value as Json, json};

use super::Host;
use crate::diff::{Change, prometheus};
use crate::facts::{About, GatherError, Gatherer, drift};
use crate::generate::prometheus::{JOB, standalone};
use crate::generate::{Plan, Template};
use crate::prometheus::{Configuration, Part};

/// The gatherer.
pub(super) struct Drift;

impl Gatherer for Drift {
    fn about(&self) -> &'static About {
        drift::Drift.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        drift::Drift.applies(host)?;
        host.has_configuration()?;
        generated(host).map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Ok(generated)) = (host.has_configuration(), generated(host)) else {
            return Ok(json!([]));
        };
        let deployed = configuration.parts(&host.system().files);
        let trentos = prometheus::trentos(&deployed, JOB, host.feed());
        let deployed = prometheus::concerning(deployed, &generated, &trentos);
        let mut secrets = host.secret_names();
        let changes = prometheus::compare(&generated, &deployed, |_| true, &mut secrets);
        Ok(changes.iter().map(|change| describe(host, &deployed, change)).collect())
    }
}

/// The parts of what is generated for this host.
fn generated(host: &Host<'_>) -> Result<Vec<Part>, String> {
    let found = host.has_prometheus()?;
    let plan = Plan::as_agent(host.settings(), Template::ALL[0]).map_err(|refusals| {
        refusals.first().map_or_else(String::new, |refusal| refusal.message.clone())
    })?;
    let text = standalone(&plan)?;
    let files = &host.system().files;
    let read = Configuration::read(files, "generated".into(), text.as_bytes(), &found.version);
    let configuration = read.map_err(|refused| {
        format!(
            "what is generated does not load with Prometheus {}: {}",
            found.version, refused.message
        )
    })?;
    Ok(configuration.parts(files))
}

/// A change, at the deployed part, else at Trento's first one.
fn describe(host: &Host<'_>, deployed: &[Part], change: &Change) -> Json {
    let feed = host.feed();
    let endpoint = feed.and_then(|feed| feed.endpoints.first()).map(|it| it.sink.component);
    let part = deployed.iter().find(|part| part.id == change.component);
    let part = part.or_else(|| deployed.iter().find(|part| part.component == endpoint));
    let at = change.at_b.as_ref().or_else(|| part.and_then(|part| part.at.as_ref()));
    let help = "`trento-alloy diff` shows all differences, `trento-alloy apply` writes Trento's job \
                and remote write anew";
    drift::described(change, at.map_or(Json::Null, |at| json!(at)), help)
}
