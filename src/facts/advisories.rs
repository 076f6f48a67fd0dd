//! `advisories`: known defects of the installed Alloy that touch the configuration.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::validate::{Program, advisories};

/// The gatherer.
pub(super) struct Advisories;

const ABOUT: About = About {
    argument: "advisories",
    meaning: "The advisories whose versions hold the installed one and whose trigger (component, \
              setting) the configuration has.",
    shape: r#"[{"id": "…", "component": "import.file.x", "message": "…", "help": "…", "link": "https://…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Advisories {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()?;
        match &host.installed().written {
            Some(_) => Ok(()),
            None => Err("the installed version of Alloy is not known".to_owned()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let program = Program::of_files(&host.merge_set().files);
        let version = host.installed().written.clone().unwrap_or_default();
        Ok(advisories::touching(&program, &version)
            .into_iter()
            .map(|touched| {
                json!({
                    "id": touched.advisory.id,
                    "component": touched.component,
                    "message": format!("Alloy {version}: {}", touched.advisory.text),
                    "help": format!("{} ({})", touched.advisory.help, touched.advisory.link),
                    "link": touched.advisory.link,
                    "at": host.at(&touched.source, touched.span),
                })
            })
            .collect())
    }
}
