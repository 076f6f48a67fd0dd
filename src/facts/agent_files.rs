//! `agent_files`: owner and mode of the agent's configuration file.

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use crate::facts::permission::rights;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::system::Ownership;

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
        let path = host.settings().file.path();
        let owned = path.and_then(|path| Some((path, ownership(host, path)?)));
        Ok(owned.map(|(path, owner)| file_json(host, path, &owner)).into_iter().collect())
    }
}

/// Owner and mode of a file; none where they are not known.
pub(super) fn ownership(host: &Host<'_>, path: &Utf8Path) -> Option<Ownership> {
    host.system().files.metadata(path).ok()?.ownership
}

/// A file with its owner and what others may do with it.
pub(super) fn file_json(host: &Host<'_>, path: &Utf8Path, owner: &Ownership) -> Json {
    let mode = format!("{:04o}", owner.mode);
    json!({
        "path": path,
        "user": owner.user,
        "group": owner.group,
        "mode": mode,
        "group_access": rights(owner.mode, 3),
        "other_access": rights(owner.mode, 0),
        "message": format!("{path} is {}:{} {mode}", owner.user, owner.group),
        "at": host.at_file(path),
    })
}
