//! `tls_settings`: CA, certificate and key of the endpoint, beside those of the agent's settings.

use serde_json::{Value as Json, json};

use crate::agent::AuthMethod;
use crate::facts::endpoint::{Endpoint, Said};
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct TlsSettings;

const ABOUT: About = About {
    argument: "tls_settings",
    meaning: "The paths of CA, client certificate and key: the endpoint's and those of the agent's \
              settings (certificate and key only with the method mtls). Empty if not set.",
    shape: r#"[{"component": "prometheus.remote_write.trento", "what": "ca_file", "endpoint": "/etc/ca.crt", "settings": "/etc/ca.crt", "unknown": "", "message": "…", "at": {…}}]"#,
    live: false,
};

/// What is compared: file, the same written into the configuration, and the setting.
const COMPARED: &[(&str, &str, &str)] = &[
    ("ca_file", "ca_pem", "prometheus-tls-ca-cert"),
    ("cert_file", "cert_pem", "prometheus-tls-client-cert"),
    ("key_file", "key_pem", "prometheus-tls-client-key"),
];

impl Gatherer for TlsSettings {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.pushes()?;
        host.has_sound_endpoint()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let mut all = Vec::new();
        host.for_each_endpoint(|endpoint| {
            for (file, inline, key) in COMPARED {
                all.extend(compare(host, endpoint, file, inline, key));
            }
            Json::Null
        });
        Ok(Json::Array(all))
    }
}

/// None where the two sides do not speak of the same thing: the pair belongs to mtls. Whether the
/// method agrees, and whether the settings name what it needs, are other questions.
fn compare(
    host: &Host<'_>,
    endpoint: &Endpoint<'_>,
    file: &str,
    inline: &str,
    key: &str,
) -> Option<Json> {
    let is_mtls = host.settings().auth_method() == Ok(AuthMethod::Mtls);
    let wanted = host.settings().value(key);
    if file != "ca_file" && (!is_mtls || wanted.is_empty()) {
        return None;
    }
    let argument = endpoint.argument(&["tls_config", file]);
    let pem = endpoint.argument(&["tls_config", inline]);
    let used = match (&argument, &pem) {
        (Some(argument), _) if argument.said.text() != Some("") => argument.said.clone(),
        (_, Some(pem)) if pem.said != Said::Nothing => {
            Said::Text("(written into the configuration)".to_owned().into())
        }
        _ => Said::Nothing,
    };
    let shown = used.text().unwrap_or_default().to_owned();
    let message = match &used {
        Said::Unknown(reason) => format!("{file} cannot be known: {reason}"),
        _ if shown.is_empty() => format!("{file} is not set, {key} is {wanted}"),
        _ if wanted.is_empty() => format!("{file} is {shown}, {key} is not set"),
        _ => format!("{file} is {shown}, {key} is {wanted}"),
    };
    let at = argument.or(pem).map(|argument| argument.at);
    Some(json!({
        "component": endpoint.component(),
        "what": file,
        "endpoint": shown,
        "settings": wanted,
        "unknown": used.reason(),
        "message": message,
        "help": format!("name the same file in the endpoint and in {key}"),
        "at": at.unwrap_or_else(|| endpoint.at()),
    }))
}
