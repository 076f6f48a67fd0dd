//! `cycles`: components that depend on themselves.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Cycles;

const ABOUT: About = About {
    argument: "cycles",
    meaning: "The components that refer to each other, or to themselves, in a circle: one \
              element a component, `members` the whole circle.",
    shape: r#"[{"id": "prometheus.relabel.a", "members": ["prometheus.relabel.a", "prometheus.relabel.b"], "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Cycles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let graph = host.graph();
        let mut cycles: Vec<Json> = Vec::new();
        for circle in graph.cycles() {
            let members: Vec<String> = circle.iter().map(|id| graph.full_id(*id)).collect();
            for id in circle {
                cycles.push(json!({
                    "id": graph.full_id(*id),
                    "members": members,
                    "message": format!("`{}` depends on itself: {}", graph.full_id(*id), members.join(", ")),
                    "at": place(graph.at(graph.header(*id))),
                }));
            }
        }
        Ok(Json::Array(cycles))
    }
}
