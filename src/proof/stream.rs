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
            let mut passed = stream.clone();
            passed.variants = result.variants;
            passed.dropped.extend(result.dropped);
            if let Err(reason) = rules {
                passed.doubt.get_or_insert_with(|| reason.clone());
            }
            passed
        })
        .collect()
}
