//! Prometheus' own HTTP server: what it answers, live or as recorded, and what that means.

use std::time::Duration;

use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::host::alloy_http::{
    Answers, Patience, Reload, Server, ask_prometheus, reload_prometheus,
};
use crate::host::metrics::single;
use crate::host::{Seen, clean};
use crate::system::{AlloyHttp, System};

/// The key of a snapshot under which answers are recorded.
pub const KEY: &str = "prometheus_http";

const TARGETS: &str = "/api/v1/targets?state=any";

/// What is asked, beside the metrics.
const PATHS: &[&str] = &[
    "/-/ready",
    "/api/v1/status/buildinfo",
    "/api/v1/status/runtimeinfo",
    "/api/v1/status/flags",
    "/api/v1/status/config",
    TARGETS,
];

/// What the running Prometheus says of itself.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its version.
    pub version: Option<String>,
    /// Whether it runs as an agent.
    pub is_agent: Option<bool>,
    /// Whether its last load succeeded, putting it into use included.
    pub last_load_successful: Option<bool>,
    /// When it last loaded its configuration with success, in seconds since 1970, with fractions:
    /// two loads may fall into one second.
    pub loaded_at: Option<f64>,
    /// When it started, in seconds since 1970.
    pub started_at: Option<i64>,
    /// What it loaded last, defaults filled in and secrets covered.
    pub configuration: Option<String>,
    /// The file it loads.
    pub config_file: Option<String>,
    /// Whether it reloads when its server is asked to.
    pub reloads_by_http: bool,
    /// What it scrapes.
    pub targets: Vec<Target>,
}

/// A target of the running Prometheus.
#[derive(Clone, Debug)]
pub struct Target {
    /// The job.
    pub job: String,
    /// `up`, `down` or `unknown`.
    pub health: String,
    /// Why it is down.
    pub error: String,
}

/// What the server says, live or recorded.
pub fn answers(system: &System, server: &Server, patience: Patience) -> Seen<Answers> {
    if let Some(right) = system.alloy_http() {
        return match ask_prometheus(right, server, PATHS, patience) {
            Ok(answers) => Seen::Known(answers),
            Err(hidden) => Seen::Hidden(hidden),
        };
    }
    let Some(recorded) = system.snapshot().and_then(|snapshot| snapshot.other.get(KEY)) else {
        return Seen::NotRecorded;
    };
    match serde_json::from_value::<Answers>(recorded.clone()) {
        Ok(recorded) => Seen::Known(recorded),
        Err(error) => Seen::hidden(format!("the recorded answers cannot be read: {error}")),
    }
}

/// Asks the running Prometheus to read its configuration again.
pub fn reload(right: AlloyHttp, server: &Server, timeout: Duration) -> Reload {
    reload_prometheus(right, server, timeout)
}

/// What the running Prometheus says of itself.
///
/// # Errors
/// Its server tells nothing; the text says why.
pub fn running(answers: &Answers) -> Result<Running, String> {
    let metrics = answers.get("/metrics").ok_or("Prometheus gave no metrics")?;
    match metrics.status {
        200 => {}
        401 | 403 => return Err("Prometheus' HTTP server wants credentials".to_owned()),
        status => return Err(format!("Prometheus' HTTP server answers {status} to /metrics")),
    }
    let data = |path: &str| {
        let answer = answers.get(path).filter(|answer| answer.status == 200)?;
        let mut body: Json = serde_json::from_str(&answer.body).ok()?;
        Some(body["data"].take())
    };
    let text = |value: &Json| value.as_str().map(clean);
    let build = data("/api/v1/status/buildinfo").unwrap_or_default();
    let info = data("/api/v1/status/runtimeinfo").unwrap_or_default();
    let flags = data("/api/v1/status/flags");
    let features = |flags: &Json| flags["enable-feature"].as_str().map(str::to_owned);
    let is_agent = flags.as_ref().map(|flags| {
        let is_of_3 = flags["agent"].is_string();
        let has_feature = features(flags).is_some_and(|it| it.split(',').any(|it| it == "agent"));
        flags["agent"] == "true" || (!is_of_3 && has_feature)
    });
    let config = data("/api/v1/status/config").unwrap_or_default();
    let targets = data(TARGETS).unwrap_or_default();
    let active = targets["activeTargets"].as_array().into_iter().flatten();
    Ok(Running {
        version: text(&build["version"]),
        is_agent,
        last_load_successful: single(&metrics.body, "prometheus_config_last_reload_successful")
            .map(|value| value == 1.0),
        loaded_at: single(&metrics.body, "prometheus_config_last_reload_success_timestamp_seconds"),
        started_at: moment(&info["startTime"]),
        config_file: flags.as_ref().and_then(|flags| text(&flags["config.file"])),
        reloads_by_http: flags.as_ref().is_some_and(|it| it["web.enable-lifecycle"] == "true"),
        configuration: config["yaml"].as_str().map(str::to_owned),
        targets: active
            .map(|target| Target {
                job: text(&target["scrapePool"]).unwrap_or_default(),
                health: text(&target["health"]).unwrap_or_default(),
                error: text(&target["lastError"]).unwrap_or_default(),
            })
            .collect(),
    })
}

fn moment(value: &Json) -> Option<i64> {
    Some(OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?.unix_timestamp())
}
