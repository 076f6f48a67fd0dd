//! Static targets: whether each can be a target once the job's rules were applied.

use alloy_grammar::literal::quote;

use super::decode::Fields;
use super::file::{Loaded, Refusal};
use super::promtool::JobIn;
use super::version::Version;

/// Checks the targets of a group; `name` is what Prometheus calls it.
pub(super) fn check_group(
    of: JobIn<'_>,
    group: &Fields,
    _loaded: &Loaded,
    _version: &Version,
    name: &str,
) -> Result<(), Refusal> {
    if !of.job.list("relabel_configs").is_empty() {
        return Ok(());
    }
    for (index, target) in group.list("targets").iter().enumerate() {
        let address = target.text();
        let fault = if address.is_empty() {
            "no address".to_owned()
        } else if address.contains('/') {
            format!("{} is not a valid hostname", quote(address))
        } else {
            continue;
        };
        let message = format!("instance {index} in group {name}: {fault}");
        return Err(Refusal::one(message, target.span));
    }
    Ok(())
}
