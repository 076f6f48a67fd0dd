//! Why a label does not arrive as it should: the path, the place where it is lost or goes wrong,
//! and the place where it should be set.

use super::component::{ComponentId, Place};
use super::proof::{LabelState, Metric, Path, Step};
use super::values::Values;

/// Why a label does not arrive as it should on one path.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What arrives instead, as a clause: `agentID is absent`.
    pub message: String,
    /// The components on the way.
    pub path: Vec<ComponentId>,
    /// Whether a metric that Trento charts, or `up`, is concerned for certain.
    pub is_charted: bool,
    /// Whether it is not known what arrives.
    pub is_unknown: bool,
    /// Where it is lost, set to something else, or passes without being set.
    pub lost: Marked,
    /// Where it should be set, or was set before it was lost.
    pub should: Option<Marked>,
}

/// A place and what it has to do with the matter.
#[derive(Clone, Debug)]
pub struct Marked {
    /// The place.
    pub place: Place,
    /// What it has to do with the matter, as a clause.
    pub text: String,
}

/// Explains why a label is not the wanted constant on a path; none where it is.
pub fn label(
    values: &Values<'_>,
    path: &Path,
    name: &'static str,
    wanted: &str,
) -> Option<Explanation> {
    let charted = path
        .reached
        .metrics
        .iter()
        .filter(|proof| proof.metric != Metric::Other)
        .filter_map(|proof| wrong(proof.labels.get(name)?, name, wanted));
    let all = path.reached.labels.get(name).and_then(|state| wrong(state, name, wanted));
    // What is certain and concerns a chart comes first.
    let mut found: Vec<(bool, Wrong<'_>)> = charted.map(|wrong| (true, wrong)).collect();
    found.extend(all.map(|wrong| (false, wrong)));
    let (of_charted, wrong) =
        found.into_iter().min_by_key(|(of_charted, wrong)| (wrong.is_unknown, !of_charted))?;
    let (lost, should) = marks(values, path, name, wrong.steps, wrong.is_absent);
    Some(Explanation {
        message: wrong.message,
        path: path.components.clone(),
        is_charted: of_charted && !wrong.is_unknown,
        is_unknown: wrong.is_unknown,
        lost,
        should,
    })
}

struct Wrong<'p> {
    message: String,
    steps: &'p [Step],
    is_absent: bool,
    is_unknown: bool,
}

/// What is wrong with a state, if anything is.
fn wrong<'p>(state: &'p LabelState, name: &str, wanted: &str) -> Option<Wrong<'p>> {
    let one = |value: Option<&str>, steps: &'p [Step], is_some: bool| {
        let some = if is_some { " on some series" } else { "" };
        let message = match value {
            None => format!("`{name}` is absent{some}"),
            Some(value) => format!("`{name}` is {value:?}{some}, not {wanted:?}"),
        };
        Wrong { message, steps, is_absent: value.is_none(), is_unknown: false }
    };
    let first_of = |listed: &'p [(Option<String>, Vec<Step>)]| {
        listed
            .iter()
            .find(|(value, _)| value.as_deref() != Some(wanted))
            .map(|(value, steps)| one(value.as_deref(), steps, true))
    };
    match state {
        LabelState::Constant { value, .. } if value == wanted => None,
        LabelState::Constant { value, steps } => Some(one(Some(value), steps, false)),
        LabelState::Absent { steps } => Some(one(None, steps, false)),
        LabelState::OneOf(listed) => first_of(listed),
        LabelState::Unknown { reason, steps, others } => first_of(others).or_else(|| {
            let message = format!("`{name}` is not known: {reason}");
            Some(Wrong { message, steps, is_absent: false, is_unknown: true })
        }),
    }
}

/// Where the label goes wrong, and where it should be set or was.
fn marks(
    values: &Values<'_>,
    path: &Path,
    name: &str,
    steps: &[Step],
    is_absent: bool,
) -> (Marked, Option<Marked>) {
    let marked = |step: &Step| Marked { place: step.place, text: step.what.to_string() };
    match steps {
        [] => {
            let scrape = component_on(values, path, "prometheus.scrape");
            let leaves = scrape.unwrap_or(path.source);
            let text = format!("series leave here without `{name}`");
            (Marked { place: values.graph().header(leaves), text }, target(values, path, name))
        }
        [only] if is_absent => (marked(only), target(values, path, name)),
        [first, .., last] if is_absent => {
            let text = format!("{}, which is lost", first.what);
            (marked(last), Some(Marked { place: first.place, text }))
        }
        [.., last] => (marked(last), None),
    }
}

/// The place on a path where a rule can set a label.
fn target(values: &Values<'_>, path: &Path, name: &str) -> Option<Marked> {
    let graph = values.graph();
    if let Some(relabel) = component_on(values, path, "discovery.relabel")
        .or_else(|| component_on(values, path, "prometheus.relabel"))
    {
        let text = format!("a rule here should set `{name}`");
        return Some(Marked { place: graph.header(relabel), text });
    }
    let scrape = component_on(values, path, "prometheus.scrape")?;
    let targets = graph.attr(scrape, "targets")?;
    let text = format!("these targets should come from a `discovery.relabel` that sets `{name}`");
    Some(Marked { place: graph.place(scrape, targets.value().span()), text })
}

fn component_on(values: &Values<'_>, path: &Path, name: &str) -> Option<ComponentId> {
    path.components.iter().copied().find(|&id| values.graph().component(id).name == name)
}
