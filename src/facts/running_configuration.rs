//! `running_configuration`: what the running Alloy has loaded, beside what lies on disk.

use serde_json::{Value as Json, json};

use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::host::running::running;

/// The gatherer.
pub(super) struct RunningConfiguration;

const ABOUT: About = About {
    argument: "running_configuration",
    meaning: "Whether the last load of the running Alloy succeeded (reading and parsing; a fault \
              in the graph still counts as success), and the SHA-256 of the files it loaded, \
              beside that of the files on disk.",
    shape: r#"{"last_load_successful": true, "running_hash": "…", "disk_hash": "…", "version": "1.18.1"}"#,
    live: true,
};

impl Gatherer for RunningConfiguration {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.alloy_answers()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let said = running(seen(host.answers())?)
            .map_err(|reason| GatherError::new("alloy-http", reason))?;
        Ok(json!({
            "last_load_successful": said.last_load_successful,
            "running_hash": said.config_hash,
            "disk_hash": host.merge_set().hash,
            "version": said.version,
        }))
    }
}
