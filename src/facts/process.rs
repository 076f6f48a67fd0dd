//! `process`: how the running Alloy was started, and what has changed since.

use serde_json::{Value as Json, json};

use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::host::Seen;
use crate::host::service;
use crate::installation::SenderNames;

/// The gatherer.
pub(super) struct Process;

const ABOUT: About = About {
    argument: "process",
    meaning: "The process of Alloy: when it started (seconds since 1970), the files of its unit \
              (unit, drop-ins, environment files) that are newer, whether systemd has yet to read \
              a changed unit, and whether its binary was replaced.",
    shape: r#"{"started": 1790000000, "newer_files": [{"path": "/etc/sysconfig/alloy", "message": "…", "at": {…}}], "need_daemon_reload": false, "binary_deleted": false}"#,
    live: true,
};

impl Gatherer for Process {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.runs(host.installation().process())?;
        match host.installation().process() {
            Seen::Known(None) => Err(format!("{} does not run", host.names().program)),
            _ => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(process) = seen(host.installation().process())? else { return Ok(Json::Null) };
        seen(host.installation().services())?;
        let own = host.installation().service();
        let SenderNames { program, unit, .. } = host.names();
        let newer: Vec<Json> = match (own, process.started) {
            (Some(own), Some(started)) => service::changed_since(host.system(), own, started)
                .into_iter()
                .map(|changed| {
                    json!({
                        "path": changed.path,
                        "modified": changed.modified,
                        "message": format!("{} changed after {program} was started", changed.path),
                        "help": format!("systemctl daemon-reload && systemctl restart {unit}"),
                        "at": host.at_file(&changed.path),
                    })
                })
                .collect(),
            _ => Vec::new(),
        };
        Ok(json!({
            "started": process.started,
            "newer_files": newer,
            "need_daemon_reload": own.is_some_and(|own| own.need_daemon_reload),
            "binary_deleted": process.executable_deleted,
        }))
    }
}
