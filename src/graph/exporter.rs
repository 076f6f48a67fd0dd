//! What exporters give: their targets, and what a scrape of them yields.
//!
//! The facts are those of Alloy's `prometheus.exporter.*` and of node_exporter: labels of targets,
//! default collectors, names and labels of the metrics that Trento charts.

use std::collections::BTreeSet;
use std::rc::Rc;

use alloy_grammar::ast::Block;

use super::component::{ComponentId, Kind};
use super::discovered::Target;
use super::values::Values;
use super::{targets, textfile, withheld};
use crate::eval::Value;
use crate::proof::node_exporter::{Build, collected, default_collectors, no_label_of_interest};
use crate::proof::{self, Exposed, Label, Metric, Step, Trail, Variant};

/// Which program a target's metrics come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// `prometheus.exporter.unix` of this host.
    Host(ComponentId),
    /// Another exporter inside Alloy, which exposes no metric that Trento charts.
    Other(ComponentId),
    /// Anything at all.
    Outside,
}

/// Whether a component is an exporter of this host's own metrics.
pub fn is_host_exporter(values: &Values<'_>, id: ComponentId) -> bool {
    let component = values.graph().component(id);
    component.kind == Kind::Builtin && component.name == "prometheus.exporter.unix"
}

/// The collectors that an exporter of the host runs, or why that is not known.
///
/// # Errors
/// One of the three arguments is not known.
pub fn collectors(values: &Values<'_>, id: ComponentId) -> Result<BTreeSet<String>, String> {
    let given = |name| match values.argument(id, name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(array)) => array
            .items()
            .iter()
            .map(|item| match item.as_str() {
                Some(name) => Ok(name.to_owned()),
                None => Err(item.unknown_reason().unwrap_or("it holds no text").to_owned()),
            })
            .collect::<Result<Vec<_>, _>>(),
        Some(other) => Err(other.unknown_reason().unwrap_or("it is no list").to_owned()),
    };
    let set = given("set_collectors")?;
    let mut enabled: BTreeSet<String> = if set.is_empty() {
        default_collectors(Build::PartOfAlloy)
    } else {
        set.into_iter().collect()
    };
    for name in given("disable_collectors")? {
        enabled.remove(&name);
    }
    // What is enabled by name is on, even where it is disabled as well.
    enabled.extend(given("enable_collectors")?);
    Ok(enabled)
}

/// The `targets` of an exporter.
pub(super) fn targets(values: &Values<'_>, id: ComponentId) -> Value {
    let graph = values.graph();
    let component = graph.component(id);
    let kind = component.name.trim_start_matches("prometheus.exporter.");
    if matches!(kind, "blackbox" | "snmp" | "cloudwatch" | "catchpoint") {
        // These make targets of what they are told to ask.
        return targets::undiscovered(values, id);
    }
    let full_id = graph.full_id(id);
    let step = Step::new(id, graph.header(id), "gives its target this label");
    let trail = values.discovered().trails.push(Trail::START, step);
    let mut variant = Variant::new(None);
    let name = full_id.rsplit_once('.').map_or(full_id.as_str(), |(name, _)| name);
    let name = if component.label.is_none() { full_id.as_str() } else { name };
    let fixed = [
        ("__address__", "alloy.internal:12345"),
        ("__scheme__", "http"),
        ("__metrics_path__", &*format!("/api/v0/component/{full_id}/metrics")),
        ("job", &*format!("integrations/{kind}")),
        ("__meta_component_name", name),
        ("__meta_component_id", &*full_id),
    ];
    for (name, text) in fixed {
        variant.set(name, Label::known(text, trail));
    }
    variant.set("instance", Label { content: instance(values, kind), trail });
    variant.settle();
    let target = Target { path: vec![id], variants: vec![variant], dropped: Vec::new() };
    Value::array([targets::value(values, target)])
}

