//! What the variants that reached an endpoint come to: states of labels and metrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scrape::reason;
use super::stream::Stream;
use super::trail::{Step, Trails};
use super::variant::{Content, Variant};
use super::{INTEREST, Metric};

/// What the server sees of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelState {
    /// No series has it.
    Absent {
        /// What took it away; empty where nothing ever set it.
        steps: Vec<Step>,
    },
    /// Every series has it, with this value.
    Constant {
        /// The value.
        value: String,
        /// What made it so.
        steps: Vec<Step>,
    },
    /// Some series have one of these, some another; none is absent. No entry at all where no
    /// series arrives.
    OneOf(Vec<(Option<String>, Vec<Step>)>),
    /// It cannot be known.
    Unknown {
        /// Why.
        reason: String,
        /// What made it so.
        steps: Vec<Step>,
        /// What some series certainly or possibly have beside what is not known.
        others: Vec<(Option<String>, Vec<Step>)>,
    },
}

/// What becomes of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricState {
    /// All its series arrive under its name.
    Kept,
    /// None does.
    Dropped {
        /// The rules that dropped or renamed it.
        by: Vec<Step>,
    },
    /// It depends on something that is not known.
    Unknown {
        /// On what.
        reason: String,
        /// The rules that may drop or rename it.
        by: Vec<Step>,
    },
}

/// What arrives of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricProof {
    /// The metric; `Other` stands for all that are not told apart.
    pub metric: Metric,
    /// What becomes of it.
    pub state: MetricState,
    /// The labels of interest on its series; shared where metrics have the same.
    pub labels: Arc<BTreeMap<&'static str, LabelState>>,
}

/// What arrives on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The labels of interest over all series.
    pub labels: BTreeMap<&'static str, LabelState>,
    /// The same for each metric by itself: those Trento charts, `up`, and the others together.
    pub metrics: Vec<MetricProof>,
    /// All labels of `up` in one text: two paths of one source on which it is the same send the
    /// same series. Empty where no `up` arrives.
    pub identity: String,
}

impl Reached {
    /// Whether `up` or anything that Trento charts arrives, or may.
    pub fn is_something(&self) -> bool {
        let is_dropped = |state: &MetricState| matches!(state, MetricState::Dropped { .. });
        let named = self.metrics.iter().filter(|metric| metric.metric.name().is_some());
        named.into_iter().any(|metric| !is_dropped(&metric.state))
    }

    /// What the streams that came to an endpoint say.
    pub fn of(trails: &Trails, streams: &[Stream]) -> Reached {
        let all: Vec<&Variant> = streams.iter().flat_map(|stream| &stream.variants).collect();
        let mut by_metric: BTreeMap<Metric, Vec<&Stream>> = BTreeMap::new();
        for stream in streams {
            by_metric.entry(stream.metric).or_default().push(stream);
        }
        let mut metrics: Vec<MetricProof> = Vec::new();
        for (metric, streams) in by_metric {
            let variants: Vec<&Variant> =
                streams.iter().flat_map(|stream| &stream.variants).collect();
            let own = labels(trails, &variants);
            let shared = metrics.iter().find(|other| *other.labels == own);
            let labels = shared.map_or_else(|| Arc::new(own), |other| other.labels.clone());
            metrics.push(MetricProof {
                metric,
                state: metric_state(trails, metric, &streams),
                labels,
            });
        }
        Reached { labels: labels(trails, &all), metrics, identity: identity(streams) }
    }

    /// Nothing is known of what arrives.
    pub fn unknown(reason: &str) -> Reached {
        let state = LabelState::Unknown {
            reason: reason.to_owned(),
            steps: Vec::new(),
            others: Vec::new(),
        };
        let labels = INTEREST.iter().map(|&name| (name, state.clone())).collect();
        Reached { labels, metrics: Vec::new(), identity: String::new() }
    }
}

/// The labels of `up`, unknown ones by the name of what is not known.
fn identity(streams: &[Stream]) -> String {
    let variants = streams
        .iter()
        .filter(|stream| stream.metric == Metric::Up)
        .flat_map(|stream| &stream.variants);
    let mut texts: Vec<String> = variants
        .map(|variant| {
            let mut labels: Vec<String> = variant
                .walk()
                .into_iter()
                .map(|(name, label)| match label.content {
                    Content::Known(text) => format!("{name}={text:?}"),
                    Content::Unknown(symbol) => format!("{name}~{:?}", symbol.id),
                    Content::Absent => String::new(),
                })
                .collect();
            labels.sort();
            labels.join(",")
        })
        .collect();
    texts.sort();
    texts.dedup();
    texts.join(";")
}

fn labels(trails: &Trails, variants: &[&Variant]) -> BTreeMap<&'static str, LabelState> {
    INTEREST.iter().map(|&name| (name, label_state(trails, name, variants))).collect()
}

fn label_state(trails: &Trails, name: &str, variants: &[&Variant]) -> LabelState {
    let mut values: BTreeMap<Option<Arc<str>>, super::Trail> = BTreeMap::new();
    let mut unknown = None;
    for variant in variants {
        let label = variant.get(name);
        match label.content {
            Content::Absent => {
                let trail = values.entry(None).or_insert(label.trail);
                if trail.is_start() {
                    *trail = label.trail;
                }
            }
            Content::Known(text) => drop(values.entry(Some(text)).or_insert(label.trail)),
            Content::Unknown(symbol) => drop(unknown.get_or_insert((symbol.reason, label.trail))),
        }
    }
    let mut listed: Vec<_> = values
        .into_iter()
        .map(|(value, trail)| (value.map(|text| text.to_string()), trails.steps(trail)))
        .collect();
    if let Some((reason, trail)) = unknown {
        let steps = trails.steps(trail);
        return LabelState::Unknown { reason: reason.to_string(), steps, others: listed };
    }
    match listed.len() {
        1 => match listed.remove(0) {
            (Some(value), steps) => LabelState::Constant { value, steps },
            (None, steps) => LabelState::Absent { steps },
        },
        _ => LabelState::OneOf(listed),
    }
}

fn metric_state(trails: &Trails, metric: Metric, streams: &[&Stream]) -> MetricState {
    let Some(name) = metric.name() else { return MetricState::Kept };
    let mut by: Vec<Step> = Vec::new();
    let (mut arrives, mut is_lost, mut why) = (false, false, None);
    for stream in streams {
        for dropped in &stream.dropped {
            is_lost = true;
            if !by.contains(&dropped.step) {
                by.push(dropped.step.clone());
            }
        }
        for variant in &stream.variants {
            let label = variant.get("__name__");
            match label.content {
                Content::Known(text) if *text == *name => arrives = true,
                Content::Unknown(symbol) => {
                    arrives = true;
                    why.get_or_insert(symbol.reason);
                }
                _ => {
                    is_lost = true;
                    for step in trails.steps(label.trail) {
                        if !by.contains(&step) {
                            by.push(step);
                        }
                    }
                }
            }
            if let Some(doubt) = &stream.doubt {
                why.get_or_insert(doubt.clone());
            }
        }
    }
    match (arrives, is_lost, why) {
        (true, false, None) => MetricState::Kept,
        (false, ..) => MetricState::Dropped { by },
        (true, _, Some(reason)) => MetricState::Unknown { reason: reason.to_string(), by },
        (true, true, None) => {
            let reason = by.first().map_or_else(
                || "some of its series are dropped".to_owned(),
                |step| reason(step).to_string(),
            );
            MetricState::Unknown { reason, by }
        }
    }
}
