//! `servers`: where the metrics of this host go, for a comparison of hosts.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::proof::{normal_url, without_user};

/// The gatherer.
pub(super) struct Servers;

const ABOUT: About = About {
    argument: "servers",
    meaning: "The URLs that the Trento pipeline writes to, sorted, in the one form that all \
              spellings of a URL share, without user and password. It does not apply where one of \
              them cannot be known.",
    shape: r#"["https://trento.example.com/prometheus/api/v1/write"]"#,
    live: false,
};

impl Gatherer for Servers {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_endpoint()?;
        urls(host).map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let urls = urls(host).map_err(|reason| GatherError::new("alloy-unknown-url", reason))?;
        Ok(json!(urls))
    }
}

fn urls(host: &Host<'_>) -> Result<BTreeSet<String>, String> {
    let mut urls = BTreeSet::new();
    let mut unknown = None;
    host.for_each_endpoint(|endpoint| {
        let url = endpoint.url();
        match (url.said.text(), url.said.reason()) {
            (Some(text), "") => {
                urls.insert(normal_url(&without_user(text)));
            }
            (_, reason) => unknown = Some(format!("the URL cannot be known: {reason}")),
        }
        Json::Null
    });
    unknown.map_or(Ok(urls), Err)
}
