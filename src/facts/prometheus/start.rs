//! `prometheus_start`: what promtool passes and a start of Prometheus does not survive, or what
//! makes every send fail.

use serde_json::{Value as Json, json};

use super::accepted::is_equal_entry;
use super::fault;
use crate::diagnostic::Severity;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::installation::Prometheus;
use crate::prometheus::{self, Finding};
use crate::proof::Names;

/// The gatherer.
pub(in crate::facts) struct Start;

const ABOUT: About = About {
    argument: "prometheus_start",
    meaning: "What promtool passes although Prometheus ends, crashes or never sends with it; what \
              other facts tell (TLS files of Trento's endpoint, equal entries) left out. `ends` \
              tells whether it ends.",
    shape: r#"[{"path": "/etc/prometheus/prometheus.yml", "message": "panic: …", "ends": true, "at": {…}}]"#,
    live: false,
};

impl Host<'_> {
    /// What a start finds fault with in a file that loads, but for what only we may not read.
    pub(super) fn start_of_prometheus(&self, prometheus: &Prometheus) -> Vec<(Severity, Finding)> {
        let Some(bytes) = prometheus.bytes_that_load() else { return Vec::new() };
        let files = &self.system().files;
        let started = prometheus::start(files, &prometheus.config, bytes, &prometheus.version);
        let mut found = started.findings;
        found.retain(|(_, it)| !it.message.ends_with("permission denied"));
        found
    }
}

impl Gatherer for Start {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        match host.has_configuration()?.refused_by_agent_mode() {
            Some(_) => Err("agent mode refuses the file (A11071)".to_owned()),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        Ok(host
            .start_of_prometheus(prometheus)
            .iter()
            .filter(|(_, it)| !is_equal_entry(&it.message) && !is_of_endpoint(host, it))
            .map(|(severity, found)| {
                let mut fault = fault(host, found);
                fault["ends"] = json!(*severity == Severity::Error);
                fault
            })
            .collect())
    }
}

/// Whether it is about a TLS file of Trento's endpoint, which another fact tells of.
fn is_of_endpoint(host: &Host<'_>, found: &Finding) -> bool {
    let (Some(feed), Ok(configuration)) = (host.feed(), host.has_configuration()) else {
        return false;
    };
    let here = found.source.at(found.span);
    feed.endpoints.iter().any(|endpoint| {
        let files = endpoint.tls().into_iter().flat_map(|tls| {
            ["ca_file", "cert_file", "key_file"].iter().filter_map(|name| tls.argument(name))
        });
        let mut places = files.map(|file| configuration.at(file.place));
        here.is_some() && places.any(|at| at == here)
    })
}
