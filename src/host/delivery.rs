//! Whether samples arrive: what each remote-write queue counted, at one look or at two.
//!
//! Alloy counts attempts, not deliveries, and moves its "highest sent" even past samples that
//! were refused; what waits in a queue counts neither way. Three things are certain: samples that
//! arrived, samples that did not, and that it cannot be told which of the two it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::host::alloy_http::Answers;
use crate::host::clean;
use crate::host::metrics::samples;

/// What one queue of one endpoint counted since Alloy or its component started.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The module the component belongs to; empty for the program itself.
    pub module: String,
    /// The component, such as `prometheus.remote_write.trento`.
    pub component: String,
    /// The endpoint's URL, without user-info and query.
    pub url: String,
    /// Samples that were sent, each try counted: since the start, or between two looks.
    pub attempted: u64,
    /// Samples that were refused for good, of the same time.
    pub failed: u64,
    /// Samples that were tried again, of the same time.
    pub retried: u64,
    /// Samples that wait or are on their way.
    pub pending: u64,
    /// Samples that certainly arrived since the start.
    pub accepted: u64,
    /// Seconds between two looks, if there were two.
    pub seconds: Option<u64>,
    first: Counts,
    later: Option<Option<Counts>>,
}

/// What is certain of the samples of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// At least so many arrived.
    AtLeast(u64),
    /// None arrived.
    Nothing,
    /// It is not certain, for this reason.
    Unknown(String),
}

/// How often samples come, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Cadence {
    /// Seconds from one scrape to the next.
    pub interval: Option<f64>,
    /// Seconds that a sample waits for others at most before it is sent.
    pub deadline: f64,
}

type Key = (String, String, String);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    attempted: f64,
    failed: f64,
    retried: f64,
    pending: f64,
    highest_sent: f64,
}

impl Cadence {
    /// Seconds within which at least one whole scrape is sent, wherever they begin.
    pub fn of_one_delivery(&self) -> Option<f64> {
        Some(2.0 * self.interval? + self.deadline)
    }
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
    let both = later.iter().flat_map(|(_, counts)| counts.keys());
    let keys: BTreeSet<&Key> = first.keys().chain(both).collect();
    Ok(keys
        .into_iter()
        .map(|key| {
            let before = first.get(key).copied().unwrap_or_default();
            let after = later.as_ref().map(|(_, counts)| counts.get(key).copied());
            Delivery::of(key, before, after, later.as_ref().map(|(seconds, _)| *seconds))
        })
        .collect())
}

impl Delivery {
    fn of(
        (module, component, url): &Key,
        first: Counts,
        later: Option<Option<Counts>>,
        seconds: Option<u64>,
    ) -> Delivery {
        let window = match later.flatten() {
            Some(later) if !later.began_again(&first) => later.since(&first),
            _ => first,
        };
        Delivery {
            module: module.clone(),
            component: component.clone(),
            url: url.clone(),
            attempted: whole(window.attempted),
            failed: whole(window.failed),
            retried: whole(window.retried),
            pending: whole(window.pending),
            accepted: match since_start(&first, true) {
                Arrival::AtLeast(accepted) => accepted,
                Arrival::Nothing | Arrival::Unknown(_) => 0,
            },
            seconds,
            first,
            later,
        }
    }

    /// What is certain of its samples, with the cadence in which they come. Without a second look
    /// it matters whether Alloy has run for long enough that some must have been sent.
    pub fn arrival(&self, cadence: &Cadence, is_settled: bool) -> Arrival {
        match (self.later, self.seconds) {
            (Some(Some(later)), Some(seconds)) => {
                between(&self.first, &later, seconds as f64, cadence)
            }
            (Some(None), _) => Arrival::Unknown(RESTARTED.to_owned()),
            _ => since_start(&self.first, is_settled && cadence.interval.is_some()),
        }
    }
}

const RESTARTED: &str = "the counters began anew between the two looks";

