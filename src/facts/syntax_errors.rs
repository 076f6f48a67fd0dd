//! `syntax_errors`: what cannot be parsed in the files that Alloy loads.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct SyntaxErrors;

/// So many errors of one file are listed; the rest are echoes.
const MOST: usize = 20;

const ABOUT: About = About {
    argument: "syntax_errors",
    meaning: "Every syntax error in the files that Alloy loads, in Alloy's words and order; \
              `more` counts those of a file beyond the first twenty. Empty if all files parse.",
    shape: r#"[{"path": "/etc/alloy/a.alloy", "message": "expected }, got EOF", "more": 0, "at": {…}}]"#,
    live: false,
};

impl Gatherer for SyntaxErrors {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let mut errors: Vec<Json> = Vec::new();
        for file in &host.merge_set().files {
            let found = file.diagnostics();
            for diagnostic in found.iter().take(MOST) {
                errors.push(json!({
                    "path": file.path,
                    "message": diagnostic.message,
                    "more": found.len().saturating_sub(MOST),
                    "at": host.at(&diagnostic.source, diagnostic.span),
                    "help": diagnostic.help,
                }));
            }
        }
        Ok(Json::Array(errors))
    }
}
