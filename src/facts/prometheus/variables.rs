//! `broken_variables`: `$` in the configuration of Prometheus where it does not work.

use serde_json::{Value as Json, json};

use super::at;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(in crate::facts) struct Variables;

const ABOUT: About = About {
    argument: "broken_variables",
    meaning: "The references to variables in the configuration of Prometheus that do not work: \
              outside of external_labels, in a version that does not expand them, or of one that \
              is not set. `decides` tells whether labels, the URL or credentials depend on it.",
    shape: r#"[{"name": "HOST", "field": "url", "decides": true, "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Variables {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_configuration().map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let Ok(configuration) = &prometheus.configuration else { return Ok(json!([])) };
        let found = prometheus.with_surroundings(|around| configuration.broken_variables(around));
        Ok(found
            .iter()
            .map(|broken| {
                json!({
                    "name": broken.name,
                    "field": broken.field,
                    "decides": broken.decides,
                    "message": format!("`${}` in `{}`: {}", broken.name, broken.field, broken.why),
                    "help": "write the value itself, or read a credential from a file",
                    "at": at(configuration, broken.place),
                })
            })
            .collect())
    }
}
