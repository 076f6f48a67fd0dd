//! What a scrape makes of a target: its series, with the target's labels on them.

use std::rc::Rc;
use std::sync::Arc;

use super::dialect::is_label_name;
use super::place::{ComponentId, Place};
use super::relabel::Dropped;
use super::rule::Rules;
use super::stream::{Stream, anything, relabel_all};
use super::trail::{Step, Trail, Trails};
use super::variant::{Content, Label, Symbol, Variant};
use super::{Metric, named};

/// Settings with which a scrape is refused as a whole when there is more of something.
pub const SCRAPE_LIMITS: &[&str] = &[
    "sample_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "body_size_limit",
    "target_limit",
];

/// The series that a sender makes for every scrape, `up` first.
pub(super) const MADE: &[&str] = &[
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];
/// Those it makes only where `extra_metrics` is set.
const EXTRA: &[&str] = &["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"];

/// What a scrape does whose interval is zero.
pub const NEVER: &str = "never scrapes: its interval is zero";

/// How a sender scrapes targets.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// What scrapes.
    pub component: ComponentId,
    /// Where its name stands.
    pub place: Place,
    /// Whether a series' own labels win over the target's, or why that is not known.
    pub honors: Result<bool, Arc<str>>,
    /// The `job` of a target that has none.
    pub job: Label,
    /// Whether there are more series about the scrape than usual.
    pub has_extra: bool,
    /// What is done to what targets expose, and not to the series about the scrape itself.
    pub rules: Rules,
    /// Whether a target may have labels of any name, or why that is not known. One of another
    /// than the old names makes every scrape of it fail.
    pub takes_any_name: Result<bool, Arc<str>>,
    /// Why it never scrapes at all.
    pub never: Option<Step>,
    /// Why it may yield nothing but `up`.
    pub doubt: Option<Arc<str>>,
}

/// What a target exposes.
#[derive(Clone, Debug)]
pub enum Exposed {
    /// These series, but for what is left out of them.
    Series(Rc<[(Metric, Variant)]>, Rc<[(Metric, Dropped)]>),
    /// Anything at all.
    Anything,
}

/// A target that is scraped.
#[derive(Clone, Debug)]
pub struct Scraped {
    /// Its possible sets of labels, and what it exposes with them; empty if rules drop it.
    pub variants: Vec<(Variant, Exposed)>,
    /// What it exposed if it were scraped.
    pub lost: Exposed,
    /// What rules dropped on its way.
    pub dropped: Vec<Dropped>,
}

impl Scrape {
    /// The series of a target.
    pub fn streams(&self, trails: &Trails, target: &Scraped) -> Vec<Stream> {
        let mut streams: Vec<Stream> = Vec::new();
        if let Some(step) = &self.never {
            streams.extend(self.scrape_nothing(&target.lost));
            for stream in &mut streams {
                stream.dropped.push(Dropped { step: step.clone(), is_certain: true });
            }
            return streams;
        }
        for (variant, exposed) in &target.variants {
            streams.extend(self.scrape(trails, variant, exposed, &target.lost));
        }
        if target.variants.is_empty() {
            // Every series that there would have been is dropped by what dropped the target.
            streams.extend(self.scrape_nothing(&target.lost));
        }
        for stream in &mut streams {
            stream.dropped.extend(target.dropped.iter().cloned());
        }
        streams
    }