/// What one look proves.
fn since_start(counts: &Counts, must_have_sent: bool) -> Arrival {
    let Counts { attempted, failed, pending, highest_sent, .. } = *counts;
    let unanswered = counts.unanswered();
    let has_ended = highest_sent > 0.0;
    if attempted > 0.0 && unanswered <= 0.0 {
        return Arrival::Nothing;
    }
    if has_ended && unanswered - pending > 0.0 {
        return Arrival::AtLeast(whole(unanswered - pending));
    }
    // It moves when samples arrive and when they are refused, and none was refused.
    if has_ended && failed == 0.0 {
        return Arrival::AtLeast(1);
    }
    if attempted == 0.0 && pending == 0.0 {
        return match must_have_sent {
            true => Arrival::Nothing,
            false => Arrival::Unknown("nothing was sent yet".to_owned()),
        };
    }
    if !has_ended && counts.retried > 0.0 {
        return Arrival::Nothing;
    }
    on_their_way(pending)
}

/// What two looks prove of the time between them.
fn between(first: &Counts, later: &Counts, seconds: f64, cadence: &Cadence) -> Arrival {
    if later.began_again(first) {
        return Arrival::Unknown(RESTARTED.to_owned());
    }
    let grown = later.since(first);
    let moved = later.highest_sent > first.highest_sent;
    let sure = later.unanswered() - later.pending - first.unanswered();
    if moved && grown.failed == 0.0 {
        let counted = if grown.retried == 0.0 { grown.attempted } else { sure };
        return Arrival::AtLeast(whole(counted).max(1));
    }
    if sure > 0.0 && later.highest_sent > 0.0 {
        return Arrival::AtLeast(whole(sure));
    }
    let (Some(interval), Some(enough)) = (cadence.interval, cadence.of_one_delivery()) else {
        return Arrival::Unknown("the scrape interval is not known".to_owned());
    };
    if seconds < interval {
        return Arrival::Unknown(format!(
            "nothing arrived within {seconds} seconds, which is less than the scrape interval of \
             {interval} seconds; `--watch {}` is long enough",
            enough.ceil()
        ));
    }
    let is_refused = grown.failed > 0.0 || grown.retried > 0.0;
    let none_is_left = grown.unanswered() <= 0.0 || !moved;
    match (is_refused && none_is_left) || (!moved && seconds >= enough) {
        true => Arrival::Nothing,
        false if moved => on_their_way(later.pending),
        false => Arrival::Unknown(format!(
            "nothing is certain after {seconds} seconds; `--watch {}` is long enough",
            enough.ceil()
        )),
    }
}

fn on_their_way(pending: f64) -> Arrival {
    Arrival::Unknown(format!(
        "{} samples wait or are on their way, and nothing else is certain",
        whole(pending)
    ))
}

impl Counts {
    /// Attempts that neither failed nor were repeated: they arrived or are on their way.
    fn unanswered(&self) -> f64 {
        self.attempted - self.failed - self.retried
    }

    /// Whether a counter is below an earlier value of its own.
    fn began_again(&self, earlier: &Counts) -> bool {
        self.attempted < earlier.attempted
            || self.failed < earlier.failed
            || self.retried < earlier.retried
    }

    /// What was counted since; what waits, waits now.
    fn since(&self, earlier: &Counts) -> Counts {
        Counts {
            attempted: self.attempted - earlier.attempted,
            failed: self.failed - earlier.failed,
            retried: self.retried - earlier.retried,
            ..*self
        }
    }
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
        // Prometheus itself has no components: its queues have names.
        let component = match label("component_id") {
            "" => label("remote_name"),
            component => component,
        };
        let key = (module, clean(component), shown(label("url")));
        if sample.value.is_finite() {
            *field(queues.entry(key).or_default()) += sample.value;
        }
    }
    queues
}

