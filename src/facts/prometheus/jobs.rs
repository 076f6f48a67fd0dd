//! The jobs and remote writes of Prometheus, as components of Trento's pipeline.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{arrives, at};
use crate::facts::{
    About, GatherError, Gatherer, Host, host_exporters, host_metrics, other_components, pipeline,
    scrapes, series,
};
use crate::prometheus::Job;
use crate::proof::{Names, Path};

/// `host_metrics`: the jobs that scrape a node_exporter, and whether they reach Trento.
pub(super) struct HostMetrics;

/// `pipeline`: the jobs and remote writes of Trento's.
pub(super) struct Pipeline;

/// `other_components`: all others.
pub(super) struct OtherComponents;

/// `host_series`: the paths of `series` that begin at a node_exporter.
pub(super) struct HostSeries;

/// `host_exporters`: the jobs that send the host's metrics to Trento, and how often.
pub(super) struct HostExporters;

/// `scrapes`: how often these jobs scrape.
pub(super) struct Scrapes;

impl Gatherer for HostMetrics {
    fn about(&self) -> &'static About {
        host_metrics::HostMetrics.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.may_have_a_path()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Ok(configuration) = host.has_configuration() else { return Ok(json!([])) };
        let reaches = |job: &Job| {
            let paths = host.feed().into_iter().flat_map(|feed| &feed.paths);
            paths.filter(|path| path.source == job.id).any(arrives)
        };
        let jobs = configuration.described_jobs().into_iter().filter(|job| job.is_of_host);
        Ok(jobs
            .map(|job| {
                let reaches = reaches(&job);
                let what = if reaches { "reach" } else { "do not reach" };
                json!({
                    "id": format!("scrape_configs.{}", job.name),
                    "kind": "outside target",
                    "reaches_trento": reaches,
                    "message": format!(
                        "the metrics of the job `{}` {what} the Trento server", job.name
                    ),
                    "help": "`trento-alloy generate --sender prometheus-agent --merge FILE` adds \
                             Trento's job and remote write",
                    "at": at(configuration, job.place),
                })
            })
            .collect())
    }
}

impl Gatherer for Pipeline {
    fn about(&self) -> &'static About {
        pipeline::Pipeline.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let writes = configuration.described_writes();
        let jobs = configuration.described_jobs();
        let is_shared = writes.len() > feed.endpoints.len();
        let member = |id: &str, name: &str, label: &str, is_shared: bool, place| {
            json!({
                "id": id,
                "name": name,
                "label": label,
                "used_elsewhere": is_shared,
                "message": format!("`{id}` belongs to the Trento pipeline"),
                "help": "where it is Trento's alone, name it `trento` or `trento_…`",
                "at": at(configuration, place),
            })
        };
        let jobs = jobs.iter().filter(|job| feed.members.contains(&job.id)).map(|job| {
            let id = configuration.full_id(job.id);
            member(&id, "scrape_configs", &job.name, is_shared, job.place)
        });
        let writes = writes.iter().filter(|write| feed.members.contains(&write.id)).map(|write| {
            let id = configuration.full_id(write.id);
            member(&id, "remote_write", &write.name, false, write.place)
        });
        Ok(jobs.chain(writes).collect())
    }
}

impl Gatherer for OtherComponents {
    fn about(&self) -> &'static About {
        other_components::OtherComponents.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let is_in = |id| {
            feed.members.contains(&id)
                || feed.endpoints.iter().any(|endpoint| endpoint.sink.component == id)
                || feed.paths.iter().any(|path| path.source == id && arrives(path))
        };
        let jobs = configuration.described_jobs().into_iter().map(|it| (it.id, it.name, it.place));
        let writes = configuration.described_writes();
        let writes = writes.into_iter().map(|it| (it.id, it.name, it.place));
        Ok(jobs
            .chain(writes)
            .filter(|(id, ..)| !is_in(*id))
            .map(|(id, label, place)| {
                let id = configuration.full_id(id);
                json!({
                    "id": id,
                    "label": label,
                    "message": format!("`{id}` has nothing to do with the Trento pipeline"),
                    "help": "give it a name of its own team",
                    "at": at(configuration, place),
                })
            })
            .collect())
    }
}

