//! `remote_write`: how the endpoint answers an empty remote write.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::{Step, Verdict};

/// The gatherer.
pub(super) struct RemoteWrite;

const ABOUT: About = About {
    argument: "remote_write",
    meaning: "For each endpoint of the Trento pipeline the answer to an empty remote write with \
              the component's own credentials: `answer` is its kind, `outcome` what Alloy does on \
              it (`accepted`, `redirected`, `retried`, `dropped`, `unknown`).",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "answer": "unauthorized", "outcome": "dropped", "message": "…", "help": "…", "at": {…}}]"#,
    live: true,
};

impl Gatherer for RemoteWrite {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_reached()?;
        let reports = host.probes().as_ref().map_err(Clone::clone)?;
        if reports.iter().any(|report| report.step(Step::Tls) == "failed") {
            return Err("the TLS handshake with the endpoint failed".to_owned());
        }
        match reports.iter().find(|report| report.outcome.verdict() == Verdict::Unknown) {
            Some(report) => Err(report.outcome.message()),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        host.for_each_probe(|report, at| {
            json!({
                "endpoint": report.endpoint,
                "answer": report.outcome.code(),
                "outcome": report.outcome.verdict(),
                "message": report.outcome.message(),
                "help": report.outcome.help(),
                "at": at,
            })
        })
    }
}