/// A URL as a queue is known by: as it may be shown.
pub fn shown(url: &str) -> String {
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

    fn seen(first: Answer, second: Option<(u64, Answer)>) -> Delivery {
        let answers = Answers {
            answers: BTreeMap::from([("GET /metrics".to_owned(), first)]),
            later: second.map(|(seconds, metrics)| Later { seconds, metrics }),
        };
        let mut queues = delivery(&answers).unwrap();
        assert_eq!(queues.len(), 1);
        assert_eq!(queues[0].url, "http://h/w");
        queues.remove(0)
    }

    const EVERY_15_SECONDS: Cadence = Cadence { interval: Some(15.0), deadline: 5.0 };

    fn once(first: Answer) -> Arrival {
        seen(first, None).arrival(&EVERY_15_SECONDS, true)
    }

    fn within(seconds: u64, first: Answer, second: Answer) -> Arrival {
        seen(first, Some((seconds, second))).arrival(&EVERY_15_SECONDS, true)
    }

    fn is_unknown(arrival: &Arrival) -> bool {
        matches!(arrival, Arrival::Unknown(_))
    }

    #[test]
    fn what_was_only_tried_has_not_arrived() {
        assert_eq!(once(metrics(490, 0, 0, 0, 7)), Arrival::AtLeast(490));
        assert_eq!(once(metrics(490, 490, 0, 0, 7)), Arrival::Nothing);
        assert_eq!(once(metrics(4410, 0, 3920, 490, 0)), Arrival::Nothing);
        assert_eq!(once(metrics(0, 0, 0, 0, 0)), Arrival::Nothing);
        let just_started = seen(metrics(0, 0, 0, 0, 0), None).arrival(&EVERY_15_SECONDS, false);
        assert!(is_unknown(&just_started));
    }

    #[test]
    fn what_waits_proves_nothing() {
        // Twenty seconds after a start: the second scrape waits beside the first, which arrived.
        assert_eq!(once(metrics(490, 0, 0, 490, 7)), Arrival::AtLeast(1));
        assert!(is_unknown(&once(metrics(0, 0, 0, 490, 0))));
        assert!(is_unknown(&once(metrics(490, 0, 0, 490, 0))));
        assert!(is_unknown(&once(metrics(980, 490, 0, 490, 7))));
    }

    #[test]
    fn growth_tells_delivery_from_trying() {
        let grown = |first, second| within(20, first, second);
        let before = || metrics(490, 0, 0, 0, 7);
        assert_eq!(grown(before(), metrics(980, 0, 0, 0, 22)), Arrival::AtLeast(490));
        assert_eq!(grown(before(), metrics(980, 0, 0, 900, 22)), Arrival::AtLeast(490));
        assert_eq!(grown(before(), metrics(980, 490, 0, 0, 22)), Arrival::Nothing);
        let refused = metrics(490, 490, 0, 0, 7);
        assert_eq!(grown(refused, metrics(980, 980, 0, 0, 22)), Arrival::Nothing);
        let unheard = metrics(4410, 0, 3920, 490, 0);
        assert_eq!(grown(unheard, metrics(4900, 0, 4410, 490, 0)), Arrival::Nothing);
    }

    #[test]
    fn a_look_that_is_too_short_proves_nothing() {
        let before = || metrics(490, 0, 0, 0, 7);
        let same = |seconds| within(seconds, before(), before());
        assert!(is_unknown(&same(14)) && is_unknown(&same(20)));
        assert_eq!(same(35), Arrival::Nothing);
        assert!(is_unknown(&within(14, before(), metrics(980, 490, 0, 0, 22))));
        let unknown = Cadence { interval: None, deadline: 5.0 };
        assert!(is_unknown(&seen(before(), Some((600, before()))).arrival(&unknown, true)));
    }

    #[test]
    fn counters_that_begin_anew_prove_nothing() {
        let before = metrics(4900, 10, 0, 0, 7);
        assert!(is_unknown(&within(60, before, metrics(0, 0, 0, 0, 0))));
        let gone = Answer { status: 200, content_type: String::new(), body: String::new() };
        assert!(is_unknown(&within(60, metrics(490, 0, 0, 0, 7), gone)));
    }
}
