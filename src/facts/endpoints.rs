//! `endpoints`: where the Trento pipeline writes to, and how it is protected on the way.

use serde_json::{Value as Json, json};
use url::{Host as UrlHost, Url};

use crate::facts::endpoint::Endpoint;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Endpoints;

const ABOUT: About = About {
    argument: "endpoints",
    meaning: "The endpoints of the Trento pipeline: scheme and host of the URL, whether that is \
              this host, the methods of authentication, and insecure_skip_verify (true, false, or \
              a text that says why it cannot be known).",
    shape: r#"[{"component": "prometheus.remote_write.trento", "scheme": "https", "host": "trento.example.com", "loopback": false, "methods": ["basic"], "insecure_skip_verify": false, "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Endpoints {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_endpoint()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(host.for_each_endpoint(|endpoint| {
            let url = endpoint.url();
            let parsed = url.said.text().and_then(|text| Url::parse(text).ok());
            let methods: Vec<String> =
                endpoint.methods().into_iter().map(|method| method.name).collect();
            let verify = endpoint.argument(&["tls_config", "insecure_skip_verify"]);
            let skips = skips_verification(endpoint);
            let at = match &verify {
                Some(verify) if skips != json!(false) => verify.at.clone(),
                _ => url.at,
            };
            let scheme = parsed.as_ref().map_or("", Url::scheme);
            let name = parsed.as_ref().and_then(Url::host_str).unwrap_or_default();
            let message = if skips == json!(true) {
                "insecure_skip_verify is true: the server's certificate is not verified".to_owned()
            } else if methods.is_empty() {
                format!("the endpoint at {name} has no authentication")
            } else {
                format!("the endpoint at {name} is written to over {scheme}")
            };
            json!({
                "component": endpoint.component(),
                "scheme": scheme,
                "host": name,
                "loopback": parsed.as_ref().is_some_and(is_loopback),
                "methods": methods,
                "insecure_skip_verify": skips,
                "message": message,
                "at": at,
            })
        }))
    }
}

/// True, false, or why it cannot be known.
fn skips_verification(endpoint: &Endpoint<'_>) -> Json {
    match endpoint.value(&["tls_config", "insecure_skip_verify"]) {
        None => json!(false),
        Some(argument) => match argument.value.as_bool() {
            Some(skips) => json!(skips),
            None => json!(argument.value.unknown_reason().unwrap_or("it is no truth value")),
        },
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(UrlHost::Ipv4(address)) => address.is_loopback(),
        Some(UrlHost::Ipv6(address)) => address.is_loopback(),
        Some(UrlHost::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
