//! `agent_id`: the ID by which Trento knows this host.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct AgentId;

const ABOUT: About = About {
    argument: "agent_id",
    meaning: "The ID by which Trento knows this host: force-agent-id, or made of the machine-id.",
    shape: r#""b7cb5475-a081-5834-8dcb-f325b9584452""#,
    live: false,
};

impl Gatherer for AgentId {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.agent_id().map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        match host.agent_id() {
            Ok(id) => Ok(json!(id)),
            Err(reason) => Err(GatherError::new("alloy-no-agent-id", reason)),
        }
    }
}
