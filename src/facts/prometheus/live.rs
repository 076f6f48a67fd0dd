//! The running Prometheus: what it has loaded, what it scrapes, and what it delivers.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::at;
use crate::facts::delivery::elements;
use crate::facts::running::seen;
use crate::facts::{
    About, GatherError, Gatherer, Host, delivery, running_components, running_configuration,
};
use crate::host::Seen;
use crate::host::alloy_http::Answers;
use crate::host::delivery::{self as counting, Arrival, Cadence, Delivery as Counted};
use crate::host::prometheus_http::{Running, Target, running};
use crate::installation::{Prometheus, SenderNames};
use crate::prometheus::Configuration;
use crate::proof::Names;

/// `running_configuration`: what it has loaded, beside what lies on disk.
pub(super) struct RunningConfiguration;

/// `running_components`: whether what the jobs of the pipeline scrape is up.
pub(super) struct RunningComponents;

/// `delivery`: whether the Trento server accepts what it sends.
pub(super) struct Delivery;

/// The sections that are compared.
const COMPARED: &[&str] = &[
    "global:",
    "scrape_configs:",
    "scrape_config_files:",
    "remote_write:",
    "remote_read:",
    "rule_files:",
    "alerting:",
];
/// Seconds that a sample waits for others where nothing is written.
const USUAL_DEADLINE: f64 = 5.0;
/// Seconds within which it has started, and an exporter has answered.
const START: f64 = 10.0;

impl Host<'_> {
    fn prometheus_answers(&self) -> &Seen<Answers> {
        self.installation().prometheus_answers()
    }

    /// What the running Prometheus says of itself.
    fn prometheus_says(&self) -> Result<Running, String> {
        self.is_a_host()?;
        self.has_prometheus()?;
        match self.prometheus_answers() {
            Seen::Known(answers) => running(answers),
            Seen::NotRecorded => {
                Err("not a running host, and nothing of one was recorded".to_owned())
            }
            Seen::Hidden(hidden) => Err(format!("Prometheus' HTTP server: {}", hidden.reason)),
        }
    }

    /// The names of the jobs that scrape for Trento.
    fn scraped_for_trento(&self) -> BTreeSet<String> {
        let jobs = self.has_configuration().map(Configuration::described_jobs).unwrap_or_default();
        let scraped = self.feed().map(|feed| &feed.host_scrapes);
        let own = jobs.into_iter().filter(|job| scraped.is_some_and(|it| it.contains(&job.id)));
        own.map(|job| job.name).collect()
    }

    /// How long it takes until what was scraped certainly was sent.
    fn cadence(&self) -> Cadence {
        let jobs = self.has_configuration().map(Configuration::described_jobs).unwrap_or_default();
        let scraped = self.feed().map(|feed| &feed.host_scrapes);
        let of_host = jobs.iter().filter(|job| scraped.is_some_and(|it| it.contains(&job.id)));
        let longest = of_host.map(|job| job.interval).max().unwrap_or(60_000);
        Cadence { interval: Some(longest as f64 / 1000.0), deadline: USUAL_DEADLINE }
    }

    /// Whether the running Prometheus has run for so long that its series must have arrived.
    pub(in crate::facts) fn prometheus_is_settled(&self) -> Option<bool> {
        let running = self.prometheus_says().ok()?;
        let began = running.started_at?.max(running.loaded_at.map_or(i64::MIN, |at| at as i64));
        let patience = self.cadence().of_one_delivery()? + START;
        Some((self.system().now - began) as f64 >= patience)
    }
}

impl Gatherer for RunningConfiguration {
    fn about(&self) -> &'static About {
        running_configuration::RunningConfiguration.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let running = host.prometheus_says()?;
        let prometheus = host.has_prometheus()?;
        match shown(host, prometheus, &running) {
            Some(_) => Ok(()),
            None => {
                Err("unproven: what Prometheus shows of its configuration is not understood"
                    .to_owned())
            }
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        seen(host.prometheus_answers())?;
        let says =
            host.prometheus_says().map_err(|why| GatherError::new("prometheus-http", why))?;
        let Some(prometheus) = host.prometheus() else { return Ok(Json::Null) };
        let bytes = prometheus.bytes.as_deref().unwrap_or_default();
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let difference = match (&prometheus.configuration, shown(host, prometheus, &says)) {
            (Ok(disk), Some(running)) => disk.difference(&running),
            (Ok(_), None) => None,
            (Err(_), _) => Some("the file does not load".to_owned()),
        };
        let message = difference.as_ref().map_or_else(String::new, |setting| {
            format!("what runs differs from {} in `{setting}`", prometheus.config)
        });
        Ok(json!({
            "last_load_successful": says.last_load_successful,
            "running_hash": if difference.is_none() { hash.as_str() } else { "" },
            "disk_hash": hash,
            "version": says.version,
            "mode": says.is_agent.map(|it| if it { "agent" } else { "server" }),
            "message": message,
            "at": host.at_file(&prometheus.config),
        }))
    }
}