/// The instance of an exporter's target: the host, unless the exporter asks something else.
fn instance(values: &Values<'_>, kind: &str) -> proof::Content {
    let unknown = |reason: &str| {
        let mut symbol = proof::Symbol::new(format!("instance/{kind}"), reason);
        symbol.is_present = true;
        proof::Content::Unknown(symbol)
    };
    if !matches!(kind, "unix" | "self" | "process" | "windows" | "cadvisor") {
        return unknown("the exporter names its instance itself");
    }
    let context = values.graph().context();
    let name = match context.environment.value("HOSTNAME") {
        Value::String(text) if text.is_empty() => context.constants.hostname.clone(),
        other => other,
    };
    match (name.as_str(), name.unknown_reason()) {
        (Some(name), _) => proof::Content::Known(name.into()),
        (None, reason) => unknown(reason.unwrap_or("the host's name is no text")),
    }
}

/// Which program answers a target that came from a component, if nothing changed its address.
pub(super) fn exposition(values: &Values<'_>, target: &Variant, from: ComponentId) -> Exposition {
    let component = values.graph().component(from);
    if component.kind != Kind::Builtin || !component.name.starts_with("prometheus.exporter.") {
        return Exposition::Outside;
    }
    let full_id = values.graph().full_id(from);
    let is = |name, text: &str| matches!(target.get(name).content, proof::Content::Known(found) if *found == *text);
    if !is("__address__", "alloy.internal:12345")
        || !is("__metrics_path__", &format!("/api/v0/component/{full_id}/metrics"))
    {
        return Exposition::Outside;
    }
    match component.name.as_str() {
        "prometheus.exporter.unix" => Exposition::Host(from),
        "prometheus.exporter.static" => Exposition::Outside,
        _ => Exposition::Other(from),
    }
}

/// What an exposition holds.
pub(super) fn exposed(values: &Values<'_>, exposition: Exposition) -> Exposed {
    match exposition {
        Exposition::Host(id) => {
            let enabled = collectors(values, id);
            let withheld = withheld::metrics(values, id, enabled.as_ref().ok());
            Exposed::Series(host_series(values, id), withheld.into())
        }
        Exposition::Other(id) => Exposed::Series(other_series(values, id).into(), Rc::default()),
        Exposition::Outside => Exposed::Anything,
    }
}

/// The series of an exporter of the host: those that Trento charts by name, then the others.
fn host_series(values: &Values<'_>, id: ComponentId) -> Rc<[(Metric, Variant)]> {
    let default = values
        .discovered()
        .default_series
        .get_or_init(|| collected(Ok(&default_collectors(Build::PartOfAlloy))).into());
    let arguments =
        ["set_collectors", "enable_collectors", "disable_collectors", "include_exporter_metrics"];
    let block = values.graph().block(id).body();
    if block.block("textfile").is_none() && arguments.iter().all(|name| block.attr(name).is_none())
    {
        return default.clone();
    }
    let mut series = collected(collectors(values, id).as_ref());
    let own = values.argument(id, "include_exporter_metrics").and_then(|value| value.as_bool());
    if own != Some(false) && values.graph().attr(id, "include_exporter_metrics").is_some() {
        series.push((Metric::Other, proof::unnamed("", "the exporter's own metrics")));
    }
    let textfile = values.graph().block(id).body().block("textfile");
    let directory = textfile.and_then(|block: Block<'_>| block.body().attr("directory"));
    if let Some(directory) = directory
        && collectors(values, id).map_or(true, |enabled| enabled.contains("textfile"))
    {
        series.extend(textfile::series(values, id, directory));
    }
    series.into()
}

/// The series of another exporter inside Alloy.
fn other_series(values: &Values<'_>, id: ComponentId) -> Vec<(Metric, Variant)> {
    let component = values.graph().component(id);
    let reason = format!("the metrics of `{}` are not known one by one", component.local_id);
    let mut variant = proof::unnamed("", &reason);
    if component.name == "prometheus.exporter.self" {
        no_label_of_interest(&mut variant);
    }
    vec![(Metric::Other, variant)]
}
