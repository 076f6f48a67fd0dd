//! `drift` where Prometheus pushes: how Trento's job and remote write differ from those that are
//! generated today.

use serde_json::{Value as Json, json};

use super::Host;
use crate::diff::{Change, prometheus};
use crate::facts::{About, GatherError, Gatherer, drift};
use crate::generate::prometheus::{JOB, configuration};
use crate::prometheus::Part;

/// The gatherer.
pub(super) struct Drift;

impl Gatherer for Drift {
    fn about(&self) -> &'static About {
        drift::Drift.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        drift::Drift.applies(host)?;
        host.has_configuration()?;
        host.generated_parts().as_ref().map(|_| ()).map_err(Clone::clone)
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let generated = host.generated_parts();
        let (Ok(configuration), Ok(generated)) = (host.has_configuration(), generated) else {
            return Ok(json!([]));
        };
        let deployed = configuration.parts(&host.system().files);
        let trentos = prometheus::trentos(&deployed, JOB, host.feed());
        let deployed = prometheus::concerning(deployed, generated, &trentos);
        let mut secrets = host.secret_names();
        let changes = prometheus::compare(generated, &deployed, |_| true, &mut secrets);
        Ok(changes.iter().map(|change| describe(host, &deployed, change)).collect())
    }
}

impl Host<'_> {
    /// The parts of what is generated for this host.
    fn generated_parts(&self) -> &Result<Vec<Part>, String> {
        self.generated_parts.get_or_init(|| {
            let (files, version) = (&self.system().files, &self.has_prometheus()?.version);
            let plan = drift::plan(self)?;
            Ok(configuration(&plan, "generated", files, version)?.parts(files))
        })
    }
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
