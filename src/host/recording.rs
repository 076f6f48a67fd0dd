//! Keeps what the running host says, so that it can be replayed under `--root`.

use camino::Utf8Path;
use serde_json::{Map, Value, json};

use crate::host::alloy_http::{self, Patience, Server};
use crate::host::process::Process;
use crate::host::{Hidden, Seen, process, prometheus_http, service, storage};
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

/// The Prometheus that pushes from a host.
#[derive(Clone, Debug)]
pub struct Pushing<'a> {
    /// Its unit.
    pub unit: &'a str,
    /// The unit of the exporter that it scrapes, where there is one.
    pub exporter: Option<&'a str>,
    /// Where to ask it.
    pub server: Server,
}

fn found_none() -> service::Properties {
    service::Properties::new()
}

impl Recording {
    /// Records the same of the Prometheus that pushes in place of Alloy.
    pub fn add_prometheus(&mut self, system: &System, of: &Pushing<'_>, patience: Patience) {
        // What could not be seen of an Alloy that is not the sender takes nothing away.
        self.hidden.clear();
        let mut units = vec![of.unit];
        units.extend(of.exporter);
        let seen = service::properties(system, &units);
        self.keep(service::KEY, &seen);
        let services = seen.map(|it| service::service(it.get(of.unit).unwrap_or(&found_none())));
        let service = services.known();
        let process = process::of_unit(system, of.unit, service.as_ref(), Process::is_prometheus);
        self.keep(process::KEY, &process.map(|process| json!({of.unit: process})));
        let answers = prometheus_http::answers(system, &of.server, patience);
        self.keep(prometheus_http::KEY, &answers);
    }

    fn keep<T: serde::Serialize>(&mut self, key: &str, seen: &Seen<T>) {
        match seen {
            Seen::Known(value) => match serde_json::to_value(value) {
                Ok(Value::Object(new)) => match self.keys.get_mut(key) {
                    Some(Value::Object(known)) => known.extend(new),
                    _ => drop(self.keys.insert(key.to_owned(), Value::Object(new))),
                },
                Ok(value) => drop(self.keys.insert(key.to_owned(), value)),
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
