//! `scrape_interval`: how often the agent's settings want the metrics scraped.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct ScrapeInterval;

const ABOUT: About = About {
    argument: "scrape_interval",
    meaning: "prometheus-scrape-interval as the agent reads it: seconds, and Go's way to write it.",
    shape: r#"{"seconds": 15, "text": "15s"}"#,
    live: false,
};

impl Gatherer for ScrapeInterval {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.pushes()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let interval = host.settings().scrape_interval().duration;
        Ok(json!({"seconds": seconds(interval), "text": interval.to_string()}))
    }
}

/// Seconds as JSON writes them: whole ones without a point.
pub(super) fn seconds(duration: crate::duration::Duration) -> Json {
    const NANOSECONDS: i64 = 1_000_000_000;
    if duration.nanoseconds() % NANOSECONDS == 0 {
        json!(duration.nanoseconds() / NANOSECONDS)
    } else {
        json!(duration.seconds())
    }
}
