//! Whether samples arrive: what each remote-write queue counted, at one look or at two.
//!
//! Alloy counts attempts, not deliveries, and moves its "highest sent" even past samples that
//! were refused. What certainly arrived is what is left after everything else is taken away.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::host::alloy_http::Answers;
use crate::host::clean;
use crate::host::metrics::samples;

/// What one queue of one endpoint counted since Alloy started.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// The module the component belongs to; empty for the program itself.
    pub module: String,
    /// The component, such as `prometheus.remote_write.trento`.
    pub component: String,
    /// The endpoint's URL, without user-info and query.
    pub url: String,
    /// Samples that were sent, each try counted.
    pub attempted: u64,
    /// Samples that were refused for good.
    pub failed: u64,
    /// Samples that were tried again.
    pub retried: u64,
    /// Samples that wait or are on their way.
    pub pending: u64,
    /// Samples that certainly arrived: attempted, and neither failed nor retried nor pending.
    pub accepted: u64,
    /// The time of the latest sample that was sent, refused ones included; 0 for none.
    pub highest_sent: i64,
    /// What changed until the second look.
    pub growth: Option<Growth>,
}

/// What changed between two looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// Seconds between the looks.
    pub seconds: u64,
    /// By how much the samples that certainly arrived grew.
    pub accepted: u64,
    /// By how much the refused ones grew.
    pub failed: u64,
    /// By how much the repeated ones grew.
    pub retried: u64,
}

type Key = (String, String, String);

#[derive(Clone, Copy, Default)]
struct Counts {
    attempted: f64,
    failed: f64,
    retried: f64,
    pending: f64,
    highest_sent: f64,
}

/// What every queue counted, sorted by module, component and URL.
///
/// # Errors
/// Alloy's server tells nothing; the text says why.
pub fn delivery(answers: &Answers) -> Result<Vec<Delivery>, String> {
    if let Some(refusal) = answers.refusal() {
        return Err(refusal);
    }
    let first = counts(answers.metrics().ok_or("Alloy gave no metrics")?);
    let later = answers
        .later
        .as_ref()
        .filter(|later| later.metrics.status == 200)
        .map(|later| (later.seconds, counts(&later.metrics.body)));
    Ok(first
        .into_iter()
        .map(|((module, component, url), before)| {
            let key = (module, component, url);
            let growth = later
                .as_ref()
                .and_then(|(seconds, later)| Some(growth(*seconds, before, *later.get(&key)?)));
            let (module, component, url) = key;
            Delivery {
                module,
                component,
                url,
                attempted: whole(before.attempted),
                failed: whole(before.failed),
                retried: whole(before.retried),
                pending: whole(before.pending),
                accepted: whole(before.accepted()),
                highest_sent: before.highest_sent as i64,
                growth,
            }
        })
        .collect())
}

impl Counts {
    /// At least so many arrived. What is on its way counts as attempted and as pending.
    fn accepted(&self) -> f64 {
        if self.highest_sent == 0.0 {
            return 0.0;
        }
        (self.attempted - self.failed - self.retried - self.pending).max(0.0)
    }
}

fn growth(seconds: u64, before: Counts, after: Counts) -> Growth {
    // Counters begin anew when Alloy or the component starts again.
    let grown = |before: f64, after: f64| if after < before { after } else { after - before };
    let failed = grown(before.failed, after.failed);
    let retried = grown(before.retried, after.retried);
    let moved = after.highest_sent > before.highest_sent;
    let accepted = if moved && failed == 0.0 && retried == 0.0 {
        grown(before.attempted, after.attempted)
    } else {
        (after.accepted() - before.accepted()).max(0.0)
    };
    Growth { seconds, accepted: whole(accepted), failed: whole(failed), retried: whole(retried) }
}

fn counts(metrics: &str) -> BTreeMap<Key, Counts> {
    let mut queues: BTreeMap<Key, Counts> = BTreeMap::new();
    for sample in samples(metrics) {
        let field: fn(&mut Counts) -> &mut f64 = match sample.name {
            "prometheus_remote_storage_samples_total" => |counts| &mut counts.attempted,
            "prometheus_remote_storage_samples_failed_total" => |counts| &mut counts.failed,
            "prometheus_remote_storage_samples_retried_total" => |counts| &mut counts.retried,
            "prometheus_remote_storage_samples_pending" => |counts| &mut counts.pending,
            "prometheus_remote_storage_queue_highest_sent_timestamp_seconds" => {
                |counts| &mut counts.highest_sent
            }
            _ => continue,
        };
        let label = |name: &str| sample.labels.get(name).map_or("", String::as_str);
        // Alloy's path of a component is `/`, or `/` and the id of its module.
        let module = clean(label("component_path").trim_start_matches('/'));
        let key = (module, clean(label("component_id")), shown(label("url")));
        if sample.value.is_finite() {
            *field(queues.entry(key).or_default()) += sample.value;
        }
    }
    queues
}

/// A URL as it may be shown.
fn shown(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let bare = match bare.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => bare.to_owned(),
    };
    clean(&bare)
}

/// Counters are whole numbers, if large ones are written with an exponent.
fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::alloy_http::{Answer, Later};

    fn metrics(attempted: u64, failed: u64, retried: u64, pending: u64, sent: u64) -> Answer {
        let labels = "{component_id=\"prometheus.remote_write.trento\",component_path=\"/\",\
                      url=\"http://u:canary@h/w?k=canary\"}";
        let total = "prometheus_remote_storage_samples";
        Answer {
            status: 200,
            content_type: String::new(),
            body: format!(
                "{total}_total{labels} {attempted}\n{total}_failed_total{labels} {failed}\n\
                 {total}_retried_total{labels} {retried}\n{total}_pending{labels} {pending}\n\
                 prometheus_remote_storage_queue_highest_sent_timestamp_seconds{labels} {sent}\n"
            ),
        }
    }

    fn seen(first: Answer, second: Option<Answer>) -> Delivery {
        let answers = Answers {
            answers: BTreeMap::from([("GET /metrics".to_owned(), first)]),
            later: second.map(|metrics| Later { seconds: 5, metrics }),
        };
        let mut queues = delivery(&answers).unwrap();
        assert_eq!(queues.len(), 1);
        assert_eq!(queues[0].url, "http://h/w");
        queues.remove(0)
    }

    #[test]
    fn what_was_only_tried_has_not_arrived() {
        assert_eq!(seen(metrics(490, 0, 0, 0, 7), None).accepted, 490);
        assert_eq!(seen(metrics(490, 490, 0, 0, 7), None).accepted, 0);
        assert_eq!(seen(metrics(4410, 0, 3920, 490, 0), None).accepted, 0);
    }

    #[test]
    fn growth_tells_delivery_from_trying() {
        let grown = |first, second| seen(first, Some(second)).growth.unwrap().accepted;
        assert_eq!(grown(metrics(490, 0, 0, 0, 7), metrics(980, 0, 0, 0, 22)), 490);
        assert_eq!(grown(metrics(490, 0, 0, 0, 7), metrics(980, 0, 0, 900, 22)), 490);
        assert_eq!(grown(metrics(490, 490, 0, 0, 7), metrics(980, 980, 0, 0, 22)), 0);
        assert_eq!(grown(metrics(4410, 0, 3920, 490, 0), metrics(4900, 0, 4410, 490, 0)), 0);
        assert_eq!(grown(metrics(490, 0, 0, 0, 7), metrics(490, 0, 0, 0, 7)), 0);
    }
}
