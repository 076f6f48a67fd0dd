//! What a scrape makes of a target: its series, with the target's labels on them.

use std::sync::Arc;

use super::relabel::{Dropped, step};
use super::trail::{Step, Trail};
use super::variant::{Content, Label, Symbol, Variant};
use super::{Metric, named, unnamed};
use crate::eval::{Number, Value};
use crate::graph::component::ComponentId;
use crate::graph::exporter::{self, CHARTED, Exposition};
use crate::graph::targets::Target;
use crate::graph::values::Values;

/// The series Alloy makes for every scrape, `up` first.
pub(super) const MADE: &[&str] = &[
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];
/// Those it makes only where `extra_metrics` is set.
const EXTRA: &[&str] = &["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"];
/// Arguments that make Alloy refuse a whole scrape when there is more of something.
const LIMITS: &[&str] = &[
    "sample_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "body_size_limit",
    "target_limit",
];

/// Series of one metric on their way, with what became of them so far.
#[derive(Clone, Debug)]
pub(in crate::graph) struct Stream {
    pub metric: Metric,
    pub variants: Vec<Variant>,
    pub dropped: Vec<Dropped>,
    /// Why it may be that nothing is sent at all.
    pub doubt: Option<Arc<str>>,
}

impl Stream {
    pub(super) fn new(metric: Metric, variant: Variant) -> Stream {
        Stream { metric, variants: vec![variant], dropped: Vec::new(), doubt: None }
    }
}

