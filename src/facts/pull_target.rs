//! `pull_target`: the exporter that the server pulls from, in pull mode.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe;

/// The gatherer.
pub(super) struct PullTarget;

const KEY: &str = "prometheus-node-exporter-target";

const ABOUT: About = About {
    argument: "pull_target",
    meaning: "prometheus-node-exporter-target in pull mode, taken apart; `answers` is `yes` or \
              `no` on a live host, else `not asked`. Empty if it is not set.",
    shape: r#"[{"value": "10.1.1.5:9100", "host": "10.1.1.5", "port": 9100, "answers": "not asked", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for PullTarget {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.settings_were_read()?;
        match host.settings().value("prometheus-mode") {
            "pull" => Ok(()),
            mode => Err(format!("the agent is in {mode} mode")),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let settings = host.settings();
        let Some(setting) = settings.get(KEY).filter(|_| settings.is_set(KEY)) else {
            return Ok(json!([]));
        };
        let value = settings.value(KEY);
        let (name, port) = value.rsplit_once(':').unwrap_or((value, ""));
        let bare_v6 = name.contains(':') && !(name.starts_with('[') && name.ends_with(']'));
        let port: i64 = port.parse::<u16>().map_or(0, i64::from);
        let answers = match host.asks_network() {
            Ok(()) if port > 0 => answers(host, name, port),
            _ => "not asked",
        };
        Ok(json!([{
            "value": value,
            "host": if bare_v6 { "" } else { name },
            "port": port,
            "answers": answers,
            "message": match answers {
                "no" => format!("nothing answers at {value}"),
                _ => format!("{KEY} is `{value}`"),
            },
            "help": "write it as HOST:PORT, such as 10.1.1.5:9100",
            "at": place(setting.origin.at().cloned()),
        }]))
    }
}

/// Whether something listens there.
fn answers(host: &Host<'_>, name: &str, port: i64) -> &'static str {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let port = u16::try_from(port).unwrap_or_default();
    if probe::port_answers(name, port, host.options().timeout) { "yes" } else { "no" }
}
