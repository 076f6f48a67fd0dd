//! `settings_file`: the agent's configuration file, and whether it can be used.

use serde_json::{Value as Json, json};

use crate::agent::FileState;
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct SettingsFile;

const ABOUT: About = About {
    argument: "settings_file",
    meaning: "The configuration file that the Trento agent takes: whether there is one and \
              whether it parses.",
    shape: r#"[{"path": "/etc/trento/agent.yaml", "found": true, "parses": true, "message": "", "at": null}]"#,
    live: false,
};

/// Where the agent looks first, to name a file where there is none.
const USUAL: &str = "/etc/trento/agent.yaml";

impl Gatherer for SettingsFile {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (path, found, parses, message, at) = match &host.settings().file {
            FileState::Read(path) => (path.as_str(), true, true, String::new(), Json::Null),
            FileState::Missing => {
                (USUAL, false, false, format!("{USUAL} does not exist"), Json::Null)
            }
            FileState::Broken { path, message, at } => {
                let message = format!("{path} cannot be used: {message}");
                (path.as_str(), true, false, message, place(at.clone()))
            }
            FileState::Unreadable { path, message } => {
                return Err(GatherError::permission(format!("{path} cannot be read: {message}")));
            }
        };
        Ok(json!([{
            "path": path,
            "found": found,
            "parses": parses,
            "message": message,
            "help": "`trento-alloy inspect settings` shows what is in force and where it comes from",
            "at": at,
        }]))
    }
}
