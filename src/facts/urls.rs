//! `urls`: the URL that Alloy writes to, beside the one of the agent's settings.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::proof::{normal_url, without_user};

/// The gatherer.
pub(super) struct Urls;

const ABOUT: About = About {
    argument: "urls",
    meaning: "For each endpoint of the Trento pipeline its URL and prometheus-url, both also in \
              the one form that all spellings of a URL share; `unknown` says why a URL cannot be \
              known. User and password of a URL are left out.",
    shape: r#"[{"component": "prometheus.remote_write.trento", "endpoint": "https://h/w", "endpoint_normalized": "https://h/w", "settings": "https://h/w", "settings_normalized": "https://h/w", "unknown": "", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Urls {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.pushes()?;
        if !host.settings().is_set("prometheus-url") {
            return Err("prometheus-url is not set".to_owned());
        }
        host.has_sound_endpoint()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let wanted = host.settings().value("prometheus-url");
        Ok(host.for_each_endpoint(|endpoint| {
            let url = endpoint.url();
            let text = url.said.text().unwrap_or_default();
            let message = match url.said.reason() {
                "" => format!(
                    "{} writes to {}, not to {}",
                    host.names().program,
                    if text.is_empty() { "an empty URL".into() } else { without_user(text) },
                    without_user(wanted)
                ),
                reason => format!("the URL cannot be known: {reason}"),
            };
            json!({
                "component": endpoint.component(),
                "endpoint": without_user(text),
                "endpoint_normalized": normal_url(&without_user(text)),
                "settings": without_user(wanted),
                "settings_normalized": normal_url(&without_user(wanted)),
                "unknown": url.said.reason(),
                "message": message,
                "help": "write the URL of agent.yaml there, or correct prometheus-url",
                "at": url.at,
            })
        }))
    }
}
