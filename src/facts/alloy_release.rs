//! `alloy_release`: the minor version of Alloy, for a comparison of hosts.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct AlloyRelease;

const ABOUT: About = About {
    argument: "alloy_release",
    meaning: "Major and minor version of the installed Alloy. It does not apply where the version \
              is not known.",
    shape: r#""1.18""#,
    live: false,
};

impl Gatherer for AlloyRelease {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()?;
        release(host).map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let release =
            release(host).map_err(|reason| GatherError::new("alloy-unknown-version", reason))?;
        Ok(json!(release))
    }
}

fn release(host: &Host<'_>) -> Result<String, String> {
    let unknown = || "the installed version of Alloy is not known".to_owned();
    let written = host.installed().written.as_deref().ok_or_else(unknown)?;
    let mut numbers = written.trim_start_matches('v').split('.');
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => Ok(format!("{major}.{minor}")),
        _ => Err(unknown()),
    }
}
