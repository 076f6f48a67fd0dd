//! `http_server`: where Alloy's own HTTP server listens, and whether it asks who is there.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::load::Variable;

/// The gatherer.
pub(super) struct HttpServer;

const ABOUT: About = About {
    argument: "http_server",
    meaning: "The address on which Alloy's HTTP server listens (`--server.http.listen-addr`, by \
              default 127.0.0.1:12345), whether that is the loopback address, and whether an \
              `http` block with `auth` protects it.",
    shape: r#"[{"address": "127.0.0.1:12345", "loopback": true, "authenticated": false, "message": "…", "at": null}]"#,
    live: false,
};

impl Gatherer for HttpServer {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let start = &host.merge_set().start;
        let address = start.args.listen_addr();
        let at = match start.environment.get("CUSTOM_ARGS") {
            Variable::Set(value) => place(value.at.clone()),
            Variable::Unset | Variable::Unknown(_) => Json::Null,
        };
        Ok(json!([{
            "address": address,
            "loopback": is_loopback(address),
            "authenticated": is_protected(host),
            "message": format!("Alloy's HTTP server listens on {address}"),
            "help": "listen on 127.0.0.1, or add an `http` block with `auth`",
            "at": at,
        }]))
    }
}

/// Whether only this host can reach an address of the form `host:port`.
pub(super) fn is_loopback(address: &str) -> bool {
    if let Ok(address) = address.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_protected(host: &Host<'_>) -> bool {
    host.merge_set()
        .files
        .iter()
        .filter(|file| file.is_sound())
        .flat_map(|file| file.tree.body().blocks())
        .filter(|block| block.name() == "http" && block.label().is_none())
        .any(|block| block.body().block("auth").is_some())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn an_address_without_a_host_is_every_address() {
        assert!(is_loopback("127.0.0.1:12345"));
        assert!(is_loopback("[::1]:12345"));
        assert!(is_loopback("localhost:12345"));
        assert!(!is_loopback(":12345"));
        assert!(!is_loopback("0.0.0.0:12345"));
        assert!(!is_loopback("[::]:12345"));
    }
}
