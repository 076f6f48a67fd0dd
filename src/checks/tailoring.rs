//! A plan tailored to a host: what its own settings leave out, and the values that they give.
//!
//! What is left out is shown as skipped with the place that says so: a report without it would
//! look as if nobody had to know.

use crate::checks::execution::Plan;
use crate::checks::load::Loaded;
use crate::checks::model::{Check, Severity};
use crate::checks::overrides::{self, Override};
use crate::checks::report::{Notice, Report};
use crate::checks::selection::Filter;
use crate::error::{Error, Result};
use crate::site::{CheckValue, Site, Written};

/// The plan as it is for a host with these settings; `known` are the checks that patterns and
/// values may name, those that were not selected included. What was chosen by hand is run whatever
/// the settings leave out.
///
/// # Errors
/// A pattern names none of the checks, or a value is none that a check can have.
pub fn tailored<'c>(
    plan: &Plan<'c>,
    site: &Site,
    known: &[Loaded],
    is_chosen_by_hand: bool,
) -> Result<Plan<'c>> {
    let values = values(site, known)?;
    let (select, skip) = (patterns(&site.select, known)?, patterns(&site.skip, known)?);
    let left_out = |loaded: &Loaded| {
        if is_chosen_by_hand {
            return None;
        }
        let skipped = skip.iter().find(|(filter, _)| filter.admits(loaded));
        if let Some((_, by)) = skipped {
            return Some(format!("left out by {}:{}", by.at.file, by.at.line));
        }
        let by = select.first().map(|(_, by)| by)?;
        let is_selected = select.iter().any(|(filter, _)| filter.admits(loaded));
        (!is_selected).then(|| format!("not selected by {}:{}", by.at.file, by.at.line))
    };
    Ok(plan.varied(&left_out, values))
}

/// Notes in a report that a host's settings are not used, if they are not.
pub fn note_set_aside(site: &Site, report: &mut Report) {
    let notice = |message| Notice { severity: Severity::Warning, message };
    report.notices.extend(site.set_aside().map(notice));
}

type Pattern<'s> = (Filter, &'s Written<String>);

fn patterns<'s>(written: &'s [Written<String>], known: &[Loaded]) -> Result<Vec<Pattern<'s>>> {
    let pattern = |by: &'s Written<String>| {
        let filter = Filter::new(std::slice::from_ref(&by.value), &[])
            .map_err(|error| at(by, &error.to_string()))?;
        match filter.idle(known).first() {
            Some(text) => Err(at(
                by,
                &format!(
                    "no check has the id, name or group `{text}`; `trento-alloy catalog list` \
                     shows them all"
                ),
            )),
            None => Ok((filter, by)),
        }
    };
    written.iter().map(pattern).collect()
}

/// The values, each of a kind that its check takes.
fn values(site: &Site, known: &[Loaded]) -> Result<Vec<Override>> {
    let check = |id: &str| -> Option<&Check> {
        known.iter().filter_map(|loaded| loaded.check.as_deref().ok()).find(|it| it.id() == id)
    };
    let value = |written: &Written<CheckValue>| {
        let CheckValue { check_id, name, value } = written.value.clone();
        let given = Override { check_id, name, value };
        overrides::validate(std::slice::from_ref(&given), check)
            .map_err(|error| at(written, &error.to_string()))?;
        Ok(given)
    };
    site.set.iter().map(value).collect()
}

fn at<T>(written: &Written<T>, what: &str) -> Error {
    let at = &written.at;
    Error::Invalid(format!("{}:{}:{}: {what}", at.file, at.line, at.column))
}
