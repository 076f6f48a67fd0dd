//! `exporter_name`: the name under which Trento expects this host's metrics.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct ExporterName;

const ABOUT: About = About {
    argument: "exporter_name",
    meaning: "The value that the label exporter_name must have: prometheus-exporter-name, or the \
              default of the mode.",
    shape: r#""grafana_alloy""#,
    live: false,
};

impl Gatherer for ExporterName {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.pushes()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(json!(host.settings().exporter_name()))
    }
}
