//! What the running Alloy says of itself: version, what it loaded, when, and how it feels.

use serde::Serialize;

use crate::host::alloy_http::Answers;
use crate::host::clean;
use crate::host::metrics::{samples, single};

/// What the running Alloy says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Running {
    /// Its version without the leading `v`.
    pub version: Option<String>,
    /// SHA-256 of the files it read last.
    pub config_hash: Option<String>,
    /// Whether the last reading and parsing succeeded. A graph that is wrong still shows true.
    pub last_load_successful: Option<bool>,
    /// When it last read its files with success, in seconds since 1970.
    pub last_load_at: Option<i64>,
    /// When it started, in seconds since 1970.
    pub started_at: Option<i64>,
    /// Whether it says that it is ready.
    pub is_ready: bool,
    /// Whether it says that all components are healthy.
    pub is_healthy: bool,
    /// The kinds of components that it says are not.
    pub unhealthy: Vec<String>,
}

/// What the running Alloy says of itself.
///
/// # Errors
/// Its server tells nothing; the text says why.
pub fn running(answers: &Answers) -> Result<Running, String> {
    if let Some(refusal) = answers.refusal() {
        return Err(refusal);
    }
    let metrics = answers.metrics().ok_or("Alloy gave no metrics")?;
    let label = |metric: &str, label: &str| {
        samples(metrics)
            .find(|sample| sample.name == metric)
            .and_then(|sample| sample.labels.get(label).map(|value| clean(value)))
    };
    // A float that is no time at all becomes the nearest number.
    let time = |metric: &str| single(metrics, metric).map(|seconds| seconds as i64);
    let status = |path: &str| answers.get(path).is_some_and(|answer| answer.status == 200);
    Ok(Running {
        version: label("alloy_build_info", "version")
            .map(|version| version.trim_start_matches('v').to_owned()),
        config_hash: label("alloy_config_hash", "sha256"),
        last_load_successful: single(metrics, "alloy_config_last_load_successful")
            .map(|value| value == 1.0),
        last_load_at: time("alloy_config_last_load_success_timestamp_seconds"),
        started_at: time("alloy_resources_process_start_time_seconds"),
        is_ready: status("/-/ready"),
        is_healthy: status("/-/healthy"),
        unhealthy: unhealthy(answers),
    })
}

/// The names in `unhealthy components: a, b`.
fn unhealthy(answers: &Answers) -> Vec<String> {
    let Some(answer) = answers.get("/-/healthy").filter(|answer| answer.status != 200) else {
        return Vec::new();
    };
    let names = answer.body.trim().strip_prefix("unhealthy components:").unwrap_or_default();
    let mut names: Vec<String> =
        names.split(',').map(clean).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}
