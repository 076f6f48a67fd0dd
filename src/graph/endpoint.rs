//! The endpoints of every `prometheus.remote_write`.

use super::component::{ComponentId, Kind};
use super::values::Values;
use crate::proof::{Endpoint, Sink};

/// Every endpoint of every `prometheus.remote_write` that runs.
pub fn endpoints(values: &Values<'_>) -> Vec<Endpoint> {
    let graph = values.graph();
    graph
        .components()
        .filter(|(_, component)| {
            component.kind == Kind::Builtin
                && component.name == "prometheus.remote_write"
                && component.duplicate_of.is_none()
                && !graph.scope(component.scope).is_idle
        })
        .flat_map(|(id, _)| endpoints_of(values, id))
        .collect()
}

/// The endpoints of one component.
pub fn endpoints_of(values: &Values<'_>, component: ComponentId) -> Vec<Endpoint> {
    let blocks = values.graph().block(component).body().blocks_named("endpoint");
    blocks
        .enumerate()
        .map(|(endpoint, block)| Endpoint {
            sink: Sink { component, endpoint },
            section: values.nested(component, block),
        })
        .collect()
}
