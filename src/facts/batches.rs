//! `batches`: whether the endpoint accepts a remote write as large as Alloy's.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::{Batches as Answer, Report, WHOLE_BATCH};

/// The gatherer.
pub(super) struct Batches;

const ABOUT: About = About {
    argument: "batches",
    meaning: "For each endpoint of the Trento pipeline the largest remote write of those tried \
              that it accepts, in bytes: 900000 is a whole batch of Alloy's, 100000 a usual one, \
              0 less than that. What is tried holds no sample.",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "accepted_bytes": 900000, "message": "…", "help": "…", "at": {…}}]"#,
    live: true,
};

impl Gatherer for Batches {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_answered(|report| match &report.edge.as_ref()?.batches {
            Answer::TooLarge(_) => Some(Ok(true)),
            Answer::Accepted => Some(Ok(false)),
            Answer::NotAsked(why) => Some(Err((*why).to_owned())),
            Answer::Unclear(what) => Some(Err(format!("a write of 900 kB: {what}"))),
        })
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        host.for_each_answer(|report, at| {
            let accepted = accepted(report)?;
            let message = match accepted {
                0 => "413: a write of 100 kB is too large".to_owned(),
                WHOLE_BATCH => "a write of 900 kB is accepted".to_owned(),
                _ => "413: a write of 900 kB is too large, one of 100 kB is not".to_owned(),
            };
            Some(json!({
                "endpoint": report.endpoint,
                "accepted_bytes": accepted,
                "message": message,
                "help": "raise the limit of the proxy before the server: `client_max_body_size \
                         16m;` in nginx",
                "at": at,
            }))
        })
    }
}

fn accepted(report: &Report) -> Option<usize> {
    match report.edge.as_ref()?.batches {
        Answer::Accepted => Some(WHOLE_BATCH),
        Answer::TooLarge(accepted) => Some(accepted),
        Answer::NotAsked(_) | Answer::Unclear(_) => None,
    }
}
