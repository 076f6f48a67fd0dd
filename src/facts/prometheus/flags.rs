//! `prometheus_flags`: the command line of Prometheus, and the mode that its version makes of it.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(in crate::facts) struct Flags;

const ABOUT: About = About {
    argument: "prometheus_flags",
    meaning: "The command line of Prometheus where it pushes from this host: the version, the mode \
              that it gives (`agent` or `server`), whether agent mode is asked for, and why \
              Prometheus ends at once if it does.",
    shape: r#"{"version": "3.5.3", "mode": "agent", "asks_for_agent": true, "stops": "", "message": "…", "at": {…}}"#,
    live: false,
};

impl Gatherer for Flags {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        let prometheus = host.has_prometheus()?;
        if let Some(note) = prometheus.version_note() {
            return Err(note);
        }
        match prometheus.asks_for_agent() || prometheus.arguments.stop().is_some() {
            true => Ok(()),
            false => Err("Prometheus runs as a server, and is not asked for agent mode".to_owned()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(Json::Null) };
        let version = &prometheus.version;
        // A list as the web shows it: without its brackets.
        let stops = prometheus.arguments.stop().map(|stop| stop.message.replace(['[', ']'], ""));
        let mode = prometheus.mode.name();
        let flag = if version.is_at_least(3, 0) { "--agent" } else { "--enable-feature=agent" };
        let message = match &stops {
            Some(stop) => format!("Prometheus {version} ends at once: {stop}"),
            None => format!("with these flags Prometheus {version} runs in {mode} mode"),
        };
        Ok(json!({
            "version": version.to_string(),
            "mode": mode,
            "asks_for_agent": prometheus.asks_for_agent(),
            "stops": stops.unwrap_or_default(),
            "message": message,
            "help": format!("Prometheus {version} runs as an agent with {flag}"),
            "at": place(prometheus.arguments_at.clone()),
        }))
    }
}
