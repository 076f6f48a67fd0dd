//! A job as a source of series: its targets, and what they expose.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use camino::Utf8Path;

use super::{Configuration, Surroundings, dialect, rules, targets};
use crate::prometheus::check::Inherited;
use crate::prometheus::decode::{Fields, Item};
use crate::prometheus::jobs::JobIn;
use crate::proof::node_exporter::{Build, collected, default_collectors};
use crate::proof::{
    self, ComponentId, Content, Dropped, Exposed, Gives, Label, Metric, Rules, SCRAPE_LIMITS,
    Scrape, Scraped, Step, Subject, Trail, Trails, Variant,
};

/// What series a job gives.
pub(super) fn gives(
    configuration: &Configuration,
    trails: &Trails,
    around: Surroundings<'_>,
    component: ComponentId,
    of: JobIn<'_>,
) -> Gives {
    let config = &configuration.loaded.fields;
    let inherited = Inherited::of(config);
    let scheme = match of.job.text("metric_name_validation_scheme") {
        "" => inherited.validation.as_str(),
        scheme => scheme,
    };
    let dialect = dialect(&configuration.version, scheme);
    let place = |fields: &Fields| configuration.place(of.source, fields.span);
    let of_targets = rules(of.job, "relabel_configs", dialect, component, place);
    let of_series = rules(of.job, "metric_relabel_configs", dialect, component, place);
    let job = Job { configuration, trails, around, component, of, inherited };
    let scraped: Vec<Scraped> =
        job.found().into_iter().map(|variant| job.scraped(variant, &of_targets)).collect();
    let global = config.fields("global");
    let limited = |name: &&&str| {
        of.job.int_or(name, 0) != 0 || global.is_some_and(|global| global.int_or(name, 0) != 0)
    };
    let limit = SCRAPE_LIMITS.iter().find(limited);
    let doubt: Option<Arc<str>> = match limit {
        Some(name) => Some(format!("`{name}` refuses a scrape that has more").into()),
        None => loses_names(trails, &of_series, &scraped),
    };
    let extra = |fields: &Fields| fields.bool_or("extra_scrape_metrics", false);
    let scrape = Scrape {
        component,
        place: configuration.place(of.source, of.job.span_of("job_name")),
        honors: Ok(of.job.bool_or("honor_labels", false)),
        job: Label::NONE,
        has_extra: extra(of.job) || global.is_some_and(extra),
        rules: of_series,
        takes_any_name: Ok(true),
        never: None,
        doubt,
    };
    Gives::Scraped(Rc::new(scrape), scraped)
}

struct Job<'a> {
    configuration: &'a Configuration,
    trails: &'a Trails,
    around: Surroundings<'a>,
    component: ComponentId,
    of: JobIn<'a>,
    inherited: Inherited,
}

