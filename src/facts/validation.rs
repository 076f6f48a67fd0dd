//! `validation`: what the installed Alloy says of the configuration.

use serde_json::{Value as Json, json};

use crate::diagnostic::Severity;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Validation;

const ABOUT: About = About {
    argument: "validation",
    meaning: "What `alloy validate` of the installed version says of the files that Alloy loads \
              and that parse, but for what `declarations`, `unresolved_references` and `cycles` \
              tell; `note` says why another version had to stand in.",
    shape: r#"{"alloy_version": "v1.18.1", "note": "", "diagnostics": [{"severity": "error", "code": "unknown-component", "message": "…", "at": {…}}]}"#,
    live: false,
};

impl Gatherer for Validation {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()?;
        match host.merge_set().start.args.config_format() {
            "" | "alloy" => Ok(()),
            other => Err(format!("the configuration is of the format {other}")),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let verdict = &host.faults().verdict;
        let diagnostics: Vec<Json> = verdict
            .diagnostics
            .iter()
            .map(|found| {
                json!({
                    "severity": match found.severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                    },
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
