//! `settings`: the agent's settings in force, and where each comes from.

use serde_json::{Value as Json, json};

use crate::agent::{KeyKind, Origin, Setting};
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Settings;

const ABOUT: About = About {
    argument: "settings",
    meaning: "Every setting of the Trento agent as it is in force: `set` tells whether anything \
              sets it, `origin` is `default`, `file`, `environment` or `flag`. Secrets are shown \
              by a letter, equal ones by the same.",
    shape: r#"[{"key": "prometheus-mode", "value": "push", "set": true, "origin": "file", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Settings {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let settings = host.settings();
        Ok(settings.iter().map(|setting| describe(host, setting)).collect())
    }
}

fn describe(host: &Host<'_>, setting: &Setting) -> Json {
    let key = setting.key.name;
    let is_set = host.settings().is_set(key);
    let value = host.shown(setting);
    let message = match (is_set, setting.key.kind) {
        (false, _) => format!("{key} is not set"),
        (true, KeyKind::Secret) => format!("{key} is set"),
        (true, _) => format!("{key} is `{value}`"),
    };
    json!({
        "key": key,
        "value": value,
        "set": is_set,
        "origin": match &setting.origin {
            Origin::Flag => "flag",
            Origin::Variable { .. } => "environment",
            Origin::File(_) => "file",
            Origin::Default => "default",
        },
        "message": message,
        "at": place(setting.origin.at().cloned()),
    })
}
