//! `authentication`: how Alloy authenticates, beside what the agent's settings say.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Authentication;

const ABOUT: About = About {
    argument: "authentication",
    meaning: "For each endpoint of the Trento pipeline the methods it authenticates with \
              (`[\"none\"]` if with none), and the method of the agent's settings.",
    shape: r#"[{"component": "prometheus.remote_write.trento", "methods": ["basic"], "settings": "basic", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Authentication {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_a_method()?;
        host.has_sound_endpoint()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let wanted = host.settings().auth_method().map_or("", |method| method.name());
        Ok(host.for_each_endpoint(|endpoint| {
            let methods = endpoint.methods();
            let at = methods.iter().find(|method| method.name != wanted).or(methods.last());
            let mut names: Vec<&str> = methods.iter().map(|method| method.name.as_str()).collect();
            if names.is_empty() {
                names.push("none");
            }
            json!({
                "component": endpoint.component(),
                "methods": names,
                "settings": wanted,
                "message": format!(
                    "{} uses {}, agent.yaml says {wanted}",
                    host.names().program,
                    names.join(" and ")
                ),
                "help": "keep the one method that prometheus-auth names",
                "at": at.map_or_else(|| endpoint.at(), |method| method.at.clone()),
            })
        }))
    }
}