    fn scrape(
        &self,
        trails: &Trails,
        target: &Variant,
        exposed: &Exposed,
        lost: &Exposed,
    ) -> Vec<Stream> {
        let mut target = target.clone();
        let address = target.get("__address__");
        if address.content == Content::Absent {
            let mut streams = self.scrape_nothing(lost);
            let what = "does not ask a target without `__address__`";
            let step = Step::new(self.component, self.place, what);
            let is_certain = !target.is_possible_only;
            for stream in &mut streams {
                stream.dropped.push(Dropped { step: step.clone(), is_certain });
            }
            return streams;
        }
        self.default(&mut target, "job", &self.job);
        self.default(&mut target, "instance", &address);
        let doubtful = target.is_possible_only;
        let mut streams = Vec::new();
        for (metric, mut variant) in self.made() {
            variant.is_possible_only |= doubtful;
            self.label(&mut variant, &target, &Ok(false));
            streams.push(Stream::new(metric, variant));
        }
        let mut exposed = exposed_streams(exposed);
        for stream in &mut exposed {
            for variant in &mut stream.variants {
                variant.is_possible_only |= doubtful;
                self.label(variant, &target, &self.honors);
            }
            if self.doubt.is_some() {
                stream.doubt.clone_from(&self.doubt);
            }
        }
        if let Some((name, label)) = self.refused(&target) {
            let is_certain = self.takes_any_name.is_ok()
                && !doubtful
                && matches!(label.content, Content::Known(_));
            self.refuse(&name, is_certain, &mut exposed);
        }
        if !self.rules.as_ref().is_ok_and(Vec::is_empty) {
            exposed = relabel_all(trails, &self.rules, &exposed);
        }
        streams.append(&mut exposed);
        streams
    }

    /// The first label of a target for which every scrape fails.
    fn refused(&self, target: &Variant) -> Option<(Arc<str>, Label)> {
        if self.takes_any_name == Ok(true) {
            return None;
        }
        let mut labels = target.walk().into_iter();
        labels.find(|(name, _)| !name.starts_with("__") && !is_label_name(name))
    }

    /// What is exposed is refused for the name of a label, or may be.
    fn refuse(&self, name: &str, is_certain: bool, exposed: &mut [Stream]) {
        let what = format!(
            "refuses every scrape of a target that has the label `{name}`: its name is not one of \
             the old scheme"
        );
        for stream in exposed {
            if is_certain {
                stream.variants.clear();
                let step = Step::new(self.component, self.place, what.as_str());
                stream.dropped.push(Dropped { step, is_certain });
            } else {
                stream.doubt.get_or_insert_with(|| what.as_str().into());
            }
        }
    }

    /// The streams of a target that is not asked: each without a series.
    fn scrape_nothing(&self, lost: &Exposed) -> Vec<Stream> {
        let made = self.made().into_iter().map(|(metric, variant)| Stream::new(metric, variant));
        made.chain(exposed_streams(lost))
            .map(|stream| Stream { variants: Vec::new(), doubt: None, ..stream })
            .collect()
    }

    fn made(&self) -> Vec<(Metric, Variant)> {
        let extra = if self.has_extra { EXTRA } else { &[] };
        MADE.iter()
            .chain(extra)
            .map(|&name| (if name == "up" { Metric::Up } else { Metric::Other }, named(name)))
            .collect()
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
                // A label that is exposed without a value is there all the same.
                Ok(true) if own.content == Content::Absent && !own.trail.is_start() => own,
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
        let id = format!("honor/{:?}/{name}", self.component);
        Label { content: Content::Unknown(Symbol::new(id, reason.clone())), trail: Trail::START }
    }
}

/// The streams of what a target exposes.
fn exposed_streams(exposed: &Exposed) -> Vec<Stream> {
    match exposed {
        Exposed::Series(series, withheld) => {
            let streams = series.iter();
            let mut streams: Vec<Stream> =
                streams.map(|(metric, variant)| Stream::new(*metric, variant.clone())).collect();
            for (metric, dropped) in withheld.iter() {
                for stream in streams.iter_mut().filter(|stream| stream.metric == *metric) {
                    if dropped.is_certain {
                        stream.variants.clear();
                        stream.dropped.push(dropped.clone());
                    } else {
                        stream.doubt.get_or_insert_with(|| dropped.step.what.clone());
                    }
                }
            }
            streams
        }
        Exposed::Anything => {
            let mut streams = anything("what the target answers is not known");
            streams.retain(|stream| stream.metric != Metric::Up);
            streams
        }
    }
}

/// What a step that dropped something says.
pub(super) fn reason(step: &Step) -> Arc<str> {
    format!("a rule {}", step.what).into()
}
