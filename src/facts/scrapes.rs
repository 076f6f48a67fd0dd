//! `scrapes`: how often the host's metrics are scraped on their way to Trento.

use serde_json::{Value as Json, json};

use crate::duration::Duration;
use crate::facts::endpoint::Said;
use crate::facts::place::place;
use crate::facts::scrape_interval::seconds;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::{ComponentId, Graph, Values};

/// The gatherer.
pub(super) struct Scrapes;

const ABOUT: About = About {
    argument: "scrapes",
    meaning: "The scrapes of host exporters in the Trento pipeline, with interval and timeout (by \
              default 1m and 10s), in seconds and as Go writes them. Of more than a thousand the first \
              with each interval and timeout come first, and the rest is left out.",
    shape: r#"[{"component": "prometheus.scrape.trento_system", "interval": "15s", "interval_seconds": 15, "timeout": "10s", "timeout_seconds": 10, "message": "…", "at": {…}}]"#,
    live: false,
};

/// Alloy's defaults.
const INTERVAL: Duration = Duration::from_seconds(60);
const TIMEOUT: Duration = Duration::from_seconds(10);

impl Gatherer for Scrapes {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()?;
        let mut unknown = None;
        for (values, id) in host.host_scrapes() {
            for name in ["scrape_interval", "scrape_timeout"] {
                if let Err(reason) = duration(&values, id, name, INTERVAL) {
                    unknown = Some(format!("{name} cannot be known: {reason}"));
                }
            }
        }
        unknown.map_or(Ok(()), Err)
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let scrapes = host.host_scrapes().map(|(values, id)| {
            let interval = duration(&values, id, "scrape_interval", INTERVAL).unwrap_or(INTERVAL);
            let timeout = duration(&values, id, "scrape_timeout", TIMEOUT).unwrap_or(TIMEOUT);
            (values.graph(), id, interval, timeout)
        });
        let kind = |(_, _, interval, timeout): &(&Graph, ComponentId, Duration, Duration)| {
            (interval.nanoseconds(), timeout.nanoseconds())
        };
        let scrapes = long::varied(scrapes.collect(), kind).into_iter();
        let described = scrapes.map(|(graph, id, interval, timeout)| {
            let attr = graph.attr(id, "scrape_interval");
            let at = match attr {
                Some(attr) => graph.at(graph.place(id, attr.span())),
                None => graph.at(graph.header(id)),
            };
            json!({
                "component": graph.full_id(id),
                "interval": interval.to_string(),
                "interval_seconds": seconds(interval),
                "timeout": timeout.to_string(),
                "timeout_seconds": seconds(timeout),
                "message": if interval.nanoseconds() > 0 {
                    format!(
                        "`{}` scrapes every {interval} with a timeout of {timeout}",
                        graph.full_id(id)
                    )
                } else {
                    format!("`{}` never scrapes: its interval is {interval}", graph.full_id(id))
                },
                "help": "choose 10s to 2m30s, the same as prometheus-scrape-interval",
                "at": place(at),
            })
        });
        Ok(described.collect())
    }
}

/// A duration argument; the default where it is not set. `null` is zero.
fn duration(
    values: &Values<'_>,
    id: ComponentId,
    name: &str,
    default: Duration,
) -> Result<Duration, String> {
    let value = values.argument(id, name);
    match Said::of(value.as_ref()) {
        Said::Nothing if value.is_some() => Ok(Duration::from_seconds(0)),
        Said::Nothing => Ok(default),
        Said::Unknown(reason) => Err(reason),
        Said::Text(text) => match Duration::parse(text.expose()) {
            Ok(duration) => Ok(duration),
            Err(error) => Err(error.to_string()),
        },
    }
}
