//! `server_tls`: the TLS handshake with the endpoint.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::Step;

/// The gatherer.
pub(super) struct ServerTls;

const ABOUT: About = About {
    argument: "server_tls",
    meaning: "For each https endpoint of the Trento pipeline whether the handshake succeeds with \
              the component's CA, name and client certificate, and for how many whole days the \
              server's certificate is valid yet.",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "trusted": true, "version": "TLSv1.3", "subject": "CN=…", "days_left": 80, "message": "", "at": {…}}]"#,
    live: true,
};

const DAY: i64 = 86_400;
/// Days to say where no certificate was shown: no end in sight.
const NO_END: i64 = 36_500;

impl Gatherer for ServerTls {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_reached(Step::Tls)?;
        let reports = host.probes().as_ref().map_err(Clone::clone)?;
        match reports.iter().any(|report| report.step(Step::Tls) != "not_tried") {
            true => Ok(()),
            false => Err("the endpoint is not reached over https".to_owned()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        host.for_each_probe(|report, at| {
            let certificate = report.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
            let trusted = report.step(Step::Tls) != "failed";
            let days_left =
                certificate.map_or(NO_END, |it| (it.not_after - host.system().now).div_euclid(DAY));
            let message = if trusted {
                format!("the server's certificate is valid for {days_left} more days")
            } else {
                report.outcome.message()
            };
            json!({
                "endpoint": report.endpoint,
                "trusted": trusted,
                "version": report.tls.as_ref().and_then(|tls| tls.version),
                "subject": certificate.map(|it| it.subject.as_str()),
                "days_left": days_left,
                "message": message,
                "help": if trusted { None } else { report.outcome.help() },
                "at": at,
            })
        })
    }
}
