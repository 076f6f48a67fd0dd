//! Facts that have no meaning where Prometheus pushes, each with the reason.

use serde_json::Value as Json;

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::facts::{alloy_release, cycles, start_faults, template, unresolved_references};

/// A fact of Alloy's that Prometheus does not have.
pub(super) struct Meaningless {
    alloys: &'static dyn Gatherer,
    reason: &'static str,
}

/// Nothing refers to anything.
pub(super) const UNRESOLVED_REFERENCES: Meaningless = Meaningless {
    alloys: &unresolved_references::UnresolvedReferences,
    reason: "nothing refers to anything in a configuration of Prometheus",
};

/// Nothing refers to anything.
pub(super) const CYCLES: Meaningless = Meaningless {
    alloys: &cycles::Cycles,
    reason: "nothing refers to anything in a configuration of Prometheus",
};

/// What a start makes of the configuration is told by facts of its own.
pub(super) const START_FAULTS: Meaningless = Meaningless {
    alloys: &start_faults::StartFaults,
    reason: "what a start of Prometheus makes of its configuration: A11071, A11072",
};

/// Trento's templates are Alloy's.
pub(super) const TEMPLATE: Meaningless = Meaningless {
    alloys: &template::Template,
    reason: "Prometheus pushes from this host, and its file is made from no template of Alloy's",
};

/// There is no Alloy that sends.
pub(super) const ALLOY_RELEASE: Meaningless = Meaningless {
    alloys: &alloy_release::AlloyRelease,
    reason: "Prometheus pushes from this host, not Alloy",
};

impl Gatherer for Meaningless {
    fn about(&self) -> &'static About {
        self.alloys.about()
    }

    fn applies(&self, _: &Host<'_>) -> Result<(), String> {
        Err(self.reason.to_owned())
    }

    fn gather(&self, _: &Host<'_>) -> Result<Json, GatherError> {
        Ok(Json::Null)
    }
}