/// What runs, as far as it is compared; none where it is not understood.
fn shown(host: &Host<'_>, prometheus: &Prometheus, says: &Running) -> Option<Configuration> {
    // What a server shows of its storage is not always what it takes.
    let mut is_kept = true;
    let mut text = String::new();
    for line in says.configuration.as_ref()?.split_inclusive('\n') {
        let is_top = !line.starts_with([' ', '-', '#']);
        if is_top {
            is_kept = COMPARED.iter().any(|name| line.starts_with(name));
        }
        if is_kept {
            text.push_str(line);
        }
    }
    let files = &host.system().files;
    let (path, version) = (&prometheus.config, &prometheus.version);
    Configuration::read(files, path, text.as_bytes(), version).ok()
}

impl Gatherer for RunningComponents {
    fn about(&self) -> &'static About {
        running_components::RunningComponents.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let says = host.prometheus_says()?;
        host.has_sound_pipeline()?;
        let own = host.scraped_for_trento();
        let is_own = |target: &&Target| own.contains(&target.job);
        match says.targets.iter().filter(is_own).find(|target| target.health == "unknown") {
            Some(target) => Err(format!("the job `{}` has not scraped yet", target.job)),
            None => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        seen(host.prometheus_answers())?;
        let says =
            host.prometheus_says().map_err(|why| GatherError::new("prometheus-http", why))?;
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let jobs = configuration.described_jobs();
        let SenderNames { unit, exporter, .. } = host.names();
        Ok(jobs
            .iter()
            .filter(|job| feed.host_scrapes.contains(&job.id))
            .map(|job| {
                let mut own = says.targets.iter().filter(|target| target.job == job.name);
                let is_running = own.clone().next().is_some();
                let down = own.find(|target| target.health != "up");
                let message = match down {
                    None if is_running => String::new(),
                    None => format!("the running Prometheus has no target for `{}`", job.name),
                    Some(target) => format!("the target is {}: {}", target.health, target.error),
                };
                json!({
                    "id": configuration.full_id(job.id),
                    "running": is_running,
                    "health": if down.is_some() { "unhealthy" } else { "healthy" },
                    "message": message,
                    "help": format!("systemctl reload {unit}; and see that {exporter} runs"),
                    "at": at(configuration, job.place),
                })
            })
            .collect())
    }
}

/// What is certain of each endpoint, with what its queue counted.
fn arrivals(host: &Host<'_>) -> Result<Vec<(String, Option<Counted>, Arrival)>, String> {
    let Seen::Known(answers) = host.prometheus_answers() else { return Ok(Vec::new()) };
    let counted = counting::delivery(answers)?;
    let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
        return Ok(Vec::new());
    };
    let is_settled = host.prometheus_is_settled() == Some(true);
    let writes = configuration.described_writes();
    Ok(feed
        .endpoints
        .iter()
        .map(|endpoint| {
            let id = endpoint.sink.component;
            let name = writes.iter().find(|write| write.id == id).map_or("", |it| &it.name);
            let url = endpoint.shown_url().unwrap_or_default();
            let found = counted
                .iter()
                .find(|queue| !name.is_empty() && queue.component == name)
                .or_else(|| counted.iter().find(|it| it.url == counting::shown(&url)));
            let arrival = match found {
                Some(found) => found.arrival(&host.cadence(), is_settled),
                None if is_settled => Arrival::Nothing,
                None => Arrival::Unknown("nothing was sent yet".to_owned()),
            };
            (configuration.full_id(id), found.cloned(), arrival)
        })
        .collect())
}

impl Gatherer for Delivery {
    fn about(&self) -> &'static About {
        delivery::Delivery.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.prometheus_says()?;
        host.has_sound_pipeline()?;
        let arrivals = arrivals(host)?;
        if arrivals.iter().any(|(_, _, arrival)| *arrival == Arrival::Nothing) {
            return Ok(());
        }
        let unknown = arrivals.into_iter().find_map(|(_, _, arrival)| match arrival {
            Arrival::Unknown(reason) => Some(reason),
            Arrival::AtLeast(_) | Arrival::Nothing => None,
        });
        unknown.map_or(Ok(()), |reason| Err(format!("unproven: {reason}")))
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        seen(host.prometheus_answers())?;
        let arrivals = arrivals(host).map_err(|why| GatherError::new("prometheus-http", why))?;
        Ok(elements("Prometheus", &arrivals))
    }
}
