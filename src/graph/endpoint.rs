//! The endpoints of every `prometheus.remote_write`.

use alloy_grammar::ast::Block;

use super::component::{ComponentId, Kind};
use super::values::Values;
use crate::proof::{Endpoint, Sink, is_same_url};

/// An endpoint of which nothing is evaluated yet: most are another team's.
#[derive(Clone, Copy)]
pub struct Found<'g> {
    /// Which one it is.
    pub sink: Sink,
    block: Block<'g>,
}

/// Every endpoint of every `prometheus.remote_write` that runs.
pub fn endpoints<'g>(values: &Values<'g>) -> impl Iterator<Item = Found<'g>> {
    let graph = values.graph();
    let writing = graph.components().filter(|(_, component)| {
        component.kind == Kind::Builtin
            && component.name == "prometheus.remote_write"
            && component.duplicate_of.is_none()
            && !graph.scope(component.scope).is_idle
    });
    writing.flat_map(|(id, _)| endpoints_of(values, id))
}

/// The endpoints of one component.
pub fn endpoints_of<'g>(
    values: &Values<'g>,
    component: ComponentId,
) -> impl Iterator<Item = Found<'g>> + use<'g> {
    let blocks = values.graph().block(component).body().blocks_named("endpoint");
    blocks.enumerate().map(move |(endpoint, block)| {
        let sink = Sink { component, endpoint };
        Found { sink, block }
    })
}

impl Found<'_> {
    /// Whether it certainly writes to that URL.
    pub fn writes_to(&self, values: &Values<'_>, url: &str) -> bool {
        let Some(attr) = self.block.body().attr("url") else { return false };
        let own = values.expr(self.sink.component, attr.value());
        own.as_str().is_some_and(|own| is_same_url(own, url))
    }

    /// The endpoint, evaluated.
    pub fn evaluated(&self, values: &Values<'_>) -> Endpoint {
        Endpoint { sink: self.sink, section: values.nested(self.sink.component, self.block) }
    }
}
