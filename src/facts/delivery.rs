//! `delivery`: whether the Trento server accepts what Alloy sends.

use serde_json::{Value as Json, json};

use crate::duration::Duration;
use crate::facts::endpoint::Endpoint;
use crate::facts::running::seen;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::Graph;
use crate::host::delivery::{self, Arrival, Cadence, Delivery as Counted};
use crate::host::running::{Running, running};

/// The gatherer.
pub(super) struct Delivery;

const ABOUT: About = About {
    argument: "delivery",
    meaning: "For each endpoint of the Trento pipeline what Alloy counted since it started, or \
              between two looks with --watch: samples attempted, refused for good (`failed`), \
              tried again (`retried`), waiting (`pending`), and how many certainly arrived at \
              least (`accepted`). An endpoint of which nothing is certain is left out.",
    shape: r#"[{"component": "prometheus.remote_write.trento", "attempted": 100, "accepted": 100, "failed": 0, "retried": 0, "pending": 0, "seconds": 0, "message": "…"}]"#,
    live: true,
};

/// Seconds between two scrapes where nothing is written.
const USUAL_INTERVAL: f64 = 60.0;
/// Seconds that a sample waits for others where nothing is written.
const USUAL_DEADLINE: f64 = 5.0;
/// Seconds within which Alloy has started, or an exporter has answered.
const START: f64 = 10.0;

impl Gatherer for Delivery {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.alloy_answers()?;
        host.has_sound_pipeline()?;
        let answers = seen(host.answers()).map_err(|error| error.message)?;
        if answers.later.is_none() && has_run_for(host, |said| said.started_at) == Some(false) {
            return Err("Alloy was only just started".to_owned());
        }
        if answers.refusal().is_some() {
            return Ok(());
        }
        let arrivals = arrivals(host)?;
        let mut reasons = arrivals.iter().filter_map(|(_, _, arrival)| match arrival {
            Arrival::Unknown(reason) => Some(reason),
            Arrival::AtLeast(_) | Arrival::Nothing => None,
        });
        let is_known = arrivals.iter().any(|(_, _, arrival)| *arrival == Arrival::Nothing);
        match reasons.next().filter(|_| !is_known) {
            Some(reason) => Err(format!("unproven: {reason}")),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        seen(host.answers())?;
        let arrivals = arrivals(host).map_err(|reason| GatherError::new("alloy-http", reason))?;
        Ok(elements("Alloy", &arrivals))
    }
}

/// Each component whose delivery is known, with what its sender counted.
pub(super) fn elements(sender: &str, arrivals: &[(String, Option<Counted>, Arrival)]) -> Json {
    let accepted = |arrival: &Arrival| match arrival {
        Arrival::AtLeast(accepted) => Some(*accepted),
        Arrival::Nothing => Some(0),
        Arrival::Unknown(_) => None,
    };
    arrivals
        .iter()
        .filter_map(|(component, counted, arrival)| {
            Some(describe(sender, component, counted.as_ref(), accepted(arrival)?))
        })
        .collect()
}

/// What is certain of each endpoint of the pipeline, with what its queue counted.
fn arrivals(host: &Host<'_>) -> Result<Vec<(String, Option<Counted>, Arrival)>, String> {
    let answers = seen(host.answers()).map_err(|error| error.message)?;
    let counted = delivery::delivery(answers)?;
    let Some(deployment) = host.deployment() else { return Ok(Vec::new()) };
    let graph = deployment.graph(host);
    let interval = interval(host);
    let is_settled = host.is_settled() == Some(true);
    let endpoints = &deployment.pipeline.endpoints;
    Ok(endpoints
        .iter()
        .map(|block| {
            let endpoint = Endpoint { names: graph, folder: &graph.context().working_dir, block };
            let cadence = Cadence { interval, deadline: deadline(&endpoint) };
            let found = queue(graph, &counted, &endpoint).cloned();
            let arrival = match &found {
                Some(found) => found.arrival(&cadence, is_settled),
                None if is_settled => Arrival::Nothing,
                None => Arrival::Unknown("nothing was sent yet".to_owned()),
            };
            (endpoint.component(), found, arrival)
        })
        .collect())
}

