//! `clock`: how far the server's clock is ahead of this host's.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::Step;

/// The gatherer.
pub(super) struct Clock;

const ABOUT: About = About {
    argument: "clock",
    meaning: "For each endpoint of the Trento pipeline by how many seconds the server's clock is \
              ahead of this host's (from the header Date).",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "skew_seconds": 2, "message": "…"}]"#,
    live: true,
};

impl Gatherer for Clock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_reached(Step::Write)?;
        let reports = host.probes().as_ref().map_err(Clone::clone)?;
        if reports.iter().any(|report| report.clock_skew_seconds.is_some()) {
            return Ok(());
        }
        Err(match reports.iter().find(|report| report.is_not_asked()) {
            Some(report) => report.outcome.message(),
            None => "the server does not tell its time".to_owned(),
        })
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        host.for_each_probe(|report, _| {
            let skew = report.clock_skew_seconds.unwrap_or(0);
            json!({
                "endpoint": report.endpoint,
                "skew_seconds": skew,
                "message": format!("the server's clock is {skew} seconds ahead of this host's"),
                "help": "systemctl enable --now chronyd",
            })
        })
    }
}
