//! `unresolved_references`: names that lead to nothing.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::{Fault, Graph, Reference, Target};

/// The gatherer.
pub(super) struct UnresolvedReferences;

const ABOUT: About = About {
    argument: "unresolved_references",
    meaning: "Every reference in what Alloy loads that names no component, no exported field, no \
              argument and no function. `runs` is false inside a `declare` that nothing uses, \
              which Alloy does not look into.",
    shape: r#"[{"from": "prometheus.scrape.a", "to": "prometheus.remote_write.b.receiver", "runs": true, "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for UnresolvedReferences {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let graph = host.graph();
        let mut references: Vec<Json> = Vec::new();
        for reference in graph.unresolved() {
            let Target::Nothing(fault) = &reference.target else { continue };
            references.push(json!({
                "from": graph.full_id(reference.from),
                "to": reference.path,
                "runs": !graph.scope(graph.component(reference.from).scope).is_idle,
                "message": message(graph, reference, fault),
                "help": help(graph, reference, fault),
                "at": place(graph.at(reference.place)),
            }));
        }
        Ok(Json::Array(references))
    }
}

fn message(graph: &Graph, reference: &Reference, fault: &Fault) -> String {
    match fault {
        Fault::Component => format!("nothing is called `{}`", reference.path),
        Fault::Export { id, field } => {
            format!("`{}` exports no `{field}`", graph.full_id(*id))
        }
        Fault::Argument { name } => format!("there is no argument `{name}` here"),
        Fault::Function => format!("there is no function `{}`", reference.path),
    }
}

/// The nearest name that exists, if one is near.
fn help(graph: &Graph, reference: &Reference, fault: &Fault) -> Json {
    if *fault != Fault::Component {
        return Json::Null;
    }
    let scope = graph.component(reference.from).scope;
    let near = graph
        .scope(scope)
        .components
        .iter()
        .map(|id| graph.component(*id).local_id.as_str())
        .map(|id| (strsim::damerau_levenshtein(id, head(&reference.path, id)), id))
        .filter(|(distance, _)| *distance <= 3)
        .min();
    match near {
        Some((_, id)) => json!(format!("did you mean `{id}`?")),
        None => json!("declare the component, or correct the name"),
    }
}

/// As many parts of a name as the id has.
fn head<'n>(name: &'n str, id: &str) -> &'n str {
    let parts = id.split('.').count();
    match name.match_indices('.').nth(parts.saturating_sub(1)) {
        Some((end, _)) => &name[..end],
        None => name,
    }
}
