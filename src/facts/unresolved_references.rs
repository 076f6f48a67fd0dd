//! `unresolved_references`: names that lead to nothing.

use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::graph::{Fault, Graph, Reference, Target};

/// The gatherer.
pub(super) struct UnresolvedReferences;

const ABOUT: About = About {
    argument: "unresolved_references",
    meaning: "Every reference in what Alloy loads that names no component, no exported field, no \
              argument and no function. `runs` is false inside a `declare` that nothing uses, \
              which Alloy does not look into. Of more than a thousand those that run come first, \
              and the rest is left out.",
    shape: r#"[{"from": "prometheus.scrape.a", "to": "prometheus.remote_write.b.receiver", "runs": true, "message": "…", "at": {…}}]"#,
    live: false,
};

/// So many pairs of names are compared to find the nearest ones.
const MOST_COMPARED: usize = 1_000_000;
/// Three letters of four bytes.
const MOST_APART: usize = 12;

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
        let runs = |found: &&Reference| !graph.scope(graph.component(found.from).scope).is_idle;
        let unresolved = long::bounded(graph.unresolved(), runs);
        let is_little = unresolved.len() * graph.components().len() <= MOST_COMPARED;
        for reference in unresolved {
            let Target::Nothing(fault) = &reference.target else { continue };
            let help = if is_little { help(graph, reference, fault) } else { Json::Null };
            references.push(json!({
                "from": graph.full_id(reference.from),
                "to": reference.path,
                "runs": runs(&reference),
                "message": message(graph, reference, fault),
                "help": help,
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
        .map(|id| (head(&reference.path, id), id))
        .filter(|(name, id)| name.len().abs_diff(id.len()) <= MOST_APART)
        .map(|(name, id)| (strsim::damerau_levenshtein(id, name), id))
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
