//! `agent_mode_refusals`: what agent mode does not take of the configuration of Prometheus.

use serde_json::{Value as Json, json};

use super::fault;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(in crate::facts) struct AgentMode;

const ABOUT: About = About {
    argument: "agent_mode_refusals",
    meaning: "What stands in the configuration of Prometheus that agent mode refuses: `alerting`, \
              `rule_files`, `remote_read`. Empty if it takes all.",
    shape: r#"[{"path": "/etc/prometheus/prometheus.yml", "message": "field alerting is not allowed in agent mode", "at": {…}}]"#,
    live: false,
};

impl Gatherer for AgentMode {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        if !prometheus.asks_for_agent() {
            return Err("Prometheus runs as a server".to_owned());
        }
        host.has_configuration().map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let refused = host.has_configuration().ok().and_then(|it| it.refused_by_agent_mode());
        let faults = refused.map(|it| it.faults).unwrap_or_default();
        Ok(faults
            .iter()
            .map(|found| {
                let mut fault = fault(host, found);
                fault["help"] = json!("take it out, or write Trento's part into a file of its own");
                fault
            })
            .collect())
    }
}
