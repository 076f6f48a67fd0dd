//! Why a label does not arrive as it should: what is wrong, the place that makes it so, and the
//! further places that matter. The one explanation that all outputs show.

use super::names::Names;
use super::path::Path;
use super::place::Place;
use super::state::{LabelState, MetricState};
use super::trail::Step;

/// The most places beside the first.
const MOST_PLACES: usize = 3;

/// What arrives of a label on one path, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What arrives, as a clause.
    pub message: String,
    /// The place that makes it so, or where the label should be set.
    pub at: Place,
    /// Further places, each with what it has to do with the matter.
    pub also: Vec<(Place, String)>,
    /// What to do.
    pub help: String,
}

/// What is wrong with a label: the value that arrives, none for absent, and what made it so.
struct Wrong<'p> {
    value: Option<&'p str>,
    steps: &'p [Step],
}

/// Explains what arrives of a label on a path; `wanted` is what it should be, where that is known.
pub fn explain(
    names: &dyn Names,
    path: &Path,
    label: &'static str,
    wanted: Option<&str>,
) -> Option<Explanation> {
    let state = path.reached.labels.get(label)?;
    let wrong = charted_wrong(path, label, wanted).or_else(|| wrong(state, wanted));
    let way: Vec<String> =
        path.components.iter().map(|&id| format!("`{}`", names.full_id(id))).collect();
    let message = format!("{} on {}", summary(label, state), way.join(" -> "));
    let steps = match (&wrong, state) {
        (Some(wrong), _) => wrong.steps,
        (None, LabelState::Constant { steps, .. } | LabelState::Unknown { steps, .. }) => steps,
        (None, _) => &[],
    };
    let setter = names.setter(path);
    let at = steps.last().map_or(setter, |step| step.place);
    let mut also: Vec<(Place, String)> = steps
        .iter()
        .rev()
        .skip(1)
        .take(MOST_PLACES)
        .map(|step| (step.place, step.what.to_string()))
        .collect();
    if let Some(Wrong { value: None, steps }) = wrong {
        also.extend(where_absent(names, path, label, state, steps));
        also.truncate(MOST_PLACES);
    }
    Some(Explanation { message, at, also, help: help(label, state, wrong.as_ref()) })
}

/// What became of a label, as a clause.
fn summary(label: &str, state: &LabelState) -> String {
    match state {
        LabelState::Absent { steps } if steps.is_empty() => format!("{label} is never set"),
        LabelState::Absent { .. } => format!("{label} is removed"),
        LabelState::Constant { value, .. } => format!("{label} is `{value}`"),
        LabelState::OneOf(listed) => {
            let shown: Vec<String> = listed
                .iter()
                .map(|(value, _)| match value {
                    Some(value) => format!("`{value}`"),
                    None => "absent".to_owned(),
                })
                .collect();
            format!("{label} is one of {}", shown.join(", "))
        }
        LabelState::Unknown { reason, .. } => format!("{label} is not proven: {reason}"),
    }
}

/// What is certainly wrong on `up` or a metric that Trento charts.
fn charted_wrong<'p>(path: &'p Path, label: &str, wanted: Option<&str>) -> Option<Wrong<'p>> {
    path.reached
        .metrics
        .iter()
        .filter(|proof| proof.metric.name().is_some())
        .filter(|proof| !matches!(proof.state, MetricState::Dropped { .. }))
        .find_map(|proof| wrong(proof.labels.get(label)?, wanted))
}

/// What is certainly wrong with a state, what is absent first.
fn wrong<'p>(state: &'p LabelState, wanted: Option<&str>) -> Option<Wrong<'p>> {
    match state {
        LabelState::Absent { steps } => Some(Wrong { value: None, steps }),
        LabelState::Constant { value, .. } if wanted.is_none_or(|wanted| wanted == value) => None,
        LabelState::Constant { value, steps } => Some(Wrong { value: Some(value), steps }),
        LabelState::OneOf(listed) | LabelState::Unknown { others: listed, .. } => listed
            .iter()
            .find(|(value, _)| match (value.as_deref(), wanted) {
                (None, _) => true,
                (Some(value), Some(wanted)) => value != wanted,
                (Some(_), None) => false,
            })
            .map(|(value, steps)| Wrong { value: value.as_deref(), steps }),
    }
}

/// Where a label that is absent is seen to be, or is set on other series.
fn where_absent(
    names: &dyn Names,
    path: &Path,
    label: &str,
    state: &LabelState,
    steps: &[Step],
) -> Option<(Place, String)> {
    let end = names.header(path.sink.component);
    let set_elsewhere = match state {
        LabelState::OneOf(listed) | LabelState::Unknown { others: listed, .. } => {
            listed.iter().find_map(|(value, steps)| value.as_ref().and(steps.last()))
        }
        _ => None,
    };
    match (set_elsewhere, state) {
        (Some(step), _) if steps.is_empty() => {
            Some((step.place, format!("{}, on other series only", step.what)))
        }
        (_, LabelState::Absent { .. }) if steps.len() < 2 => {
            Some((end, format!("arrives without {label}")))
        }
        (_, LabelState::OneOf(_)) if steps.len() < 2 => {
            Some((end, format!("some series arrive without {label}")))
        }
        _ => None,
    }
}

/// What to do where the label is not what it should be.
fn help(label: &str, state: &LabelState, wrong: Option<&Wrong<'_>>) -> String {
    match (state, wrong) {
        (LabelState::Absent { steps }, _) if steps.is_empty() => {
            format!("add a rule with `target_label = \"{label}\"` and this host's value")
        }
        (LabelState::Unknown { .. }, _) => {
            format!("write the value of {label} into the configuration")
        }
        (LabelState::Absent { .. }, _) | (_, Some(Wrong { value: None, .. })) => {
            format!("take out what removes {label}, or set it on every path")
        }
        (LabelState::OneOf(_), Some(_)) => {
            format!("take out what sets {label} to another value on some series")
        }
        (LabelState::OneOf(_), None) => format!("set {label} to one value on every path"),
        (LabelState::Constant { .. }, _) => {
            "`trento-alloy generate` prints the configuration for this host".to_owned()
        }
    }
}
