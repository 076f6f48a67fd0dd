//! `remote_write`: how the endpoint answers an empty remote write.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::{Answer, NotAsked, Outcome, Report, Step, Verdict};

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
        host.is_reached(Step::Write)?;
        let reports = host.probes().as_ref().map_err(Clone::clone)?;
        if reports.iter().any(|report| report.step(Step::Tls) == "failed") {
            return Err("the TLS handshake with the endpoint failed".to_owned());
        }
        // An endpoint that was not asked is neither good nor bad; one that was asked and refuses
        // is bad whatever the others are.
        let refuses =
            |report: &Report| !report.is_not_asked() && verdict(report) != Verdict::Accepted;
        match reports.iter().find(|report| report.is_not_asked()) {
            Some(report) if !reports.iter().any(refuses) => Err(not_asked(report)),
            _ => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let described = host.for_each_probe(|report, at| {
            if report.is_not_asked() {
                return Json::Null;
            }
            json!({
                "endpoint": report.endpoint,
                "answer": report.outcome.code(),
                "outcome": verdict(report),
                "message": report.outcome.message(),
                "help": report.outcome.help(),
                "at": at,
            })
        })?;
        let asked = described.as_array().into_iter().flatten().filter(|it| !it.is_null());
        Ok(asked.cloned().collect())
    }
}

/// What Alloy does on the answer; a redirect that leads elsewhere is one all the same.
fn verdict(report: &Report) -> Verdict {
    match (&report.outcome, report.outcome.verdict()) {
        (Outcome::Write(Answer::RedirectRefused(..)), Verdict::Unknown) => Verdict::Redirected,
        (_, verdict) => verdict,
    }
}

fn not_asked(report: &Report) -> String {
    match &report.outcome {
        Outcome::NotAsked(NotAsked::PlainCredentials) => {
            format!("{} (A11034)", report.outcome.message())
        }
        outcome => outcome.message(),
    }
}
