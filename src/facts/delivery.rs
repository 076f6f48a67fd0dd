//! `delivery`: whether the Trento server accepts what Alloy sends.

use serde_json::{Value as Json, json};

use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::host::delivery::{self, Delivery as Counted};
use crate::host::running::running;

/// The gatherer.
pub(super) struct Delivery;

const ABOUT: About = About {
    argument: "delivery",
    meaning: "For each endpoint of the Trento pipeline what Alloy counted since it started, or \
              between two looks with --watch: samples attempted, refused for good (`failed`), \
              tried again (`retried`), waiting (`pending`), and those that certainly arrived \
              (`accepted`).",
    shape: r#"[{"component": "prometheus.remote_write.trento", "attempted": 100, "accepted": 100, "failed": 0, "retried": 0, "pending": 0, "seconds": 0, "message": "…"}]"#,
    live: true,
};

/// Intervals that must have passed since the start before a silence means anything.
const INTERVALS: f64 = 2.0;
/// Seconds a scrape waits at most where nothing is known of its interval.
const USUAL_INTERVAL: f64 = 60.0;

impl Gatherer for Delivery {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.alloy_answers()?;
        host.has_sound_pipeline()?;
        if host.installation().wanted().patience.watch.is_none()
            && age(host).is_some_and(|it| it < patience(host))
        {
            return Err("Alloy was only just started".to_owned());
        }
        Ok(())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let counted = delivery::delivery(seen(host.answers())?)
            .map_err(|reason| GatherError::new("alloy-http", reason))?;
        Ok(host.for_each_endpoint(|endpoint| {
            let id = endpoint.block.sink.component;
            let component = &endpoint.graph.component(id).local_id;
            let module = &endpoint.graph.scope(endpoint.graph.component(id).scope).path;
            let found =
                counted.iter().find(|it| it.component == *component && it.module == *module);
            describe(&endpoint.component(), found)
        }))
    }
}

fn describe(component: &str, counted: Option<&Counted>) -> Json {
    let Some(counted) = counted else {
        return json!({
            "component": component, "attempted": 0, "accepted": 0, "failed": 0, "retried": 0,
            "pending": 0, "seconds": 0,
            "message": format!("`{component}` has sent nothing since Alloy started"),
        });
    };
    let growth = counted.growth.as_ref();
    let accepted = growth.map_or(counted.accepted, |growth| growth.accepted);
    let failed = growth.map_or(counted.failed, |growth| growth.failed);
    let retried = growth.map_or(counted.retried, |growth| growth.retried);
    let since = match growth {
        Some(growth) => format!("within {} seconds", growth.seconds),
        None => "since Alloy started".to_owned(),
    };
    json!({
        "component": component,
        "attempted": counted.attempted,
        "accepted": accepted,
        "failed": failed,
        "retried": retried,
        "pending": counted.pending,
        "seconds": growth.map_or(0, |growth| growth.seconds),
        "message": format!(
            "{since} {accepted} samples certainly arrived, {failed} were refused, {retried} were \
             tried again, {} wait",
            counted.pending
        ),
        "help": "the checks of the group Reachability tell which link is broken",
    })
}

impl Host<'_> {
    /// Whether Alloy has run for so long that its series must have arrived; none where it is not
    /// known since when it runs.
    pub fn is_settled(&self) -> Option<bool> {
        age(self).map(|age| age >= patience(self))
    }
}

/// Seconds since Alloy started.
fn age(host: &Host<'_>) -> Option<f64> {
    let answers = seen(host.answers()).ok()?;
    let started = running(answers).ok()?.started_at?;
    Some((host.system().now - started) as f64)
}

/// How long a silence after the start means nothing.
fn patience(host: &Host<'_>) -> f64 {
    let Some(deployment) = host.deployment() else { return 0.0 };
    let values = deployment.prover(host).values();
    let longest = deployment
        .pipeline
        .host_scrapes
        .iter()
        .filter_map(|&id| {
            let text = values.argument(id, "scrape_interval")?;
            crate::duration::Duration::parse(text.as_str()?).ok()
        })
        .map(crate::duration::Duration::seconds)
        .fold(0.0, f64::max);
    INTERVALS * if longest > 0.0 { longest } else { USUAL_INTERVAL }
}
