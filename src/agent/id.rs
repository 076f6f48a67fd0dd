//! The host's agent ID.

use camino::Utf8Path;
use serde::Serialize;
use uuid::{Uuid, uuid};

use crate::system::System;

/// The namespace in which the agent makes IDs of machine-ids.
const NAMESPACE: Uuid = uuid!("fb92284e-aa5e-47f6-a883-bf9469e7a0dc");
const MACHINE_ID: &str = "/etc/machine-id";

/// An agent ID and what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentId {
    /// The ID, as the label agentID must have it.
    pub id: String,
    /// Whether `force-agent-id` gave it.
    pub is_forced: bool,
}

/// Makes the agent ID of the host's machine-id.
///
/// # Errors
/// One clause that says why the machine-id cannot be read.
pub(super) fn of_machine(system: &System) -> Result<AgentId, String> {
    let text = system
        .files
        .read_to_string(Utf8Path::new(MACHINE_ID))
        .map_err(|error| format!("{MACHINE_ID} cannot be read: {error}"))?;
    let id = Uuid::new_v5(&NAMESPACE, text.trim().as_bytes()).to_string();
    Ok(AgentId { id, is_forced: false })
}
