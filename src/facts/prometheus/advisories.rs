//! `advisories`: known defects of the installed Prometheus.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host, advisories};
use crate::prometheus::Advisory;

/// The gatherer.
pub(super) struct Advisories;

impl Gatherer for Advisories {
    fn about(&self) -> &'static About {
        advisories::Advisories.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        match prometheus.version_note() {
            Some(note) => Err(note),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let version = &prometheus.version;
        Ok(Advisory::of(version)
            .map(|it| {
                let link = it.link();
                json!({
                    "id": it.id(),
                    "component": prometheus.unit_name,
                    "message": format!("Prometheus {version}: {}", it.text),
                    "help": format!("update to {} or later ({link})", it.mended()),
                    "link": link,
                    "at": host.at_file(&prometheus.config),
                })
            })
            .collect())
    }
}
