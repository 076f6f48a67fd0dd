//! `services`: the units of Alloy and the Trento agent, as systemd knows them.

use serde_json::{Value as Json, json};

use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Services;

const ABOUT: About = About {
    argument: "services",
    meaning: "The units of Grafana Alloy and the Trento agent: whether each is active and enabled.",
    shape: r#"[{"unit": "alloy.service", "active_state": "active", "sub_state": "running", "unit_file_state": "enabled", "load_state": "loaded", "message": "…"}]"#,
    live: true,
};

impl Gatherer for Services {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.runs(host.installation().services())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(seen(host.installation().services())?
            .values()
            .map(|service| {
                let enabled = match service.unit_file_state.as_str() {
                    "" => "without a unit file",
                    state => state,
                };
                json!({
                    "unit": service.id,
                    "active_state": service.active_state,
                    "sub_state": service.sub_state,
                    "unit_file_state": service.unit_file_state,
                    "load_state": service.load_state,
                    "message": format!(
                        "{} is {} ({}) and {enabled}",
                        service.id, service.active_state, service.sub_state
                    ),
                    "help": format!("systemctl enable --now {}", service.id),
                })
            })
            .collect())
    }
}
