//! `other_series`: what else than the host's metrics Prometheus sends to Trento.

use serde_json::{Value as Json, json};

use super::{arrives, at};
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::proof::Names;

/// The gatherer.
pub(in crate::facts) struct OtherSeries;

const ABOUT: About = About {
    argument: "other_series",
    meaning: "The jobs and rules of Prometheus beside those of the host's node_exporter whose \
              series reach Trento's endpoint as well.",
    shape: r#"[{"id": "scrape_configs.prometheus", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for OtherSeries {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_prometheus()?;
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let mut found: Vec<_> = feed
            .paths
            .iter()
            .filter(|path| !feed.host_exporters.contains(&path.source) && arrives(path))
            .map(|path| path.source)
            .collect();
        found.dedup();
        Ok(found
            .into_iter()
            .map(|id| {
                let id_of = configuration.full_id(id);
                json!({
                    "id": id_of,
                    "message": format!("the series of `{id_of}` are sent to Trento as well"),
                    "help": "let only Trento's job through with a `keep` in write_relabel_configs",
                    "at": at(configuration, configuration.header(id)),
                })
            })
            .collect())
    }
}