impl Job<'_> {
    /// The targets before the job's rules.
    fn found(&self) -> Vec<Variant> {
        let mut found = Vec::new();
        for (name, entry) in &self.of.job.entries {
            match *name {
                "static_configs" => {
                    for item in self.of.job.list(name) {
                        found.extend(item.fields().into_iter().flat_map(|group| self.group(group)));
                    }
                }
                "file_sd_configs" => {
                    for item in self.of.job.list(name).iter().filter_map(Item::fields) {
                        found.extend(self.of_files(item));
                    }
                }
                name if name.ends_with("_sd_configs") && !entry.is_zero() => {
                    let reason = format!("what `{name}` finds is known only when Prometheus runs");
                    found.push(self.undiscovered(&reason));
                }
                _ => {}
            }
        }
        found
    }

    fn group(&self, group: &Fields) -> Vec<Variant> {
        let place = self.configuration.place(self.of.source, group.span);
        let step = Step::new(self.component, place, "gives the target this label");
        let trail = self.trails.push(Trail::START, step);
        let labels = group.map("labels");
        let targets = group.list("targets").iter().map(|address| {
            // A label of that name in the group does not count.
            targets::target(self.of, &self.inherited, address.text(), labels, trail)
        });
        targets.collect()
    }

    fn of_files(&self, entry: &Fields) -> Vec<Variant> {
        match targets::of_files(self.around.files, self.of, entry, &self.configuration.version) {
            Ok(groups) => {
                groups.iter().flat_map(|(path, group)| self.file_group(path, group)).collect()
            }
            Err(reason) => vec![self.undiscovered(&reason)],
        }
    }

    /// A group of a file of its own, whose places are not those of the configuration.
    fn file_group(&self, path: &Utf8Path, group: &Fields) -> Vec<Variant> {
        let labels = group.map("labels");
        let targets = group.list("targets").iter().map(|address| {
            let (of, inherited) = (self.of, &self.inherited);
            let mut target = targets::target(of, inherited, address.text(), labels, Trail::START);
            target.set("__meta_filepath", Label::known(path.as_str(), Trail::START));
            target
        });
        targets.collect()
    }

    fn undiscovered(&self, reason: &str) -> Variant {
        let mut variant = targets::undiscovered(reason);
        targets::add_own(self.of, &self.inherited, &mut variant, Trail::START);
        variant
    }

    /// A target once the job's rules were applied, with what it exposes.
    fn scraped(&self, variant: Variant, rules: &Rules) -> Scraped {
        let lost = exposed(&variant);
        let is_found_later = variant.is_possible_only;
        let result = proof::apply(self.trails, rules, Subject::Target, vec![variant]);
        let mut dropped = result.dropped;
        let mut variants = Vec::new();
        for mut variant in result.variants {
            if let Some(why) = targets::fault(&variant, &self.configuration.version) {
                let place = self.configuration.place(self.of.source, self.of.job.span);
                let what = format!("does not ask this target: {why}");
                let step = Step::new(self.component, place, what);
                dropped.push(Dropped { step, is_certain: !variant.is_possible_only });
                continue;
            }
            let exposed = exposed(&variant);
            for name in variant.listed() {
                if name.starts_with("__meta_") {
                    variant.set(name, Label::NONE);
                }
            }
            variants.push((variant, exposed));
        }
        if is_found_later {
            let place = self.configuration.place(self.of.source, self.of.job.span);
            let step = Step::new(self.component, place, "may find no target");
            dropped.push(Dropped { step, is_certain: false });
        }
        Scraped { variants, lost, dropped }
    }
}

/// What a target exposes: a node_exporter, as its address tells, or anything.
fn exposed(target: &Variant) -> Exposed {
    let known = |name: &str| match target.get(name).content {
        Content::Known(text) => Some(text),
        _ => None,
    };
    let is_host = known("__address__").is_some_and(|address| address.ends_with(":9100"))
        && known("__metrics_path__").as_deref() == Some("/metrics")
        && known("__scheme__").as_deref() == Some("http");
    if !is_host {
        return Exposed::Anything;
    }
    let has_parameters = target.listed().iter().any(|name| name.starts_with("__param_"));
    let reason = "which metrics its parameters ask for is not known".to_owned();
    let enabled: BTreeSet<String> = default_collectors(Build::Program);
    let series: Vec<(Metric, Variant)> =
        if has_parameters { collected(Err(&reason)) } else { collected(Ok(&enabled)) };
    let series: Vec<_> = series
        .into_iter()
        .map(|(metric, mut variant)| {
            if metric == Metric::Other {
                proof::node_exporter::no_label_of_interest(&mut variant);
            }
            (metric, variant)
        })
        .collect();
    Exposed::Series(series.into(), Rc::default())
}

/// Why the whole scrape may be refused: rules that leave a series without its name.
fn loses_names(trails: &Trails, rules: &Rules, scraped: &[Scraped]) -> Option<Arc<str>> {
    if rules.as_ref().is_ok_and(Vec::is_empty) {
        return None;
    }
    let reason = "a rule may leave a series without its name, and then the whole scrape is refused";
    let series =
        scraped.iter().flat_map(|target| &target.variants).flat_map(|(_, exposed)| match exposed {
            Exposed::Series(series, _) => {
                series.iter().map(|(_, variant)| variant.clone()).collect()
            }
            Exposed::Anything => vec![proof::named("any")],
        });
    let series: Vec<Variant> = series.collect();
    let left = proof::apply(trails, rules, Subject::Series, series).variants;
    let is_nameless = |variant: &Variant| match variant.get("__name__").content {
        Content::Absent => true,
        Content::Known(_) => false,
        Content::Unknown(symbol) => !symbol.is_present,
    };
    left.iter().any(is_nameless).then(|| reason.into())
}