/// Any series at all, for a reason.
pub(super) fn anything(reason: &str) -> Vec<Stream> {
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

/// The series of a target that a `prometheus.scrape` asks.
pub(super) fn streams(values: &Values<'_>, scrape: ComponentId, target: &Target) -> Vec<Stream> {
    let scraper = Scraper::new(values, scrape);
    let mut streams: Vec<Stream> = Vec::new();
    for variant in &target.variants {
        streams.extend(scraper.scrape(variant, target.path[0]));
    }
    if target.variants.is_empty() {
        // Every series that there would have been is dropped by what dropped the target.
        streams.extend(scraper.scrape_nothing(target.path[0]));
    }
    for stream in &mut streams {
        stream.dropped.extend(target.dropped.iter().cloned());
    }
    streams
}

struct Scraper<'v, 'g> {
    values: &'v Values<'g>,
    scrape: ComponentId,
    honors: Result<bool, Arc<str>>,
    job: Label,
    extra: bool,
    doubt: Option<Arc<str>>,
}

impl<'v, 'g> Scraper<'v, 'g> {
    fn new(values: &'v Values<'g>, scrape: ComponentId) -> Scraper<'v, 'g> {
        let graph = values.graph();
        let honors = match values.argument(scrape, "honor_labels") {
            None | Some(Value::Null) => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| reason_of(&value)),
        };
        let job = values.argument(scrape, "job_name");
        let job = match job {
            Some(Value::String(text)) if !text.is_empty() => {
                Content::Known(text.as_str().unwrap_or_default().into())
            }
            Some(value @ Value::Unknown(_)) => {
                Content::Unknown(Symbol::new("job_name", reason_of(&value)))
            }
            _ => Content::Known(graph.full_id(scrape).into()),
        };
        let step = step(scrape, graph.header(scrape), "gives its series this `job`");
        let job = Label { content: job, trail: values.trails.push(Trail::START, step) };
        let extra = values
            .argument(scrape, "extra_metrics")
            .is_some_and(|value| value.as_bool() != Some(false));
        Scraper { values, scrape, honors, job, extra, doubt: doubt(values, scrape) }
    }

    fn scrape(&self, target: &Variant, from: ComponentId) -> Vec<Stream> {
        let mut target = target.clone();
        let address = target.get("__address__");
        if address.content == Content::Absent {
            let mut streams = self.scrape_nothing(from);
            let graph = self.values.graph();
            let what = "does not ask a target without `__address__`";
            let step = step(self.scrape, graph.header(self.scrape), what);
            let is_certain = !target.is_possible_only;
            for stream in &mut streams {
                stream.dropped.push(Dropped { step: step.clone(), is_certain });
            }
            return streams;
        }
        let exposition = exporter::exposition(self.values, &target, from);
        self.default(&mut target, "job", &self.job);
        self.default(&mut target, "instance", &address);
        let doubtful = target.is_possible_only;
        let mut streams = Vec::new();
        for (metric, mut variant) in self.made() {
            variant.is_possible_only |= doubtful;
            self.label(&mut variant, &target, &Ok(false));
            streams.push(Stream::new(metric, variant));
        }
        for mut stream in self.exposed(exposition) {
            for variant in &mut stream.variants {
                variant.is_possible_only |= doubtful;
                self.label(variant, &target, &self.honors);
            }
            if self.doubt.is_some() {
                stream.doubt.clone_from(&self.doubt);
            }
            streams.push(stream);
        }
        streams
    }

    /// The streams of a target that is not asked: each without a series.
    fn scrape_nothing(&self, from: ComponentId) -> Vec<Stream> {
        let component = self.values.graph().component(from);
        let exposition = match component.name.as_str() {
            "prometheus.exporter.unix" => Exposition::Host(from),
            _ => Exposition::Other(from),
        };
        let made = self.made().into_iter().map(|(metric, variant)| Stream::new(metric, variant));
        made.chain(self.exposed(exposition))
            .map(|stream| Stream { variants: Vec::new(), doubt: None, ..stream })
            .collect()
    }

    fn made(&self) -> Vec<(Metric, Variant)> {
        let extra = if self.extra { EXTRA } else { &[] };
        MADE.iter()
            .chain(extra)
            .map(|&name| (if name == "up" { Metric::Up } else { Metric::Other }, named(name)))
            .collect()
    }

    fn exposed(&self, exposition: Exposition) -> Vec<Stream> {
        let series = match exposition {
            Exposition::Host(id) => exporter::host_series(self.values, id),
            Exposition::Other(id) => exporter::other_series(self.values, id),
            Exposition::Outside => {
                let mut streams = anything("what the target answers is not known");
                streams.retain(|stream| stream.metric != Metric::Up);
                return streams;
            }
        };
        series.into_iter().map(|(metric, variant)| Stream::new(metric, variant)).collect()
    }

    fn default(&self, target: &mut Variant, name: &str, default: &Label) {
        match target.get(name).content {
            Content::Absent => target.set(name, default.clone()),
            Content::Unknown(symbol) if !symbol.is_present => {
                let symbol = Symbol { is_present: true, ..symbol };
                target.set(name, Label { content: Content::Unknown(symbol), trail: Trail::START });
            }
            _ => {}
        }
    }

    /// Puts the target's labels on a series.
    fn label(&self, series: &mut Variant, target: &Variant, honors: &Result<bool, Arc<str>>) {
        let mut names = target.listed();
        if target.rest().is_some() {
            // Any label of the series may meet one of the target that is not listed.
            names.extend(series.listed());
            names.sort();
            names.dedup();
        }
        let own_rest = series.rest().cloned();
        for name in names {
            if name.starts_with("__") {
                continue;
            }
            let (own, given) = (series.get(&name), target.get(&name));
            if given.content == Content::Absent {
                // Nothing gave it to the target: what took it away there explains why.
                if own.content == Content::Absent && !given.trail.is_start() {
                    series.set(name, given);
                }
                continue;
            }
            let label = match honors {
                Ok(false) => {
                    self.export(series, &name, &own);
                    self.prefer(&given, &own)
                }
                Ok(true) => self.prefer(&own, &given),
                Err(reason) if own.content == Content::Absent => {
                    let _ = reason;
                    given
                }
                Err(reason) => self.unknown(&name, reason),
            };
            series.set(name, label);
        }
        if let Some(reason) = target.rest() {
            let reason = own_rest.unwrap_or_else(|| reason.clone());
            series.open(reason);
        }
    }

    /// What a label is that comes from the first, or from the second where the first lacks it.
    fn prefer(&self, first: &Label, second: &Label) -> Label {
        match (&first.content, &second.content) {
            (Content::Absent, _) => second.clone(),
            (Content::Unknown(symbol), content)
                if !symbol.is_present && *content != Content::Absent =>
            {
                Label {
                    content: Content::Unknown(Symbol::new(
                        format!("{}/or", symbol.id),
                        symbol.reason.clone(),
                    )),
                    trail: first.trail,
                }
            }
            _ => first.clone(),
        }
    }

    /// A series' own label makes way for the target's.
    fn export(&self, series: &mut Variant, name: &str, own: &Label) {
        if own.content == Content::Absent {
            return;
        }
        let mut exported = format!("exported_{name}");
        while matches!(series.get(&exported).content, Content::Known(_)) && exported.len() < 200 {
            exported = format!("exported_{exported}");
        }
        series.set(exported, own.clone());
    }

    fn unknown(&self, name: &str, reason: &Arc<str>) -> Label {
        let id = format!("honor/{:?}/{name}", self.scrape);
        Label { content: Content::Unknown(Symbol::new(id, reason.clone())), trail: Trail::START }
    }
}

fn reason_of(value: &Value) -> Arc<str> {
    value.unknown_reason().unwrap_or("it has the wrong type").into()
}

/// Why a scrape may yield nothing but `up`.
fn doubt(values: &Values<'_>, scrape: ComponentId) -> Option<Arc<str>> {
    for name in LIMITS {
        let is_none = match values.argument(scrape, name) {
            None | Some(Value::Null) => true,
            Some(Value::Number(Number::Int(0) | Number::Uint(0))) => true,
            Some(value) => matches!(value.as_str(), Some("" | "0")),
        };
        if !is_none {
            return Some(format!("`{name}` refuses a scrape that has more").into());
        }
    }
    let block = values.graph().block(scrape);
    let clustering = block.body().block("clustering")?.body().attr("enabled")?;
    let enabled = values.expr(scrape, clustering.value());
    (enabled.as_bool() != Some(false))
        .then(|| "in a cluster another Alloy may scrape the target".into())
}

/// What a step that dropped something says.
pub(super) fn reason(step: &Step) -> Arc<str> {
    format!("a rule {}", step.what).into()
}
