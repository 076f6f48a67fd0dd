//! Keeps what the running host says, so that it can be replayed under `--root`.

use camino::Utf8Path;
use serde_json::{Map, Value, json};

use crate::host::alloy_http::{self, Patience, Server};
use crate::host::process::Process;
use crate::host::{Hidden, Seen, process, service, storage};
use crate::system::System;

/// A recording, and what could not be recorded.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The keys that belong into `snapshot.json`.
    pub keys: Map<String, Value>,
    /// What could not be seen.
    pub hidden: Vec<Hidden>,
}

/// Records the units, Alloy's process and storage, and the answers of its HTTP server.
///
/// `unit` is the one that runs Alloy; `server` is where to ask, the process's own command line
/// decides if it is none.
pub fn record(
    system: &System,
    unit: &str,
    server: Option<&Server>,
    patience: Patience,
) -> Recording {
    let mut recording = Recording::default();
    let units = [unit, "trento-agent.service"];
    let seen = service::properties(system, &units);
    recording.keep(service::KEY, &seen);
    let services = seen.map(|found| service::service(found.get(unit).unwrap_or(&found_none())));
    let service = services.known();
    let process = process::alloy(system, unit, service.as_ref());
    recording.keep(process::KEY, &process.clone().map(|process| json!({unit: process})));
    let process = process.known().flatten();
    let arguments = process.as_ref().map(Process::alloy_args).unwrap_or_default();
    let folder = Utf8Path::new("/var/lib/alloy");
    recording.keep(storage::KEY, &storage::storage(system, &folder.join(arguments.storage_path())));
    let own = Server::of(&arguments);
    let answers = alloy_http::answers(system, server.unwrap_or(&own), patience);
    recording.keep(alloy_http::KEY, &answers);
    recording
}

fn found_none() -> service::Properties {
    service::Properties::new()
}

impl Recording {
    fn keep<T: serde::Serialize>(&mut self, key: &str, seen: &Seen<T>) {
        match seen {
            Seen::Known(value) => match serde_json::to_value(value) {
                Ok(value) => {
                    self.keys.insert(key.to_owned(), value);
                }
                Err(error) => self.hidden.push(Hidden {
                    reason: format!("{key} cannot be recorded: {error}"),
                    lacks_permission: false,
                }),
            },
            Seen::NotRecorded => {}
            Seen::Hidden(hidden) => self.hidden.push(hidden.clone()),
        }
    }
}
