//! `reachability`: whether the endpoint's name resolves and its port connects.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::Step;

/// The gatherer.
pub(super) struct Reachability;

const ABOUT: About = About {
    argument: "reachability",
    meaning: "For each endpoint of the Trento pipeline whether its name resolves and its port \
              connects from this host, with the addresses.",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "addresses": ["192.0.2.1"], "resolves": true, "connects": true, "message": "", "at": {…}}]"#,
    live: true,
};

impl Gatherer for Reachability {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.may_probe()?;
        // A name that is not found fails the check, however far the probe may go.
        match host.probes() {
            Ok(reports) if reports.iter().all(|it| it.step(Step::Dns) != "failed") => {
                host.probes_as_far_as(Step::Tcp)
            }
            _ => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        host.for_each_probe(|report, at| {
            let resolves = report.step(Step::Dns) != "failed";
            let connects = resolves && report.step(Step::Tcp) == "passed";
            json!({
                "endpoint": report.endpoint,
                "proxy": report.proxy,
                "addresses": report.addresses,
                "resolves": resolves,
                "connects": connects,
                "message": if connects { String::new() } else { report.outcome.message() },
                "help": report.outcome.help(),
                "at": at,
            })
        })
    }
}
