//! `collectors`: what the node_exporter of this host collects, as its unit's arguments say.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::at;
use crate::facts::{About, GatherError, Gatherer, Host, collectors};
use crate::installation;
use crate::proof::Names;
use crate::proof::node_exporter::{Build, default_collectors};
use crate::system::System;
use crate::unit::{NotKnown, Unit};

/// The gatherer.
pub(super) struct Collectors;

impl Gatherer for Collectors {
    fn about(&self) -> &'static About {
        collectors::Collectors.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_sound_pipeline()?;
        let configuration = host.has_configuration()?;
        let members = host.feed().map(|feed| &feed.host_scrapes);
        for job in configuration.described_jobs() {
            if !members.is_some_and(|members| members.contains(&job.id)) {
                continue;
            }
            if job.picks_collectors {
                return Err(format!("unproven: the job `{}` picks collectors", job.name));
            }
            if !job.targets.iter().all(|target| is_here(target)) || job.targets.is_empty() {
                return Err(format!("unproven: the job `{}` asks another host", job.name));
            }
        }
        enabled(host.system()).map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let (enabled, unknown) = match enabled(host.system()) {
            Ok(enabled) => (enabled, String::new()),
            Err(reason) => (BTreeSet::new(), reason),
        };
        let shown: Vec<&str> = enabled.iter().map(String::as_str).collect();
        let message = format!("the node_exporter collects {}", shown.join(", "));
        Ok(feed
            .host_scrapes
            .iter()
            .map(|&id| {
                json!({
                    "exporter": configuration.full_id(id),
                    "enabled": enabled,
                    "unknown": unknown,
                    "message": message,
                    "help": "Trento charts need the collectors cpu, meminfo and filesystem",
                    "at": at(configuration, configuration.header(id)),
                })
            })
            .collect())
    }
}

/// Whether a target is this host itself.
fn is_here(target: &str) -> bool {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    host == "localhost" || host.starts_with("127.") || host == "[::1]"
}

/// What the exporter's unit makes it collect; or why that is not known.
fn enabled(system: &System) -> Result<BTreeSet<String>, String> {
    let unit = installation::node_exporter::unit(system);
    unit.map_err(|absent| format!("unproven: {}", absent.reason)).and_then(|unit| of_unit(&unit))
}

fn of_unit(unit: &Unit) -> Result<BTreeSet<String>, String> {
    if let Some(NotKnown { reason, .. }) = &unit.exec_start_unknown {
        return Err(format!("unproven: {reason}"));
    }
    let words = &unit.exec_start;
    let is_bare = words.iter().any(|word| word == "--collector.disable-defaults");
    let mut enabled = if is_bare { BTreeSet::new() } else { default_collectors(Build::Program) };
    for word in words {
        if let Some(name) = word.strip_prefix("--no-collector.") {
            enabled.remove(name);
        } else if let Some(name) = word.strip_prefix("--collector.")
            && !name.contains(['.', '='])
            && name != "disable-defaults"
        {
            enabled.insert(name.to_owned());
        }
    }
    Ok(enabled)
}
