//! `agent_storage`: the folder in which Prometheus keeps samples until they are sent.

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::installation::Prometheus;
use crate::prometheus::Mode;

/// The gatherer.
pub(in crate::facts) struct Storage;

const ABOUT: About = About {
    argument: "agent_storage",
    meaning: "The data folder of Prometheus in agent mode (--storage.agent.path): whether its user \
              can write there (`blocked_by` is what stands in the way), and the other units that \
              use it too.",
    shape: r#"{"path": "/var/lib/prometheus/trento", "writable": true, "blocked_by": "", "shared_with": [], "message": "…", "at": {…}}"#,
    live: false,
};

impl Gatherer for Storage {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        let prometheus = host.has_prometheus()?;
        if prometheus.mode != Mode::Agent || prometheus.unit.is_err() {
            return Err("Prometheus does not run in agent mode by a unit".to_owned());
        }
        let path = prometheus.storage();
        let (folder, _) = nearest(host, &path);
        host.knows_owners(folder)?;
        // Whether a folder is made by hand before the first start, a copy does not tell.
        match host.account_can_fill(folder) {
            Some(_) => Ok(()),
            None => Err(format!("owner and mode of {folder} are not known")),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(Json::Null) };
        let path = prometheus.storage();
        let (folder, exists) = nearest(host, &path);
        let blocked_by = host.account_can_fill(folder).map(|it| it.blocked_by).unwrap_or_default();
        let shared = prometheus.sharing_storage(host.system());
        let message = match (blocked_by.as_str(), shared.first()) {
            ("", None) => format!("samples wait in {path}"),
            ("", Some(other)) => format!("{path} is also used by {other}"),
            (blocked, _) if exists => blocked.to_owned(),
            (blocked, _) => format!("{path} is not there and cannot be made: {blocked}"),
        };
        Ok(json!({
            "path": path,
            "writable": blocked_by.is_empty(),
            "blocked_by": blocked_by,
            "shared_with": shared,
            "message": message,
            "help": "name a folder of its own with --storage.agent.path, such as \
                     /var/lib/prometheus/trento",
            "at": place(self::at(prometheus)),
        }))
    }
}

fn at(prometheus: &Prometheus) -> Option<crate::source::At> {
    prometheus.arguments_at.clone()
}

/// The folder itself, or the nearest one above it that is there.
fn nearest<'p>(host: &Host<'_>, path: &'p Utf8Path) -> (&'p Utf8Path, bool) {
    let files = &host.system().files;
    let found = path.ancestors().find(|folder| files.exists(folder));
    let found = found.unwrap_or(Utf8Path::new("/"));
    (found, found == path || files.exists(path))
}
