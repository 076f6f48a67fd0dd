//! What a probe found out, as one value for facts and for the terminal.

use serde::Serialize;

use crate::probe::edge::{Edge, Finding};
use crate::probe::material::CertificateFacts;
use crate::probe::outcome::Outcome;
use crate::probe::verdict::{Step, Verdict};
use crate::probe::writer::Writer;

/// What a probe of one endpoint found out. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The endpoint's URL, without user-info and query.
    pub endpoint: String,
    /// Who writes to it.
    pub writer: Writer,
    /// The proxy that was used, without user-info.
    pub proxy: Option<String>,
    /// The addresses the name has (those of the proxy, if there is one).
    pub addresses: Vec<String>,
    /// The address that answered.
    pub connected: Option<String>,
    /// What the TLS handshake showed; none on plain http or before it.
    pub tls: Option<TlsReport>,
    /// How far the server's clock is ahead of this host's, in seconds.
    pub clock_skew_seconds: Option<i64>,
    /// The last step that succeeded.
    pub reached: Option<Step>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was answered beyond the write; none where it was not asked.
    pub edge: Option<Edge>,
    /// What is wrong with that.
    pub findings: Vec<Finding>,
}

/// What a TLS handshake showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsReport {
    /// The version, if the handshake succeeded.
    pub version: Option<&'static str>,
    /// False where the component has `insecure_skip_verify`.
    pub verified: bool,
    /// The server's certificate, if it came that far.
    pub certificate: Option<CertificateFacts>,
    /// Whether the server asked for a client certificate.
    pub client_certificate_asked: bool,
}

#[derive(Serialize)]
struct Shown<'a> {
    endpoint: &'a str,
    proxy: Option<&'a str>,
    addresses: &'a [String],
    connected: Option<&'a str>,
    steps: Steps,
    tls: Option<&'a TlsReport>,
    status: Option<u16>,
    location: Option<&'a str>,
    clock_skew_seconds: Option<i64>,
    outcome: ShownOutcome,
    edge: Option<&'a Edge>,
    findings: &'a [Finding],
}

#[derive(Serialize)]
struct Steps {
    dns: &'static str,
    tcp: &'static str,
    tls: &'static str,
    write: &'static str,
}

#[derive(Serialize)]
struct ShownOutcome {
    code: &'static str,
    step: Step,
    verdict: Verdict,
    message: String,
    help: Option<&'static str>,
}

impl Report {
    /// Whether the write was not tried, on purpose.
    pub fn is_not_asked(&self) -> bool {
        matches!(self.outcome, Outcome::NotAsked(_))
    }

    /// Whether a step `passed`, `failed` or was `not_tried`.
    ///
    /// On plain http the step `tls` is `not_tried`.
    pub fn step(&self, step: Step) -> &'static str {
        let accepted = matches!(self.outcome.verdict(), Verdict::Accepted | Verdict::Redirected);
        if step == Step::Tls && self.tls.is_none() && self.outcome.step() != Step::Tls {
            "not_tried"
        } else if self.reached.is_some_and(|reached| step <= reached)
            || (step == Step::Write && accepted)
        {
            "passed"
        } else if self.outcome.step() == step && !matches!(self.outcome, Outcome::NotAsked(_)) {
            "failed"
        } else {
            "not_tried"
        }
    }
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answer = match &self.outcome {
            Outcome::Write(answer) => Some(answer),
            _ => None,
        };
        Shown {
            endpoint: &self.endpoint,
            proxy: self.proxy.as_deref(),
            addresses: &self.addresses,
            connected: self.connected.as_deref(),
            steps: Steps {
                dns: self.step(Step::Dns),
                tcp: self.step(Step::Tcp),
                tls: self.step(Step::Tls),
                write: self.step(Step::Write),
            },
            tls: self.tls.as_ref(),
            status: answer.and_then(|answer| answer.status()),
            location: answer.and_then(|answer| answer.location()),
            clock_skew_seconds: self.clock_skew_seconds,
            outcome: ShownOutcome {
                code: self.outcome.code(),
                step: self.outcome.step(),
                verdict: self.outcome.verdict(),
                message: self.outcome.message(),
                help: self.outcome.help(),
            },
            edge: self.edge.as_ref(),
            findings: &self.findings,
        }
        .serialize(serializer)
    }
}
