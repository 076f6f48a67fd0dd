//! `http_server`: where Prometheus' own HTTP server listens, and whether it asks who is there.

use serde_json::{Value as Json, json};

use crate::facts::http_server::{self, is_loopback};
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::installation::Prometheus;

/// The gatherer.
pub(super) struct HttpServer;

impl Gatherer for HttpServer {
    fn about(&self) -> &'static About {
        http_server::HttpServer.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_prometheus().map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let address = prometheus.listen_address();
        Ok(json!([{
            "address": address,
            "loopback": is_loopback(address),
            "authenticated": is_protected(host, prometheus),
            "message": format!("Prometheus' HTTP server listens on {address}"),
            "help": "listen on the loopback address: --web.listen-address=127.0.0.1:9090",
            "at": place(prometheus.arguments_at.clone()),
        }]))
    }
}

/// Whether `--web.config.file` names users, or asks for a client's certificate.
fn is_protected(host: &Host<'_>, prometheus: &Prometheus) -> bool {
    let web = prometheus.web_config(host.system()).unwrap_or_default();
    web.has_users || web.demands_certificates
}
