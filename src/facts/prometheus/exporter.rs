//! `exporter_answers`: whether the node_exporter that Prometheus scrapes answers.

use serde_json::{Value as Json, json};

use super::at;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe;

/// The gatherer.
pub(in crate::facts) struct Exporter;

const ABOUT: About = About {
    argument: "exporter_answers",
    meaning: "The static targets of the jobs in Prometheus' Trento pipeline, and whether their \
              ports answer.",
    shape: r#"[{"job": "trento_system", "target": "127.0.0.1:9100", "answers": true, "message": "…", "at": {…}}]"#,
    live: true,
};

impl Gatherer for Exporter {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_prometheus()?;
        host.asks_network()?;
        host.has_sound_pipeline()?;
        match targets(host).is_empty() {
            true => Err("the targets are known to the running Prometheus only".to_owned()),
            false => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        if host.asks_network().is_err() {
            return Ok(json!([]));
        }
        let timeout = host.options().timeout;
        Ok(targets(host)
            .into_iter()
            .map(|(job, target, name, port, at)| {
                let answers = probe::port_answers(&name, port, timeout);
                let what = if answers { "answers" } else { "does not answer" };
                json!({
                    "job": job,
                    "target": target,
                    "answers": answers,
                    "message": format!("the exporter at {target} {what}"),
                    "help": format!("systemctl enable --now {}", host.names().exporter),
                    "at": at,
                })
            })
            .collect())
    }
}

/// Job, target, host, port and place of what the pipeline scrapes.
fn targets(host: &Host<'_>) -> Vec<(String, String, String, u16, Json)> {
    let (Ok(configuration), Some(feed)) = (host.has_configuration(), host.feed()) else {
        return Vec::new();
    };
    let jobs = configuration.described_jobs();
    let scraped = jobs.into_iter().filter(|job| feed.host_scrapes.contains(&job.id));
    scraped
        .flat_map(|job| {
            let place = at(configuration, job.place);
            job.targets.clone().into_iter().filter_map(move |target| {
                let (name, port) = target.rsplit_once(':')?;
                let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
                Some((job.name.clone(), target.clone(), name, port.parse().ok()?, place.clone()))
            })
        })
        .collect()
}
