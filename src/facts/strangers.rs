//! `strangers`: whether the endpoint accepts an empty remote write from anybody.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::{Report, Strangers as Answer};

/// The gatherer.
pub(super) struct Strangers;

const ABOUT: About = About {
    argument: "strangers",
    meaning: "For each endpoint of the Trento pipeline that is used with credentials, what it \
              answers to the same empty remote write without any: `accepted` tells whether it is \
              taken, `answer` is the status or the end of the handshake.",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "accepted": false, "answer": "401", "message": "…", "help": "…", "at": {…}}]"#,
    live: true,
};

impl Gatherer for Strangers {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_answered(|report| match &report.edge.as_ref()?.strangers {
            Answer::Accepted(_) => Some(Ok(true)),
            Answer::Refused(_) => Some(Ok(false)),
            Answer::NotAsked(why) => Some(Err((*why).to_owned())),
            Answer::Unclear(what) => Some(Err(format!("without credentials: {what}"))),
        })
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        host.for_each_answer(|report, at| {
            let (is_accepted, answer) = answer(report)?;
            let message = match is_accepted {
                true => format!("{answer}: the write is accepted from anybody"),
                false => format!("{answer}: the write is refused without credentials"),
            };
            Some(json!({
                "endpoint": report.endpoint,
                "accepted": is_accepted,
                "answer": answer,
                "message": message,
                "help": "demand the credentials where the server, or the proxy before it, serves \
                         this path",
                "at": at,
            }))
        })
    }
}

fn answer(report: &Report) -> Option<(bool, String)> {
    match &report.edge.as_ref()?.strangers {
        Answer::Accepted(status) => Some((true, status.to_string())),
        Answer::Refused(how) => Some((false, how.clone())),
        Answer::NotAsked(_) | Answer::Unclear(_) => None,
    }
}
