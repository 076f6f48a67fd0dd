//! Static targets: whether each can be a target once the job's rules were applied.

use alloy_grammar::span::Span;

use super::check::Inherited;
use super::decode::Fields;
use super::file::{Loaded, Refusal};
use super::promtool::JobIn;
use super::sender;
use super::version::Version;
use crate::proof::{ComponentId, FileId, Place, Subject, Trail, Trails, apply};

/// Checks the targets of a group; `name` is what Prometheus calls it.
pub(super) fn check_group(
    of: JobIn<'_>,
    group: &Fields,
    loaded: &Loaded,
    version: &Version,
    name: &str,
) -> Result<(), Refusal> {
    let inherited = Inherited::of(&loaded.fields);
    let scheme = match of.job.text("metric_name_validation_scheme") {
        "" => inherited.validation.as_str(),
        scheme => scheme,
    };
    let nowhere = Place { file: FileId::new(0), span: Span::NONE };
    let dialect = sender::dialect(version, scheme);
    let component = ComponentId::new(0);
    let rules = sender::rules(of.job, "relabel_configs", dialect, component, |_| nowhere);
    let trails = Trails::default();
    for (index, address) in group.list("targets").iter().enumerate() {
        let labels = group.map("labels");
        let target = sender::target(of, &inherited, address.text(), labels, Trail::START);
        let left = apply(&trails, &rules, Subject::Target, vec![target]).variants;
        // What is not certain is no reason to refuse.
        let [only] = left.as_slice() else { continue };
        if let Some(fault) = sender::fault(only, version).filter(|_| !only.is_possible_only) {
            let message = format!("instance {index} in group {name}: {fault}");
            return Err(Refusal::one(message, address.span));
        }
    }
    Ok(())
}
