//! `validation`: what the installed Alloy says of the configuration.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::validate::is_of_validate_only;

/// The gatherer.
pub(super) struct Validation;

const ABOUT: About = About {
    argument: "validation",
    meaning: "What `alloy validate` of the installed version says of the files that Alloy loads \
              and that parse, but for what `declarations`, `unresolved_references` and `cycles` \
              tell, and which blocks have no effect. An `error` is what Alloy refuses, a \
              `warning` what it starts with, and a `note` what only `alloy validate` stumbles \
              over; `note` says why another version had to stand in. Of more than a thousand errors \
              come first, and the rest is left out.",
    shape: r#"{"alloy_version": "v1.18.1", "note": "", "diagnostics": [{"severity": "error", "code": "unknown-component", "message": "…", "at": {…}}]}"#,
    live: false,
};

impl Gatherer for Validation {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloys_own_format()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let idle = host.beyond().iter().filter(|found| found.code.name == "no-effect");
        let found = host.faults().verdict.diagnostics.iter().chain(idle).collect();
        let diagnostics: Vec<Json> = long::bounded(found, |found| severity(found) == "error")
            .into_iter()
            .map(|found| {
                json!({
                    "severity": severity(found),
                    "code": found.code.name,
                    "message": found.message,
                    "help": found.help,
                    "at": host.at(&found.source, found.span),
                })
            })
            .collect();
        let installed = host.installed();
        Ok(json!({
            "alloy_version": installed.version().name(),
            "note": installed.note().unwrap_or_default(),
            "diagnostics": diagnostics,
        }))
    }
}

fn severity(found: &Diagnostic) -> &'static str {
    match found.severity {
        _ if is_of_validate_only(found) => "note",
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
