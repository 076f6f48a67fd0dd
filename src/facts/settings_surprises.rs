//! `settings_surprises`: what the agent reads differently from how it is written.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct SettingsSurprises;

const ABOUT: About = About {
    argument: "settings_surprises",
    meaning: "What the Trento agent silently ignores, replaces or reads differently from how it \
              is written: keys, durations, scalars, files, variables.",
    shape: r#"[{"kind": "ignored_key", "key": "scrape-interval", "message": "…", "help": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for SettingsSurprises {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.settings_were_read()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(host
            .settings()
            .surprises
            .iter()
            .map(|surprise| {
                json!({
                    "kind": surprise.kind,
                    "key": surprise.key,
                    "message": surprise.message,
                    "help": surprise.help,
                    "at": place(surprise.at.clone()),
                })
            })
            .collect())
    }
}
