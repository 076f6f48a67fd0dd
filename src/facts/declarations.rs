//! `declarations`: every block that has an id, and how often it is declared.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::facts::long;
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::{Component, ComponentId, Graph, Kind, ScopeKind};

/// The gatherer.
pub(super) struct Declarations;

const ABOUT: About = About {
    argument: "declarations",
    meaning: "Every component, and every block of which there may be one only, in what Alloy \
              loads and inside its modules, with how often it is declared. `at` is the last \
              declaration, `first` the first, which is the one that counts. Of more than a \
              thousand those that are declared more than once come first, and the rest is left out.",
    shape: r#"[{"id": "prometheus.scrape.trento_system", "module": "", "count": 1, "at": {…}}]"#,
    live: false,
};

impl Gatherer for Declarations {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let graph = host.graph();
        let mut clashes: BTreeMap<ComponentId, Vec<ComponentId>> = BTreeMap::new();
        let duplicates = graph.duplicates();
        for (later, first) in duplicates.into_iter().filter(|it| !is_passed_over(graph, it.0)) {
            clashes.entry(first).or_default().push(later);
        }
        let is_listed = |(id, component): &(ComponentId, &Component)| {
            let in_module = !graph.scope(component.scope).path.is_empty();
            component.duplicate_of.is_none() && (!in_module || clashes.contains_key(id))
        };
        let listed = graph.components().filter(is_listed).collect();
        let mut blocks: Vec<Json> = Vec::new();
        for (id, component) in long::bounded(listed, |(id, _)| clashes.contains_key(id)) {
            let later = clashes.get(&id);
            let last = later.and_then(|later| later.last().copied()).unwrap_or(id);
            let mut block = json!({
                "id": component.local_id,
                "module": graph.scope(component.scope).path,
                "count": 1 + later.map_or(0, Vec::len),
                "at": place(graph.at(graph.header(last))),
            });
            if later.is_some() {
                let first = graph.at(graph.header(id));
                let seen = first.as_ref().map(|at| format!(", first in {}:{}", at.file, at.line));
                block["message"] = json!(format!(
                    "`{}` is declared a second time{}",
                    component.local_id,
                    seen.unwrap_or_default()
                ));
                block["first"] = place(first);
                block["help"] = json!("rename one of the two with its references, or delete it");
            }
            blocks.push(block);
        }
        Ok(Json::Array(blocks))
    }
}

/// Whether Alloy only logs that it passes over a block: a second `declare` of an imported module.
fn is_passed_over(graph: &Graph, later: ComponentId) -> bool {
    let component = graph.component(later);
    matches!(component.kind, Kind::Declare)
        && matches!(graph.scope(component.scope).kind, ScopeKind::Module { .. })
}