impl Gatherer for HostSeries {
    fn about(&self) -> &'static About {
        series::HostSeries.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        series::HostSeries.gather(host)
    }
}

impl Gatherer for HostExporters {
    fn about(&self) -> &'static About {
        host_exporters::HostExporters.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let mut by_source: BTreeMap<_, Vec<&Path>> = BTreeMap::new();
        for path in feed.host_paths().filter(|path| arrives(path)) {
            by_source.entry(path.source).or_default().push(path);
        }
        let mut found: Vec<Json> = by_source
            .into_iter()
            .map(|(id, paths)| {
                let repeated = (1..paths.len())
                    .filter(|&index| paths[..index].iter().any(|it| is_same(it, paths[index])))
                    .count();
                let name = configuration.full_id(id);
                let message = match repeated {
                    0 => format!("`{name}` reaches the Trento server"),
                    _ => format!("the series of `{name}` are sent to the Trento server twice"),
                };
                json!({
                    "id": name,
                    "paths": paths.len(),
                    "repeated_paths": repeated,
                    "message": message,
                    "help": "let only one of them lead to Trento; other destinations may stay",
                    "at": at(configuration, configuration.header(id)),
                })
            })
            .collect();
        found.extend(host.alloy_beside());
        Ok(Json::Array(found))
    }
}

/// Whether two paths bring the same series to the same server.
fn is_same(a: &Path, b: &Path) -> bool {
    !a.reached.identity.is_empty() && a.reached.identity == b.reached.identity
}

impl Host<'_> {
    /// Alloy, where it pushes as well as Prometheus.
    fn alloy_beside(&self) -> Option<Json> {
        if self.is_files_only() {
            return None;
        }
        let prover = self.installation().prover();
        let feed = prover.feed(self.settings_url().as_deref());
        let first = feed.host_paths().next()?;
        let graph = prover.graph();
        Some(json!({
            "id": graph.full_id(first.source),
            "paths": 1,
            "repeated_paths": 0,
            "message": "Alloy sends the metrics of this host to the Trento server as well",
            "help": "keep one of the two: `trento-alloy remove` takes Alloy's pipeline away",
            "at": crate::facts::place::place(graph.at(graph.header(first.source))),
        }))
    }

    /// Prometheus, where it pushes as well as Alloy.
    pub(in crate::facts) fn prometheus_beside(&self) -> Option<Json> {
        if self.is_files_only() || self.installation().is_of_prometheus() {
            return None;
        }
        let prometheus = self.installation().prometheus_beside()?;
        let configuration = prometheus.configuration.as_ref().ok()?;
        let feed = prometheus.feed(self.settings_url().as_deref())?;
        let first = feed.host_paths().find(|path| arrives(path))?;
        let name = configuration.full_id(first.source);
        Some(json!({
            "id": format!("{} ({name})", prometheus.unit_name),
            "paths": 1,
            "repeated_paths": 0,
            "message": "Prometheus sends the metrics of this host to the Trento server as well",
            "help": "keep one of the two: where Alloy runs, take Trento out of prometheus.yml",
            "at": at(configuration, configuration.header(first.source)),
        }))
    }
}

impl Gatherer for Scrapes {
    fn about(&self) -> &'static About {
        scrapes::Scrapes.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_sound_pipeline()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
            return Ok(json!([]));
        };
        let shown = crate::prometheus::written;
        let seconds = |milliseconds: i64| match milliseconds % 1000 {
            0 => json!(milliseconds / 1000),
            _ => json!(milliseconds as f64 / 1000.0),
        };
        let jobs = configuration.described_jobs();
        Ok(jobs
            .iter()
            .filter(|job| feed.host_scrapes.contains(&job.id))
            .map(|job| {
                let (interval, timeout) = (shown(job.interval), shown(job.timeout));
                json!({
                    "component": configuration.full_id(job.id),
                    "interval": interval,
                    "interval_seconds": seconds(job.interval),
                    "timeout": timeout,
                    "timeout_seconds": seconds(job.timeout),
                    "message": format!(
                        "the job `{}` scrapes every {interval} with a timeout of {timeout}",
                        job.name
                    ),
                    "help": "choose 10s to 2m30s, the same as prometheus-scrape-interval",
                    "at": at(configuration, job.interval_place),
                })
            })
            .collect())
    }
}
