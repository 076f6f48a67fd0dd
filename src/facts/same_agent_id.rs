//! `same_agent_id`: the hosts of a fleet that have one agent ID.

use serde_json::Value as Json;

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct SameAgentId;

/// The argument it answers to. No host alone knows it: the fleet gives the fact.
pub const SAME_AGENT_ID: &str = "same_agent_id";

const ALONE: &str = "only a check of several hosts (--hosts) sees the agent IDs of others";

const ABOUT: About = About {
    argument: SAME_AGENT_ID,
    meaning: "The hosts of a fleet that have the agent ID of this one, itself among them; empty \
              where no other has. Only a check of several hosts knows it.",
    shape: r#"[{"hosts": ["sap01", "sap02"], "count": 2, "message": "…", "help": "…"}]"#,
    live: false,
};

impl Gatherer for SameAgentId {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, _: &Host<'_>) -> Result<(), String> {
        Err(ALONE.to_owned())
    }

    fn gather(&self, _: &Host<'_>) -> Result<Json, GatherError> {
        Err(GatherError::new("alloy-no-fleet", ALONE))
    }
}
