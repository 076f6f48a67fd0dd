//! `agent_files`: owner and mode of the agent's configuration file.

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use crate::facts::permission::rights;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct AgentFiles;

const ABOUT: About = About {
    argument: "agent_files",
    meaning: "Owner, group and mode of the Trento agent's configuration file, and what the group \
              and others may do with it (letters of `rwx`).",
    shape: r#"[{"path": "/etc/trento/agent.yaml", "user": "root", "group": "root", "mode": "0600", "group_access": "", "other_access": "", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for AgentFiles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        match host.settings().file.path() {
            None => Err("the agent has no configuration file".to_owned()),
            Some(path) => host.knows_owners(path),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let file = host.settings().file.path().and_then(|path| file_json(host, path));
        Ok(file.into_iter().collect())
    }
}

/// A file with its owner and what others may do with it; none where that is not known.
pub(super) fn file_json(host: &Host<'_>, path: &Utf8Path) -> Option<Json> {
    let owner = host.system().files.metadata(path).ok()?.ownership?;
    let mode = format!("{:04o}", owner.mode);
    Some(json!({
        "path": path,
        "user": owner.user,
        "group": owner.group,
        "mode": mode,
        "group_access": rights(owner.mode, 3),
        "other_access": rights(owner.mode, 0),
        "message": format!("{path} is {}:{} {mode}", owner.user, owner.group),
        "at": host.at_file(path),
    }))
}
