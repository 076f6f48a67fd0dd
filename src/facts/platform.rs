//! `platform`: the operating system, and how the agent gets the host's metrics on it.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Platform;

const ABOUT: About = About {
    argument: "platform",
    meaning: "Name and release of a SUSE Linux Enterprise host, the agent's prometheus-mode, and \
              whether a Trento pipeline lies on it.",
    shape: r#"{"name": "SUSE Linux Enterprise Server 16.0", "id": "sles", "major": 16, "minor": 0, "mode": "push", "pipeline": true}"#,
    live: false,
};

const FILES: &[&str] = &["/etc/os-release", "/usr/lib/os-release"];

impl Gatherer for Platform {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.settings_were_read()?;
        let mode = host.settings().value("prometheus-mode");
        if !matches!(mode, "push" | "pull") {
            return Err(format!("the mode of agent.yaml is `{mode}`"));
        }
        let release = release(host);
        match release.get("ID").map(String::as_str) {
            Some("sles" | "sles_sap") if part(&release, 0).is_some() => Ok(()),
            Some(other) => Err(format!("the platform is {other}, not SUSE Linux Enterprise")),
            None => Err("the platform is not known: there is no os-release".to_owned()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let release = release(host);
        Ok(json!({
            "name": release.get("PRETTY_NAME").or(release.get("NAME")),
            "id": release.get("ID"),
            "major": part(&release, 0),
            "minor": part(&release, 1).unwrap_or_default(),
            "mode": host.settings().value("prometheus-mode"),
            "pipeline": host.has_deployment(),
        }))
    }
}

/// A part of the version: the release, then the service pack.
fn part(release: &BTreeMap<String, String>, position: usize) -> Option<i64> {
    release.get("VERSION_ID")?.split('.').nth(position)?.parse().ok()
}

fn release(host: &Host<'_>) -> BTreeMap<String, String> {
    let text = FILES
        .iter()
        .find_map(|path| host.system().files.read_to_string(Utf8Path::new(path)).ok())
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| {
            (name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned())
        })
        .collect()
}
