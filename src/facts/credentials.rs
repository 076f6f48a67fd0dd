//! `credentials`: user, password and token that Alloy sends, beside those of the agent's settings.

use serde_json::{Value as Json, json};

use crate::agent::AuthMethod;
use crate::facts::endpoint::{Endpoint, Said};
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Credentials;

const ABOUT: About = About {
    argument: "credentials",
    meaning: "The credentials that the method of both sides needs: as the endpoint sends them, and \
              as the agent's settings have them. Secrets are shown by a letter, equal ones by the \
              same; `unknown` says why one cannot be known.",
    shape: r#"[{"component": "prometheus.remote_write.trento", "what": "password", "endpoint": "(secret A)", "settings": "(secret A)", "unknown": "", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Credentials {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_a_method()?;
        host.has_sound_endpoint()?;
        let wanted = host.settings().auth_method().map_or("", |method| method.name());
        let mut agree = true;
        host.for_each_endpoint(|endpoint| {
            let methods = endpoint.methods();
            let used = if methods.is_empty() { "none" } else { methods[0].name.as_str() };
            agree &= methods.len() <= 1 && used == wanted;
            Json::Null
        });
        if !agree {
            return Err("the authentication methods do not agree".to_owned());
        }
        match needed(host).iter().find(|(_, key)| !host.settings().is_set(key)) {
            Some((_, key)) => Err(format!("{key} is not set")),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let mut all = Vec::new();
        host.for_each_endpoint(|endpoint| {
            for (what, key) in needed(host) {
                all.push(compare(host, endpoint, what, key));
            }
            Json::Null
        });
        Ok(Json::Array(all))
    }
}

/// What the method of the settings needs: the credential, and the setting that holds it.
fn needed(host: &Host<'_>) -> &'static [(&'static str, &'static str)] {
    match host.settings().auth_method() {
        Ok(AuthMethod::Basic) => {
            &[("username", "prometheus-auth-username"), ("password", "prometheus-auth-password")]
        }
        Ok(AuthMethod::Bearer) => &[("token", "prometheus-auth-bearer-token")],
        _ => &[],
    }
}

fn compare(host: &Host<'_>, endpoint: &Endpoint<'_>, what: &'static str, key: &str) -> Json {
    let files = &host.system().files;
    let sent = endpoint.credentials(files).into_iter().find(|credential| credential.what == what);
    let said = sent.as_ref().map_or(&Said::Nothing, |credential| &credential.argument.said);
    let wanted = host.settings().get(key).map(|setting| setting.value.clone());
    let show = |text: &crate::secret::Secret| match what {
        "username" => text.expose().to_owned(),
        _ => host.secret_name(text),
    };
    let shown = match said {
        Said::Text(text) => show(text),
        Said::Nothing => "(not set)".to_owned(),
        Said::Unknown(_) => "(unknown)".to_owned(),
    };
    let is_one_with_a_break = match (said, &wanted) {
        (Said::Text(sent), Some(wanted)) => {
            sent.expose().strip_suffix('\n').map(|line| line.trim_end_matches('\r'))
                == Some(wanted.expose())
        }
        _ => false,
    };
    let message = match said {
        Said::Text(_) if is_one_with_a_break => format!(
            "the {what} is the one of {key} and a line break: `local.file` keeps the one that the \
             file ends in"
        ),
        Said::Text(_) => format!("the {what} is not the one of {key}"),
        Said::Nothing => format!("the endpoint sends no {what}"),
        Said::Unknown(reason) => format!("the {what} cannot be known: {reason}"),
    };
    let at = sent.as_ref().map(|credential| credential.argument.at.clone());
    json!({
        "component": endpoint.component(),
        "what": what,
        "endpoint": shown,
        "settings": wanted.as_ref().map_or_else(String::new, show),
        "unknown": said.reason(),
        "message": message,
        "help": match is_one_with_a_break {
            true => "write the file without the line break at its end, or trim its content with \
                     `string.trim_space`",
            false => "`trento-alloy apply` deploys the credentials of agent.yaml",
        },
        "at": at.unwrap_or_else(|| endpoint.at()),
    })
}