/// The queue of an endpoint: its component's, and of several the one that writes to its URL.
fn queue<'c>(
    graph: &Graph,
    counted: &'c [Counted],
    endpoint: &Endpoint<'_>,
) -> Option<&'c Counted> {
    let component = graph.component(endpoint.block.sink.component);
    let module = &graph.scope(component.scope).path;
    let mut own =
        counted.iter().filter(|it| it.component == *component.local_id && it.module == *module);
    let first = own.next()?;
    let url = endpoint.url().said;
    let is_its = |queue: &&Counted| url.text().is_some_and(|url| queue.url == delivery::shown(url));
    std::iter::once(first).chain(own).find(is_its).or(Some(first))
}

pub(super) fn describe(
    sender: &str,
    component: &str,
    counted: Option<&Counted>,
    accepted: u64,
) -> Json {
    let Some(counted) = counted else {
        return json!({
            "component": component, "attempted": 0, "accepted": 0, "failed": 0, "retried": 0,
            "pending": 0, "seconds": 0,
            "message": format!("`{component}` has sent nothing since {sender} started"),
        });
    };
    let Counted { attempted, failed, retried, pending, .. } = counted;
    let since = match counted.seconds {
        Some(seconds) => format!("within {seconds} seconds"),
        None => format!("since {sender} started"),
    };
    json!({
        "component": component,
        "attempted": attempted,
        "accepted": accepted,
        "failed": failed,
        "retried": retried,
        "pending": pending,
        "seconds": counted.seconds.unwrap_or(0),
        "message": format!(
            "{since} {accepted} samples certainly arrived, {failed} were refused, {retried} were \
             tried again, {pending} wait"
        ),
        "help": "the checks of the group Reachability tell which link is broken",
    })
}

impl Host<'_> {
    /// Whether Alloy has run for so long that its series must have arrived; none where it is not
    /// known since when it runs.
    pub fn is_settled(&self) -> Option<bool> {
        if self.installation().is_of_prometheus() {
            return self.prometheus_is_settled();
        }
        // A load may have begun a component anew.
        has_run_for(self, |said| Some(said.started_at?.max(said.last_load_at.unwrap_or(i64::MIN))))
    }
}

/// Whether since a moment so much time has passed that what was scraped must have been sent.
fn has_run_for(host: &Host<'_>, since: impl Fn(&Running) -> Option<i64>) -> Option<bool> {
    let cadence = Cadence { interval: interval(host), deadline: USUAL_DEADLINE };
    let usual = Cadence { interval: Some(USUAL_INTERVAL), ..cadence };
    let patience = cadence.of_one_delivery().or(usual.of_one_delivery())? + START;
    let began = since(&running(seen(host.answers()).ok()?).ok()?)?;
    Some((host.system().now - began) as f64 >= patience)
}

/// Seconds from one scrape of the host to the next, the longest of several; none where one is not
/// known.
fn interval(host: &Host<'_>) -> Option<f64> {
    let Some(deployment) = host.deployment() else { return Some(USUAL_INTERVAL) };
    let values = deployment.prover(host).values();
    let mut longest: f64 = 0.0;
    for &id in &deployment.pipeline.host_scrapes {
        let seconds = match values.argument(id, "scrape_interval") {
            None => USUAL_INTERVAL,
            Some(text) => Duration::parse(text.as_str()?).ok()?.seconds(),
        };
        longest = longest.max(seconds);
    }
    Some(if longest > 0.0 { longest } else { USUAL_INTERVAL })
}

/// Seconds that a sample waits in the queue of an endpoint for others to be sent with.
fn deadline(endpoint: &Endpoint<'_>) -> f64 {
    let written = endpoint.said(&["queue_config", "batch_send_deadline"]);
    let parsed = written.text().and_then(|text| Duration::parse(text).ok());
    parsed.map_or(USUAL_DEADLINE, Duration::seconds)
}
