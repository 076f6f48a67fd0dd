//! Series of one metric on their way from a source to an endpoint.

use std::sync::Arc;

use super::node_exporter::CHARTED;
use super::relabel::Subject;
use super::relabel::{self, Dropped};
use super::rule::Rules;
use super::trail::{Trail, Trails};
use super::variant::{Label, Variant};
use super::{Metric, unnamed};

/// Series of one metric on their way, with what became of them so far.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The metric they began as.
    pub metric: Metric,
    /// What labels they may have.
    pub variants: Vec<Variant>,
    /// What rules dropped on the way.
    pub dropped: Vec<Dropped>,
    /// Why it may be that nothing is sent at all.
    pub doubt: Option<Arc<str>>,
}

impl Stream {
    /// Series with these labels.
    pub fn new(metric: Metric, variant: Variant) -> Stream {
        Stream { metric, variants: vec![variant], dropped: Vec::new(), doubt: None }
    }
}

/// Any series at all, for a reason.
pub fn anything(reason: &str) -> Vec<Stream> {
    let charted =
        CHARTED.iter().map(|&(name, ..)| (Metric::Charted(name), name)).chain([(Metric::Up, "up")]);
    let mut streams: Vec<Stream> = charted
        .map(|(metric, name)| {
            let mut variant = Variant::new(Some(reason.into()));
            variant.set("__name__", Label::known(name, Trail::START));
            variant.is_possible_only = true;
            let mut stream = Stream::new(metric, variant);
            stream.doubt = Some(format!("whether there is any is not known: {reason}").into());
            stream
        })
        .collect();
    let mut variant = unnamed("", reason);
    variant.is_possible_only = true;
    streams.push(Stream::new(Metric::Other, variant));
    streams
}

/// Applies rules to every stream.
pub fn relabel_all(trails: &Trails, rules: &Rules, streams: &[Stream]) -> Vec<Stream> {
    streams
        .iter()
        .map(|stream| {
            let result = relabel::apply(trails, rules, Subject::Series, stream.variants.clone());
            let mut dropped = stream.dropped.clone();
            dropped.extend(result.dropped);
            let doubt = stream.doubt.clone().or_else(|| rules.as_ref().err().cloned());
            Stream { metric: stream.metric, variants: result.variants, dropped, doubt }
        })
        .collect()
}

/// Whether two lots of streams are the same but for what made them so, and for what rules took
/// from labels that are not listed.
pub fn is_like(some: &[Stream], others: &[Stream]) -> bool {
    some.len() == others.len()
        && some.iter().zip(others).all(|(one, other)| {
            one.metric == other.metric
                && one.doubt == other.doubt
                && one.dropped.is_empty() == other.dropped.is_empty()
                && one.variants.len() == other.variants.len()
                && one.variants.iter().zip(&other.variants).all(|(a, b)| a.is_nearly(b))
        })
}

/// Makes streams stand for others that are like them.
pub fn merge(streams: &mut [Stream], others: &[Stream]) {
    for (stream, other) in streams.iter_mut().zip(others) {
        for (variant, other) in stream.variants.iter_mut().zip(&other.variants) {
            variant.merge(other);
        }
    }
}
