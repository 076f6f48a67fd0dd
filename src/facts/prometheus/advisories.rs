//! `advisories`: known defects of the installed Prometheus.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host, advisories};

/// The gatherer.
pub(super) struct Advisories;

/// A defect of the versions from the first up to the one that mends it.
struct Advisory {
    number: u32,
    first: (u16, u16, u16),
    mended: (u16, u16, u16),
    text: &'static str,
}

const ADVISORIES: &[Advisory] = &[
    Advisory {
        number: 17800,
        first: (3, 9, 0),
        mended: (3, 9, 1),
        text: "an agent ends after 45 seconds, and keep and drop rules do not work",
    },
    Advisory {
        number: 14087,
        first: (2, 51, 0),
        mended: (2, 53, 1),
        text: "samples are lost after the sender stood still",
    },
    Advisory {
        number: 13111,
        first: (2, 45, 0),
        mended: (2, 48, 1),
        text: "sending is slow, so that samples wait and grow old",
    },
];

impl Gatherer for Advisories {
    fn about(&self) -> &'static About {
        advisories::Advisories.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        match prometheus.version_note() {
            Some(note) => Err(note),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let version = &prometheus.version;
        let numbers = version.numbers();
        let touching = ADVISORIES.iter().filter(|it| (it.first..it.mended).contains(&numbers));
        Ok(touching
            .map(|it| {
                let (major, minor, patch) = it.mended;
                let number = it.number;
                let link = format!("https://github.com/prometheus/prometheus/issues/{number}");
                json!({
                    "id": format!("prometheus-{number}"),
                    "component": prometheus.unit_name,
                    "message": format!("Prometheus {version}: {}", it.text),
                    "help": format!("update to {major}.{minor}.{patch} or later ({link})"),
                    "link": link,
                    "at": host.at_file(&prometheus.config),
                })
            })
            .collect())
    }
}
